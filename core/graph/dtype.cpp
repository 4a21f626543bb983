#include <asg/graph/dtype.hpp>

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include <asg/graph/error.hpp>

namespace asg {
namespace {

struct Row {
  DType dtype;
  std::string_view name;
};

// In the order of promotion; u32 holds random bits and stands outside of it.
constexpr std::array rows{Row{boolean, "bool"}, Row{i32, "i32"}, Row{i64, "i64"},
                          Row{f32, "f32"},      Row{f64, "f64"}, Row{u32, "u32"}};

std::size_t rank_of(DType dtype) {
  const auto row = std::find_if(rows.begin(), rows.end(),
                                [&](const Row& candidate) { return candidate.dtype == dtype; });
  if (row == rows.end()) {
    throw TypeError(fmt::format("{} is the number of no element type", static_cast<int>(dtype)));
  }
  return static_cast<std::size_t>(row - rows.begin());
}

}  // namespace

std::string_view name(DType dtype) { return rows[rank_of(dtype)].name; }

DType dtype_from_name(std::string_view name) {
  std::string known;
  for (const Row& row : rows) {
    if (row.name == name) return row.dtype;
    if (!known.empty()) known += ", ";
    known += row.name;
  }
  throw TypeError(fmt::format("there is no element type '{}'; there are {}", name, known));
}

DType promote(DType a, DType b) {
  if (a == b) return a;
  if (a == u32 || b == u32) {
    throw TypeError(
        fmt::format("{} and {} have no common type: cast one of them first", name(a), name(b)));
  }
  return rows[std::max(rank_of(a), rank_of(b))].dtype;
}

}  // namespace asg
