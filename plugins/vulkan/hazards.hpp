// Which ranges of buffers dispatches touch without a barrier between them.
#pragma once

#include <vector>

#include "api.hpp"

namespace asg::vulkan {

class Hazards {
 public:
  /// Whether the range is written here and touched before, or the other way round.
  bool meets(const vk::DescriptorBufferInfo& range, bool writes) const {
    for (const Touched& other : touched_)
      if ((writes || other.writes) && range.buffer == other.range.buffer &&
          range.offset < other.range.offset + other.range.range &&
          other.range.offset < range.offset + range.range)
        return true;
    return false;
  }
  void add(const vk::DescriptorBufferInfo& range, bool writes) {
    touched_.push_back({range, writes});
  }
  /// There is a barrier.
  void clear() { touched_.clear(); }

 private:
  struct Touched {
    vk::DescriptorBufferInfo range;
    bool writes;
  };
  std::vector<Touched> touched_;
};

}  // namespace asg::vulkan
