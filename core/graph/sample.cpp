#include <cstdint>
#include <numeric>
#include <utility>
#include <vector>

#include <asg/graph/op.hpp>

namespace asg {
namespace {

// The standard library's shuffles and distributions differ between implementations.
class SplitMix64 {
 public:
  explicit SplitMix64(std::uint64_t seed) : state_(seed) {}
  std::uint64_t next() {
    std::uint64_t z = state_ += 0x9e3779b97f4a7c15ULL;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
    return z ^ (z >> 31);
  }
  double unit() { return static_cast<double>(next() >> 11) * 0x1p-53; }

 private:
  std::uint64_t state_;
};

}  // namespace

// One number from each of n equal cells, away from the cell's borders, the cells shuffled: distinct
// by a margin, so that maxima and sorts have one answer even after a finite difference.
Array spread(const Shape& shape, double low, double high, int seed) {
  Array result(f64, shape);
  const auto values = result.values<double>();
  SplitMix64 random(static_cast<std::uint64_t>(seed));
  std::vector<std::size_t> cells(values.size());
  std::iota(cells.begin(), cells.end(), std::size_t{0});
  for (std::size_t i = cells.size(); i > 1; --i) {
    std::swap(cells[i - 1], cells[random.next() % i]);
  }
  const double cell = (high - low) / static_cast<double>(values.size());
  for (std::size_t i = 0; i < values.size(); ++i) {
    values[i] = low + (static_cast<double>(cells[i]) + 0.25 + 0.5 * random.unit()) * cell;
  }
  return result;
}

}  // namespace asg
