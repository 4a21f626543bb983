// Regions that store where they load: fused execution must look like one phase after the other.
#include <boost/test/unit_test.hpp>

#include "differential.hpp"

namespace asg::testing {
namespace {

ValueId state(Random& random, Case& c, const Shape& shape) {
  const ValueId id = c.program.state(ASG_F32, shape);
  c.inputs.emplace_back(
      id, random_data(random, ASG_F32, sdk::element_count(c.program.value(id)), false));
  c.outputs.push_back(id);
  return id;
}

template <class Build>
void repeat(Build&& build) {
  static const std::vector<Shape> shapes = {{1, 1},   {1, 7},     {3, 5},     {16, 64},  {100, 33},
                                            {7, 900}, {2, 5000},  {5000, 3},  {300, 17}, {64, 1024},
                                            {40, 40}, {1, 70000}, {9000, 12}, {513, 2},  {0, 4}};
  uint64_t seed = 0;
  for (const Shape& shape : shapes) {
    Random random(++seed);
    Case c;
    build(random, c, shape);
    const std::string text = backends().compare(c);
    BOOST_CHECK_MESSAGE(text.empty(), shape[0] << " x " << shape[1] << ": " << text);
  }
}

BOOST_AUTO_TEST_SUITE(in_place)

// As an optimizer does: several states, each read before and, some, after it is written.
BOOST_AUTO_TEST_CASE(states_are_updated_where_they_are) {
  repeat([](Random& random, Case& c, const Shape& shape) {
    const ValueId w = state(random, c, shape), m = state(random, c, shape);
    const ValueId v = state(random, c, shape), old = c.output(ASG_F32, shape);
    const ValueId g = c.input(random, ASG_F32, shape);
    RegionBuilder& r = c.program.region(shape);
    const Register gradient = r.load(g), weight = r.load(w), mean = r.load(m), square = r.load(v);
    const Register next = r.op(ASG_EW_ADD, r.op(ASG_EW_MUL, mean, r.imm(0.5f)), gradient);
    r.store(next, m);
    const Register next_square =
        r.op(ASG_EW_ADD, r.op(ASG_EW_MUL, square, r.imm(0.25f)), r.op(ASG_EW_MUL, mean, gradient));
    r.store(next_square, v);
    r.store(r.op(ASG_EW_SUB, weight, r.op(ASG_EW_MUL, next, next_square)), w);
    r.store(r.op(ASG_EW_ADD, mean, square), old);  // what stood there before
  });
}

// The sources of two stores cross over.
BOOST_AUTO_TEST_CASE(two_states_are_exchanged) {
  repeat([](Random& random, Case& c, const Shape& shape) {
    const ValueId a = state(random, c, shape), b = state(random, c, shape);
    RegionBuilder& r = c.program.region(shape);
    const Register x = r.load(a), y = r.load(b);
    r.store(y, a);
    r.store(x, b);
  });
}

BOOST_AUTO_TEST_CASE(rows_are_normalised_where_they_are) {
  for (const std::initializer_list<uint32_t> axes :
       {std::initializer_list<uint32_t>{1}, {0}, {0, 1}})
    repeat([&](Random& random, Case& c, const Shape& shape) {
      const ValueId x = state(random, c, shape);
      RegionBuilder& r = c.program.region(shape);
      const ReductionId top = r.reduce(ASG_REDUCE_MAX, r.load(x), axes);
      r.next_phase();
      const Register centred = r.op(ASG_EW_SUB, r.load(x), r.reduced(top));
      const ReductionId sum = r.reduce(ASG_REDUCE_SUM, centred, axes);
      r.next_phase();
      r.store(r.op(ASG_EW_DIV, r.op(ASG_EW_SUB, r.load(x), r.reduced(top)), r.reduced(sum)), x);
    });
}

// What a phase stores, the next one loads: at the same point, then at another one.
BOOST_AUTO_TEST_CASE(a_phase_sees_what_the_one_before_stored) {
  for (const bool elsewhere : {false, true})
    repeat([&](Random& random, Case& c, const Shape& shape) {
      const ValueId x = c.input(random, ASG_F32, shape), y = state(random, c, shape);
      const ValueId z = c.output(ASG_F32, shape), sums = c.output(ASG_F32, {shape[0]});
      RegionBuilder& r = c.program.region(shape);
      const Register first = r.op(ASG_EW_ADD, r.load(x), r.load(y));
      r.store(first, y);
      r.next_phase();
      Access access{{shape[1], 1}};
      if (elsewhere && shape[0] > 0) {
        access.strides[0] = -shape[1];
        access.offset = (shape[0] - 1) * shape[1];
      }
      const Register again = r.load(y, access);
      r.store(r.reduce(ASG_REDUCE_SUM, again, {1}), sums);
      r.store(r.op(ASG_EW_MUL, again, r.load(x)), z);
    });
}

// A later phase overwrites what an earlier one has read everywhere.
BOOST_AUTO_TEST_CASE(a_phase_reads_what_a_later_one_overwrites) {
  for (const bool elsewhere : {false, true})
    repeat([&](Random& random, Case& c, const Shape& shape) {
      const ValueId x = state(random, c, shape), copy = c.output(ASG_F32, shape);
      RegionBuilder& r = c.program.region(shape);
      Access access{{shape[1], 1}};
      if (elsewhere && shape[0] > 0) {
        access.strides[0] = -shape[1];
        access.offset = (shape[0] - 1) * shape[1];
      }
      const Register before = r.load(x, access);
      r.store(before, copy);
      const ReductionId sum = r.reduce(ASG_REDUCE_SUM, before, {1});
      r.next_phase();
      r.store(r.op(ASG_EW_SUB, r.load(x), r.reduced(sum)), x);
    });
}

// One phase, reductions over rows and over columns, and a store over its own operand.
BOOST_AUTO_TEST_CASE(reductions_over_both_axes_see_the_operand) {
  repeat([](Random& random, Case& c, const Shape& shape) {
    const ValueId x = state(random, c, shape), rows = c.output(ASG_F32, {shape[0]});
    const ValueId columns = c.output(ASG_F32, {shape[1]});
    RegionBuilder& r = c.program.region(shape);
    const Register v = r.load(x);
    r.store(r.reduce(ASG_REDUCE_SUM, v, {1}), rows);
    r.store(r.reduce(ASG_REDUCE_SUM, r.op(ASG_EW_MUL, v, v), {0}), columns);
    r.store(r.op(ASG_EW_NEG, v), x);
  });
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace asg::testing
