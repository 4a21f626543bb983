// Every kernel on random shapes and strides against the reference.
#include <boost/test/unit_test.hpp>

#include "check/random_kernel.hpp"
#include "differential.hpp"
#include "support/messages.hpp"

// Backends that compile for each program take a share of the seeds.
#ifndef ASG_SEED_SHARE
#define ASG_SEED_SHARE 1
#endif

namespace asg::testing {
namespace {

using test_support::contains;

/// Outputs, too, may have any strides on this backend.
RandomKernel kernel(Random& random, Case& c) { return {random, c, {.strided_outputs = true}}; }

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

BOOST_AUTO_TEST_SUITE(kernels)

BOOST_AUTO_TEST_CASE(matmul_of_float32) {
  repeat(200, 2e-6, [](Random& r, Case& c) { kernel(r, c).matmul(ASG_F32, 400); });
}
BOOST_AUTO_TEST_CASE(matmul_of_float64) {
  // Here the reference rounds at every addition, too.
  repeat(100, 1e-14, [](Random& r, Case& c) { kernel(r, c).matmul(ASG_F64, 400); });
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
    kernel(random, c).matmul(seed % 2 == 0 ? ASG_F32 : ASG_F64, 400);
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
    kernel(r, c).matmul(r.pick<uint32_t>({ASG_I8, ASG_U8, ASG_I32, ASG_U32, ASG_I64}), 64);
  });
}

BOOST_AUTO_TEST_CASE(gather) {
  repeat(400, 0, [](Random& r, Case& c) {
    const uint32_t dtype = r.pick(compared);
    kernel(r, c).gather(dtype, r.chance(0.5) ? ASG_I32 : ASG_I64);
  });
}

BOOST_AUTO_TEST_CASE(scatter) {
  repeat(600, 0, [](Random& r, Case& c) {
    const uint32_t dtype = r.pick(compared);
    kernel(r, c).scatter(dtype, r.chance(0.5) ? ASG_I32 : ASG_I64);
  });
}

// Enough work to be cut among threads: along rows that are long, along the axis where they are not.
BOOST_AUTO_TEST_CASE(scatter_of_many) {
  for (const int64_t width : {1, 3, 200})
    repeat(4, 0, [&](Random& r, Case& c) {
      const int64_t rows = r.integer(1, 60), count = r.integer(20000, 40000) / width + 1;
      const ValueId old = c.input(r, ASG_F32, {rows, width});
      const ValueId chosen = kernel(r, c).indices(ASG_I64, {count}, rows);
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
    const ValueId chosen = kernel(r, c).indices(ASG_I64, {count}, rows);
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
  repeat(400, 2e-7, [](Random& r, Case& c) { kernel(r, c).fold(r.pick(numbers)); });
}

BOOST_AUTO_TEST_CASE(arg_reduce) {
  repeat(500, 0, [](Random& r, Case& c) { kernel(r, c).arg_reduce(r.pick(compared)); });
}

BOOST_AUTO_TEST_CASE(sort) {
  repeat(400, 0, [](Random& r, Case& c) { kernel(r, c).sort(r.pick(compared)); });
}

BOOST_AUTO_TEST_CASE(cumulative) {
  repeat(500, 0, [](Random& r, Case& c) { kernel(r, c).cumulative(r.pick(numbers)); });
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace asg::testing
