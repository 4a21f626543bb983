#include "region/reduction_tree.hpp"

#include <algorithm>
#include <bit>
#include <cstring>

namespace asg::cpu {

std::size_t ReductionTree::bytes(uint32_t element_size, int64_t width, int64_t points) {
  // The lanes, and a row for each level of the tree above.
  const int64_t levels = std::bit_width(static_cast<uint64_t>(points / block_size + 1)) + 1;
  return whole_lines(static_cast<std::size_t>((lane_count + levels) * width) * element_size);
}

void ReductionTree::add_rows(const void* x, int64_t first, int64_t n) {
  const auto* from = static_cast<const std::byte*>(x);
  for (int64_t row = 0; row < n;) {
    const int64_t lane = (first + row) % lane_count;
    const int64_t count = std::min(lane_count - lane, n - row);
    std::byte* to = lanes_ + static_cast<std::size_t>(lane) * row_bytes();
    fns_.combine(to, to, from + static_cast<std::size_t>(row) * row_bytes(), nullptr,
                 count * width_);
    row += count;
  }
}

void ReductionTree::save_block(std::byte* to) const { std::memcpy(to, lanes_, row_bytes()); }
void ReductionTree::load_block(const std::byte* from) { std::memcpy(lanes_, from, row_bytes()); }

void ReductionTree::push(int64_t block) {
  int64_t level = 0;
  for (; (block >> level & 1) != 0; ++level)
    fns_.combine(lanes_, partial(level), lanes_, nullptr, width_);
  std::memcpy(partial(level), lanes_, row_bytes());
  clear();
}

void ReductionTree::finish(void* results, int64_t blocks) {
  if (blocks == 0) return fns_.fill(results, width_);
  int64_t level = std::countr_zero(static_cast<uint64_t>(blocks));
  std::memcpy(results, partial(level), row_bytes());
  for (++level; blocks >> level != 0; ++level)
    if ((blocks >> level & 1) != 0) fns_.combine(results, partial(level), results, nullptr, width_);
}

std::size_t SharedLanes::bytes(uint32_t element_size, int64_t width, int64_t rows) {
  return whole_lines(static_cast<std::size_t>(block_count(rows) * lane_count * width) *
                     element_size);
}

void SharedLanes::add(const void* x, int64_t row, int64_t rows, int64_t column, int64_t columns) {
  const auto* from = static_cast<const std::byte*>(x);
  for (const int64_t end = row + rows; row < end;) {
    // Whole rows of neighbouring lanes are one run.
    const int64_t lane = row % lane_count;
    const int64_t count = columns == width_ ? std::min(lane_count - lane, end - row) : 1;
    std::byte* to = at(row / block_size, lane, column);
    fns_.combine(to, to, from, nullptr, count * columns);
    from += static_cast<std::size_t>(count * columns) * element_size_;
    row += count;
  }
}

void SharedLanes::finish(void* results, int64_t rows, int64_t column, int64_t columns) {
  const int64_t blocks = block_count(rows);
  if (blocks == 0) return fns_.fill(results, columns);
  const auto join = [&](std::byte* to, const std::byte* from) {
    fns_.combine(to, to, from, nullptr, columns);
  };
  for (int64_t b = 0; b < blocks; ++b) {
    const int64_t used = std::min(lane_count, rows - b * block_size);
    for (int64_t h = lane_count / 2; h > 0; h /= 2)
      for (int64_t i = 0; i < h && i + h < used; ++i) join(at(b, i, column), at(b, i + h, column));
  }
  for (int64_t distance = 1; distance < blocks; distance *= 2)
    for (int64_t b = 0; b + distance < blocks; b += 2 * distance)
      join(at(b, 0, column), at(b + distance, 0, column));
  std::memcpy(results, at(0, 0, column), static_cast<std::size_t>(columns) * element_size_);
}

}  // namespace asg::cpu
