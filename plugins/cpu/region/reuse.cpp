#include "region/reuse.hpp"

#include <algorithm>
#include <fstream>
#include <locale>
#include <string>
#include <vector>

namespace asg::cpu {

namespace {

uint64_t bytes_of(const asg_value& value) { return value.extent_end - value.extent_begin; }

/// Of the last level, as far as one core reaches.  The C library may count all of a processor's.
uint64_t cache_bytes() {
  static const uint64_t bytes = [] {
    uint64_t kilobytes = 0;
    for (int level = 0; level < 8; ++level) {
      std::ifstream file("/sys/devices/system/cpu/cpu0/cache/index" + std::to_string(level) +
                         "/size");
      file.imbue(std::locale::classic());
      uint64_t size = 0;
      if (file >> size) kilobytes = std::max(kilobytes, size);
    }
    return kilobytes > 0 ? kilobytes << 10 : uint64_t{32} << 20;
  }();
  return bytes;
}

bool touches(const sdk::ProgramCopy& program, const asg_step& step, const asg_value& value) {
  const auto overlaps = [&](uint32_t other) {
    const asg_value& v = program.values()[other];
    return v.slot == value.slot && v.extent_begin < value.extent_end &&
           value.extent_begin < v.extent_end;
  };
  return std::any_of(step.inputs, step.inputs + step.n_inputs, overlaps) ||
         std::any_of(step.outputs, step.outputs + step.n_outputs, overlaps);
}

uint64_t bytes_touched(const sdk::ProgramCopy& program, const asg_step& step) {
  std::vector<uint32_t> values(step.inputs, step.inputs + step.n_inputs);
  values.insert(values.end(), step.outputs, step.outputs + step.n_outputs);
  std::sort(values.begin(), values.end());
  values.erase(std::unique(values.begin(), values.end()), values.end());
  uint64_t bytes = 0;
  for (const uint32_t v : values) bytes += bytes_of(program.values()[v]);
  return bytes;
}

}  // namespace

bool leaves_caches(const sdk::ProgramCopy& program, const asg_step& step, uint32_t value) {
  // A small value costs little either way, and need not be followed through the program.
  constexpr uint64_t smallest = uint64_t{1} << 20;
  const asg_value& written = program.values()[value];
  if (bytes_of(written) < smallest) return false;
  uint64_t touched = 0;
  bool passed = false;
  for (const asg_step& other : program.steps()) {
    if (&other == &step) {
      passed = true;
    } else if (!passed) {
      continue;
    } else if (touches(program, other, written)) {
      return false;
    }
    touched += bytes_touched(program, other);
    if (touched >= cache_bytes()) return true;
  }
  return false;
}

}  // namespace asg::cpu
