// SORT: x -> sorted x, I64 positions; stable, NaN after every number (before, when descending).
#include <algorithm>

#include "kernels.hpp"
#include "kernels/arithmetic.hpp"
#include "kernels/lines.hpp"

namespace asg::cpu {

namespace {

struct Sort {
  Sort(const sdk::ProgramCopy& program, const asg_step& step, Context& device);
  void run(const sdk::Call& call) const;

  Context& context;
  Lines<3> lines;  // offsets in x, sorted, positions
  bool descending = false;
};

Sort::Sort(const sdk::ProgramCopy& program, const asg_step& step, Context& device)
    : context(device) {
  const sdk::SortForm form(program, step);
  const asg_value& x = program.input(step, 0);
  const asg_value &y = program.output(step, 0), &positions = program.output(step, 1);
  const uint32_t axis = form.axis;
  descending = form.descending;
  lines.length = x.shape[axis];
  lines.strides = {x.strides[axis], y.strides[axis], positions.strides[axis]};
  for (uint32_t d = 0; d < x.rank; ++d)
    if (d != axis) lines.others.add(x.shape[d], {x.strides[d], y.strides[d], positions.strides[d]});
  context.workspace.reserve(static_cast<std::size_t>(lines.length) * 16, 0);
}

template <class T>
struct Item {
  T key;
  int64_t position;
};

template <class T>
bool before(T a, T b) {
  return is_nan(b) ? !is_nan(a) : a < b;
}

/// With the position as last resort no two items are equal, so any sort is stable; and std::sort,
/// unlike std::stable_sort, needs no memory.
template <bool descending, class T>
void sort_items(Item<T>* items, int64_t n) {
  std::sort(items, items + n, [](const Item<T>& a, const Item<T>& b) {
    if (descending ? before(b.key, a.key) : before(a.key, b.key)) return true;
    if (descending ? before(a.key, b.key) : before(b.key, a.key)) return false;
    return a.position < b.position;
  });
}

template <class T>
void sort_line(const Sort& sort, const T* x, T* y, int64_t* positions, Item<T>* items) {
  const auto& lines = sort.lines;
  for (int64_t i = 0; i < lines.length; ++i) items[i] = {x[i * lines.strides[0]], i};
  sort.descending ? sort_items<true>(items, lines.length) : sort_items<false>(items, lines.length);
  for (int64_t i = 0; i < lines.length; ++i) {
    y[i * lines.strides[1]] = items[i].key;
    positions[i * lines.strides[2]] = items[i].position;
  }
}

void Sort::run(const sdk::Call& call) const {
  const int64_t count = lines.others.count();
  int64_t* positions = call.output(1).as<int64_t>();
  dispatch(call.input(0).dtype(), [&](auto zero) {
    using T = decltype(zero);
    const T* x = call.input(0).as<T>();
    T* y = call.output(0).as<T>();
    context.share(count, lines.length * 16, [&](int64_t begin, int64_t end, uint32_t thread) {
      auto* items = reinterpret_cast<Item<T>*>(context.workspace.thread(thread));
      lines.others.for_each(begin, end, [&](const std::array<int64_t, 3>& at) {
        sort_line(*this, x + at[0], y + at[1], positions + at[2], items);
      });
    });
  });
}

}  // namespace

sdk::Kernel make_sort(Context* context) {
  return {rows_per_dtype(ASG_OP_SORT, computed_dtypes, {same, same, ASG_DTYPE_BIT(ASG_I64)}),
          prepare<Sort>(context)};
}

}  // namespace asg::cpu
