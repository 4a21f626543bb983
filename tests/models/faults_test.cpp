// Each case is a fault that a framework of this kind has had: a wrong gradient, a wrong number or a
// crash, none of which it reported.
#include <cmath>
#include <tuple>

#include <boost/test/unit_test.hpp>

#include <asg/graph/build.hpp>
#include <asg/graph/error.hpp>
#include <asg/ops/activation.hpp>
#include <asg/ops/convolution.hpp>
#include <asg/ops/indexing.hpp>
#include <asg/ops/linalg.hpp>
#include <asg/ops/loss.hpp>
#include <asg/ops/movement.hpp>
#include <asg/ops/normalization.hpp>
#include <asg/ops/pooling.hpp>

#include "models/support.hpp"
#include "support/messages.hpp"

namespace {

using namespace asg;
using namespace models_test;
using test_support::contains;
using test_support::message_of;

// ---------------------------------------------------------------- gradients

// The sum in its gradient went over the whole tensor in place of each row.
BOOST_AUTO_TEST_CASE(softmax_gradient_of_several_rows) {
  for (const int axis : {0, 1, 2})
    BOOST_TEST(check_both([axis](Graph&, const Tensors& t) { return Tensors{softmax(t[0], axis)}; },
                          {spread({3, 4, 2}, -2, 2)}) == "");
}

// The derivative was sigmoid(1.702 x): off by 22 %, with the wrong sign below -0.75.
BOOST_AUTO_TEST_CASE(gelu_gradient) {
  const Array x({5}, {-2.0, -0.9, -0.5, 0.0, 1.5});
  for (const char* approximate : {"none", "tanh"}) {
    const Build build = [approximate](Graph&, const Tensors& t) {
      return Tensors{gelu(t[0], approximate)};
    };
    BOOST_TEST(check_both(build, {x}) == "");
    BOOST_TEST(slopes(build, {x})[0].get(1) < 0);
  }
  // torch.nn.functional.gelu in float64.
  const Build exact = [](Graph&, const Tensors& t) { return Tensors{gelu(t[0])}; };
  BOOST_TEST(differs(run(exact, {x})[0], {-0.04550026389635842, -0.16565411281208353,
                                          -0.15426876936299344, 0.0, 1.399789198096713}) == "");
}

// It was one number for all filters.
BOOST_AUTO_TEST_CASE(conv2d_bias_gradient_of_several_filters) {
  BOOST_TEST(check_both([](Graph&, const Tensors& t) { return Tensors{conv2d(t[0], t[1], t[2])}; },
                        {spread({2, 2, 3, 3}, -1, 1, 1), spread({4, 2, 2, 2}, -1, 1, 2),
                         spread({4}, -1, 1, 3)}) == "");
}

// An op without a rule gave a silent zero.
BOOST_AUTO_TEST_CASE(an_op_without_a_rule_is_an_error) {
  const OpDef opaque{.name = "opaque",
                     .summary = "A copy.",
                     .inputs = {{"x", "[...]", "float"}},
                     .outputs = {{"y", "as x", "as x"}},
                     .infer = same_as_first};
  Graph graph;
  const Tensor x = graph.input("x", f32, {3});
  const Tensor loss = sum(square(apply(opaque, {exp(x)})));
  const std::string text = message_of<GradientError>([&] { return gradients(loss, {x}); });
  BOOST_TEST(contains(text, "opaque", "faults_test.cpp:", "reduce"), text);
}

// These two had none.
BOOST_AUTO_TEST_CASE(adaptive_pooling_and_broadcasting_have_gradients) {
  BOOST_TEST(check_both(
                 [](Graph&, const Tensors& t) {
                   return Tensors{square(adaptive_avg_pool2d(t[0], {2, 3}))};
                 },
                 {spread({2, 3, 5})}) == "");
  BOOST_TEST(check_both(
                 [](Graph&, const Tensors& t) {
                   return Tensors{square(broadcast_to(t[0], {2, 3, 4}))};
                 },
                 {spread({3, 1})}) == "");
}

// Both the error of one and the empty rule of the other.
BOOST_AUTO_TEST_CASE(variance_gradient_over_all_axes_and_some) {
  for (const Axes& axes : {Axes{}, Axes{0}, Axes{1}, Axes{-1}, Axes{0, 2}})
    for (const bool keepdims : {false, true})
      BOOST_TEST(check_both([&](Graph&,
                                const Tensors& t) { return Tensors{var(t[0], axes, 1, keepdims)}; },
                            {spread({2, 3, 4})}) == "");
}

BOOST_AUTO_TEST_CASE(power_gradient_of_the_exponent) {
  BOOST_TEST(check_both([](Graph&, const Tensors& t) { return Tensors{pow(t[0], t[1])}; },
                        {spread({2, 3}, 0.5, 2, 1), spread({3}, -1, 2, 2)}) == "");
}

// Failed at run time: it could not broadcast [2] to [2, 3].
BOOST_AUTO_TEST_CASE(mean_gradient_of_an_inner_axis_that_disappears) {
  for (const int axis : {0, 1, 2})
    BOOST_TEST(
        check_both([axis](Graph&, const Tensors& t) { return Tensors{square(mean(t[0], axis))}; },
                   {spread({2, 3, 4})}) == "");
}

// Inner nodes that had been broadcast kept gradients of the broadcast shape: 36 % and 59 % off, and
// with them every normalisation written by hand.
BOOST_AUTO_TEST_CASE(x_minus_its_mean) {
  for (const int axis : {0, 1})
    BOOST_TEST(check_both(
                   [axis](Graph&, const Tensors& t) {
                     return Tensors{square(t[0] - mean(t[0], axis, true)) * t[0]};
                   },
                   {spread({3, 4})}) == "");
  BOOST_TEST(
      check_both([](Graph&, const Tensors& t) { return Tensors{square(t[0] - mean(t[0])) * t[0]}; },
                 {spread({3, 4})}) == "");
}
BOOST_AUTO_TEST_CASE(x_times_its_mean) {
  for (const int axis : {0, 1})
    BOOST_TEST(
        check_both(
            [axis](Graph&, const Tensors& t) { return Tensors{t[0] * mean(t[0], axis, true)}; },
            {spread({3, 4})}) == "");
}
BOOST_AUTO_TEST_CASE(a_broadcast_divisor) {
  for (const Shape& divisor : {Shape{}, Shape{1}, Shape{4}, Shape{3, 1}, Shape{2, 1, 1}})
    BOOST_TEST(check_both([](Graph&, const Tensors& t) { return Tensors{t[0] / t[1]}; },
                          {spread({2, 3, 4}, -2, 2, 1), spread(divisor, 0.5, 2, 2)}) == "");
  // Its gradient is -sum(x) / divisor^2.
  BOOST_TEST(differs(slopes([](Graph&, const Tensors& t) { return Tensors{t[0] / t[1]}; },
                            {Array({2, 2}, {1.0, 2.0, 3.0, 4.0}), Array({2, 1}, {2.0, 4.0})})[1],
                     {-0.75, -0.4375}) == "");
}
BOOST_AUTO_TEST_CASE(layer_norm_written_by_hand) {
  const Arrays arrays = {spread({2, 3, 4}, -2, 2, 1), spread({4}, 0.5, 1.5, 2),
                         spread({4}, -1, 1, 3)};
  const Build by_hand = [](Graph&, const Tensors& t) {
    const Tensor centred = t[0] - mean(t[0], -1, true);
    const Tensor variance = mean(square(centred), -1, true);
    return Tensors{centred / sqrt(variance + 1e-5) * t[1] + t[2]};
  };
  const Build op = [](Graph&, const Tensors& t) {
    return Tensors{layer_norm(t[0], {4}, t[1], t[2])};
  };
  BOOST_TEST(check_both(by_hand, arrays) == "");
  BOOST_TEST(difference(run(by_hand, arrays)[0], run(op, arrays)[0], 1e-12) == "");
  const Arrays a = slopes(by_hand, arrays), b = slopes(op, arrays);
  for (std::size_t i = 0; i < 3; ++i) BOOST_TEST(difference(a[i], b[i], 1e-12) == "");
}
BOOST_AUTO_TEST_CASE(rms_norm_written_by_hand) {
  const Arrays arrays = {spread({2, 3, 4}, -2, 2, 1), spread({4}, 0.5, 1.5, 2)};
  const Build by_hand = [](Graph&, const Tensors& t) {
    return Tensors{t[0] / sqrt(mean(square(t[0]), -1, true) + 1e-5) * t[1]};
  };
  const Build op = [](Graph&, const Tensors& t) {
    return Tensors{rms_norm(t[0], {4}, t[1], 1e-5)};
  };
  BOOST_TEST(check_both(by_hand, arrays) == "");
  const Arrays a = slopes(by_hand, arrays), b = slopes(op, arrays);
  for (std::size_t i = 0; i < 2; ++i) BOOST_TEST(difference(a[i], b[i], 1e-12) == "");
}

// Unreduced gradients were added: the smaller use counted four times.
BOOST_AUTO_TEST_CASE(one_bias_used_at_two_shapes) {
  BOOST_TEST(check_both(
                 [](Graph&, const Tensors& t) {
                   return Tensors{sum(square(t[0] + t[1])) + sum(exp(t[1]))};
                 },
                 {spread({4, 3}, -1, 1, 1), spread({1, 3}, -1, 1, 2)}) == "");
  BOOST_TEST(
      differs(slopes([](Graph&,
                        const Tensors& t) { return Tensors{sum(t[0] + t[1]) + 10 * sum(t[1])}; },
                     {spread({4, 3}), spread({1, 3})})[1],
              {14, 14, 14}) == "");
}

// The forward pass divided by the elements inside, the backward pass by the kernel's size.
BOOST_AUTO_TEST_CASE(avg_pool2d_gradient_with_padding) {
  for (const bool include : {true, false})
    BOOST_TEST(
        check_both(
            [include](Graph&, const Tensors& t) {
              return Tensors{square(avg_pool2d(
                  t[0], 2, {.stride = Pair(1), .padding = 1, .count_include_pad = include}))};
            },
            {spread({1, 2, 3, 3})}) == "");
}

// Of what had a gradient, these were right.
BOOST_AUTO_TEST_CASE(gradients_that_were_right) {
  using Function = Tensor (*)(const Tensor&);
  for (const Function f : std::initializer_list<Function>{
           [](const Tensor& t) { return silu(t); }, [](const Tensor& t) { return elu(t, 1.5); },
           [](const Tensor& t) { return softplus(t, 2); },
           [](const Tensor& t) { return leaky_relu(t, 0.1); },
           [](const Tensor& t) { return mean(t, -1, true); },
           [](const Tensor& t) { return max_pool2d(t, 2); },
           [](const Tensor& t) { return avg_pool2d(t, 2); }})
    BOOST_TEST(check_both([f](Graph&, const Tensors& t) { return Tensors{square(f(t[0]))}; },
                          {spread({2, 4, 4})}) == "");
  BOOST_TEST(check_both([](Graph&,
                           const Tensors& t) { return Tensors{conv2d(t[0], t[1], {.groups = 2})}; },
                        {spread({1, 4, 3, 3}, -1, 1, 1), spread({2, 2, 2, 2}, -1, 1, 2)}) == "");
}

// Gradients could not be differentiated: 4, 8, 12 for 6, 12, 18, and no node at all.
BOOST_AUTO_TEST_CASE(second_derivatives) {
  const auto second = [](Tensor (*f)(const Operand&)) {
    return [f](Graph&, const Tensors& t) { return Tensors{gradients(sum(f(t[0])), {t[0]})[0]}; };
  };
  const Array x({3}, {1.0, 2.0, 3.0});
  BOOST_TEST(differs(slopes(second([](const Operand& t) { return t * t * t; }), {x})[0],
                     {6, 12, 18}) == "");
  BOOST_TEST(differs(slopes(second([](const Operand& t) { return pow(t, 3); }), {x})[0],
                     {6, 12, 18}) == "");
  const auto bend = [](double v) {
    const double s = 1 / (1 + std::exp(-v));
    return s * (1 - s) * (1 - 2 * s);
  };
  BOOST_TEST(differs(slopes(second(sigmoid), {x})[0], {bend(1), bend(2), bend(3)}) == "");
}

// The seed was 1 whatever the shape.
BOOST_AUTO_TEST_CASE(a_loss_of_several_elements_needs_a_cotangent) {
  Graph graph;
  const Tensor x = graph.input("x", f32, {2, 3});
  BOOST_CHECK_THROW((void)gradients(square(x), {x}), GradientError);
  BOOST_CHECK_THROW((void)gradients(square(x), {x}, graph.input("c", f32, {3})), GradientError);
  BOOST_TEST(
      differs(run([](Graph&,
                     const Tensors& t) { return Tensors{gradients(square(t[0]), {t[0]}, t[1])}; },
                  {Array({2}, {1.0, 2.0}), Array({2}, {10.0, 100.0})})[0],
              {20, 400}) == "");
}

// ---------------------------------------------------------------- numbers and crashes

// Other ranks than two and two or four and four panicked, as did a batch of 2 with one of 1; a
// matrix behind a batch was read beyond its end.
BOOST_AUTO_TEST_CASE(matmul_of_unequal_ranks_and_batches) {
  for (const auto& [a, b, y] :
       std::vector<std::tuple<Shape, Shape, Shape>>{{{2, 3, 4}, {4, 5}, {2, 3, 5}},
                                                    {{3, 4}, {2, 4, 5}, {2, 3, 5}},
                                                    {{2, 1, 3, 4}, {6, 4, 5}, {2, 6, 3, 5}},
                                                    {{2, 3, 4, 2}, {1, 1, 2, 2}, {2, 3, 4, 2}},
                                                    {{2, 1, 2, 2}, {1, 3, 2, 2}, {2, 3, 2, 2}}}) {
    const Array left = spread(a, -1, 1, 1), right = spread(b, -1, 1, 2);
    const std::int64_t rows = y[y.rank() - 2], columns = y.back(), inner = a.back();
    // Where the matrix of a batch stands in an operand.
    const auto place = [&y = y](const Shape& shape, std::int64_t matrix) {
      std::int64_t at = 0, step = 1;
      for (int axis = -3; axis >= -y.rank(); --axis) {
        const std::int64_t size = y[y.rank() + axis], index = matrix % size;
        matrix /= size;
        if (axis < -shape.rank()) continue;
        const std::int64_t held = shape[shape.rank() + axis];
        at += held == 1 ? 0 : index * step;
        step *= held;
      }
      return at;
    };
    Array expected = Array::zeros(f64, y);
    for (std::int64_t i = 0; i < expected.numel(); ++i) {
      const std::int64_t matrix = i / (rows * columns), r = i / columns % rows, c = i % columns;
      for (std::int64_t k = 0; k < inner; ++k)
        expected.set(i,
                     expected.get(i) + left.get((place(a, matrix) * rows + r) * inner + k) *
                                           right.get((place(b, matrix) * inner + k) * columns + c));
    }
    BOOST_TEST(difference(run([](Graph&, const Tensors& t) { return Tensors{matmul(t[0], t[1])}; },
                              {left, right})[0],
                          expected, 1e-14) == "");
  }
}

// All elements became the first, and of a bias all rows but the first were wrong.
BOOST_AUTO_TEST_CASE(broadcasting_repeats_rows_and_columns) {
  const Array column({2, 1}, {1.0, 2.0}), row({1, 3}, {10.0, 20.0, 30.0});
  BOOST_TEST(differs(run(
                         [](Graph&, const Tensors& t) {
                           return Tensors{broadcast_to(t[0], {2, 2, 3})};
                         },
                         {column})[0],
                     {1, 1, 1, 2, 2, 2, 1, 1, 1, 2, 2, 2}) == "");
  BOOST_TEST(
      differs(run([](Graph&, const Tensors& t) { return Tensors{t[0] + t[1]}; }, {column, row})[0],
              {11, 21, 31, 12, 22, 32}) == "");
}

// It assumed that the axes in front had been broadcast: [2, 3] to [2, 1] summed other elements.
BOOST_AUTO_TEST_CASE(the_gradient_of_a_broadcast_column_sums_its_row) {
  const Build build = [](Graph&, const Tensors& t) { return Tensors{t[0] * t[1]}; };
  const Array x({2, 3}, {1.0, 2.0, 3.0, 4.0, 5.0, 6.0});
  BOOST_TEST(differs(slopes(build, {Array({2, 1}, {1.0, 1.0}), x})[0], {6, 15}) == "");
  BOOST_TEST(differs(slopes(build, {Array({3}, {1.0, 1.0, 1.0}), x})[0], {5, 7, 9}) == "");
}

// More than 65535 groups of 64 threads, and more rows than that, were too many.
BOOST_AUTO_TEST_CASE(more_elements_and_rows_than_one_dispatch_takes) {
  constexpr std::int64_t side = 2050;
  const Array x = spread({side, side}, -2, 2).to(f32);
  const Array y = run([](Graph&, const Tensors& t) { return Tensors{2 * t[0] + 1}; }, {x})[0];
  std::int64_t wrong = 0;
  for (std::int64_t i = 0; i < x.numel(); ++i)
    wrong += y.get(i) != static_cast<double>(static_cast<float>(2 * x.get(i)) + 1.0f);
  BOOST_TEST(wrong == 0);
  constexpr std::int64_t rows = 70000;
  Array scores = Array::zeros(f32, {rows, 2});
  for (std::int64_t r = 0; r < rows; ++r) scores.set(2 * r, static_cast<double>(r % 7));
  const Array shares =
      run([](Graph&, const Tensors& t) { return Tensors{softmax(t[0], 1)}; }, {scores})[0];
  double worst = 0;
  for (std::int64_t r = 0; r < rows; ++r)
    worst = std::max(worst, std::abs(shares.get(2 * r) - 1 / (1 + std::exp(-scores.get(2 * r)))));
  BOOST_TEST(worst < 1e-6);
}

// Its variance was E[x^2] - E[x]^2, of which nothing is left at a distance from 0.
BOOST_AUTO_TEST_CASE(batch_norm_of_channels_far_from_zero) {
  const Array x = Array({4, 1}, {1e6f, 1e6f + 1, 1e6f + 2, 1e6f + 3});
  const Build norm = [](Graph&, const Tensors& t) {
    const BatchNormalized result = batch_norm_training(t[0]);
    return Tensors{result.y, result.mean, result.variance};
  };
  const Arrays y = run(norm, {x});
  const double s = 1 / std::sqrt(1.25 + 1e-5);
  BOOST_TEST(differs(y[0], {-1.5 * s, -0.5 * s, 0.5 * s, 1.5 * s}, 1e-6) == "");
  BOOST_TEST(differs(y[1], {1000001.5}) == "");
  BOOST_TEST(differs(y[2], {1.25}, 1e-6) == "");
}

// Its threshold was ignored; here is none, since nothing overflows beyond it or loses digits.
BOOST_AUTO_TEST_CASE(softplus_without_a_threshold) {
  for (const double beta : {0.5, 1.0, 4.0}) {
    const Arrays x = {Array({4}, {19.0, 25.0, 1000.0, -1000.0})};
    const Build build = [beta](Graph&, const Tensors& t) { return Tensors{softplus(t[0], beta)}; };
    const auto exact = [beta](double v) { return v + std::log1p(std::exp(-beta * v)) / beta; };
    BOOST_TEST(differs(run(build, x)[0], {exact(19), exact(25), 1000, 0}, 1e-15) == "");
    const auto slope = [beta](double v) { return 1 / (1 + std::exp(-beta * v)); };
    BOOST_TEST(differs(slopes(build, x)[0], {slope(19), slope(25), 1, 0}, 1e-15) == "");
  }
}

// They panicked or failed on an input that is not row-major, and softmax on all axes but the last.
BOOST_AUTO_TEST_CASE(ops_of_a_transposed_input) {
  const Array x = spread({3, 4});
  Array turned(f64, {4, 3});
  for (std::int64_t i = 0; i < 12; ++i) turned.set(i % 4 * 3 + i / 4, x.get(i));
  for (const Build& op :
       {Build([](Graph&, const Tensors& t) { return Tensors{softmax(t[0], 1)}; }),
        Build([](Graph&, const Tensors& t) { return Tensors{softmax(t[0], 0)}; }),
        Build([](Graph&, const Tensors& t) { return Tensors{layer_norm(t[0], {3})}; })}) {
    const Build behind = [&op](Graph& graph, const Tensors& t) {
      return op(graph, {transpose(t[0])});
    };
    BOOST_TEST(difference(run(behind, {x})[0], run(op, {turned})[0], 1e-15) == "");
  }
}

// Its gradient read the table and what comes back to it as slices, which those views are not.
BOOST_AUTO_TEST_CASE(embedding_gradient_behind_transposed_operands) {
  const Array indices = integers({3}, {2, 0, 2});
  const Build build = [&](Graph& graph, const Tensors& t) {
    const Tensor rows = embedding(graph.constant(indices), transpose(t[0]));
    return Tensors{transpose(rows) * t[1]};
  };
  const Arrays x = {spread({2, 3}, -1, 1, 1), Array({2, 3}, {1.0, 2.0, 3.0, 4.0, 5.0, 6.0})};
  BOOST_TEST(differs(slopes(build, x)[0], {2, 0, 4, 5, 0, 10}) == "");
  BOOST_TEST(check_both(build, x) == "");
}

BOOST_AUTO_TEST_CASE(shapes_that_do_not_broadcast_are_an_error) {
  Graph graph;
  const Tensor x = graph.input("x", f32, {2, 3}), y = graph.input("y", f32, {4});
  BOOST_CHECK_THROW((void)(x + y), ShapeError);
  BOOST_CHECK_THROW((void)(x > y), ShapeError);
}

BOOST_AUTO_TEST_CASE(comparisons_broadcast) {
  const Array y = run([](Graph&, const Tensors& t) { return Tensors{cast(t[0] > t[1], f64)}; },
                      {Array({2, 2}, {1.0, 2.0, 3.0, 4.0}), Array({2}, {0.0, 3.0})})[0];
  BOOST_TEST(differs(y, {1, 0, 1, 1}) == "");
}

BOOST_AUTO_TEST_CASE(powers_of_several_exponents) {
  BOOST_TEST(differs(run([](Graph&, const Tensors& t) { return Tensors{pow(t[0], t[1])}; },
                         {Array({3}, {2.0, 3.0, 4.0}), Array({3}, {3.0, 2.0, 0.5})})[0],
                     {8, 9, 2}) == "");
}

BOOST_AUTO_TEST_CASE(mean_of_a_scalar) {
  BOOST_TEST(
      differs(run([](Graph&, const Tensors& t) { return Tensors{mean(t[0])}; }, {Array(3.5)})[0],
              {3.5}) == "");
}

BOOST_AUTO_TEST_CASE(a_kernel_larger_than_the_image_is_an_error) {
  Graph graph;
  const Tensor x = graph.input("x", f32, {1, 1, 2, 2}), w = graph.input("w", f32, {1, 1, 3, 3});
  BOOST_CHECK_THROW((void)conv2d(x, w), ShapeError);
  BOOST_CHECK_THROW((void)max_pool2d(x, 3), ShapeError);
}

BOOST_AUTO_TEST_CASE(reshape_works_out_one_size) {
  Graph graph;
  BOOST_TEST((reshape(graph.input("x", f32, {2, 6}), {3, -1}).shape() == Shape{3, 4}));
}

// Indices were f32: inexact beyond 2^24; -1 and NaN read row 0.
BOOST_AUTO_TEST_CASE(large_indices_are_exact) {
  constexpr std::int64_t rows = (std::int64_t{1} << 24) + 4;
  const Build last = [](Graph& graph, const Tensors& t) {
    return Tensors{gather(iota(graph, {rows}, 0, i64), t[0], 0)};
  };
  const Array y = run(last, {integers({2}, {rows - 1, rows - 3})})[0];
  BOOST_TEST(y.get(0) == static_cast<double>(rows - 1));
  BOOST_TEST(y.get(1) == static_cast<double>(rows - 3));
}
BOOST_AUTO_TEST_CASE(indices_outside_of_the_table_are_an_error) {
  for (const std::int64_t index : {-1, 3})
    BOOST_CHECK_THROW(run([](Graph&, const Tensors& t) { return Tensors{embedding(t[1], t[0])}; },
                          {spread({3, 2}), integers({1}, {index})}),
                      DeviceError);
  Graph graph;
  BOOST_CHECK_THROW((void)embedding(graph.input("i", f32, {1}), graph.input("w", f32, {3, 2})),
                    TypeError);
}

// 0 / 0 for windows that were empty, and ends that were rounded down.
BOOST_AUTO_TEST_CASE(adaptive_pooling_to_a_larger_size) {
  // torch.nn.functional.adaptive_avg_pool2d of 0, 1, 2 to 1 x 5.
  BOOST_TEST(differs(run(
                         [](Graph&, const Tensors& t) {
                           return Tensors{adaptive_avg_pool2d(t[0], {1, 5})};
                         },
                         {Array({1, 3}, {0.0, 1.0, 2.0})})[0],
                     {0, 0.5, 1, 1.5, 2}) == "");
}

// [N, 1] losses of which the first was printed, and gradients N times too large.
BOOST_AUTO_TEST_CASE(mean_losses_are_one_number) {
  const Build loss = [](Graph&, const Tensors& t) { return Tensors{mse_loss(t[0], t[1])}; };
  const Arrays x = {Array({4, 1}, {1.0, 2.0, 3.0, 4.0}), Array::zeros(f64, {4, 1})};
  BOOST_TEST((run(loss, x)[0].shape() == Shape{}));
  BOOST_TEST(differs(slopes(loss, x)[0], {0.5, 1, 1.5, 2}) == "");
  const Build distance = [](Graph&, const Tensors& t) { return Tensors{l1_loss(t[0], t[1])}; };
  BOOST_TEST(differs(run(distance, x)[0], {2.5}) == "");
  BOOST_TEST(differs(slopes(distance, x)[0], {0.25, 0.25, 0.25, 0.25}) == "");
}

// log(p + eps) cannot tell a hopeless answer from a bad one.
BOOST_AUTO_TEST_CASE(cross_entropy_of_a_hopeless_answer) {
  const Build loss = [](Graph&, const Tensors& t) { return Tensors{cross_entropy(t[0], t[1])}; };
  const Arrays x = {Array({1, 2}, {0.0, 500.0}), integers({1}, {0})};
  BOOST_TEST(differs(run(loss, x)[0], {500}) == "");
  BOOST_TEST(differs(slopes(loss, x)[0], {-1, 1}) == "");
}

// It was smooth_l1_loss, whose slope beyond delta is 1 and not delta: 4 came out.
BOOST_AUTO_TEST_CASE(huber_of_a_large_error) {
  const Build loss = [](Graph&, const Tensors& t) { return Tensors{huber_loss(t[0], t[1], 2)}; };
  const Arrays x = {Array({1}, {5.0}), Array({1}, {0.0})};
  BOOST_TEST(differs(run(loss, x)[0], {8}) == "");
  BOOST_TEST(differs(slopes(loss, x)[0], {2}) == "");
  // A mean, as its document said; the sum was computed.
  const Arrays two = {Array({2}, {5.0, 1.0}), Array({2}, {0.0, 0.0})};
  BOOST_TEST(differs(run(loss, two)[0], {4.25}) == "");
  BOOST_TEST(differs(slopes(loss, two)[0], {1, 0.5}) == "");
}

// "The mean", said its document, and the sum was computed.
BOOST_AUTO_TEST_CASE(binary_cross_entropy_is_a_mean) {
  const Build loss = [](Graph&, const Tensors& t) {
    return Tensors{binary_cross_entropy(t[0], t[1])};
  };
  const Arrays x = {Array({2, 2}, {0.5, 0.5, 0.5, 0.5}), Array({2, 2}, {1.0, 0.0, 1.0, 0.0})};
  BOOST_TEST(differs(run(loss, x)[0], {std::log(2)}) == "");
}

// The batch was summed before the margin: one good triplet made up for a bad one.
BOOST_AUTO_TEST_CASE(each_triplet_has_its_margin) {
  const Build loss = [](Graph&, const Tensors& t) {
    return Tensors{triplet_margin_loss(t[0], t[1], t[2], {.eps = 0})};
  };
  const Arrays x = {Array({2, 1}, {0.0, 0.0}), Array({2, 1}, {1.0, 1.0}),
                    Array({2, 1}, {9.0, 1.5})};
  BOOST_TEST(differs(run(loss, x)[0], {0.25}) == "");  // (0 + 0.5) / 2
}

BOOST_AUTO_TEST_CASE(each_pair_of_a_cosine_loss_has_its_margin) {
  const Build loss = [](Graph&, const Tensors& t) {
    return Tensors{cosine_embedding_loss(t[0], t[1], t[2], 0.5)};
  };
  const Arrays x = {Array({2, 2}, {1.0, 0.0, 1.0, 0.0}), Array({2, 2}, {1.0, 0.0, -1.0, 0.0}),
                    Array({2}, {-1.0, -1.0})};
  BOOST_TEST(differs(run(loss, x)[0], {0.25}) == "");  // (1 - 0.5 + 0) / 2
}

// It had no rule, and zeros came out.
BOOST_AUTO_TEST_CASE(transposed_convolutions_have_gradients) {
  const Build build = [](Graph&, const Tensors& t) {
    return Tensors{conv_transpose2d(t[0], t[1], t[2], {.stride = 2, .padding = 1})};
  };
  const Arrays x = {spread({2, 2, 3, 3}, -1, 1), spread({2, 3, 3, 3}, -1, 1, 1),
                    spread({3}, -1, 1, 2)};
  BOOST_TEST(check_both(build, x) == "");
  for (const Array& slope : slopes(build, x))
    BOOST_TEST(!identical(slope, Array::zeros(f64, slope.shape())));
}

// A sum in one chain of f32 loses what is smaller than its last digit.
BOOST_AUTO_TEST_CASE(long_sums_keep_their_digits) {
  const std::int64_t n = 1 << 22;
  const Array y = run([](Graph&, const Tensors& t) { return Tensors{mean(t[0])}; },
                      {Array::full(f32, {n}, 0.1)})[0];
  BOOST_TEST(std::abs(y.get(0) - 0.1) < 1e-6);
}

}  // namespace
