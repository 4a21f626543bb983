// A dispatch for each reduction and for the stores of each phase.
#include <fmt/format.h>

#include <bit>
#include <optional>

#include "glsl/loops.hpp"
#include "glsl/parts.hpp"
#include "glsl/types.hpp"
#include "region/accumulators.hpp"
#include "region/emit.hpp"
#include "region/layout.hpp"
#include "region/planner.hpp"

namespace asg::vulkan {
using namespace fmt::literals;
namespace {

/// A region under way, and where the results of its reductions lie that something reads there.
struct Split {
  const StepContext& context;
  const Form& form;
  StepPlan& plan;
  std::vector<std::optional<Temporary>> results;
};

/// The result of a reduction at a point of the region.
std::string result_at(const Split& split, Shader& shader, uint32_t reduction,
                      const std::vector<std::string>& coordinates) {
  const Form::Part kept = split.form.kept(reduction);
  return shader.temporary(*split.results[reduction], false)
      .load(fmt::format("uint({})", affine(0, kept.strides.data(), coordinates)));
}

/// Prints what is to be done with a finished result; `number` is that of the kept point.
void print_result(const Split& split, Shader& shader, uint32_t reduction, uint32_t phase,
                  const std::string& value, const std::string& number) {
  if (split.results[reduction])
    shader.print(shader.temporary(*split.results[reduction], true).store(number, value));
  const std::vector<uint32_t> stores = split.form.reduction_stores(reduction, phase, false);
  if (stores.empty()) return;
  shader.print("{");
  Emitter emitter(shader, split.form,
                  print_coordinates(shader, split.form.kept(reduction).dims, number, "i"));
  for (const uint32_t s : stores) emitter.store(s, value);
  shader.print("}");
}

/// Prints the sums of one block of the tree for each 16 threads.  Where instructions have loops of
/// their own, a lane may need more than one run for its points.
Grid print_blocks(Split& split, Shader& shader, const Parts& parts, uint32_t phase,
                  const Layout& layout, const std::vector<uint32_t>& numbers,
                  std::vector<Temporary>& partials) {
  const uint32_t results = layout.size / tree_lanes;
  const uint64_t units = layout.kept.count * layout.blocks, groups = ceil_div(units, results);
  shader.print(R"(
const uint lane = thread {lane}u;
const uint unit = group * {results}u + thread {unit}u;
const bool valid = unit < {units}u;
const uint k = unit % {kept}u, block = unit / {kept}u;)",
               "lane"_a = layout.lanes_first ? "% 16" : fmt::format("/ {}", results),
               "results"_a = results,
               "unit"_a = layout.lanes_first ? "/ 16" : fmt::format("% {}", results),
               "units"_a = units, "kept"_a = layout.kept.count);
  const Accumulators sums(shader, split.form, numbers);
  const Carried carried(shader, split.plan, parts, groups, sums.registers());
  shader.print("const uint last = valid ? min(block * 4096u + {} * 16u, {}u) : 0u;", parts.end(),
               layout.reduced.count);
  shader.print(loop("uint j = block * 4096u + {} * 16u + lane; j < last; j += 16u", parts.size(),
                    parts.first()));
  const std::vector<std::string> at = layout.print_point(shader);
  Emitter emitter(shader, split.form, at);
  emitter.reduced = [&](uint32_t r) { return result_at(split, shader, r, at); };
  emitter.instructions(phase, sums.sources(), {});
  sums.add();
  shader.print("}");
  carried.keep();
  sums.share("s", layout.lane_stride);
  shader.print("if (lane != 0u || !valid) return;");
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    const std::string value = fmt::format("s{}[thread]", i);
    if (layout.blocks == 1) {
      print_result(split, shader, numbers[i], phase, value, "k");
      continue;
    }
    partials[i] = split.plan.allocate(sums[i].dtype, units);
    shader.print(shader.temporary(partials[i], true)
                     .store(fmt::format("k * {}u + block", layout.blocks), value));
  }
  return {groups};
}

/// Adds up results of blocks, 16 neighbours at a time.
void add_combination(Split& split, uint32_t r, uint32_t phase, Temporary partials, uint64_t count) {
  const auto& [kind, dtype, source, axes] = split.form.reductions[r];
  const auto kept = split.form.kept(r).count;
  while (true) {
    const uint64_t groups = ceil_div(count, tree_lanes);
    Shader shader(split.context, split.context.traits.group_size());
    begin_elements(shader, kept * groups);
    shader.print(
        R"(
const uint k = p / {groups}u, begin = p % {groups}u * 16u;
uint n = min(16u, {count}u - begin);
{type} v[16];
{each}
  v[i] = {element};
}}
{levels}
  {pairs}
    v[i] = {sum};
  }}
  if (n % 2u != 0u) v[n / 2u] = v[n - 1u];
}})",
        "groups"_a = groups, "count"_a = count, "type"_a = register_type(dtype),
        "each"_a = loop("uint i = 0u; i < n; ++i", tree_lanes),
        "element"_a =
            shader.temporary(partials, false).load(fmt::format("k * {}u + begin + i", count)),
        "levels"_a = loop("; n > 1u; n = (n + 1u) / 2u", std::bit_width(tree_lanes)),
        "pairs"_a = loop("uint i = 0u; i < n / 2u; ++i", tree_lanes / 2),
        "sum"_a = reduced(kind, dtype, "v[2u * i]", "v[2u * i + 1u]"));
    if (groups == 1) {
      print_result(split, shader, r, phase, "v[0]", "k");
    } else {
      partials = split.plan.allocate(dtype, kept * groups);
      shader.print(shader.temporary(partials, true).store("p", "v[0]"));
    }
    end_elements(shader, split.plan, kept * groups, true);
    if (groups == 1) return;
    count = groups;
  }
}

/// Adds reductions over the same axes.
void add_reductions(Split& split, uint32_t phase, const std::vector<uint32_t>& numbers,
                    bool barrier) {
  Layout layout(split.form, split.form.reductions[numbers[0]].axes);
  if (layout.kept.count == 0) return;
  layout.set_size(split.context.traits.barrier_group_size(), tree_lanes);
  std::vector<Temporary> partials(numbers.size());
  add_in_parts(split.context, split.plan, layout.size, layout.of_lane(), barrier,
               [&](Shader& shader, const Parts& parts) {
                 return print_blocks(split, shader, parts, phase, layout, numbers, partials);
               });
  if (layout.blocks > 1)
    for (std::size_t i = 0; i < numbers.size(); ++i)
      add_combination(split, numbers[i], phase, partials[i], layout.blocks);
}

/// Adds the reductions of a phase: those over the same axes together, as far as shared memory goes.
void add_reductions(Split& split, uint32_t phase) {
  const Traits& traits = split.context.traits;
  std::vector<uint32_t> left = split.form.reductions_of(phase);
  bool barrier = !split.plan.dispatches.empty();
  while (!left.empty()) {
    std::vector<uint32_t> together, others;
    for (const uint32_t r : left) {
      together.push_back(r);
      const bool fits =
          split.form.reductions[r].axes == split.form.reductions[left[0]].axes &&
          (together.size() == 1 ||
           shared_bytes(split.form, together, traits.barrier_group_size()) <= traits.shared_bytes);
      if (fits) continue;
      together.pop_back();
      others.push_back(r);
    }
    add_reductions(split, phase, together, barrier);
    barrier = false;
    left = others;
  }
}

/// One thread for each point.
void add_register_stores(Split& split, uint32_t phase) {
  const uint64_t points = split.form.points();
  if (split.form.register_stores(phase).empty() || points == 0) return;
  Shader shader(split.context, split.context.traits.group_size());
  begin_elements(shader, points);
  const std::vector<std::string> at = print_coordinates(shader, split.form.dims, "p", "i");
  Emitter emitter(shader, split.form, at);
  emitter.reduced = [&](uint32_t r) { return result_at(split, shader, r, at); };
  emitter.phase(phase);
  end_elements(shader, split.plan, points, !split.plan.dispatches.empty());
}

void add_late_stores(Split& split, uint32_t phase) {
  for (uint32_t r = 0; r < split.form.phases[phase].reductions_end; ++r) {
    const std::vector<uint32_t> stores = split.form.reduction_stores(r, phase, true);
    const auto count = split.form.kept(r).count;
    if (stores.empty() || count == 0) continue;
    Shader shader(split.context, split.context.traits.group_size());
    begin_elements(shader, count, "k");
    Emitter emitter(shader, split.form,
                    print_coordinates(shader, split.form.kept(r).dims, "k", "i"));
    const std::string value = shader.temporary(*split.results[r], false).load("k");
    for (const uint32_t s : stores) emitter.store(s, value);
    end_elements(shader, split.plan, count, true);
  }
}

/// Whether something reads the result of a reduction after its dispatch.
bool is_read(const Form& form, uint32_t reduction) {
  for (const asg_inst& inst : form.insts)
    if (inst.op == ASG_EW_REDUCED && inst.a == reduction) return true;
  for (uint32_t p = 0; p < form.phases.size(); ++p)
    if (!form.reduction_stores(reduction, p, true).empty()) return true;
  return false;
}

}  // namespace

void plan_split(const StepContext& context, const Form& form, StepPlan& plan) {
  Split split{context, form, plan, {}};
  split.results.resize(form.reductions.size());
  for (uint32_t r = 0; r < form.reductions.size(); ++r)
    if (is_read(form, r))
      split.results[r] = plan.allocate(form.reductions[r].dtype, form.kept(r).count);
  for (uint32_t p = 0; p < form.phases.size(); ++p) {
    add_reductions(split, p);
    add_register_stores(split, p);
    add_late_stores(split, p);
  }
}

}  // namespace asg::vulkan
