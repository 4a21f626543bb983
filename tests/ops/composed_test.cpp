// Derivatives, up to the third, of functions that are no ops but are put together from them; what
// the ops themselves have is in gradient_test.
#include <boost/test/unit_test.hpp>

#include <asg/ops/diagonal.hpp>
#include <asg/ops/distance.hpp>
#include <asg/ops/indexing.hpp>
#include <asg/ops/linalg.hpp>
#include <asg/ops/movement.hpp>
#include <asg/ops/ordering.hpp>
#include <asg/ops/resize.hpp>

#include "ops/support.hpp"

namespace {

using namespace asg;
using namespace ops_test;

void differentiable(const std::string& name, const Arrays& arrays,
                    const std::function<Tensor(const Tensors&)>& function) {
  const Build build = [&](Graph&, const Tensors& x) { return Tensors{function(x)}; };
  BOOST_TEST_CONTEXT(name)
  for (const int order : {0, 1, 2}) BOOST_TEST(check_derivative(build, arrays, order) == "");
}

BOOST_AUTO_TEST_CASE(einstein) {
  for (const char* equation : {"ij,jk,kl->il", "ij,jk,ik->", "ij,jk,kk->ik", "ij,jk,lk->jl"})
    differentiable(equation, {spread({2, 3}), spread({3, 2}, -2, 2, 1), spread({2, 2}, -2, 2, 2)},
                   [&](const Tensors& x) {
                     return einsum(equation, {x[0], x[1], x[2]});
                   });
}

BOOST_AUTO_TEST_CASE(scattered) {
  const Array index({2, 4}, std::vector<std::int64_t>{0, 2, 0, 0, 1, 1, 2, 1});
  for (const char* how : {"sum", "prod", "mean", "amax", "amin"})
    for (const bool include_self : {true, false})
      differentiable(how, {spread({2, 3}), index, spread({2, 4}, -2, 2, 1)}, [&](const Tensors& x) {
        const Tensor y = scatter_reduce(x[0], 1, x[1], x[2], how, include_self);
        return y * square(y);
      });
  differentiable(
      "index_copy",
      {spread({3, 2}), Array({3}, std::vector<std::int64_t>{1, 0, 1}), spread({3, 2}, -2, 2, 1)},
      [](const Tensors& x) { return exp(index_copy(x[0], 0, x[1], x[2])); });
}

BOOST_AUTO_TEST_CASE(moved) {
  const Arrays x = {spread({3, 4})};
  const auto curved = [&](const char* name, Tensor (*function)(const Tensor&)) {
    differentiable(name, x, [&](const Tensors& t) { return exp(function(sin(t[0]))); });
  };
  curved("roll", [](const Tensor& t) { return roll(t, {1, -2}, {0, 1}); });
  curved("repeat", [](const Tensor& t) { return repeat(t, {2, 1, 2}); });
  curved("repeat_interleave", [](const Tensor& t) { return repeat_interleave(t, {2, 0, 1}, 0); });
  curved("diagonal", [](const Tensor& t) { return diagonal(t, 1); });
  curved("tril", [](const Tensor& t) { return tril(t); });
  curved("interpolate", [](const Tensor& t) {
    return interpolate(reshape(t, {1, 1, 3, 4}), {.size = {4, 3}, .mode = "bilinear"});
  });
}

BOOST_AUTO_TEST_CASE(ordered) {
  const Arrays x = {spread({3, 5})};
  differentiable("topk", x, [](const Tensors& t) { return exp(topk(t[0], 2, 0).values); });
  differentiable("median", x, [](const Tensors& t) { return exp(median(t[0], 1).values); });
  differentiable("quantile", x, [](const Tensors& t) { return exp(quantile(t[0], 0.3)); });
  differentiable("cummin", x, [](const Tensors& t) { return exp(cummin(t[0], 1)); });
}

BOOST_AUTO_TEST_CASE(measured) {
  const Arrays x = {spread({3, 4}), spread({3, 4}, -2, 2, 1)};
  differentiable("cosine_similarity", x,
                 [](const Tensors& t) { return cosine_similarity(t[0], t[1]); });
  differentiable("pairwise_distance", x,
                 [](const Tensors& t) { return pairwise_distance(t[0], t[1], 3); });
  differentiable("normalize", {x[0]}, [](const Tensors& t) { return normalize(t[0]); });
}

}  // namespace
