// The running results of reductions in one shader: a register of each thread, then an array that
// the workgroup shares.
#pragma once

#include <string>
#include <vector>

#include "glsl/parts.hpp"
#include "region/form.hpp"

namespace asg::vulkan {

class Accumulators {
 public:
  /// Declares a<number>, neutral, for every reduction.
  Accumulators(Shader& shader, const Form& form, const std::vector<uint32_t>& numbers);

  std::size_t size() const { return reductions_.size(); }
  const asg_reduction& operator[](std::size_t i) const { return reductions_[i]; }
  /// The registers that are reduced.
  const std::vector<uint32_t>& sources() const { return sources_; }

  std::vector<Carried::Register> registers() const;
  /// Prints the step that takes the sources in.
  void add() const;
  /// Prints the move into arrays <prefix>0, <prefix>1, ... and the tree over the lanes of every
  /// block; the results are where the lanes 0 are.  From a lane to the next it is `lane_stride`
  /// threads.
  void share(const std::string& prefix, uint32_t lane_stride) const;

 private:
  std::string name(std::size_t i) const { return fmt::format("a{}", numbers_[i]); }

  Shader& shader_;
  std::vector<uint32_t> numbers_, sources_;
  std::vector<asg_reduction> reductions_;
};

}  // namespace asg::vulkan
