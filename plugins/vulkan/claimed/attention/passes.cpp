#include "claimed/attention/passes.hpp"

#include <fmt/format.h>

#include <cstring>

#include "glsl/loops.hpp"
#include "glsl/types.hpp"

namespace asg::vulkan::attention {
using namespace fmt::literals;

std::string times(float factor) {
  uint32_t bits;
  static_assert(sizeof bits == sizeof factor);
  std::memcpy(&bits, &factor, sizeof bits);
  return factor == 1 ? "" : " * " + literal(ASG_F32, bits);
}

std::vector<Carried::Register> declare_sums(Shader& shader, const std::vector<std::string>& names) {
  std::vector<Carried::Register> sums;
  for (const std::string& name : names) {
    shader.print("float {} = 0.0;", name);
    sums.push_back({ASG_F32, name});
  }
  return sums;
}

Side side_of(Shader& shader, const Operands& operands, uint32_t input, int64_t count, int64_t width,
             float factor) {
  return {[&shader, &operands, input, factor](const std::string& row, const std::string& column) {
            return operands.load(shader, input, row, column) + times(factor);
          },
          count, width};
}

uint64_t begin(Shader& shader, Operands& operands, const Tiles& tiles, int64_t count) {
  const uint64_t parts = ceil_div(static_cast<uint64_t>(count), tiles.rows());
  shader.print("const uint head = group / {0}u;\nconst int r0 = int(group % {0}u) * {1};", parts,
               tiles.rows());
  operands.print_head(shader);
  tiles.begin(shader);
  return operands.heads() * parts;
}

namespace {

int64_t columns(const Sizes& sizes, Keeps keeps) {
  return keeps == Keeps::queries ? sizes.keys : sizes.queries;
}

}  // namespace

uint64_t column_tiles(const Sizes& sizes, Keeps keeps) {
  return ceil_div(static_cast<uint64_t>(columns(sizes, keeps)), Tiles::columns);
}

void begin_columns(Shader& shader, const Sizes& sizes, const Tiles& tiles, Keeps keeps,
                   const Parts& parts) {
  constexpr uint32_t step = Tiles::columns;
  std::string first = "0", end = fmt::format("{}", columns(sizes, keeps));
  if (sizes.causal && keeps == Keeps::queries)
    end = fmt::format("min({}, r0 + {})", end, tiles.rows());
  if (sizes.causal && keeps == Keeps::keys) first = fmt::format("r0 / {0} * {0}", step);
  if (parts.several()) {
    first = fmt::format("max({}, int({}) * {})", first, parts.first(), step);
    end = fmt::format("min({}, int({}) * {})", end, parts.end(), step);
  }
  shader.print(loop("int c0 = {}, end = {}; c0 < end; c0 += {}", parts.size(), first, end, step));
}

void scores(Shader& shader, const Operands& operands, const Tiles& tiles, const Side& query,
            const Side& key, Keeps keeps) {
  const bool by_query = keeps == Keeps::queries;
  tiles.multiply(shader, "s", by_query ? query : key, by_query ? key : query);
  const Sizes& sizes = operands.sizes();
  tiles.for_scores([&](uint32_t i, uint32_t j, const std::string& s) {
    const std::string q = by_query ? tiles.row(i) : Tiles::column(j),
                      k = by_query ? Tiles::column(j) : tiles.row(i),
                      seen = sizes.causal ? fmt::format(" && {} <= {}", k, q) : "";
    shader.print(
        "if ({q} < {queries} && {k} < {keys}{seen}) {{ {s} = {masked}; }} else {{ {s} = "
        "minus_infinity; }}",
        "q"_a = q, "queries"_a = sizes.queries, "k"_a = k, "keys"_a = sizes.keys, "seen"_a = seen,
        "s"_a = s, "masked"_a = operands.with_mask(shader, s, q, k));
  });
}

}  // namespace asg::vulkan::attention
