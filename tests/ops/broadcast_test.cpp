// Elementwise ops of several operands: every broadcast pattern, and one tensor as all operands.
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <asg/graph/build.hpp>
#include <asg/ops/movement.hpp>

#include "ops/support.hpp"

namespace {

using namespace asg;
using namespace ops_test;

std::vector<std::string> multi_operand_ops() {
  std::vector<std::string> names;
  for (const OpDef& op : op_table())
    if (op.lowering.instruction != 0 && op.inputs.size() >= 2) names.emplace_back(op.name);
  return names;
}

// The sample whose operands show what element types and values the op is made for.
Sample typical(const OpDef& op) {
  const std::vector<Sample> samples = op.samples();
  const auto smooth = std::find_if(samples.begin(), samples.end(), [&](const Sample& sample) {
    return sample.inputs[0].numel() > 3 && (sample.gradient || !op.no_gradient.empty());
  });
  BOOST_TEST_REQUIRE((smooth != samples.end()));
  return *smooth;
}

// Another shape of the same kind of values.
Array like(const Array& typical, const Shape& shape, int seed) {
  if (typical.dtype() != f64) {
    Array values(typical.dtype(), shape);
    for (std::int64_t i = 0; i < values.numel(); ++i)
      values.set(i, typical.get((i * 7 + seed) % typical.numel()));
    return values;
  }
  double low = typical.get(0);
  double high = low;
  for (std::int64_t i = 0; i < typical.numel(); ++i) {
    low = std::min(low, typical.get(i));
    high = std::max(high, typical.get(i));
  }
  return spread(shape, low, high, seed);
}

// By definition: walks the result and finds each element of x.
Array broadcast_array(const Array& x, const Shape& shape) {
  Array y(x.dtype(), shape);
  const Shape strides = row_major_strides(x.shape());
  const Shape wide = row_major_strides(shape);
  const int added = shape.rank() - x.shape().rank();
  for (std::int64_t i = 0; i < y.numel(); ++i) {
    std::int64_t from = 0;
    for (int axis = 0; axis < x.shape().rank(); ++axis)
      if (x.shape()[axis] != 1)
        from += i / wide[axis + added] % shape[axis + added] * strides[axis];
    if (x.dtype() == i64)
      y.data<std::int64_t>()[i] = x.data<std::int64_t>()[from];
    else
      y.set(i, x.get(from));
  }
  return y;
}

const std::vector<std::vector<Shape>> patterns = {
    {{}, {2, 3}, {2, 3}},
    {{2, 3}, {}, {3}},
    {{3}, {2, 3}, {1}},
    {{2, 1}, {1, 3}, {}},
    {{2, 1, 3}, {4, 1}, {3}},
    {{1}, {0}, {0}},
    {{2, 0, 1}, {1, 1, 3}, {2, 1, 1}},
    {{1, 1}, {1}, {1, 1, 1}},
    {{2, 3}, {2, 3}, {2, 3}},
};

Build broadcasting(const OpDef& op) {
  return [&op](Graph&, const Tensors& x) {
    return Tensors{x.size() == 2 ? elementwise(op.name, {x[0], x[1]})
                                 : elementwise(op.name, {x[0], x[1], x[2]})};
  };
}

// `where` keeps its condition bool, which elementwise would promote.
Build choosing() {
  return [](Graph&, const Tensors& x) { return Tensors{where(x[0], x[1], x[2])}; };
}

BOOST_DATA_TEST_CASE(patterns_agree, boost::unit_test::data::make(multi_operand_ops()), name) {
  const OpDef& op = find_op(name);
  const Sample sample = typical(op);
  const Build build = name == "where" ? choosing() : broadcasting(op);
  for (const std::vector<Shape>& pattern : patterns) {
    Arrays small;
    Shape common;
    for (std::size_t i = 0; i < sample.inputs.size(); ++i) {
      small.push_back(like(sample.inputs[i], pattern[i], static_cast<int>(i) + 1));
      common = broadcast_shapes(common, pattern[i]);
    }
    Arrays wide;
    for (const Array& x : small) wide.push_back(broadcast_array(x, common));
    BOOST_TEST_CONTEXT(name << " on " << to_string(pattern[0]) << " and "
                            << to_string(pattern[1])) {
      const Array expected = run(of_sample(op, sample), wide)[0];
      BOOST_TEST(difference(run(build, small)[0], expected, 0) == "");
      if (op.no_gradient.empty())
        for (const int order : {0, 1}) BOOST_TEST(check_derivative(build, small, order) == "");
    }
  }
}

// x op x, and x op a broadcast part of x: all uses count.
BOOST_DATA_TEST_CASE(one_tensor_as_both, boost::unit_test::data::make(multi_operand_ops()), name) {
  const OpDef& op = find_op(name);
  const Sample sample = typical(op);
  if (!op.no_gradient.empty() || sample.inputs.size() != 2) return;
  // Positive, so that x suits as a base, a divisor and an exponent.
  const Arrays x = {spread({2, 3}, 0.6, 1.4)};
  if (name != "rem") {  // x rem x jumps where it is asked
    const Build twice = [&](Graph&, const Tensors& t) {
      return Tensors{elementwise(op.name, {t[0], t[0]})};
    };
    for (const int order : {0, 1}) BOOST_TEST(check_derivative(twice, x, order) == "");
  }
  if (name == "maximum" || name == "minimum" || name == "rem") return;  // a kink at the row itself
  const Build row = [&](Graph&, const Tensors& t) {
    return Tensors{elementwise(op.name, {t[0], slice(t[0], 0, 0, 1)})};
  };
  for (const int order : {0, 1}) BOOST_TEST(check_derivative(row, x, order) == "");
}

BOOST_AUTO_TEST_CASE(types_meet) {
  Graph g;
  const Tensor b = g.input("b", boolean, {2});
  const Tensor i = g.input("i", i32, {2});
  const Tensor l = g.input("l", i64, {2});
  const Tensor f = g.input("f", f32, {2});
  const Tensor d = g.input("d", f64, {2});
  BOOST_TEST(((i + l).dtype() == i64));
  BOOST_TEST(((l + f).dtype() == f32));
  BOOST_TEST(((f * d).dtype() == f64));
  BOOST_TEST(((b * f).dtype() == f32));
  BOOST_TEST(((b * i).dtype() == i32));
  // Numbers are weak.
  BOOST_TEST(((i * 2).dtype() == i32));
  BOOST_TEST(((i * 0.5).dtype() == f32));
  BOOST_TEST(((f * 2).dtype() == f32));
  BOOST_TEST(((d * 0.5f).dtype() == f64));
  BOOST_TEST(((1 - f).dtype() == f32));
  BOOST_TEST(((b + 1).dtype() == i64));
  // Functions of real numbers.
  BOOST_TEST(((i / l).dtype() == f32));
  BOOST_TEST((exp(i).dtype() == f32));
  BOOST_TEST((floor(b).dtype() == f32));
  BOOST_TEST(((f < d).dtype() == boolean));
  BOOST_TEST((where(b, i, f).dtype() == f32));
  BOOST_TEST((where(b, 1, 2.0).dtype() == f32));
  BOOST_TEST((sum(b).dtype() == i64));
  BOOST_TEST((max(b).dtype() == boolean));
  BOOST_TEST((any(f).dtype() == boolean));
}

}  // namespace
