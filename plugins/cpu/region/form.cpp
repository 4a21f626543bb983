#include "region/form.hpp"

#include <algorithm>
#include <cstdlib>
#include <functional>
#include <string>

#include <asg/sdk/region_check.hpp>

#include "region/reuse.hpp"

namespace asg::cpu {

namespace {

using sdk::Error;
using sdk::Span;

Affine affine(int64_t base, const int64_t* coefficients) {
  Affine result;
  result.base = base;
  std::copy_n(coefficients, ASG_MAX_RANK, result.coefficients.begin());
  return result;
}

/// Errors: ASG_INVALID_ARGUMENT when an access without bounds leaves its value's extent on a domain
/// with those sizes.
void check_reach(const sdk::ProgramCopy& program, uint32_t rank, const int64_t* dims,
                 const asg_access& access, uint32_t value_index) {
  const auto values = program.values();
  const asg_value& value = values[value_index];
  const auto size = static_cast<int64_t>(sdk::dtype_size(value.dtype));
  if (access.bounds.count != 0 || size == 0 || std::count(dims, dims + rank, 0) != 0) return;
  int64_t low = access.offset, high = access.offset;
  const auto reach = [&](int64_t stride, int64_t extent) {
    (stride < 0 ? low : high) += stride * (extent - 1);
  };
  for (uint32_t d = 0; d < rank; ++d) reach(access.strides[d], dims[d]);
  const auto offset = static_cast<int64_t>(value.offset);
  if (offset + low * size < static_cast<int64_t>(value.extent_begin) ||
      offset + (high + 1) * size > static_cast<int64_t>(value.extent_end))
    throw Error(ASG_INVALID_ARGUMENT, "a region reaches elements " + std::to_string(low) + " to " +
                                          std::to_string(high) + " of value " +
                                          std::to_string(value_index) + ", outside its extent");
}
void check_reach(const sdk::ProgramCopy& program, const asg_region& region, uint32_t index) {
  const asg_access& access = Span<asg_access>(region.accesses)[index];
  if (region.instances.count == 0)
    return check_reach(program, region.rank, region.dims, access, access.value);
  for (const asg_instance& instance : Span<asg_instance>(region.instances))
    check_reach(program, region.rank, &instance.length, access, instance.values[index]);
}

/// Takes bounds that leave only index 0 of some axes out of a store's list.
void note_first_axes(const asg_region& region, Access& access) {
  std::erase_if(access.bounds, [&](const Bound& bound) {
    uint32_t axes = 0;
    bool forward = false, back = false;
    for (uint32_t d = 0; d < region.rank; ++d) {
      const int64_t step = bound.position.coefficients[d];
      if (step == 0) continue;
      if (std::abs(step) < bound.extent) return false;
      axes |= 1u << d;
      (step > 0 ? forward : back) = true;
    }
    if (axes == 0 || bound.position.base != 0 || bound.extent < 1 || (forward && back))
      return false;
    access.first_axes |= axes;
    for (uint32_t d = 0; d < region.rank; ++d)
      if ((axes >> d & 1) != 0) access.element.coefficients[d] = 0;
    return true;
  });
}

template <class Visit>
void for_each_map(Form& form, Visit&& visit) {
  for (Access& access : form.accesses) {
    visit(access.element);
    for (Bound& bound : access.bounds) visit(bound.position);
  }
}

/// Removes axis `at` from all maps; its coefficient no longer matters.
void erase_axis(Form& form, uint32_t at) {
  form.dims.erase(form.dims.begin() + at);
  for_each_map(form, [&](Affine& map) {
    std::copy(map.coefficients.begin() + at + 1, map.coefficients.end(),
              map.coefficients.begin() + at);
    map.coefficients.back() = 0;
  });
  const uint32_t low = (1u << at) - 1;
  const auto erase = [&](uint32_t& axes) { axes = (axes & low) | ((axes >> 1) & ~low); };
  for (Reduction& r : form.reductions) erase(r.axes);
  for (Access& access : form.accesses) erase(access.first_axes);
}

bool can_join_axes(Form& form, uint32_t at) {
  const auto differ = [&](uint32_t axes) { return ((axes >> at) & 1) != ((axes >> (at + 1)) & 1); };
  for (const Reduction& r : form.reductions)
    if (differ(r.axes)) return false;
  for (const Access& access : form.accesses)
    if (differ(access.first_axes)) return false;
  bool joined = true;
  for_each_map(form, [&](const Affine& map) {
    joined &= map.coefficients[at] == map.coefficients[at + 1] * form.dims[at + 1];
  });
  return joined;
}

/// Stores whose values nothing reads for long, this region included, go past the caches.
void choose_streamed(const sdk::ProgramCopy& program, const asg_step& step,
                     const std::vector<bool>& loaded, Form& form) {
  if (!form.lengths.empty()) return;
  for (const asg_store& store : form.stores) {
    Access& access = form.accesses[store.access];
    bool read = false;
    for (std::size_t i = 0; i < loaded.size(); ++i)
      read |= loaded[i] && may_overlap(program, form.accesses[i], access);
    access.streamed = !read && leaves_caches(program, step, access.index);
  }
}

Form make_form(const sdk::ProgramCopy& program, const asg_step& step) {
  sdk::check_region(program, step);
  const asg_region& region = *program.region(step);
  Form form;
  form.dims.assign(region.dims, region.dims + region.rank);
  const Span<asg_instance> instances = region.instances;
  for (const asg_instance& instance : instances) form.lengths.push_back(instance.length);
  if (!form.lengths.empty())
    form.dims[0] = *std::max_element(form.lengths.begin(), form.lengths.end());
  for (const asg_inst& i : Span<asg_inst>(region.insts)) form.insts.push_back(i);
  for (const asg_store& s : Span<asg_store>(region.stores)) form.stores.push_back(s);
  for (const asg_phase& p : Span<asg_phase>(region.phases)) form.phases.push_back(p);
  const uint32_t all_axes = (1u << region.rank) - 1;
  for (const asg_reduction& r : Span<asg_reduction>(region.reductions))
    form.reductions.push_back({r.kind, r.dtype, r.source, r.axes & all_axes});
  for (const asg_access& a : Span<asg_access>(region.accesses)) {
    Access access;
    access.place = Access::Place::value;
    access.index = a.value;
    const auto number = static_cast<uint32_t>(form.accesses.size());
    for (const asg_instance& instance : instances)
      access.instances.push_back(instance.values[number]);
    if (!access.instances.empty()) {
      const auto same = [&](const Access& other) { return other.instances == access.instances; };
      access.index = static_cast<uint32_t>(
          std::find_if(form.accesses.begin(), form.accesses.end(), same) - form.accesses.begin());
    }
    const uint32_t value = access.instances.empty() ? a.value : access.instances[0];
    access.dtype = value < program.values().size() ? program.values()[value].dtype : 0;
    access.element = affine(a.offset, a.strides);
    access.fill = a.fill;
    for (const asg_bound& bound : Span<asg_bound>(a.bounds))
      access.bounds.push_back({affine(bound.base, bound.coef), bound.extent});
    form.accesses.push_back(std::move(access));
  }
  for (const asg_inst& i : form.insts)
    if (i.op == ASG_EW_LOAD) check_reach(program, region, i.a);
  std::vector<bool> loaded(form.accesses.size(), false);
  for (const asg_inst& i : form.insts)
    if (i.op == ASG_EW_LOAD) loaded[i.a] = true;
  for (const asg_store& s : form.stores) {
    check_reach(program, region, s.access);
    if (s.kind == ASG_STORE_REGISTER && !loaded[s.access])
      note_first_axes(region, form.accesses[s.access]);
  }
  choose_streamed(program, step, loaded, form);
  for_each_map(form, [&](Affine& map) {
    std::fill(map.coefficients.begin() + region.rank, map.coefficients.end(), 0);
  });
  return form;
}

}  // namespace

Form epilogue_form(const sdk::ProgramCopy& program, const asg_step& step) {
  return make_form(program, step);
}

Form simplify(const sdk::ProgramCopy& program, const asg_step& step) {
  Form form = make_form(program, step);
  const bool lengths_differ = std::adjacent_find(form.lengths.begin(), form.lengths.end(),
                                                 std::not_equal_to<>()) != form.lengths.end();
  for (uint32_t d = form.rank(); d-- > 0;)
    if (form.dims[d] == 1 && !lengths_differ) erase_axis(form, d);
  for (uint32_t d = form.rank(); d-- > 1;) {
    if (!can_join_axes(form, d - 1)) continue;
    form.dims[d] *= form.dims[d - 1];
    erase_axis(form, d - 1);
  }
  return form;
}

namespace {

/// Calls test(value of a, value of b) until it gives `wanted`, once or for each instance.
template <class Test>
bool some_instance(const sdk::ProgramCopy& program, const Access& a, const Access& b, bool wanted,
                   Test&& test) {
  const auto values = program.values();
  if (a.instances.empty()) return test(values[a.index], values[b.index]) == wanted;
  for (std::size_t i = 0; i < a.instances.size(); ++i)
    if (test(values[a.instances[i]], values[b.instances[i]]) == wanted) return true;
  return false;
}

}  // namespace

bool may_overlap(const sdk::ProgramCopy& program, const Access& a, const Access& b) {
  if (a.place != b.place || a.place == Access::Place::none) return false;
  if (a.place == Access::Place::scratch) return a.index == b.index;
  return some_instance(program, a, b, true, [](const asg_value& x, const asg_value& y) {
    return x.slot == y.slot && x.extent_begin < y.extent_end && y.extent_begin < x.extent_end;
  });
}

bool same_map(const sdk::ProgramCopy& program, const Access& a, const Access& b) {
  if (a.place != b.place || a.element.coefficients != b.element.coefficients) return false;
  if (a.place == Access::Place::scratch) return a.index == b.index && a.element == b.element;
  return !some_instance(program, a, b, false, [&](const asg_value& x, const asg_value& y) {
    const int64_t size = sdk::dtype_size(x.dtype);
    return x.slot == y.slot && size == sdk::dtype_size(y.dtype) &&
           static_cast<int64_t>(x.offset) + a.element.base * size ==
               static_cast<int64_t>(y.offset) + b.element.base * size;
  });
}

}  // namespace asg::cpu
