// A network unrolled over many steps, which all use one weight.
#include <boost/test/unit_test.hpp>

#include <asg/ops/elementwise.hpp>
#include <asg/ops/linalg.hpp>

#include "models/support.hpp"

namespace {

using namespace asg;
using namespace models_test;

// h = tanh(h w + x_i), with a weight for each step or with one for all: {h, x_0.., w_0..}.
Build unrolled(std::size_t steps, bool shared) {
  return [=](Graph&, const Tensors& in) {
    Tensor h = in[0];
    for (std::size_t i = 0; i < steps; ++i)
      h = tanh(matmul(h, in[1 + steps + (shared ? 0 : i)]) + in[1 + i]);
    return Tensors{h};
  };
}

Array numbers(const Shape& shape, int seed) {
  Array array(f64, shape);
  for (std::int64_t i = 0; i < shape.numel(); ++i)
    array.set(i, static_cast<double>((i * 37 + seed * 11) % 29 - 14) / 29);
  return array;
}

BOOST_AUTO_TEST_CASE(the_gradient_of_a_shared_weight_is_the_sum_over_its_uses) {
  for (const std::size_t steps : {2, 22, 25, 60}) {
    Arrays in{numbers({3, 5}, 1)};
    for (std::size_t i = 0; i < steps; ++i) in.push_back(numbers({3, 5}, static_cast<int>(i)));
    Arrays apart = in;
    in.push_back(numbers({5, 5}, 3));
    for (std::size_t i = 0; i < steps; ++i) apart.push_back(in.back());
    const Arrays each = slopes(unrolled(steps, false), apart);
    Array sum = Array::full(f64, {5, 5}, 0.0);
    for (std::size_t i = 0; i < steps; ++i)
      for (std::int64_t k = 0; k < 25; ++k) sum.set(k, sum.get(k) + each[1 + steps + i].get(k));
    BOOST_TEST(difference(slopes(unrolled(steps, true), in)[1 + steps], sum, 1e-12) == "");
  }
}

}  // namespace
