// ARG_REDUCE: x -> y (I64), the position of the largest or smallest element along an axis.
#include <type_traits>

#include "kernels.hpp"
#include "kernels/arithmetic.hpp"
#include "kernels/lines.hpp"

namespace asg::cpu {

namespace {

struct ArgReduce {
  ArgReduce(const sdk::ProgramCopy& program, const asg_step& step, Context& device);
  void run(const sdk::Call& call) const;

  Context& context;
  Lines<2> lines;  // offsets in x, y
  bool largest = true;
};

ArgReduce::ArgReduce(const sdk::ProgramCopy& program, const asg_step& step, Context& device)
    : context(device) {
  const sdk::ArgReduceForm form(program, step);
  const asg_value &x = program.input(step, 0), &y = program.output(step, 0);
  const uint32_t axis = form.axis;
  largest = form.largest;
  lines.length = x.shape[axis];
  lines.strides = {x.strides[axis], 0};
  for (uint32_t d = 0; d < y.rank; ++d)
    lines.others.add(y.shape[d], {x.strides[d < axis ? d : d + 1], y.strides[d]});
}

/// A NaN beats every number and, being first, every later NaN.
template <bool largest, class T>
bool beats(T candidate, T champion) {
  if constexpr (is_float<T>)
    return static_cast<bool>((largest ? !(candidate <= champion) : !(candidate >= champion)) &
                             !is_nan(champion));
  return largest ? candidate > champion : candidate < champion;
}

template <bool largest, class T>
int64_t best_of_line(const T* x, int64_t stride, int64_t length) {
  int64_t best = 0;
  T champion = x[0];
  for (int64_t i = 1; i < length; ++i)
    if (const T candidate = x[i * stride]; beats<largest>(candidate, champion)) {
      champion = candidate;
      best = i;
    }
  return best;
}

template <bool largest, class T>
void best_of_lines(const Lines<2>& lines, const T* x, int64_t* y, int64_t count) {
  // Positions as wide as the elements: then compilers make vectors of both.
  using Position = std::conditional_t<(sizeof(T) < 8), int32_t, int64_t>;
  constexpr int64_t across = Lines<2>::across;
  const int64_t step = lines.others.inner_stride(0), to = lines.others.inner_stride(1);
  for (int64_t first = 0; first < count; first += across) {
    const int64_t n = std::min(across, count - first);
    T champions[across];
    Position best[across];
    const T* line = x + first * step;
    for (int64_t k = 0; k < n; ++k) {
      champions[k] = line[k * step];
      best[k] = 0;
    }
    for (int64_t i = 1; i < lines.length; ++i) {
      line += lines.strides[0];
      for (int64_t k = 0; k < n; ++k) {
        const T candidate = line[k * step];
        const bool wins = beats<largest>(candidate, champions[k]);
        champions[k] = wins ? candidate : champions[k];
        best[k] = wins ? static_cast<Position>(i) : best[k];
      }
    }
    for (int64_t k = 0; k < n; ++k) y[(first + k) * to] = best[k];
  }
}

template <bool largest, class T>
void arg_reduce(const ArgReduce& step, const T* x, int64_t* y, int64_t begin, int64_t end) {
  const auto& others = step.lines.others;
  if (step.lines.side_by_side() && step.lines.length <= INT32_MAX) {
    others.for_each_run(begin, end, [&](const std::array<int64_t, 2>& at, int64_t n) {
      best_of_lines<largest>(step.lines, x + at[0], y + at[1], n);
    });
    return;
  }
  others.for_each(begin, end, [&](const std::array<int64_t, 2>& at) {
    y[at[1]] = best_of_line<largest>(x + at[0], step.lines.strides[0], step.lines.length);
  });
}

void ArgReduce::run(const sdk::Call& call) const {
  const int64_t count = lines.others.count();
  int64_t* y = call.output(0).as<int64_t>();
  dispatch(call.input(0).dtype(), [&](auto zero) {
    using T = decltype(zero);
    const T* x = call.input(0).as<T>();
    context.share(count, lines.length, [&](int64_t begin, int64_t end, uint32_t) {
      if (largest)
        arg_reduce<true>(*this, x, y, begin, end);
      else
        arg_reduce<false>(*this, x, y, begin, end);
    });
  });
}

}  // namespace

sdk::Kernel make_arg_reduce(Context* context) {
  return {rows_per_dtype(ASG_OP_ARG_REDUCE, computed_dtypes, {same, ASG_DTYPE_BIT(ASG_I64)}),
          prepare<ArgReduce>(context)};
}

}  // namespace asg::cpu
