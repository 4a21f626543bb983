#include "form.hpp"

#include <algorithm>
#include <string>

#include <asg/sdk/region_check.hpp>

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

/// Errors: ASG_INVALID_ARGUMENT when an access without bounds leaves its value's extent.
void check_reach(const sdk::ProgramCopy& program, const asg_region& region,
                 const asg_access& access) {
  const auto values = program.values();
  const asg_value& value = values[access.value];
  const auto size = static_cast<int64_t>(sdk::dtype_size(value.dtype));
  if (access.n_bounds != 0 || size == 0 || sdk::point_count(region) == 0) return;
  int64_t low = access.offset, high = access.offset;
  const auto reach = [&](int64_t stride, int64_t extent) {
    (stride < 0 ? low : high) += stride * (extent - 1);
  };
  for (uint32_t d = 0; d < region.rank; ++d) reach(access.strides[d], region.dims[d]);
  if (access.index_register != 0 && access.index_extent > 0)
    reach(access.index_stride, access.index_extent);
  const auto offset = static_cast<int64_t>(value.offset);
  if (offset + low * size < static_cast<int64_t>(value.extent_begin) ||
      offset + (high + 1) * size > static_cast<int64_t>(value.extent_end))
    throw Error(ASG_INVALID_ARGUMENT, "a region reaches elements " + std::to_string(low) + " to " +
                                          std::to_string(high) + " of value " +
                                          std::to_string(access.value) + " '" + value.name +
                                          "', outside its extent");
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
  for (Reduction& r : form.reductions) r.axes = (r.axes & low) | ((r.axes >> 1) & ~low);
}

bool can_join(Form& form, uint32_t at) {
  for (const Reduction& r : form.reductions)
    if (((r.axes >> at) & 1) != ((r.axes >> (at + 1)) & 1)) return false;
  bool joined = true;
  for_each_map(form, [&](const Affine& map) {
    joined &= map.coefficients[at] == map.coefficients[at + 1] * form.dims[at + 1];
  });
  return joined;
}

Form make_form(const sdk::ProgramCopy& program, const asg_step& step) {
  sdk::check_region(program, step);
  const asg_region& region = *program.region(step);
  Form form;
  form.dims.assign(region.dims, region.dims + region.rank);
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
    access.dtype = a.value < program.values().size() ? program.values()[a.value].dtype : 0;
    access.element = affine(a.offset, a.strides);
    access.fill = a.fill;
    access.index_register = a.index_register;
    access.index_stride = a.index_stride;
    access.index_extent = a.index_extent;
    for (uint32_t b = 0; b < a.n_bounds; ++b)
      access.bounds.push_back({affine(a.bounds[b].base, a.bounds[b].coef), a.bounds[b].extent});
    form.accesses.push_back(std::move(access));
  }
  for (const asg_inst& i : form.insts)
    if (i.op == ASG_EW_LOAD) check_reach(program, region, Span<asg_access>(region.accesses)[i.a]);
  for (const asg_store& s : form.stores)
    check_reach(program, region, Span<asg_access>(region.accesses)[s.access]);
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
  for (uint32_t d = form.rank(); d-- > 0;)
    if (form.dims[d] == 1) erase_axis(form, d);
  for (uint32_t d = form.rank(); d-- > 1;) {
    if (!can_join(form, d - 1)) continue;
    form.dims[d] *= form.dims[d - 1];
    erase_axis(form, d - 1);
  }
  return form;
}

bool may_overlap(const sdk::ProgramCopy& program, const Access& a, const Access& b) {
  if (a.place != b.place || a.place == Access::Place::none) return false;
  if (a.place == Access::Place::scratch) return a.index == b.index;
  const auto values = program.values();
  const asg_value& x = values[a.index];
  const asg_value& y = values[b.index];
  return x.slot == y.slot && x.extent_begin < y.extent_end && y.extent_begin < x.extent_end;
}

bool same_map(const sdk::ProgramCopy& program, const Access& a, const Access& b) {
  if (a.index_register != 0 || b.index_register != 0) return false;
  if (a.place != b.place || a.element.coefficients != b.element.coefficients) return false;
  if (a.place == Access::Place::scratch) return a.index == b.index && a.element == b.element;
  const auto values = program.values();
  const asg_value& x = values[a.index];
  const asg_value& y = values[b.index];
  const int64_t size = sdk::dtype_size(x.dtype);
  return x.slot == y.slot && size == sdk::dtype_size(y.dtype) &&
         static_cast<int64_t>(x.offset) + a.element.base * size ==
             static_cast<int64_t>(y.offset) + b.element.base * size;
}

}  // namespace asg::cpu
