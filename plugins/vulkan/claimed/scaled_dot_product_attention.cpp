// softmax(query key^T scale + mask) value, tile by tile, with a running maximum and sum.
#include <fmt/core.h>

#include <asg/sdk/composites.hpp>

#include "claimed/attention/passes.hpp"
#include "glsl/loops.hpp"
#include "kernels.hpp"

namespace asg::vulkan {
namespace {

using namespace attention;
namespace forward = sdk::composites::scaled_dot_product_attention;

constexpr Places forward_places{forward::query, forward::key, forward::value, forward::mask, 2};

void claim_attention(const Traits& traits, const asg_step_request& request,
                     asg_claim_reply& reply) {
  if (fits(traits, request, forward_places)) accept(request, reply);
}

void print_softmax(Shader& shader, const Tiles& tiles, int64_t value_size) {
  const uint32_t rows = tiles.rows_of_thread(), columns = Tiles::columns_of_thread;
  for (uint32_t i = 0; i < rows; ++i) {
    shader.print("float t{0} = s{0}_0;", i);
    for (uint32_t j = 1; j < columns; ++j) shader.print("t{0} = asg_max(t{0}, s{0}_{1});", i, j);
  }
  tiles.over_row(shader, "most", "t", ASG_REDUCE_MAX);
  for (uint32_t i = 0; i < rows; ++i) {
    shader.print(R"(
most{0} = asg_max(m{0}, most{0});
const float shift{0} = most{0} == minus_infinity ? 0.0 : most{0};
const float factor{0} = m{0} == minus_infinity ? 0.0 : asg_exp(m{0} - shift{0});
m{0} = most{0};
total{0} *= factor{0};)",
                 i);
    for (uint32_t j = 0; j < columns; ++j) {
      shader.print(R"(
const bool is_hiddens{0}_{1} = s{0}_{1} == minus_infinity;
s{0}_{1} = asg_exp(s{0}_{1} - shift{0});
total{0} += s{0}_{1};)",
                   i, j);
      tiles.keep_weight(shader, i, j, fmt::format("is_hiddens{0}_{1} ? hidden : s{0}_{1}", i, j));
    }
    for (uint32_t j = 0; j < ceil_div(static_cast<uint64_t>(value_size), 8); ++j)
      shader.print("o{0}_{1} *= factor{0};", i, j);
  }
}

void print_outputs(Shader& shader, const Operands& operands, const Tiles& tiles) {
  const Sizes& sizes = operands.sizes();
  tiles.over_row(shader, "all", "total", ASG_REDUCE_SUM);
  const auto store = [&](uint32_t i, const std::string& row, const std::string& column,
                         const std::string& sum) {
    // A query that sees no key has no sum, and gives 0.
    shader.print(operands.store(shader, forward::y, row, column,
                                fmt::format("{0} / (all{1} == 0.0 ? 1.0 : all{1})", sum, i)));
  };
  tiles.for_sums(shader, "o", {{}, sizes.queries, sizes.value_size}, store);
  for (uint32_t i = 0; i < tiles.rows_of_thread(); ++i) {
    const std::string row = tiles.row(i),
                      lse =
                          fmt::format("asg_log(all{0}) + (m{0} == minus_infinity ? 0.0 : m{0})", i);
    shader.print("if (tn == 0 && {} < {}) {}", row, sizes.queries,
                 operands.store(shader, forward::lse, row, {}, lse));
  }
}

void plan_attention(const StepContext& context, StepPlan& plan) {
  Operands operands(context, forward_places);
  const Sizes& sizes = operands.sizes();
  const Tiles tiles(context.traits, sizes.value_size, operands.hides());
  const auto print = [&](Shader& shader, const Parts& parts) {
    const uint64_t groups = begin(shader, operands, tiles, sizes.queries);
    const Side query = side_of(shader, operands, forward::query, sizes.queries, sizes.size,
                               sizes.scale),
               key = side_of(shader, operands, forward::key, sizes.keys, sizes.size),
               value = side_of(shader, operands, forward::value, sizes.keys, sizes.value_size);
    std::vector<Carried::Register> registers;
    for (uint32_t i = 0; i < tiles.rows_of_thread(); ++i) {
      shader.print("float m{0} = minus_infinity, total{0} = 0.0;", i);
      registers.push_back({ASG_F32, fmt::format("m{}", i)});
      registers.push_back({ASG_F32, fmt::format("total{}", i)});
    }
    for (Carried::Register& sum : declare_sums(shader, tiles.sums("o", sizes.value_size)))
      registers.push_back(std::move(sum));
    const Carried carried(shader, plan, parts, groups, registers);
    begin_columns(shader, sizes, tiles, Keeps::queries, parts);
    scores(shader, operands, tiles, query, key, Keeps::queries);
    print_softmax(shader, tiles, sizes.value_size);
    tiles.add_products(shader, "o", value);
    shader.print("}");
    carried.keep();
    print_outputs(shader, operands, tiles);
    return Grid{groups};
  };
  add_in_parts(context, plan, tiles.threads(), column_tiles(sizes, Keeps::queries), false, print);
}

}  // namespace

extern const KernelMaker scaled_dot_product_attention_kernel{
    ASG_OP_CLAIMED, nullptr, plan_attention, "scaled_dot_product_attention", claim_attention};

}  // namespace asg::vulkan
