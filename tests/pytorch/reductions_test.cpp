// Reductions, orders along an axis, and distances, against PyTorch.
#include <asg/ops/distance.hpp>
#include <asg/ops/elementwise.hpp>
#include <asg/ops/ordering.hpp>
#include <asg/ops/reduction.hpp>

#include "pytorch/support.hpp"

namespace {

using namespace asg;
using namespace pytorch_test;

using Function = std::function<Tensors(const Tensor&)>;

void compare(const std::vector<std::pair<std::string, Function>>& cases) {
  for (const auto& [name, function] : cases)
    agrees(name, [f = function](const Inputs& in) { return f(in("x")); });
}

Tensors both(const Positioned& found) { return {found.values, found.positions}; }
Tensors both(const VarMean& found) { return {found.var, found.mean}; }

BOOST_AUTO_TEST_CASE(extremes) {
  compare({{"amax_ties", [](const Tensor& x) { return Tensors{amax(x, 1)}; }},
           {"amax_several",
            [](const Tensor& x) {
              return Tensors{amax(x, {0, 2}, true)};
            }},
           {"amin_ties", [](const Tensor& x) { return Tensors{amin(x, 1)}; }},
           {"amin_several",
            [](const Tensor& x) {
              return Tensors{amin(x, {0, 2}, true)};
            }},
           {"max_with_positions", [](const Tensor& x) { return both(max_with_positions(x, 1)); }},
           {"min_with_positions", [](const Tensor& x) { return both(min_with_positions(x, 1)); }},
           {"max_with_positions_nan",
            [](const Tensor& x) { return both(max_with_positions(x, 0, true)); }},
           {"min_with_positions_nan",
            [](const Tensor& x) { return both(min_with_positions(x, 0, true)); }},
           {"count_nonzero", [](const Tensor& x) { return Tensors{count_nonzero(x, 1)}; }},
           {"count_nonzero_all", [](const Tensor& x) { return Tensors{count_nonzero(x)}; }}});
}

BOOST_AUTO_TEST_CASE(spreads) {
  compare({{"std", [](const Tensor& x) { return Tensors{stddev(x, 1)}; }},
           {"std_all", [](const Tensor& x) { return Tensors{stddev(x)}; }},
           {"std_population",
            [](const Tensor& x) {
              return Tensors{stddev(x, {0, 1}, 0)};
            }},
           {"std_kept", [](const Tensor& x) { return Tensors{stddev(x, 0, 1, true)}; }},
           {"std_constant_row", [](const Tensor& x) { return Tensors{stddev(x, 1)}; }},
           {"var_mean", [](const Tensor& x) { return both(var_mean(x, 1)); }}});
}

BOOST_AUTO_TEST_CASE(norms) {
  const std::vector<std::pair<std::string, double>> orders = {
      {"0", 0}, {"0.5", 0.5}, {"1", 1},   {"1.5", 1.5},      {"2", 2},
      {"3", 3}, {"-1", -1},   {"-2", -2}, {"inf", INFINITY}, {"-inf", -INFINITY}};
  for (const auto& [name, ord] : orders)
    for (const char* of : {"", "_of_zeros"})
      if (const std::string whole = "vector_norm_" + name + of; recorded().contains(whole))
        agrees(whole, [p = ord](const Inputs& in) { return Tensors{vector_norm(in("x"), p, 1)}; });
  compare({{"vector_norm_all", [](const Tensor& x) { return Tensors{vector_norm(x)}; }},
           {"vector_norm_kept",
            [](const Tensor& x) {
              return Tensors{vector_norm(x, 2, {0, 2}, true)};
            }},
           {"normalize", [](const Tensor& x) { return Tensors{normalize(x)}; }},
           {"normalize_1", [](const Tensor& x) { return Tensors{normalize(x, 1, 0)}; }},
           {"normalize_zero", [](const Tensor& x) { return Tensors{normalize(x)}; }}});
}

BOOST_AUTO_TEST_CASE(distances) {
  agrees("cosine_similarity",
         [](const Inputs& in) { return Tensors{cosine_similarity(in("a"), in("b"))}; });
  agrees("cosine_similarity_broadcast",
         [](const Inputs& in) { return Tensors{cosine_similarity(in("a"), in("b"), -1)}; });
  agrees("pairwise_distance",
         [](const Inputs& in) { return Tensors{pairwise_distance(in("a"), in("b"))}; });
  agrees("pairwise_distance_1",
         [](const Inputs& in) { return Tensors{pairwise_distance(in("a"), in("b"), 1, 0, true)}; });
}

BOOST_AUTO_TEST_CASE(ordered) {
  compare({{"topk", [](const Tensor& x) { return both(topk(x, 2)); }},
           {"topk_smallest", [](const Tensor& x) { return both(topk(x, 2, 0, false)); }},
           {"topk_all", [](const Tensor& x) { return both(topk(x, 3)); }},
           {"argsort", [](const Tensor& x) { return Tensors{argsort(x)}; }},
           {"argsort_descending", [](const Tensor& x) { return Tensors{argsort(x, 1, true)}; }},
           {"median", [](const Tensor& x) { return both(median(x)); }},
           {"median_even", [](const Tensor& x) { return both(median(x, 0, true)); }},
           {"median_nan", [](const Tensor& x) { return both(median(x, 1)); }},
           {"quantile_0.0", [](const Tensor& x) { return Tensors{quantile(x, 0)}; }},
           {"quantile_0.3", [](const Tensor& x) { return Tensors{quantile(x, 0.3)}; }},
           {"quantile_0.5", [](const Tensor& x) { return Tensors{quantile(x, 0.5)}; }},
           {"quantile_1.0", [](const Tensor& x) { return Tensors{quantile(x, 1)}; }},
           {"quantile_nan", [](const Tensor& x) { return Tensors{quantile(x, 0.5, 1, true)}; }}});
}

BOOST_AUTO_TEST_CASE(cumulative) {
  compare({{"cummax", [](const Tensor& x) { return both(cummax_with_positions(x, 1)); }},
           {"cummax_ties", [](const Tensor& x) { return both(cummax_with_positions(x, 1)); }},
           {"cummax_nan", [](const Tensor& x) { return both(cummax_with_positions(x, 0)); }},
           {"cummin", [](const Tensor& x) { return both(cummin_with_positions(x, 1)); }},
           {"cummin_ties", [](const Tensor& x) { return both(cummin_with_positions(x, 1)); }},
           {"cummin_nan", [](const Tensor& x) { return both(cummin_with_positions(x, 0)); }},
           {"logcumsumexp", [](const Tensor& x) { return Tensors{logcumsumexp(x, 1)}; }},
           {"logcumsumexp_wide", [](const Tensor& x) { return Tensors{logcumsumexp(x, 0)}; }}});
  agrees("logaddexp", [](const Inputs& in) { return Tensors{logaddexp(in("a"), in("b"))}; });
}

}  // namespace
