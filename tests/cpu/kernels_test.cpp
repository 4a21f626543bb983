// Every kernel on random shapes and strides against the reference.
#include <boost/test/unit_test.hpp>

#include "differential.hpp"
#include "support/messages.hpp"

// Backends that compile for each program take a share of the seeds.
#ifndef ASG_SEED_SHARE
#define ASG_SEED_SHARE 1
#endif

namespace asg::testing {
namespace {

using test_support::contains;

const std::vector<uint32_t> numbers = {ASG_F32, ASG_F64, ASG_I8, ASG_I32, ASG_I64, ASG_U8, ASG_U32};
const std::vector<uint32_t> all = {ASG_F32, ASG_F64, ASG_I8,  ASG_I32,
                                   ASG_I64, ASG_U8,  ASG_U32, ASG_BOOL};

/// A view of a buffer in which a tensor of that shape lies with random strides.
struct Layout {
  Shape strides;
  int64_t offset = 0, extent = 1;
};
Layout random_layout(Random& random, const Shape& shape, bool may_broadcast) {
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
ValueId view(Case& c, ValueId whole, const Shape& shape, const Layout& layout) {
  return c.program.view(whole, shape, layout.strides, layout.offset);
}
ValueId strided_input(Random& random, Case& c, uint32_t dtype, const Shape& shape,
                      bool specials = true) {
  if (random.chance(0.4)) return c.input(random, dtype, shape, specials);
  const Layout layout = random_layout(random, shape, true);
  return view(c, c.input(random, dtype, {layout.extent}, specials), shape, layout);
}
ValueId strided_output(Random& random, Case& c, uint32_t dtype, const Shape& shape) {
  if (random.chance(0.6)) return c.output(dtype, shape);
  const Layout layout = random_layout(random, shape, false);
  return view(c, c.output(dtype, {layout.extent}), shape, layout);
}
Shape random_shape(Random& random, int64_t min_rank, int64_t max_rank, int64_t limit) {
  static const std::vector<int64_t> sizes = {0, 1, 1, 2, 3, 4, 5, 8, 9, 16, 17, 33, 70, 130};
  Shape shape;
  int64_t points = 1;
  for (int64_t d = random.integer(min_rank, max_rank); d > 0; --d) {
    int64_t size = random.pick(sizes);
    if (size == 0 && !random.chance(0.2)) size = 6;
    if (points * size > limit) size = std::max<int64_t>(limit / points, 1);
    shape.push_back(size);
    points *= std::max<int64_t>(size, 1);
  }
  random.shuffle(shape);
  return shape;
}

/// Indices of a dtype, all inside [0, extent).
ValueId indices(Random& random, Case& c, uint32_t dtype, const Shape& shape, int64_t extent) {
  const ValueId id = c.program.input(dtype, shape);
  const int64_t count = sdk::product(shape.data(), static_cast<uint32_t>(shape.size()));
  Bytes data(static_cast<std::size_t>(count) * sdk::dtype_size(dtype));
  for (int64_t i = 0; i < count; ++i) {
    const int64_t index = random.integer(0, extent - 1);
    if (dtype == ASG_I32)
      reinterpret_cast<int32_t*>(data.data())[i] = static_cast<int32_t>(index);
    else
      reinterpret_cast<int64_t*>(data.data())[i] = index;
  }
  c.inputs.emplace_back(id, std::move(data));
  return id;
}

template <class Build>
void repeat(uint64_t count, double tolerance, Build&& build) {
  for (uint64_t seed = 1; seed <= (count + ASG_SEED_SHARE - 1) / ASG_SEED_SHARE; ++seed) {
    Random random(seed);
    Case c;
    build(random, c);
    std::string text;
    try {
      text = backends().compare(c, tolerance);
    } catch (const std::exception& e) {
      text = e.what();
    }
    BOOST_CHECK_MESSAGE(text.empty(), "seed " << seed << ": " << text);
  }
}

void build_matmul(Random& random, Case& c, uint32_t dtype, int64_t limit) {
  static const std::vector<int64_t> sizes = {0, 1, 1, 2, 3, 5, 16, 17, 48, 64, 100, 257, 400};
  const auto side = [&] { return std::min(random.pick(sizes), limit); };
  Shape batch = random_shape(random, 0, 3, 6);
  const int64_t m = side(), n = side(), k = side();
  const auto with = [&](int64_t rows, int64_t columns) {
    Shape shape = batch;
    shape.push_back(rows);
    shape.push_back(columns);
    return shape;
  };
  const ValueId a = strided_input(random, c, dtype, with(m, k), false);
  const ValueId b = strided_input(random, c, dtype, with(k, n), false);
  c.program.step(ASG_OP_MATMUL, "matmul", {a, b}, {strided_output(random, c, dtype, with(m, n))});
}

BOOST_AUTO_TEST_SUITE(kernels)

BOOST_AUTO_TEST_CASE(matmul_of_float32) {
  repeat(200, 2e-6, [](Random& r, Case& c) { build_matmul(r, c, ASG_F32, 400); });
}
BOOST_AUTO_TEST_CASE(matmul_of_float64) {
  // Here the reference rounds at every addition, too.
  repeat(100, 1e-14, [](Random& r, Case& c) { build_matmul(r, c, ASG_F64, 400); });
}
#if ASG_SEED_SHARE == 1
// The same through OpenBLAS alone, which processors without 512-bit vectors get anyway.
BOOST_AUTO_TEST_CASE(matmul_by_blas) {
  static const asg_option threads[] = {{"threads", "1"}, {"threads", "3"}};
  std::vector<std::unique_ptr<LoadedBackend>> blas;
  for (const asg_option& count : threads)
    blas.push_back(std::make_unique<LoadedBackend>(
        ASG_TEST_CPU, std::vector<asg_option>{{"matmul", "blas"}, count}));
  for (uint64_t seed = 1; seed <= 200; ++seed) {
    Random random(seed);
    Case c;
    build_matmul(random, c, seed % 2 == 0 ? ASG_F32 : ASG_F64, 400);
    const std::vector<Bytes> expected = run_on(backends().reference(), c);
    const std::vector<Bytes> one = run_on(*blas[0], c), three = run_on(*blas[1], c);
    const uint32_t dtype = c.program.value(c.outputs[0]).dtype;
    const std::string text =
        difference(dtype, one[0], expected[0], dtype == ASG_F32 ? 2e-6 : 1e-14);
    BOOST_CHECK_MESSAGE(text.empty(), "seed " << seed << ": " << text);
    BOOST_CHECK_MESSAGE(one == three, "seed " << seed << " depends on the number of threads");
  }
}
BOOST_AUTO_TEST_CASE(options_are_checked) {
  for (const asg_option& bad : {asg_option{"threads", "many"}, asg_option{"threads", "-1"},
                                asg_option{"matmul", "fast"}, asg_option{"colour", "red"}})
    try {
      LoadedBackend backend(ASG_TEST_CPU, {bad});
      BOOST_ERROR("accepted " << bad.key << "=" << bad.value);
    } catch (const Failure& e) {
      BOOST_CHECK_EQUAL(e.status, ASG_INVALID_ARGUMENT);
      BOOST_CHECK_MESSAGE(contains(e.what(), bad.key), e.what());
    }
}
#endif
BOOST_AUTO_TEST_CASE(matmul_of_integers) {
  repeat(150, 0, [](Random& r, Case& c) {
    build_matmul(r, c, r.pick<uint32_t>({ASG_I8, ASG_U8, ASG_I32, ASG_U32, ASG_I64}), 64);
  });
}

BOOST_AUTO_TEST_CASE(gather) {
  repeat(400, 0, [](Random& r, Case& c) {
    const uint32_t dtype = r.pick(all);
    Shape x = random_shape(r, 1, 4, 3000);
    const int64_t axis = r.integer(0, static_cast<int64_t>(x.size()) - 1);
    const int64_t batch = r.integer(0, std::min<int64_t>(axis, 2));
    if (x[axis] == 0) x[axis] = 3;
    Shape index(x.begin(), x.begin() + batch);
    for (const int64_t size : random_shape(r, 0, 2, 40)) index.push_back(size);
    Shape y(x.begin(), x.begin() + axis);
    y.insert(y.end(), index.begin() + batch, index.end());
    y.insert(y.end(), x.begin() + axis + 1, x.end());
    const ValueId source = strided_input(r, c, dtype, x);
    const ValueId chosen = indices(r, c, r.chance(0.5) ? ASG_I32 : ASG_I64, index, x[axis]);
    c.program.step(ASG_OP_GATHER, "gather", {source, chosen}, {strided_output(r, c, dtype, y)},
                   Attrs{}.set("axis", axis).set("batch_dims", batch));
  });
}

BOOST_AUTO_TEST_CASE(scatter) {
  repeat(600, 0, [](Random& r, Case& c) {
    const char* mode = r.pick<const char*>({"set", "add", "max", "min"});
    const uint32_t dtype = r.pick(std::string(mode) == "add" ? numbers : all);
    Shape x = random_shape(r, 1, 4, 3000);
    const int64_t axis = r.integer(0, static_cast<int64_t>(x.size()) - 1);
    const int64_t batch = r.integer(0, std::min<int64_t>(axis, 2));
    if (x[axis] == 0) x[axis] = 3;
    Shape index(x.begin(), x.begin() + batch);
    // Many more updates than places: what decides is the order.
    for (const int64_t size : random_shape(r, 0, 2, r.chance(0.1) ? 3000 : 60))
      index.push_back(size);
    Shape picked(x.begin(), x.begin() + axis);
    picked.insert(picked.end(), index.begin() + batch, index.end());
    picked.insert(picked.end(), x.begin() + axis + 1, x.end());
    const ValueId old = strided_input(r, c, dtype, x);
    const ValueId chosen = indices(r, c, r.chance(0.5) ? ASG_I32 : ASG_I64, index, x[axis]);
    const ValueId updates = strided_input(r, c, dtype, picked);
    c.program.step(ASG_OP_SCATTER, "scatter", {old, chosen, updates},
                   {strided_output(r, c, dtype, x)},
                   Attrs{}.set("axis", axis).set("batch_dims", batch).set("mode", mode));
  });
}

// Enough work to be cut among threads: along rows that are long, along the axis where they are not.
BOOST_AUTO_TEST_CASE(scatter_of_many) {
  for (const int64_t width : {1, 3, 200})
    repeat(4, 0, [&](Random& r, Case& c) {
      const int64_t rows = r.integer(1, 60), count = r.integer(20000, 40000) / width + 1;
      const ValueId old = c.input(r, ASG_F32, {rows, width});
      const ValueId chosen = indices(r, c, ASG_I64, {count}, rows);
      const ValueId updates = c.input(r, ASG_F32, {count, width});
      c.program.step(ASG_OP_SCATTER, "scatter", {old, chosen, updates},
                     {c.output(ASG_F32, {rows, width})}, Attrs{}.set("axis", 0).set("mode", "add"));
    });
}

BOOST_AUTO_TEST_CASE(scatter_into_its_operand) {
  repeat(50, 0, [](Random& r, Case& c) {
    const int64_t rows = r.integer(1, 50), width = r.integer(1, 200), count = r.integer(0, 400);
    const ValueId table = c.program.state(ASG_F32, {rows, width});
    c.inputs.emplace_back(table, random_data(r, ASG_F32, rows * width));
    c.outputs.push_back(table);
    const ValueId chosen = indices(r, c, ASG_I64, {count}, rows);
    const ValueId updates = c.input(r, ASG_F32, {count, width});
    c.program.step(ASG_OP_SCATTER, "scatter", {table, chosen, updates}, {table},
                   Attrs{}.set("axis", 0).set("batch_dims", 0).set("mode", "add"));
  });
}

BOOST_AUTO_TEST_CASE(an_index_outside_is_named) {
  for (const uint32_t op : {ASG_OP_GATHER, ASG_OP_SCATTER})
    for (const int64_t bad : {int64_t{-1}, int64_t{7}, int64_t{1} << 40}) {
      ProgramBuilder p;
      const ValueId x = p.input(ASG_F32, {7, 3}), index = p.input(ASG_I64, {1000});
      const ValueId many = p.input(ASG_F32, {1000, 3}), y = p.output(ASG_F32, {7, 3});
      const ValueId picked = p.output(ASG_F32, {1000, 3});
      if (op == ASG_OP_GATHER)
        p.step(op, "gather", {x, index}, {picked}, Attrs{}.set("axis", 0));
      else
        p.step(op, "scatter", {x, index, many}, {y}, Attrs{}.set("axis", 0).set("mode", "add"));
      Execution run(backends().cpu(1), p.build());
      std::vector<int64_t> indices(1000, 6);
      indices[777] = bad;
      run.set(index, indices);
      try {
        run.execute();
        BOOST_ERROR("no error");
      } catch (const Failure& e) {
        BOOST_CHECK_EQUAL(e.status, ASG_INVALID_ARGUMENT);
        BOOST_CHECK_EQUAL(e.step, 0u);
        const std::string text = e.what();
        BOOST_CHECK_MESSAGE(contains(text, std::to_string(bad), "[0, 7)"), text);
      }
    }
}

BOOST_AUTO_TEST_CASE(fold) {
  repeat(400, 2e-7, [](Random& r, Case& c) {
    const uint32_t dtype = r.pick(numbers);
    const int64_t n = r.integer(0, 2);
    Shape y = random_shape(r, 0, 2, 30), windows, kernel;
    Shape x = y;
    std::vector<int64_t> strides, dilations, pads;
    for (int64_t d = 0; d < n; ++d) {
      y.push_back(r.integer(0, 30));
      windows.push_back(r.integer(0, 20));
      kernel.push_back(r.integer(1, 5));
      strides.push_back(r.integer(1, 3));
      dilations.push_back(r.integer(1, 3));
      pads.push_back(r.integer(0, 4));
    }
    x.insert(x.end(), windows.begin(), windows.end());
    x.insert(x.end(), kernel.begin(), kernel.end());
    const ValueId from = strided_input(r, c, dtype, x, false);
    c.program.step(
        ASG_OP_FOLD, "fold", {from}, {strided_output(r, c, dtype, y)},
        Attrs{}.ints("strides", strides).ints("dilations", dilations).ints("pads", pads));
  });
}

BOOST_AUTO_TEST_CASE(arg_reduce) {
  repeat(500, 0, [](Random& r, Case& c) {
    const uint32_t dtype = r.pick(all);
    Shape x = random_shape(r, 1, 4, 8000);
    const int64_t axis = r.integer(0, static_cast<int64_t>(x.size()) - 1);
    if (x[axis] == 0) x[axis] = 2;
    Shape y = x;
    y.erase(y.begin() + axis);
    const ValueId from = strided_input(r, c, dtype, x);
    c.program.step(ASG_OP_ARG_REDUCE, "arg_reduce", {from}, {strided_output(r, c, ASG_I64, y)},
                   Attrs{}.set("axis", axis).set("mode", r.chance(0.5) ? "max" : "min"));
  });
}

BOOST_AUTO_TEST_CASE(sort) {
  repeat(400, 0, [](Random& r, Case& c) {
    const uint32_t dtype = r.pick(all);
    const Shape x = random_shape(r, 1, 4, 5000);
    const int64_t axis = r.integer(0, static_cast<int64_t>(x.size()) - 1);
    const ValueId from = strided_input(r, c, dtype, x);
    const ValueId sorted = strided_output(r, c, dtype, x);
    c.program.step(ASG_OP_SORT, "sort", {from}, {sorted, strided_output(r, c, ASG_I64, x)},
                   Attrs{}.set("axis", axis).set("descending", r.chance(0.5) ? 1 : 0));
  });
}

BOOST_AUTO_TEST_CASE(cumulative) {
  repeat(500, 0, [](Random& r, Case& c) {
    const uint32_t dtype = r.pick(numbers);
    const Shape x = random_shape(r, 1, 4, 5000);
    const int64_t axis = r.integer(0, static_cast<int64_t>(x.size()) - 1);
    const ValueId from = strided_input(r, c, dtype, x);
    c.program.step(ASG_OP_CUMULATIVE, "cumulative", {from}, {strided_output(r, c, dtype, x)},
                   Attrs{}
                       .set("axis", axis)
                       .set("mode", r.pick<const char*>({"sum", "prod", "max"}))
                       .set("exclusive", r.chance(0.5) ? 1 : 0)
                       .set("reverse", r.chance(0.5) ? 1 : 0));
  });
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace asg::testing
