#include "claimed/attention/passes.hpp"

#include <cstring>

#include "glsl/loops.hpp"
#include "glsl/types.hpp"

namespace asg::vulkan::attention {

std::string number(float x) {
  uint32_t bits;
  static_assert(sizeof bits == sizeof x);
  std::memcpy(&bits, &x, sizeof bits);
  return literal(ASG_F32, bits);
}

Side side_of(Shader& shader, const Operands& operands, uint32_t input, int64_t count, int64_t width,
             float factor) {
  const std::string times = factor == 1 ? "" : " * " + number(factor);
  return {[&shader, &operands, input, times](const std::string& row, const std::string& column) {
            return operands.load(shader, input, row, column) + times;
          },
          count, width};
}

uint64_t begin(Shader& shader, Operands& operands, const Tiles& tiles, int64_t count) {
  const uint64_t parts = ceil_div(static_cast<uint64_t>(count), tiles.rows());
  shader.line("const uint head = group / " + text(parts) + ";");
  shader.line("const int r0 = int(group % " + text(parts) + ") * " + std::to_string(tiles.rows()) +
              ";");
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
  const std::string step = std::to_string(Tiles::columns);
  const int64_t count = columns(sizes, keeps);
  std::string first = "0", end = std::to_string(count);
  if (sizes.causal && keeps == Keeps::queries)
    end = "min(" + end + ", r0 + " + std::to_string(tiles.rows()) + ")";
  if (sizes.causal && keeps == Keeps::keys) first = "r0 / " + step + " * " + step;
  if (parts.several()) {
    first = "max(" + first + ", int(" + parts.first() + ") * " + step + ")";
    end = "min(" + end + ", int(" + parts.end() + ") * " + step + ")";
  }
  shader.line(
      loop("int c0 = " + first + ", end = " + end + "; c0 < end; c0 += " + step, parts.size()));
}

void scores(Shader& shader, const Operands& operands, const Tiles& tiles, const Side& query,
            const Side& key, Keeps keeps) {
  const bool by_query = keeps == Keeps::queries;
  tiles.multiply(shader, "s", by_query ? query : key, by_query ? key : query);
  const Sizes& sizes = operands.sizes();
  for (uint32_t i = 0; i < tiles.rows_of_thread(); ++i)
    for (uint32_t j = 0; j < Tiles::columns_of_thread; ++j) {
      const std::string q = by_query ? tiles.row(i) : Tiles::column(j),
                        k = by_query ? Tiles::column(j) : tiles.row(i),
                        s = "s" + std::to_string(i) + "_" + std::to_string(j);
      shader.line("if (" + q + " < " + std::to_string(sizes.queries) + " && " + k + " < " +
                  std::to_string(sizes.keys) + (sizes.causal ? " && " + k + " <= " + q : "") +
                  ") { " + s + " = " + operands.with_mask(shader, s, q, k) + "; } else { " + s +
                  " = minus_infinity; }");
    }
}

}  // namespace asg::vulkan::attention
