// GATHER: x, indices -> y.
#include <cstring>

#include "kernels.hpp"
#include "loop.hpp"

namespace asg::cpu {

namespace {

struct Gather {
  Gather(const sdk::ProgramCopy& program, const asg_step& step, Context& device);
  void run(const sdk::Call& call) const;

  Context& context;
  Loop<3> rows;  // b, p, i: offsets in y, indices, x
  Loop<2> row;   // q: offsets in y, x
  int64_t axis_stride = 0;
  sdk::GatherForm form;
};

Gather::Gather(const sdk::ProgramCopy& program, const asg_step& step, Context& device)
    : context(device), form(program, step) {
  const asg_value &x = program.input(step, 0), &indices = program.input(step, 1);
  const asg_value& y = program.output(step, 0);
  axis_stride = x.strides[form.axis];
  for (uint32_t d = 0; d < form.axis; ++d)
    rows.add(x.shape[d],
             {y.strides[d], d < form.batch_dims ? indices.strides[d] : 0, x.strides[d]});
  for (uint32_t d = form.batch_dims; d < indices.rank; ++d)
    rows.add(indices.shape[d], {y.strides[form.axis + d - form.batch_dims], indices.strides[d], 0});
  for (uint32_t d = form.axis + 1; d < x.rank; ++d)
    row.add(x.shape[d], {y.strides[d - 1 + indices.rank - form.batch_dims], x.strides[d]});
}

/// Single elements: what there is to do for each is too little for a walk over axes.
template <class U, class I>
void gather_elements(const Gather& step, const U* x, const I* indices, U* y, int64_t begin,
                     int64_t end) {
  const int64_t to = step.rows.inner_stride(0), along = step.rows.inner_stride(1),
                from = step.rows.inner_stride(2);
  step.rows.for_each_run(begin, end, [&](const std::array<int64_t, 3>& at, int64_t n) {
    for (int64_t k = 0; k < n; ++k) {
      const auto index = static_cast<int64_t>(indices[at[1] + k * along]);
      step.form.check_index("gather", index);
      y[at[0] + k * to] = x[at[2] + k * from + index * step.axis_stride];
    }
  });
}

template <class U, class I>
void gather(const Gather& step, const U* x, const I* indices, U* y, int64_t begin, int64_t end) {
  const bool dense =
      step.row.rank() <= 1 && step.row.inner_stride(0) == 1 && step.row.inner_stride(1) == 1;
  const int64_t width = step.row.count();
  if (width == 1) return gather_elements(step, x, indices, y, begin, end);
  step.rows.for_each(begin, end, [&](const std::array<int64_t, 3>& at) {
    const auto index = static_cast<int64_t>(indices[at[1]]);
    step.form.check_index("gather", index);
    const U* from = x + at[2] + index * step.axis_stride;
    U* to = y + at[0];
    if (dense) {
      std::memcpy(to, from, static_cast<std::size_t>(width) * sizeof(U));
    } else {
      step.row.for_each_run(0, width, [&](const std::array<int64_t, 2>& offset, int64_t n) {
        for (int64_t k = 0; k < n; ++k)
          to[offset[0] + k * step.row.inner_stride(0)] =
              from[offset[1] + k * step.row.inner_stride(1)];
      });
    }
  });
}

void Gather::run(const sdk::Call& call) const {
  if (row.count() == 0) return;
  const sdk::Tensor x = call.input(0), indices = call.input(1), y = call.output(0);
  dispatch_size(sdk::dtype_size(x.dtype()), [&](auto zero) {
    using U = decltype(zero);
    context.share(rows.count(), row.count() / 4 + 8, [&](int64_t begin, int64_t end, uint32_t) {
      if (indices.dtype() == ASG_I32)
        gather(*this, x.as<U>(), indices.as<int32_t>(), y.as<U>(), begin, end);
      else
        gather(*this, x.as<U>(), indices.as<int64_t>(), y.as<U>(), begin, end);
    });
  });
}

}  // namespace

sdk::Kernel make_gather(Context* context) {
  return {rows_per_dtype(ASG_OP_GATHER, all_dtypes, {same, index_dtypes, same}),
          prepare<Gather>(context)};
}

}  // namespace asg::cpu
