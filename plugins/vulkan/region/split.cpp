// A dispatch for each reduction and for the stores of each phase.
#include <bit>

#include "glsl/loops.hpp"
#include "glsl/parts.hpp"
#include "glsl/types.hpp"
#include "region/accumulators.hpp"
#include "region/planner.hpp"

namespace asg::vulkan {

void RegionPlanner::split() {
  for (uint32_t r = 0; r < form_.reductions.size(); ++r) {
    Result& result = results_[r];
    for (const asg_inst& inst : form_.insts)
      result.used |= inst.op == ASG_EW_REDUCED && inst.a == r;
    for (uint32_t p = 0; p < form_.phases.size(); ++p)
      result.used |= !reduction_stores(r, p, true).empty();
    const asg_reduction& reduction = form_.reductions[r];
    const auto count = static_cast<uint64_t>(form_.part(reduction.axes, false).count);
    if (result.used)
      result.begin =
          plan_.allocate(count * word_count(reduction.dtype) * 4, context_.traits.offset_alignment);
  }
  for (uint32_t p = 0; p < form_.phases.size(); ++p) {
    std::vector<uint32_t> left = reductions_of(p);
    bool barrier = !plan_.dispatches.empty();
    while (!left.empty()) {
      // Those over the same axes are done together, as far as shared memory goes.
      std::vector<uint32_t> together, others;
      for (const uint32_t r : left) {
        std::vector<uint32_t> more = together;
        more.push_back(r);
        const bool fits =
            form_.reductions[r].axes == form_.reductions[left[0]].axes &&
            (together.empty() || shared_bytes(more, context_.traits.barrier_group_size()) <=
                                     context_.traits.shared_bytes);
        (fits ? together : others).push_back(r);
      }
      reduce(p, form_.reductions[left[0]].axes, together, barrier);
      barrier = false;
      left = others;
    }
    elementwise(p);
    store_late(p);
  }
}

void RegionPlanner::finish(Shader& shader, uint32_t reduction, uint32_t phase,
                           const std::string& value, const std::string& number) {
  const uint32_t dtype = form_.reductions[reduction].dtype;
  const Form::Part kept = form_.part(form_.reductions[reduction].axes, false);
  if (results_[reduction].used) {
    const uint32_t words = word_count(dtype);
    const std::string array = shader.temporary(results_[reduction].begin,
                                               static_cast<uint64_t>(kept.count) * words * 4, true);
    shader.line(to_words(dtype, array, words == 1 ? number : number + " * 2u", value));
  }
  const std::vector<uint32_t> stores = reduction_stores(reduction, phase, false);
  if (stores.empty()) return;
  shader.line("{");
  Emitter emitter(shader, form_, coordinates_of(shader, kept, number));
  for (const uint32_t s : stores) emitter.store(form_.stores[s], value);
  shader.line("}");
}

void RegionPlanner::reduce(uint32_t phase, uint32_t axes, const std::vector<uint32_t>& numbers,
                           bool barrier) {
  Layout layout = layout_of(axes, context_.traits.barrier_group_size());
  if (layout.kept.count == 0) return;
  const uint32_t results = layout.size / tree_lanes;
  layout.lane_stride = layout.lanes_first ? 1 : results;
  std::vector<uint64_t> partials(numbers.size());
  add_in_parts(context_, plan_, layout.size, layout.of_lane(), barrier,
               [&](Shader& shader, const Parts& parts) {
                 return reduce(shader, parts, phase, layout, numbers, partials);
               });
  if (layout.blocks > 1)
    for (std::size_t i = 0; i < numbers.size(); ++i)
      combine(numbers[i], phase, partials[i], layout.blocks);
}

// Where instructions have loops of their own, a lane may need more than one run for its points.
Grid RegionPlanner::reduce(Shader& shader, const Parts& parts, uint32_t phase, const Layout& layout,
                           const std::vector<uint32_t>& numbers, std::vector<uint64_t>& partials) {
  const uint32_t results = layout.size / tree_lanes;
  const std::string g = text(results), kept = text(static_cast<uint64_t>(layout.kept.count));
  const auto units =
      static_cast<uint64_t>(layout.kept.count) * static_cast<uint64_t>(layout.blocks);
  const uint64_t groups = ceil_div(units, results);
  shader.line("const uint lane = " +
              std::string(layout.lanes_first ? "thread % 16u" : "thread / " + g) + ";");
  shader.line("const uint unit = group * " + g + " + " +
              (layout.lanes_first ? "thread / 16u" : "thread % " + g) + ";");
  shader.line("const bool valid = unit < " + text(units) + ";");
  shader.line("const uint k = unit % " + kept + ", block = unit / " + kept + ";");
  const Accumulators sums(shader, form_, numbers);
  const Carried carried(shader, plan_, parts, groups, sums.registers());
  const std::string end = text(static_cast<uint64_t>(layout.reduced.count));
  const auto number = [](const std::string& turn) { return "block * 4096u + " + turn + " * 16u"; };
  shader.line("const uint last = valid ? min(" + number(parts.end()) + ", " + end + ") : 0u;");
  shader.line(
      loop("uint j = " + number(parts.first()) + " + lane; j < last; j += 16u", parts.size()));
  const std::vector<std::string> at = coordinates_of(shader, layout);
  Emitter emitter(shader, form_, at);
  emitter.reduced = [&](uint32_t r) { return temporary_result(shader, r, kept_number(r, at)); };
  emitter.instructions(form_.begin_of(phase).insts_end, form_.phases[phase].insts_end,
                       sums.sources(), {});
  sums.add();
  shader.line("}");
  carried.keep();
  sums.share("s", layout.lane_stride);
  shader.line("if (lane != 0u || !valid) return;");
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    const std::string value = "s" + std::to_string(i) + "[thread]";
    if (layout.blocks == 1) {
      finish(shader, numbers[i], phase, value, "k");
      continue;
    }
    const uint32_t words = word_count(sums[i].dtype);
    partials[i] = plan_.allocate(units * words * 4, context_.traits.offset_alignment);
    const std::string array = shader.temporary(partials[i], units * words * 4, true);
    const std::string place = "(k * " + text(static_cast<uint64_t>(layout.blocks)) + " + block)";
    shader.line(to_words(sums[i].dtype, array, words == 1 ? place : place + " * 2u", value));
  }
  return {groups};
}

// Results of blocks, 16 neighbours at a time.
void RegionPlanner::combine(uint32_t r, uint32_t phase, uint64_t partials, int64_t count) {
  const asg_reduction& reduction = form_.reductions[r];
  const auto kept = static_cast<uint64_t>(form_.part(reduction.axes, false).count);
  const uint32_t words = word_count(reduction.dtype), size = context_.traits.group_size();
  for (auto n = static_cast<uint64_t>(count);;) {
    const uint64_t groups = ceil_div(n, tree_lanes);
    Shader shader(context_, size);
    shader.line("const uint p = group * " + text(size) + " + thread;");
    shader.line("if (p >= push.count) return;");
    shader.line("const uint k = p / " + text(groups) + ", begin = p % " + text(groups) + " * 16u;");
    shader.line("uint n = min(16u, " + text(n) + " - begin);");
    shader.line(register_type(reduction.dtype) + " v[16];");
    const std::string from = shader.temporary(partials, kept * n * words * 4, false);
    const std::string place = "(k * " + text(n) + " + begin + i)";
    shader.line(loop("uint i = 0u; i < n; ++i", tree_lanes));
    shader.line(
        "v[i] = " + from_words(reduction.dtype, from, words == 1 ? place : place + " * 2u") + ";");
    shader.line("}");
    shader.line(loop("; n > 1u; n = (n + 1u) / 2u", std::bit_width(tree_lanes)));
    shader.line(loop("uint i = 0u; i < n / 2u; ++i", tree_lanes / 2));
    shader.line(
        "v[i] = " + reduced(reduction.kind, reduction.dtype, "v[2u * i]", "v[2u * i + 1u]") + ";");
    shader.line("}");
    shader.line("  if (n % 2u != 0u) v[n / 2u] = v[n - 1u];");
    shader.line("}");
    uint64_t next = 0;
    if (groups == 1) {
      finish(shader, r, phase, "v[0]", "k");
    } else {
      next = plan_.allocate(kept * groups * words * 4, context_.traits.offset_alignment);
      const std::string to = shader.temporary(next, kept * groups * words * 4, true);
      shader.line(to_words(reduction.dtype, to, words == 1 ? "p" : "p * 2u", "v[0]"));
    }
    add(shader, ceil_div(kept * groups, size), true);
    plan_.dispatches.back().count = static_cast<uint32_t>(kept * groups);
    if (groups == 1) return;
    partials = next;
    n = groups;
  }
}

void RegionPlanner::store_late(uint32_t phase) {
  for (uint32_t r = 0; r < form_.phases[phase].reductions_end; ++r) {
    const std::vector<uint32_t> stores = reduction_stores(r, phase, true);
    const Form::Part kept = form_.part(form_.reductions[r].axes, false);
    if (stores.empty() || kept.count == 0) continue;
    const uint32_t size = context_.traits.group_size();
    Shader shader(context_, size);
    shader.line("const uint k = group * " + text(size) + " + thread;");
    shader.line("if (k >= push.count) return;");
    Emitter emitter(shader, form_, coordinates_of(shader, kept, "k"));
    const std::string value = temporary_result(shader, r, "k");
    for (const uint32_t s : stores) emitter.store(form_.stores[s], value);
    add(shader, ceil_div(static_cast<uint64_t>(kept.count), size), true);
    plan_.dispatches.back().count = static_cast<uint32_t>(kept.count);
  }
}

}  // namespace asg::vulkan
