// softmax(query key^T scale + mask) value, tile by tile, with a running maximum and sum.
#include "claimed/attention/passes.hpp"
#include "glsl/loops.hpp"
#include "kernels.hpp"

namespace asg::vulkan {
namespace {

using namespace attention;

void claim(const Traits& traits, const asg_claim_request& request, asg_claim_reply& reply) {
  if (fits(traits, request, 0, 3)) accept(request, reply);
}

void print_softmax(Shader& shader, const Tiles& tiles, int64_t value_size) {
  const uint32_t rows = tiles.rows_of_thread(), columns = Tiles::columns_of_thread;
  for (uint32_t i = 0; i < rows; ++i) {
    const std::string n = std::to_string(i), s = "s" + n + "_";
    shader.line("float t" + n + " = " + s + "0;");
    for (uint32_t j = 1; j < columns; ++j)
      shader.line("t" + n + " = asg_max(t" + n + ", " + s + std::to_string(j) + ");");
  }
  tiles.over_row(shader, "most", "t", [](const std::string& a, const std::string& b) {
    return "asg_max(" + a + ", " + b + ")";
  });
  for (uint32_t i = 0; i < rows; ++i) {
    const std::string n = std::to_string(i);
    shader.line("most" + n + " = asg_max(m" + n + ", most" + n + ");");
    shader.line("const float shift" + n + " = most" + n + " == minus_infinity ? 0.0 : most" + n +
                ";");
    shader.line("const float factor" + n + " = m" + n + " == minus_infinity ? 0.0 : asg_exp(m" + n +
                " - shift" + n + ");");
    shader.line("m" + n + " = most" + n + ";");
    shader.line("total" + n + " *= factor" + n + ";");
    for (uint32_t j = 0; j < columns; ++j) {
      const std::string s = "s" + n + "_" + std::to_string(j);
      shader.line("const bool is_hidden" + s + " = " + s + " == minus_infinity;");
      shader.line(s + " = asg_exp(" + s + " - shift" + n + ");");
      shader.line("total" + n + " += " + s + ";");
      tiles.keep_weight(shader, i, j, "is_hidden" + s + " ? hidden : " + s);
    }
    for (uint32_t j = 0; j < ceil_div(static_cast<uint64_t>(value_size), 8); ++j)
      shader.line("o" + n + "_" + std::to_string(j) + " *= factor" + n + ";");
  }
}

void plan(const StepContext& context, StepPlan& plan) {
  Operands operands(context, 0, 2);
  const Sizes& sizes = operands.sizes();
  const Tiles tiles(context.traits, sizes.value_size, operands.hides());
  const auto print = [&](Shader& shader, const Parts& parts) {
    const uint64_t groups = begin(shader, operands, tiles, sizes.queries);
    const Side query = side_of(shader, operands, 0, sizes.queries, sizes.size, sizes.scale),
               key = side_of(shader, operands, 1, sizes.keys, sizes.size),
               value = side_of(shader, operands, 2, sizes.keys, sizes.value_size);
    for (uint32_t i = 0; i < tiles.rows_of_thread(); ++i)
      shader.line("float m" + std::to_string(i) + " = minus_infinity, total" + std::to_string(i) +
                  " = 0.0;");
    tiles.declare_sums(shader, "o", sizes.value_size);
    std::vector<Carried::Register> registers;
    for (uint32_t i = 0; i < tiles.rows_of_thread(); ++i) {
      registers.push_back({ASG_F32, "m" + std::to_string(i)});
      registers.push_back({ASG_F32, "total" + std::to_string(i)});
    }
    tiles.add_sums(registers, "o", sizes.value_size);
    const Carried carried(shader, plan, parts, groups, registers);
    begin_columns(shader, sizes, tiles, Keeps::queries, parts);
    scores(shader, operands, tiles, query, key, Keeps::queries);
    print_softmax(shader, tiles, sizes.value_size);
    tiles.add_products(shader, "o", value);
    shader.line("}");
    carried.keep();
    tiles.over_row(shader, "all", "total",
                   [](const std::string& a, const std::string& b) { return a + " + " + b; });
    const Side like{{}, sizes.queries, sizes.value_size};
    tiles.for_sums(
        shader, "o", like,
        [&](uint32_t i, const std::string& row, const std::string& column, const std::string& sum) {
          const std::string all = "all" + std::to_string(i);
          // A query that sees no key has no sum, and gives 0.
          shader.line(operands.store(shader, 0, row, column,
                                     sum + " / (" + all + " == 0.0 ? 1.0 : " + all + ")"));
        });
    for (uint32_t i = 0; i < tiles.rows_of_thread(); ++i) {
      const std::string n = std::to_string(i);
      shader.line("if (tn == 0 && " + tiles.row(i) + " < " + std::to_string(sizes.queries) + ") " +
                  operands.store(
                      shader, 1, tiles.row(i), {},
                      "asg_log(all" + n + ") + (m" + n + " == minus_infinity ? 0.0 : m" + n + ")"));
    }
    return Grid{groups};
  };
  add_in_parts(context, plan, tiles.threads(), column_tiles(sizes, Keeps::queries), false, print);
}

}  // namespace

extern const KernelMaker scaled_dot_product_attention_kernel{ASG_OP_CLAIMED, nullptr, plan,
                                                             "scaled_dot_product_attention", claim};

}  // namespace asg::vulkan
