#include "region/planner.hpp"

#include <algorithm>

#include <asg/sdk/region_check.hpp>

#include "glsl/loops.hpp"
#include "glsl/types.hpp"
#include "region/reach.hpp"

namespace asg::vulkan {
RegionPlanner::RegionPlanner(const StepContext& context, const asg_region& region, StepPlan& plan)
    : context_(context),
      region_(region),
      plan_(plan),
      // The lengths of instances stand elsewhere, so their axis must stay, whatever its size.
      form_(region, region.instances.count == 0),
      results_(region.reductions.count) {}

void RegionPlanner::check_points() const {
  if (form_.points() >= uint64_t{1} << 31)
    throw sdk::Error(ASG_UNSUPPORTED, "a region of " + std::to_string(form_.points()) +
                                          " points; this backend numbers them in 31 bits");
}

void RegionPlanner::run() {
  sdk::check_region(context_.program, context_.step);
  check_reach(context_, region_);
  if (region_.instances.count > 0) return instances();
  check_points();
  if (form_.reductions.empty()) {
    for (uint32_t p = 0; p < form_.phases.size(); ++p) elementwise(p);
    return;
  }
  if (!fusable() || !fused()) split();
}

std::vector<uint32_t> RegionPlanner::register_stores(uint32_t phase) const {
  std::vector<uint32_t> result;
  for (uint32_t s = form_.begin_of(phase).stores_end; s < form_.phases[phase].stores_end; ++s)
    if (form_.stores[s].kind == ASG_STORE_REGISTER) result.push_back(s);
  return result;
}

std::vector<uint32_t> RegionPlanner::reductions_of(uint32_t phase) const {
  std::vector<uint32_t> result;
  for (uint32_t r = form_.begin_of(phase).reductions_end; r < form_.phases[phase].reductions_end;
       ++r)
    result.push_back(r);
  return result;
}

bool RegionPlanner::is_late(const asg_store& store, uint32_t phase) const {
  if (store.source < form_.begin_of(phase).reductions_end) return true;
  const sdk::Span<asg_value> values = context_.program.values();
  const asg_value& target = values[form_.accesses[store.access].value];
  for (const asg_inst& inst : form_.insts) {
    if (inst.op != ASG_EW_LOAD) continue;
    const asg_value& read = values[form_.accesses[inst.a].value];
    if (read.slot == target.slot && read.extent_begin < target.extent_end &&
        target.extent_begin < read.extent_end)
      return true;
  }
  return false;
}

std::vector<uint32_t> RegionPlanner::reduction_stores(uint32_t reduction, uint32_t phase,
                                                      bool late) const {
  std::vector<uint32_t> result;
  for (uint32_t s = form_.begin_of(phase).stores_end; s < form_.phases[phase].stores_end; ++s) {
    const asg_store& store = form_.stores[s];
    if (store.kind == ASG_STORE_REDUCTION && store.source == reduction &&
        is_late(store, phase) == late)
      result.push_back(s);
  }
  return result;
}

std::string RegionPlanner::kept_number(uint32_t reduction,
                                       const std::vector<std::string>& coordinates) const {
  const Form::Part kept = form_.part(form_.reductions[reduction].axes, false);
  return "uint(" + affine(0, kept.strides.data(), coordinates) + ")";
}

std::string RegionPlanner::temporary_result(Shader& shader, uint32_t reduction,
                                            const std::string& number) const {
  const uint32_t dtype = form_.reductions[reduction].dtype;
  const int64_t count = form_.part(form_.reductions[reduction].axes, false).count;
  const uint32_t words = word_count(dtype);
  const std::string array =
      shader.temporary(results_[reduction].begin, static_cast<uint64_t>(count) * words * 4, false);
  return from_words(dtype, array, words == 1 ? number : number + " * 2u");
}

std::vector<std::string> RegionPlanner::coordinates_of(Shader& shader, const Form::Part& part,
                                                       const std::string& number) const {
  return print_coordinates(shader, part.dims, number, "i");
}

std::vector<std::string> RegionPlanner::coordinates_of(Shader& shader, const Layout& layout) const {
  std::vector<std::string> names = coordinates_of(shader, layout.kept, "k");
  const std::vector<std::string> inner = coordinates_of(shader, layout.reduced, "j");
  for (std::size_t d = 0; d < inner.size(); ++d)
    if (inner[d] != "0") names[d] = inner[d];
  return names;
}

// One thread for each point.
void RegionPlanner::elementwise(uint32_t phase) {
  const std::vector<uint32_t> stores = register_stores(phase);
  const uint64_t points = form_.points();
  if (stores.empty() || points == 0) return;
  const uint32_t size = context_.traits.group_size();
  Shader shader(context_, size);
  shader.line("const uint p = group * " + text(size) + " + thread;");
  shader.line("if (p >= push.count) return;");
  const std::vector<std::string> coordinates = print_coordinates(shader, form_.dims, "p", "i");
  Emitter emitter(shader, form_, coordinates);
  emitter.reduced = [&](uint32_t r) {
    return temporary_result(shader, r, kept_number(r, coordinates));
  };
  emitter.instructions(form_.begin_of(phase).insts_end, form_.phases[phase].insts_end, {}, stores);
  for (const uint32_t s : stores)
    emitter.store(form_.stores[s], Emitter::name(form_.stores[s].source));
  add(shader, ceil_div(points, size), !plan_.dispatches.empty());
  plan_.dispatches.back().count = static_cast<uint32_t>(points);
}

RegionPlanner::Layout RegionPlanner::layout_of(uint32_t axes, uint32_t size) const {
  Layout layout{form_.part(axes, false), form_.part(axes, true), 1, size, 1, true};
  layout.blocks = std::max<int64_t>(
      1, static_cast<int64_t>(ceil_div(static_cast<uint64_t>(layout.reduced.count), tree_block)));
  const uint32_t last = form_.rank();
  layout.lanes_first = last == 0 || (axes >> (last - 1) & 1) != 0 || layout.kept.count == 1;
  return layout;
}

uint64_t RegionPlanner::shared_bytes(const std::vector<uint32_t>& reductions, uint32_t size) const {
  uint64_t bytes = 0;
  for (const uint32_t r : reductions) bytes += word_count(form_.reductions[r].dtype) * 4 * size;
  return bytes;
}

}  // namespace asg::vulkan
