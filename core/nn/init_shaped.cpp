// Initial values that are not drawn one by one: truncated, orthogonal, and fixed patterns.
#include <asg/nn/init.hpp>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include <asg/graph/error.hpp>

namespace asg::nn::init {
namespace {

// A standard normal number within [low, high]: one of those that fall there, where enough do; else
// uniform ones, kept as often as the density there, relative to the largest in reach, says.
double draw_within(Philox& random, double low, double high) {
  const double inside = 0.5 * (std::erfc(low / std::sqrt(2.0)) - std::erfc(high / std::sqrt(2.0)));
  if (inside > 0.2)
    for (;;)
      if (const double z = random.normal(); z >= low && z <= high) return z;
  const double peak = std::clamp(0.0, low, high);
  // Beyond that far from the peak the density is less than exp(-40) of it.
  const double reach = 40 / std::max(1.0, std::abs(peak));
  const double from = std::max(low, peak - reach), to = std::min(high, peak + reach);
  for (;;) {
    const double z = from + (to - from) * random.uniform();
    if (random.uniform() <= std::exp((peak - z) * (peak + z) / 2)) return z;
  }
}

using Row = std::vector<double>;

double dot(const Row& a, const Row& b) {
  return std::inner_product(a.begin(), a.end(), b.begin(), 0.0);
}

// Takes away what points along the rows before; twice, since the first time leaves roundings.
void make_orthogonal(Row& row, const std::vector<Row>& before) {
  for (int pass = 0; pass < 2; ++pass)
    for (const Row& other : before) {
      const double share = dot(row, other);
      for (std::size_t i = 0; i < row.size(); ++i) row[i] -= share * other[i];
    }
}

// Gram-Schmidt on normal numbers: each row is equally likely to point anywhere that is left.
std::vector<Row> orthonormal_rows(std::size_t count, std::size_t size, Philox& random) {
  std::vector<Row> rows;
  while (rows.size() < count) {
    Row row(size);
    std::generate(row.begin(), row.end(), [&] { return random.normal(); });
    make_orthogonal(row, rows);
    const double length = std::sqrt(dot(row, row));
    if (length < 1e-6) continue;  // by chance along the others: once more
    for (double& x : row) x /= length;
    rows.push_back(std::move(row));
  }
  return rows;
}

}  // namespace

Initializer trunc_normal(double mean, double std, double low, double high) {
  if (!(low < high) || !(std > 0))
    throw TypeError(fmt::format(
        "trunc_normal: [{}, {}] with a standard deviation of {}: low must be below high, and std "
        "above 0",
        low, high, std));
  return {fmt::format("trunc_normal({:.4g}, {:.4g}, {:.4g}, {:.4g})", mean, std, low, high),
          [=](Array& values, Philox& random) {
            for (std::int64_t i = 0; i < values.numel(); ++i) {
              const double z = draw_within(random, (low - mean) / std, (high - mean) / std);
              values.set(i, std::clamp(mean + std * z, low, high));
            }
          }};
}

Initializer orthogonal(double gain) {
  return {fmt::format("orthogonal({:.4g})", gain), [gain](Array& values, Philox& random) {
            const Shape& shape = values.shape();
            if (shape.rank() < 2)
              throw ShapeError(
                  fmt::format("orthogonal needs two axes or more, not {}", to_string(shape)));
            if (values.numel() == 0) return;
            const auto rows = static_cast<std::size_t>(shape[0]);
            const auto columns = static_cast<std::size_t>(values.numel()) / rows;
            const bool wide = rows <= columns;
            const std::vector<Row> q =
                orthonormal_rows(std::min(rows, columns), std::max(rows, columns), random);
            for (std::size_t i = 0; i < rows; ++i)
              for (std::size_t j = 0; j < columns; ++j)
                values.set(static_cast<std::int64_t>(i * columns + j),
                           gain * (wide ? q[i][j] : q[j][i]));
          }};
}

Initializer eye() {
  return {"eye", [](Array& values, Philox&) {
            const Shape& shape = values.shape();
            if (shape.rank() != 2)
              throw ShapeError(fmt::format("eye needs two axes, not {}", to_string(shape)));
            for (std::int64_t i = 0; i < values.numel(); ++i)
              values.set(i, i / shape[1] == i % shape[1] ? 1 : 0);
          }};
}

Initializer dirac(std::int64_t groups) {
  return {fmt::format("dirac({})", groups), [groups](Array& values, Philox&) {
            const Shape& shape = values.shape();
            if (shape.rank() < 3 || shape.rank() > 5 || groups < 1 || shape[0] % groups != 0)
              throw ShapeError(fmt::format(
                  "dirac needs [out, in, kernel...] with one to three axes of kernel, and groups "
                  "that divide out; not {} and {} groups",
                  to_string(shape), groups));
            for (std::int64_t i = 0; i < values.numel(); ++i) values.set(i, 0);
            std::int64_t middle = 0, size = 1;
            for (int axis = 2; axis < shape.rank(); ++axis) {
              middle = middle * shape[axis] + shape[axis] / 2;
              size *= shape[axis];
            }
            const std::int64_t each = shape[0] / groups;
            if (values.numel() == 0) return;
            for (std::int64_t out = 0; out < shape[0]; ++out)
              if (out % each < shape[1])
                values.set((out * shape[1] + out % each) * size + middle, 1);
          }};
}

}  // namespace asg::nn::init
