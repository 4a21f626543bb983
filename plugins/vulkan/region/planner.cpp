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

void RegionPlanner::run() {
  sdk::check_region(context_.program, context_.step);
  check_reach(context_, region_);
  if (form_.points() >= uint64_t{1} << 31)
    throw sdk::Error(ASG_UNSUPPORTED, "a region of " + std::to_string(form_.points()) +
                                          " points; this backend numbers them in 31 bits");
  if (region_.instances.count > 0) {
    for (const asg_instance& instance : sdk::Span<asg_instance>(region_.instances))
      elementwise(0, instance.values, instance.length);
    return;
  }
  if (form_.reductions.empty()) {
    for (uint32_t p = 0; p < form_.phases.size(); ++p) elementwise(p, nullptr, -1);
    return;
  }
  if (fusable())
    fused();
  else
    split();
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

// One thread for each point.
void RegionPlanner::elementwise(uint32_t phase, const uint32_t* values, int64_t length) {
  const std::vector<uint32_t> stores = register_stores(phase);
  const uint64_t points = length >= 0 ? static_cast<uint64_t>(length) : form_.points();
  if (stores.empty() || points == 0) return;
  if (points >= uint64_t{1} << 31)
    throw sdk::Error(ASG_UNSUPPORTED, "an instance of more than 2^31 points");
  const uint32_t size = context_.traits.group_size();
  Shader shader(context_, size);
  shader.line("const uint p = group * " + text(size) + " + thread;");
  shader.line("if (p >= push.count) return;");
  const std::vector<std::string> coordinates =
      length >= 0 ? std::vector<std::string>{"int(p)"}
                  : print_coordinates(shader, form_.dims, "p", "i");
  Emitter emitter(shader, form_, coordinates);
  emitter.values = values;
  emitter.reduced = [&](uint32_t r) {
    return temporary_result(shader, r, kept_number(r, coordinates));
  };
  emitter.instructions(form_.begin_of(phase).insts_end, form_.phases[phase].insts_end, {}, stores);
  for (const uint32_t s : stores)
    emitter.store(form_.stores[s], Emitter::name(form_.stores[s].source));
  const bool barrier = values == nullptr && !plan_.dispatches.empty();
  add(shader, ceil_div(points, size), barrier);
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

// ------------------------------------------------- all phases of a result in one workgroup

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

void RegionPlanner::fused() {
  const uint32_t axes = form_.reductions[0].axes;
  Layout layout = layout_of(axes, 0);
  if (layout.kept.count == 0) return;
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
  add(shader, ceil_div(static_cast<uint64_t>(layout.kept.count), rows), false);
}

namespace {

// The names of the axes, of which some are counted by one number and some by another.
std::vector<std::string> both(const std::vector<std::string>& a,
                              const std::vector<std::string>& b) {
  std::vector<std::string> result = a;
  for (std::size_t d = 0; d < b.size(); ++d)
    if (b[d] != "0") result[d] = b[d];
  return result;
}

// Adds up the lanes of every block; the results are in the lanes 0.
void print_lanes(Shader& shader, const std::vector<asg_reduction>& reductions, uint32_t lane_stride,
                 const std::string& prefix) {
  shader.line("barrier();");
  for (uint32_t half = tree_lanes / 2; half > 0; half /= 2) {
    shader.line("if (lane < " + text(half) + ") {");
    for (std::size_t i = 0; i < reductions.size(); ++i) {
      const std::string array = prefix + std::to_string(i);
      shader.line("  " + array + "[thread] = " +
                  reduced(reductions[i].kind, reductions[i].dtype, array + "[thread]",
                          array + "[thread + " + text(half * lane_stride) + "]") +
                  ";");
    }
    shader.line("}");
    shader.line("barrier();");
  }
}

}  // namespace

void RegionPlanner::fused_phase(Shader& shader, const Layout& layout, uint32_t phase,
                                uint32_t width) {
  const std::vector<uint32_t> numbers = reductions_of(phase), stores = register_stores(phase);
  std::vector<asg_reduction> reductions;
  std::vector<uint32_t> sources;
  for (const uint32_t r : numbers) {
    reductions.push_back(form_.reductions[r]);
    sources.push_back(form_.reductions[r].source);
    shader.line(register_type(form_.reductions[r].dtype) + " a" + std::to_string(r) + " = " +
                neutral(form_.reductions[r].kind, form_.reductions[r].dtype) + ";");
  }
  if (!numbers.empty() || !stores.empty()) {
    shader.line("for (uint j = first; j < last; j += 16u) {");
    const std::vector<std::string> at =
        both(coordinates_of(shader, layout.kept, "k"), coordinates_of(shader, layout.reduced, "j"));
    Emitter emitter(shader, form_, at);
    emitter.reduced = [](uint32_t r) { return "q" + std::to_string(r); };
    emitter.instructions(form_.begin_of(phase).insts_end, form_.phases[phase].insts_end, sources,
                         stores);
    for (const uint32_t r : numbers) {
      const std::string a = "a" + std::to_string(r);
      const asg_reduction& reduction = form_.reductions[r];
      shader.line("{ " + std::string(sdk::is_float(reduction.dtype) ? "precise " : "") +
                  register_type(reduction.dtype) + " next = " +
                  reduced(reduction.kind, reduction.dtype, a, Emitter::name(reduction.source)) +
                  "; " + a + " = next; }");
    }
    for (const uint32_t s : stores)
      emitter.store(form_.stores[s], Emitter::name(form_.stores[s].source));
    shader.line("}");
  }
  const std::string prefix = "s" + std::to_string(phase) + "_";
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    shader.global("shared " + register_type(reductions[i].dtype) + " " + prefix +
                  std::to_string(i) + "[" + std::to_string(layout.size) + "];");
    shader.line(prefix + std::to_string(i) + "[thread] = a" + std::to_string(numbers[i]) + ";");
  }
  if (!numbers.empty()) print_lanes(shader, reductions, layout.lane_stride, prefix);
  const uint32_t blocks = width / tree_lanes, block_stride = tree_lanes * layout.lane_stride;
  if (!numbers.empty() && blocks > 1) {
    shader.line("if (place == 0u) {");
    shader.line("  for (uint n = " + text(blocks) + "; n > 1u; n = (n + 1u) / 2u) {");
    for (std::size_t i = 0; i < numbers.size(); ++i) {
      const std::string array = prefix + std::to_string(i);
      const auto at = [&](const std::string& block) {
        return array + "[home + (" + block + ") * " + text(block_stride) + "]";
      };
      shader.line(
          "    for (uint b = 0u; b < n / 2u; ++b) " + at("b") + " = " +
          reduced(reductions[i].kind, reductions[i].dtype, at("2u * b"), at("2u * b + 1u")) + ";");
      shader.line("    if (n % 2u != 0u) " + at("n / 2u") + " = " + at("n - 1u") + ";");
    }
    shader.line("  }");
    shader.line("}");
    shader.line("barrier();");
  }
  for (std::size_t i = 0; i < numbers.size(); ++i)
    shader.line("const " + register_type(reductions[i].dtype) + " q" + std::to_string(numbers[i]) +
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

// ---------------------------------------------------------------- a dispatch for each part

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
    elementwise(p, nullptr, -1);
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
  Shader shader(context_, layout.size);
  const std::string g = text(results), kept = text(static_cast<uint64_t>(layout.kept.count));
  const auto units =
      static_cast<uint64_t>(layout.kept.count) * static_cast<uint64_t>(layout.blocks);
  shader.line("const uint lane = " +
              std::string(layout.lanes_first ? "thread % 16u" : "thread / " + g) + ";");
  shader.line("const uint unit = group * " + g + " + " +
              (layout.lanes_first ? "thread / 16u" : "thread % " + g) + ";");
  shader.line("const bool valid = unit < " + text(units) + ";");
  shader.line("const uint k = unit % " + kept + ", block = unit / " + kept + ";");
  shader.line("const uint last = valid ? min(block * 4096u + 4096u, " +
              text(static_cast<uint64_t>(layout.reduced.count)) + ") : 0u;");
  std::vector<asg_reduction> reductions;
  std::vector<uint32_t> sources;
  for (const uint32_t r : numbers) {
    reductions.push_back(form_.reductions[r]);
    sources.push_back(form_.reductions[r].source);
    shader.line(register_type(form_.reductions[r].dtype) + " a" + std::to_string(r) + " = " +
                neutral(form_.reductions[r].kind, form_.reductions[r].dtype) + ";");
  }
  shader.line("for (uint j = block * 4096u + lane; j < last; j += 16u) {");
  const std::vector<std::string> at =
      both(coordinates_of(shader, layout.kept, "k"), coordinates_of(shader, layout.reduced, "j"));
  Emitter emitter(shader, form_, at);
  emitter.reduced = [&](uint32_t r) { return temporary_result(shader, r, kept_number(r, at)); };
  emitter.instructions(form_.begin_of(phase).insts_end, form_.phases[phase].insts_end, sources, {});
  for (const uint32_t r : numbers) {
    const std::string a = "a" + std::to_string(r);
    const asg_reduction& reduction = form_.reductions[r];
    shader.line("{ " + std::string(sdk::is_float(reduction.dtype) ? "precise " : "") +
                register_type(reduction.dtype) + " next = " +
                reduced(reduction.kind, reduction.dtype, a, Emitter::name(reduction.source)) +
                "; " + a + " = next; }");
  }
  shader.line("}");
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    shader.global("shared " + register_type(reductions[i].dtype) + " s" + std::to_string(i) + "[" +
                  std::to_string(layout.size) + "];");
    shader.line("s" + std::to_string(i) + "[thread] = a" + std::to_string(numbers[i]) + ";");
  }
  print_lanes(shader, reductions, layout.lane_stride, "s");
  shader.line("if (lane != 0u || !valid) return;");
  std::vector<uint64_t> partials(numbers.size());
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    const std::string value = "s" + std::to_string(i) + "[thread]";
    if (layout.blocks == 1) {
      finish(shader, numbers[i], phase, value, "k");
      continue;
    }
    const uint32_t words = word_count(reductions[i].dtype);
    partials[i] = plan_.allocate(units * words * 4, context_.traits.offset_alignment);
    const std::string array = shader.temporary(partials[i], units * words * 4, true);
    const std::string place = "(k * " + text(static_cast<uint64_t>(layout.blocks)) + " + block)";
    shader.line(to_words(reductions[i].dtype, array, words == 1 ? place : place + " * 2u", value));
  }
  add(shader, ceil_div(units, results), barrier);
  if (layout.blocks > 1)
    for (std::size_t i = 0; i < numbers.size(); ++i)
      combine(numbers[i], phase, partials[i], layout.blocks);
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
    shader.line("for (uint i = 0u; i < n; ++i) v[i] = " +
                from_words(reduction.dtype, from, words == 1 ? place : place + " * 2u") + ";");
    shader.line("for (; n > 1u; n = (n + 1u) / 2u) {");
    shader.line("  for (uint i = 0u; i < n / 2u; ++i) v[i] = " +
                reduced(reduction.kind, reduction.dtype, "v[2u * i]", "v[2u * i + 1u]") + ";");
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
