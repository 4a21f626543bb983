// Random steps of the kernels beside regions: shapes, strides, attributes.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <string>
#include <utility>
#include <vector>

#include "check/random_case.hpp"

namespace asg::proof {

inline const std::vector<uint32_t> numbers = {ASG_F32, ASG_F64, ASG_I8, ASG_I32,
                                              ASG_I64, ASG_U8,  ASG_U32};
inline const std::vector<uint32_t> compared = {ASG_F32, ASG_F64, ASG_I8,  ASG_I32,
                                               ASG_I64, ASG_U8,  ASG_U32, ASG_BOOL};

/// What random steps may be.
struct KernelOffer {
  uint32_t max_rank = ASG_MAX_RANK;
  bool strided = true;  ///< inputs of any strides
  bool strided_outputs = false;
  /// Sums and products that no order of the terms rounds.
  bool exact = false;
};

/// A view of a buffer in which a tensor of that shape lies with random strides.
struct Layout {
  Shape strides;
  int64_t offset = 0, extent = 1;
};
inline Layout random_layout(Random& random, const Shape& shape, bool may_broadcast) {
  Layout layout;
  layout.strides.assign(shape.size(), 0);
  std::vector<std::size_t> order(shape.size());
  for (std::size_t d = 0; d < order.size(); ++d) order[d] = d;
  if (random.chance(0.5)) random.shuffle(order);
  for (std::size_t k = order.size(); k-- > 0;) {
    const std::size_t d = order[k];
    const int64_t size = std::max<int64_t>(shape[d], 1);
    if (may_broadcast && random.chance(0.1)) continue;
    layout.strides[d] = layout.extent;
    if (random.chance(0.1)) {
      layout.offset += (size - 1) * layout.extent;
      layout.strides[d] = -layout.extent;
    }
    layout.extent *= size + (random.chance(0.15) ? random.integer(0, 3) : 0);
  }
  return layout;
}
inline Shape random_shape(Random& random, int64_t min_rank, int64_t max_rank, int64_t limit) {
  static const std::vector<int64_t> sizes = {0, 1, 1, 2, 3, 4, 5, 8, 9, 16, 17, 33, 70, 130};
  Shape shape;
  int64_t points = 1;
  for (int64_t d = random.integer(min_rank, std::max(min_rank, max_rank)); d > 0; --d) {
    int64_t size = random.pick(sizes);
    if (size == 0 && !random.chance(0.2)) size = 6;
    if (points * size > limit) size = std::max<int64_t>(limit / points, 1);
    shape.push_back(size);
    points *= std::max<int64_t>(size, 1);
  }
  random.shuffle(shape);
  return shape;
}

/// Adds the steps of one case.
class RandomKernel {
 public:
  RandomKernel(Random& random, Case& c, const KernelOffer& offer = {})
      : random_(random), case_(c), offer_(offer) {}

  void matmul(uint32_t dtype, int64_t limit) {
    static const std::vector<int64_t> sizes = {0, 1, 1, 2, 3, 5, 16, 17, 48, 64, 100, 257, 400};
    const auto side = [&] { return std::min(random_.pick(sizes), limit); };
    Shape batch = random_shape(random_, 0, ranks(3, 2), 6);
    const int64_t m = side(), n = side(), k = side();
    const auto with = [&](int64_t rows, int64_t columns) {
      Shape shape = batch;
      shape.push_back(rows);
      shape.push_back(columns);
      return shape;
    };
    const ValueId a = input(dtype, with(m, k), Data::terms);
    const ValueId b = input(dtype, with(k, n), Data::terms);
    step(ASG_OP_MATMUL, "matmul", {a, b}, {output(dtype, with(m, n))});
  }

  void gather(uint32_t dtype, uint32_t index_dtype) {
    const auto [x, axis, batch] = indexed();
    Shape index(x.begin(), x.begin() + batch);
    for (const int64_t size : random_shape(random_, 0, spare(x), 40)) index.push_back(size);
    const ValueId source = input(dtype, x, Data::any);
    const ValueId chosen = indices(index_dtype, index, x[static_cast<std::size_t>(axis)]);
    step(ASG_OP_GATHER, "gather", {source, chosen}, {output(dtype, picked(x, index, axis, batch))},
         Attrs{}.set("axis", axis).set("batch_dims", batch));
  }

  void scatter(uint32_t dtype, uint32_t index_dtype) {
    std::vector<const char*> modes = {"set", "max", "min"};
    if (dtype != ASG_BOOL) modes.push_back("add");
    const char* mode = random_.pick(modes);
    const auto [x, axis, batch] = indexed();
    Shape index(x.begin(), x.begin() + batch);
    // Many more updates than places: what decides is the order.
    for (const int64_t size : random_shape(random_, 0, spare(x), random_.chance(0.1) ? 3000 : 60))
      index.push_back(size);
    const Data data = std::strcmp(mode, "add") == 0 && offer_.exact ? Data::terms : Data::any;
    const ValueId old = input(dtype, x, data);
    const ValueId chosen = indices(index_dtype, index, x[static_cast<std::size_t>(axis)]);
    const ValueId updates = input(dtype, picked(x, index, axis, batch), data);
    step(ASG_OP_SCATTER, "scatter", {old, chosen, updates}, {output(dtype, x)},
         Attrs{}.set("axis", axis).set("batch_dims", batch).set("mode", mode));
  }

  void fold(uint32_t dtype) {
    const int64_t n = random_.integer(0, std::min<int64_t>(2, offer_.max_rank / 2));
    Shape y = random_shape(random_, 0, ranks(2, 2 * n), 30), windows, kernel;
    Shape x = y;
    std::vector<int64_t> strides, dilations, pads;
    for (int64_t d = 0; d < n; ++d) {
      y.push_back(random_.integer(0, 30));
      windows.push_back(random_.integer(0, 20));
      kernel.push_back(random_.integer(1, 5));
      strides.push_back(random_.integer(1, 3));
      dilations.push_back(random_.integer(1, 3));
      pads.push_back(random_.integer(0, 4));
    }
    x.insert(x.end(), windows.begin(), windows.end());
    x.insert(x.end(), kernel.begin(), kernel.end());
    step(ASG_OP_FOLD, "fold", {input(dtype, x, Data::terms)}, {output(dtype, y)},
         Attrs{}.ints("strides", strides).ints("dilations", dilations).ints("pads", pads));
  }

  void arg_reduce(uint32_t dtype) {
    auto [x, axis] = along_an_axis(8000);
    int64_t& size = x[static_cast<std::size_t>(axis)];
    if (size == 0) size = 2;
    Shape y = x;
    y.erase(y.begin() + axis);
    step(ASG_OP_ARG_REDUCE, "arg_reduce", {input(dtype, x, Data::any)}, {output(ASG_I64, y)},
         Attrs{}.set("axis", axis).set("mode", random_.chance(0.5) ? "max" : "min"));
  }

  void sort(uint32_t dtype) {
    const auto [x, axis] = along_an_axis(5000);
    const ValueId from = input(dtype, x, Data::any), sorted = output(dtype, x);
    step(ASG_OP_SORT, "sort", {from}, {sorted, output(ASG_I64, x)},
         Attrs{}.set("axis", axis).set("descending", random_.chance(0.5) ? 1 : 0));
  }

  void cumulative(uint32_t dtype) {
    const auto [x, axis] = along_an_axis(5000);
    const char* mode = random_.pick<const char*>({"sum", "prod", "max"});
    const Data data = !offer_.exact || std::strcmp(mode, "max") == 0 ? Data::any
                      : std::strcmp(mode, "sum") == 0                ? Data::terms
                                                                     : Data::factors;
    step(ASG_OP_CUMULATIVE, "cumulative", {input(dtype, x, data)}, {output(dtype, x)},
         Attrs{}
             .set("axis", axis)
             .set("mode", mode)
             .set("exclusive", random_.chance(0.5) ? 1 : 0)
             .set("reverse", random_.chance(0.5) ? 1 : 0));
  }

  /// All inside [0, extent).
  ValueId indices(uint32_t dtype, const Shape& shape, int64_t extent) {
    const ValueId id = case_.program.input(dtype, shape);
    const int64_t count = sdk::product(shape.data(), static_cast<uint32_t>(shape.size()));
    Bytes data(static_cast<std::size_t>(count) * sdk::dtype_size(dtype));
    for (int64_t i = 0; i < count; ++i) put_integer(data, dtype, i, random_.integer(0, extent - 1));
    case_.inputs.emplace_back(id, std::move(data));
    return id;
  }

 private:
  enum class Data { any, terms, factors };

  /// At most `wanted` axes where a tensor has `others` beside them.
  int64_t ranks(int64_t wanted, int64_t others) const {
    return std::clamp<int64_t>(int64_t{offer_.max_rank} - others, 0, wanted);
  }
  struct AlongAxis {
    Shape x;
    int64_t axis;
  };
  AlongAxis along_an_axis(int64_t limit) {
    Shape x = random_shape(random_, 1, ranks(4, 0), limit);
    const int64_t axis = random_.integer(0, static_cast<int64_t>(x.size()) - 1);
    return {std::move(x), axis};
  }
  struct Indexed {
    Shape x;
    int64_t axis, batch;
  };
  Indexed indexed() {
    auto [x, axis] = along_an_axis(3000);
    int64_t& size = x[static_cast<std::size_t>(axis)];
    if (size == 0) size = 3;
    return {std::move(x), axis, random_.integer(0, std::min<int64_t>(axis, 2))};
  }
  /// Axes that indices may have beside the batches: the result has them in the place of one of x's.
  int64_t spare(const Shape& x) const { return ranks(2, static_cast<int64_t>(x.size()) - 1); }
  static Shape picked(const Shape& x, const Shape& index, int64_t axis, int64_t batch) {
    Shape y(x.begin(), x.begin() + axis);
    y.insert(y.end(), index.begin() + batch, index.end());
    y.insert(y.end(), x.begin() + axis + 1, x.end());
    return y;
  }

  ValueId view(ValueId whole, const Shape& shape, const Layout& layout) {
    return case_.program.view(whole, shape, layout.strides, layout.offset);
  }
  ValueId input(uint32_t dtype, const Shape& shape, Data data) {
    if (!offer_.strided || random_.chance(0.4)) return filled(dtype, shape, data);
    const Layout layout = random_layout(random_, shape, true);
    return view(filled(dtype, {layout.extent}, data), shape, layout);
  }
  ValueId filled(uint32_t dtype, const Shape& shape, Data data) {
    if (data == Data::any || !offer_.exact)
      return case_.input(random_, dtype, shape, data == Data::any);
    const ValueId id = case_.program.input(dtype, shape);
    const int64_t count = sdk::element_count(case_.program.value(id));
    case_.inputs.emplace_back(id, small_data(random_, dtype, count, data == Data::factors));
    return id;
  }
  ValueId output(uint32_t dtype, const Shape& shape) {
    if (!offer_.strided_outputs || random_.chance(0.6)) return case_.output(dtype, shape);
    const Layout layout = random_layout(random_, shape, false);
    return view(case_.output(dtype, {layout.extent}), shape, layout);
  }
  void step(uint32_t op, const char* name, std::vector<ValueId> inputs,
            std::vector<ValueId> outputs, const Attrs& attrs = {}) {
    case_.program.step(op, name, std::move(inputs), std::move(outputs), attrs);
  }

  Random& random_;
  Case& case_;
  KernelOffer offer_;
};

}  // namespace asg::proof
