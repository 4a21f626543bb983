// All phases of a result in one workgroup.
#include <algorithm>
#include <bit>

#include "glsl/loops.hpp"
#include "glsl/types.hpp"
#include "region/accumulators.hpp"
#include "region/planner.hpp"

namespace asg::vulkan {

bool RegionPlanner::fusable() const {
  const uint32_t axes = form_.reductions[0].axes;
  for (const asg_reduction& reduction : form_.reductions)
    if (reduction.axes != axes) return false;
  const Layout layout = layout_of(axes, 0);
  const auto width = static_cast<uint64_t>(layout.blocks) * tree_lanes;
  if (width > context_.traits.group_size()) return false;
  // Few long rows fill the device better when their blocks spread over it.
  if (layout.blocks > 1 && layout.kept.count < 64) return false;
  const auto size = static_cast<uint32_t>(
      std::max<uint64_t>(width, context_.traits.barrier_group_size() / width * width));
  for (uint32_t p = 0; p < form_.phases.size(); ++p)
    if (shared_bytes(reductions_of(p), size) > context_.traits.shared_bytes) return false;
  return true;
}

bool RegionPlanner::fused() {
  const uint32_t axes = form_.reductions[0].axes;
  Layout layout = layout_of(axes, 0);
  if (layout.kept.count == 0) return true;
  const auto width = static_cast<uint32_t>(layout.blocks) * tree_lanes;
  layout.size = std::max(width, context_.traits.barrier_group_size() / width * width);
  const uint32_t rows = layout.size / width;
  layout.lane_stride = layout.lanes_first ? 1 : rows;
  Shader shader(context_, layout.size);
  const std::string w = text(width), g = text(rows);
  shader.line("const uint row = " +
              std::string(layout.lanes_first ? "thread / " + w : "thread % " + g) + ";");
  shader.line("const uint place = " +
              std::string(layout.lanes_first ? "thread % " + w : "thread / " + g) + ";");
  shader.line("const uint k = group * " + g + " + row;");
  shader.line("const bool valid = k < " + text(static_cast<uint64_t>(layout.kept.count)) + ";");
  shader.line("const uint lane = place % 16u, first = place / 16u * 4096u + lane;");
  shader.line("const uint last = valid ? min(place / 16u * 4096u + 4096u, " +
              text(static_cast<uint64_t>(layout.reduced.count)) + ") : 0u;");
  // The thread of lane 0 of the row's first block.
  shader.line("const uint home = " + std::string(layout.lanes_first ? "thread - place" : "row") +
              ";");
  for (uint32_t p = 0; p < form_.phases.size(); ++p) fused_phase(shader, layout, p, width);
  if (shader.iterations() > context_.traits.max_iterations) return false;
  add(shader, ceil_div(static_cast<uint64_t>(layout.kept.count), rows), false);
  return true;
}

void RegionPlanner::fused_phase(Shader& shader, const Layout& layout, uint32_t phase,
                                uint32_t width) {
  const std::vector<uint32_t> numbers = reductions_of(phase), stores = register_stores(phase);
  const Accumulators sums(shader, form_, numbers);
  if (!numbers.empty() || !stores.empty()) {
    shader.line(loop("uint j = first; j < last; j += 16u", layout.of_lane()));
    const std::vector<std::string> at = coordinates_of(shader, layout);
    Emitter emitter(shader, form_, at);
    emitter.reduced = [](uint32_t r) { return "q" + std::to_string(r); };
    emitter.instructions(form_.begin_of(phase).insts_end, form_.phases[phase].insts_end,
                         sums.sources(), stores);
    sums.add();
    for (const uint32_t s : stores)
      emitter.store(form_.stores[s], Emitter::name(form_.stores[s].source));
    shader.line("}");
  }
  const std::string prefix = "s" + std::to_string(phase) + "_";
  if (!numbers.empty()) sums.share(prefix, layout.lane_stride);
  const uint32_t blocks = width / tree_lanes, block_stride = tree_lanes * layout.lane_stride;
  if (!numbers.empty() && blocks > 1) {
    shader.line("if (place == 0u) {");
    shader.line("uint n = " + text(blocks) + ";");
    shader.line(loop("; n > 1u; n = (n + 1u) / 2u", static_cast<uint64_t>(std::bit_width(blocks))));
    for (std::size_t i = 0; i < numbers.size(); ++i) {
      const std::string array = prefix + std::to_string(i);
      const auto at = [&](const std::string& block) {
        return array + "[home + (" + block + ") * " + text(block_stride) + "]";
      };
      shader.line(loop("uint b = 0u; b < n / 2u; ++b", blocks / 2));
      shader.line(at("b") + " = " +
                  reduced(sums[i].kind, sums[i].dtype, at("2u * b"), at("2u * b + 1u")) + ";");
      shader.line("}");
      shader.line("    if (n % 2u != 0u) " + at("n / 2u") + " = " + at("n - 1u") + ";");
    }
    shader.line("  }");
    shader.line("}");
    shader.line("barrier();");
  }
  for (std::size_t i = 0; i < numbers.size(); ++i)
    shader.line("const " + register_type(sums[i].dtype) + " q" + std::to_string(numbers[i]) +
                " = " + prefix + std::to_string(i) + "[home];");
  for (uint32_t r = 0; r < form_.phases[phase].reductions_end; ++r)
    for (const bool late : {false, true})
      for (const uint32_t s : reduction_stores(r, phase, late)) {
        shader.line("if (place == 0u && valid) {");
        Emitter emitter(shader, form_, coordinates_of(shader, layout.kept, "k"));
        emitter.store(form_.stores[s], "q" + std::to_string(r));
        shader.line("}");
      }
}

}  // namespace asg::vulkan
