// One dispatch for all runs of a region: a table says which of them a workgroup serves.
#include <fmt/format.h>

#include <algorithm>

#include "glsl/loops.hpp"
#include "region/emit.hpp"
#include "region/planner.hpp"

namespace asg::vulkan {
using namespace fmt::literals;

void plan_instances(const StepContext& context, const asg_region& region, Form& form,
                    StepPlan& plan) {
  std::vector<asg_instance> runs;
  for (const asg_instance& run : sdk::Span<asg_instance>(region.instances))
    if (run.length > 0) runs.push_back(run);
  if (form.register_stores(0).empty() || runs.empty()) return;
  form.dims[0] = 0;
  for (const asg_instance& run : runs) form.dims[0] = std::max(form.dims[0], run.length);
  check_points(form);

  const uint32_t size = context.traits.group_size();
  Shader shader(context, size);
  const auto alike = [&](uint32_t a, uint32_t b) {
    return std::all_of(runs.begin(), runs.end(),
                       [&](const asg_instance& run) { return run.values[a] == run.values[b]; });
  };
  const auto one_for_all = [&](uint32_t access) {
    return std::all_of(runs.begin(), runs.end(), [&](const asg_instance& run) {
      return run.values[access] == runs[0].values[access];
    });
  };
  // An access for each place that the values of an instance have; others may touch the same.
  std::vector<uint32_t> places;
  const auto place_of = [&](uint32_t access) {
    return std::find_if(places.begin(), places.end(),
                        [&](uint32_t other) { return alike(access, other); }) -
           places.begin();
  };
  const auto add_place = [&](uint32_t access) {
    if (!one_for_all(access) && place_of(access) == std::ssize(places)) places.push_back(access);
  };
  for (const asg_inst& inst : form.insts)
    if (inst.op == ASG_EW_LOAD) add_place(inst.a);
  for (const asg_store& store : form.stores) add_place(store.access);

  const std::string table = shader.table();
  const auto word = [&](std::size_t k) { return fmt::format("{}[row + {}u]", table, k); };
  shader.print(R"(
uint row = 0u;
uint end = push.count;
{halving}
  const uint middle = (row + end) / 2u;
  if (uint({table}[middle * {width}u]) <= group) row = middle;
  else end = middle;
}}
row *= {width}u;
const uint p = (group - uint({first})) * {size}u + thread;
if (p >= uint({length})) return;)",
               "halving"_a = halving("end - row > 1u", runs.size()), "table"_a = table,
               "width"_a = instance_header + places.size(), "first"_a = word(0), "size"_a = size,
               "length"_a = word(1));
  for (std::size_t k = 0; k < places.size(); ++k)
    shader.print("const int o{} = {};", k, word(instance_header + k));

  Emitter emitter(shader, form, {"int(p)"});
  emitter.touched = [&](uint32_t access, bool writes) {
    const uint32_t value = runs[0].values[access];
    if (one_for_all(access)) return shader.value(value, writes);
    const auto place = static_cast<uint32_t>(place_of(access));
    const bool keeps = std::any_of(runs.begin(), runs.end(), [&](const asg_instance& run) {
      return shader.keeps(run.values[access]);
    });
    return shader.place(place, context.program.values()[value].dtype, fmt::format("o{}", place),
                        writes, keeps);
  };
  emitter.phase(0);

  std::vector<RegionInstance> table_rows;
  uint64_t groups = 0;
  for (const asg_instance& run : runs) {
    RegionInstance& instance = table_rows.emplace_back();
    instance.length = static_cast<uint32_t>(run.length);
    for (const uint32_t access : places)
      instance.places.push_back(shader.place_of(run.values[access]));
    groups += ceil_div(instance.length, size);
  }
  plan.add(shader.finish(groups, !plan.dispatches.empty()));
  plan.dispatches.back().instances = std::move(table_rows);
}

}  // namespace asg::vulkan
