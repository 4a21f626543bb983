// One dispatch for all runs of a region: a table says which of them a workgroup serves.
#include <algorithm>

#include "glsl/loops.hpp"
#include "region/planner.hpp"

namespace asg::vulkan {

void RegionPlanner::instances() {
  const std::vector<uint32_t> stores = register_stores(0);
  std::vector<asg_instance> runs;
  for (const asg_instance& run : sdk::Span<asg_instance>(region_.instances))
    if (run.length > 0) runs.push_back(run);
  if (stores.empty() || runs.empty()) return;
  form_.dims[0] = 0;
  for (const asg_instance& run : runs) form_.dims[0] = std::max(form_.dims[0], run.length);
  check_points();

  const uint32_t size = context_.traits.group_size();
  Shader shader(context_, size);
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
  for (const asg_inst& inst : form_.insts)
    if (inst.op == ASG_EW_LOAD) add_place(inst.a);
  for (const asg_store& store : form_.stores) add_place(store.access);

  const std::string table = shader.table();
  const auto word = [&](std::size_t k) { return table + "[row + " + text(k) + "]"; };
  const std::string width = text(instance_header + places.size());
  shader.line("uint row = 0u;");
  shader.line("uint end = push.count;");
  shader.line(halving("end - row > 1u", runs.size()));
  shader.line("  const uint middle = (row + end) / 2u;");
  shader.line("  if (uint(" + table + "[middle * " + width + "]) <= group) row = middle;");
  shader.line("  else end = middle;");
  shader.line("}");
  shader.line("row *= " + width + ";");
  shader.line("const uint p = (group - uint(" + word(0) + ")) * " + text(size) + " + thread;");
  shader.line("if (p >= uint(" + word(1) + ")) return;");
  for (std::size_t k = 0; k < places.size(); ++k)
    shader.line("const int o" + std::to_string(k) + " = " + word(instance_header + k) + ";");

  Emitter emitter(shader, form_, {"int(p)"});
  emitter.touched = [&](const Access& access, bool writes) {
    const auto k = static_cast<uint32_t>(&access - form_.accesses.data());
    const uint32_t value = runs[0].values[k];
    if (one_for_all(k)) return shader.value(value, writes);
    const auto place = static_cast<uint32_t>(place_of(k));
    const bool keeps = std::any_of(runs.begin(), runs.end(), [&](const asg_instance& run) {
      return shader.keeps(run.values[k]);
    });
    return shader.place(place, context_.program.values()[value].dtype, "o" + std::to_string(place),
                        writes, keeps);
  };
  emitter.instructions(0, form_.phases[0].insts_end, {}, stores);
  for (const uint32_t s : stores)
    emitter.store(form_.stores[s], Emitter::name(form_.stores[s].source));

  std::vector<RegionInstance> table_rows;
  uint64_t groups = 0;
  for (const asg_instance& run : runs) {
    RegionInstance& instance = table_rows.emplace_back();
    instance.length = static_cast<uint32_t>(run.length);
    for (const uint32_t access : places)
      instance.places.push_back(shader.place_of(run.values[access]));
    groups += ceil_div(instance.length, size);
  }
  add(shader, groups, !plan_.dispatches.empty());
  plan_.dispatches.back().instances = std::move(table_rows);
}

}  // namespace asg::vulkan
