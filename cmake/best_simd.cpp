// Prints the best of the instruction sets that asg compiles for and this machine has.
#include <hwy/highway.h>

#include <cstdint>
#include <cstdio>

int main() {
  const int64_t ours = HWY_AVX3 | HWY_AVX2 | HWY_SSE4 | HWY_SCALAR;
  const int64_t here = static_cast<int64_t>(hwy::SupportedTargets()) & HWY_TARGETS & ours;
  std::printf("%s", hwy::TargetName(here & -here));  // the lowest bit is the best
}
