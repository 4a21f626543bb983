// All phases of a result in one workgroup.
#include <fmt/format.h>

#include <algorithm>
#include <bit>

#include "glsl/loops.hpp"
#include "glsl/types.hpp"
#include "region/accumulators.hpp"
#include "region/emit.hpp"
#include "region/layout.hpp"
#include "region/planner.hpp"

namespace asg::vulkan {
using namespace fmt::literals;
namespace {

/// Threads of the blocks of one result.
uint64_t width_of(const Layout& layout) { return layout.blocks * tree_lanes; }

/// As many whole results as fit a workgroup, one at least.
uint32_t fused_size(const Traits& traits, uint64_t width) {
  return static_cast<uint32_t>(
      std::max<uint64_t>(width, traits.barrier_group_size() / width * width));
}

bool is_fusable(const Traits& traits, const Form& form) {
  if (form.reductions.empty()) return false;
  const uint32_t axes = form.reductions[0].axes;
  for (const asg_reduction& reduction : form.reductions)
    if (reduction.axes != axes) return false;
  const Layout layout(form, axes);
  if (width_of(layout) > traits.group_size()) return false;
  // Few long rows fill the device better when their blocks spread over it.
  if (layout.blocks > 1 && layout.kept.count < 64) return false;
  const uint32_t size = fused_size(traits, width_of(layout));
  for (uint32_t p = 0; p < form.phases.size(); ++p)
    if (shared_bytes(form, form.reductions_of(p), size) > traits.shared_bytes) return false;
  return true;
}

/// Prints the tree over the results of the blocks of every row, arrays <prefix>0, ...
void print_block_tree(Shader& shader, const Layout& layout, const Accumulators& sums,
                      const std::string& prefix) {
  shader.print("if (place == 0u) {{\nuint n = {}u;", layout.blocks);
  shader.print(
      loop("; n > 1u; n = (n + 1u) / 2u", static_cast<uint64_t>(std::bit_width(layout.blocks))));
  for (std::size_t i = 0; i < sums.size(); ++i) {
    const auto at = [&](const char* block) {
      return fmt::format("{}{}[home + ({}) * {}u]", prefix, i, block,
                         tree_lanes * layout.lane_stride);
    };
    shader.print(R"(
{loop}
  {sum} = {next};
}}
if (n % 2u != 0u) {middle} = {last};)",
                 "loop"_a = loop("uint b = 0u; b < n / 2u; ++b", layout.blocks / 2),
                 "sum"_a = at("b"),
                 "next"_a = reduced(sums[i].kind, sums[i].dtype, at("2u * b"), at("2u * b + 1u")),
                 "middle"_a = at("n / 2u"), "last"_a = at("n - 1u"));
  }
  shader.print("}\n}\nbarrier();");
}

/// Prints the loop over the points of a phase: its reductions, and its stores of registers.
void print_points(Shader& shader, const Form& form, const Layout& layout, uint32_t phase,
                  const Accumulators& sums) {
  const std::vector<uint32_t> stores = form.register_stores(phase);
  if (sums.size() == 0 && stores.empty()) return;
  shader.print(loop("uint j = first; j < last; j += 16u", layout.of_lane()));
  Emitter emitter(shader, form, layout.print_point(shader));
  emitter.reduced = [](uint32_t r) { return fmt::format("q{}", r); };
  emitter.instructions(phase, sums.sources(), stores);
  sums.add();
  emitter.store_registers(stores);
  shader.print("}");
}

void print_phase(Shader& shader, const Form& form, const Layout& layout, uint32_t phase) {
  const std::vector<uint32_t> numbers = form.reductions_of(phase);
  const Accumulators sums(shader, form, numbers);
  print_points(shader, form, layout, phase, sums);
  const std::string prefix = fmt::format("s{}_", phase);
  if (!numbers.empty()) sums.share(prefix, layout.lane_stride);
  if (!numbers.empty() && layout.blocks > 1) print_block_tree(shader, layout, sums, prefix);
  for (std::size_t i = 0; i < numbers.size(); ++i)
    shader.print("const {} q{} = {}{}[home];", register_type(sums[i].dtype), numbers[i], prefix, i);
  for (uint32_t r = 0; r < form.phases[phase].reductions_end; ++r)
    for (const bool late : {false, true})
      for (const uint32_t s : form.reduction_stores(r, phase, late)) {
        shader.print("if (place == 0u && valid) {");
        Emitter(shader, form, print_coordinates(shader, layout.kept.dims, "k", "i"))
            .store(s, fmt::format("q{}", r));
        shader.print("}");
      }
}

}  // namespace

bool plan_fused(const StepContext& context, const Form& form, StepPlan& plan) {
  if (!is_fusable(context.traits, form)) return false;
  Layout layout(form, form.reductions[0].axes);
  if (layout.kept.count == 0) return true;
  const auto width = static_cast<uint32_t>(width_of(layout));
  layout.set_size(fused_size(context.traits, width), width);
  const uint32_t rows = layout.size / width;
  Shader shader(context, layout.size);
  // `home`: the thread of lane 0 of the row's first block.
  shader.print(
      R"(
const uint row = {row};
const uint place = {place};
const uint k = group * {rows}u + row;
const bool valid = k < {results}u;
const uint lane = place % 16u, first = place / 16u * 4096u + lane;
const uint last = valid ? min(place / 16u * 4096u + 4096u, {points}u) : 0u;
const uint home = {home};)",
      "row"_a = fmt::format("thread {}u", layout.lanes_first ? fmt::format("/ {}", width)
                                                             : fmt::format("% {}", rows)),
      "place"_a = fmt::format("thread {}u", layout.lanes_first ? fmt::format("% {}", width)
                                                               : fmt::format("/ {}", rows)),
      "rows"_a = rows, "results"_a = layout.kept.count, "points"_a = layout.reduced.count,
      "home"_a = layout.lanes_first ? "thread - place" : "row");
  for (uint32_t p = 0; p < form.phases.size(); ++p) print_phase(shader, form, layout, p);
  if (shader.iterations() > context.traits.max_iterations) return false;
  plan.add(shader.finish(ceil_div(layout.kept.count, rows), false));
  return true;
}

}  // namespace asg::vulkan
