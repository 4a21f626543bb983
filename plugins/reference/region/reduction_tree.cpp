#include "region/reduction_tree.hpp"

#include <algorithm>
#include <vector>

#include "arithmetic.hpp"
#include "kernel.hpp"

namespace asg::reference {
namespace {

constexpr int64_t lanes = 16;
constexpr int64_t tree_block = 4096;

// std::vector<bool> is no array.
template <class T>
using Cells = std::unique_ptr<T[]>;

template <class T, class Op>
class Tree final : public ReductionTree {
 public:
  Tree(int64_t kept, int64_t reduced, bool sequential, T neutral)
      : reduced_(reduced),
        blocks_per_result_((reduced + tree_block - 1) / tree_block),
        kept_(kept),
        sets_(sequential ? std::min<int64_t>(kept, 1) : kept),
        neutral_(neutral),
        lanes_(new T[static_cast<std::size_t>(sets_ * lanes)]),
        blocks_(new T[static_cast<std::size_t>(sets_ * blocks_per_result_)]),
        results_(new T[static_cast<std::size_t>(kept)]) {}

  void begin() override {
    std::fill_n(lanes_.get(), sets_ * lanes, neutral_);
    std::fill_n(results_.get(), kept_, neutral_);
  }

  void add(const void* source, const int64_t* kept, const int64_t* index, int64_t count) override {
    const T* x = static_cast<const T*>(source);
    for (int64_t i = 0; i < count; ++i) {
      const int64_t set = sets_ == kept_ ? kept[i] : 0;
      T* lane = lanes_.get() + set * lanes;
      T& cell = lane[index[i] % lanes];
      cell = Op{}(cell, x[i]);
      const int64_t next = index[i] + 1;
      if (next % tree_block != 0 && next != reduced_) continue;
      T* blocks = blocks_.get() + set * blocks_per_result_;
      blocks[index[i] / tree_block] = close_block(lane);
      if (next == reduced_) results_[kept[i]] = combine(blocks, blocks_per_result_);
    }
  }

  void read(const int64_t* kept, int64_t count, void* result) const override {
    for (int64_t i = 0; i < count; ++i) static_cast<T*>(result)[i] = results_[kept[i]];
  }

 private:
  T close_block(T* lane) const {
    for (int64_t half = lanes / 2; half > 0; half /= 2)
      for (int64_t i = 0; i < half; ++i) lane[i] = Op{}(lane[i], lane[i + half]);
    const T result = lane[0];
    std::fill_n(lane, lanes, neutral_);
    return result;
  }

  static T combine(T* blocks, int64_t count) {
    while (count > 1) {
      for (int64_t i = 0; i < count / 2; ++i) blocks[i] = Op{}(blocks[2 * i], blocks[2 * i + 1]);
      if (count % 2 != 0) blocks[count / 2] = blocks[count - 1];
      count = (count + 1) / 2;
    }
    return blocks[0];
  }

  int64_t reduced_;
  int64_t blocks_per_result_;
  int64_t kept_;
  int64_t sets_;  // results under way at the same time
  T neutral_;
  Cells<T> lanes_;
  Cells<T> blocks_;
  Cells<T> results_;
};

struct Sizes {
  int64_t kept, reduced;
  bool sequential;
};

template <class T, class Op>
std::unique_ptr<ReductionTree> tree(const Sizes& sizes, T neutral, Op) {
  return std::make_unique<Tree<T, Op>>(sizes.kept, sizes.reduced, sizes.sequential, neutral);
}

template <class T>
std::unique_ptr<ReductionTree> make(uint32_t kind, const Sizes& sizes) {
  if (kind == ASG_REDUCE_MAX)
    return tree(sizes, lowest<T>(), [](T a, T b) { return maximum(a, b); });
  if (kind == ASG_REDUCE_MIN)
    return tree(sizes, highest<T>(), [](T a, T b) { return minimum(a, b); });
  if constexpr (Number<T>) {
    if (kind == ASG_REDUCE_SUM) return tree(sizes, T{0}, [](T a, T b) { return add(a, b); });
    if (kind == ASG_REDUCE_PROD) return tree(sizes, T{1}, [](T a, T b) { return multiply(a, b); });
  } else {
    if (kind == ASG_REDUCE_ANY) return tree(sizes, false, [](bool a, bool b) { return a || b; });
    if (kind == ASG_REDUCE_ALL) return tree(sizes, true, [](bool a, bool b) { return a && b; });
  }
  return nullptr;
}

}  // namespace

std::unique_ptr<ReductionTree> make_reduction_tree(uint32_t kind, uint32_t dtype, int64_t kept,
                                                   int64_t reduced, bool sequential) {
  return dispatch(dtype, [&](auto zero) {
    return make<decltype(zero)>(kind, Sizes{kept, reduced, sequential});
  });
}

}  // namespace asg::reference
