// einsum, and what moves, repeats and cuts elements, against PyTorch.
#include <asg/ops/diagonal.hpp>
#include <asg/ops/linalg.hpp>
#include <asg/ops/movement.hpp>

#include "pytorch/support.hpp"

namespace {

using namespace asg;
using namespace pytorch_test;

using Function = std::function<Tensors(const Tensor&)>;

// The equation is in the name.
BOOST_AUTO_TEST_CASE(einstein) {
  const std::string prefix = "einsum:";
  int found = 0;
  for (const auto& [name, unused] : recorded()) {
    if (!name.starts_with(prefix)) continue;
    ++found;
    agrees(name, [&](const Inputs& in) -> Tensors {
      Tensors operands;
      for (const char* each : {"a", "b", "c"})
        if (in.has(each)) operands.push_back(in(each));
      return {einsum(name.substr(prefix.size()), operands)};
    });
  }
  BOOST_TEST(found > 0);
}

void compare(const std::vector<std::pair<std::string, Function>>& cases) {
  for (const auto& [name, function] : cases)
    agrees(name, [f = function](const Inputs& in) { return f(in("x")); });
}

BOOST_AUTO_TEST_CASE(cut_and_joined) {
  compare({{"split_size", [](const Tensor& x) { return split(x, 2, 1); }},
           {"split_size_one_part", [](const Tensor& x) { return split(x, 9); }},
           {"split_empty", [](const Tensor& x) { return split(x, 2, 1); }},
           {"split_sizes",
            [](const Tensor& x) {
              return split(x, {1, 0, 3}, -1);
            }},
           {"chunk", [](const Tensor& x) { return chunk(x, 3, 1); }},
           {"unbind_0", [](const Tensor& x) { return unbind(x); }},
           {"unbind_1", [](const Tensor& x) { return unbind(x, -1); }},
           {"stack", [](const Tensor& x) {
              return Tensors{stack({x, 2 * x}, -1)};
            }}});
}

BOOST_AUTO_TEST_CASE(moved) {
  compare({{"movedim", [](const Tensor& x) { return Tensors{movedim(x, 0, 2)}; }},
           {"movedim_several",
            [](const Tensor& x) {
              return Tensors{movedim(x, {0, -1}, {1, 0})};
            }},
           {"expand",
            [](const Tensor& x) {
              return Tensors{expand(x, {2, -1, 4})};
            }},
           {"unflatten",
            [](const Tensor& x) {
              return Tensors{unflatten(x, 1, {2, -1})};
            }},
           {"flatten", [](const Tensor& x) { return Tensors{flatten(x, 1, -1)}; }},
           {"roll_flat", [](const Tensor& x) { return Tensors{roll(x, 4)}; }},
           {"roll_back", [](const Tensor& x) { return Tensors{roll(x, {-1}, 1)}; }},
           {"roll_several", [](const Tensor& x) {
              return Tensors{roll(x, {7, -3}, {0, 1})};
            }}});
}

BOOST_AUTO_TEST_CASE(repeated) {
  compare(
      {{"repeat",
        [](const Tensor& x) {
          return Tensors{repeat(x, {2, 3})};
        }},
       {"repeat_leading",
        [](const Tensor& x) {
          return Tensors{repeat(x, {2, 1, 3})};
        }},
       {"repeat_none",
        [](const Tensor& x) {
          return Tensors{repeat(x, {2, 0})};
        }},
       {"tile", [](const Tensor& x) { return Tensors{tile(x, {2})}; }},
       {"tile_leading",
        [](const Tensor& x) {
          return Tensors{tile(x, {2, 1, 2})};
        }},
       {"repeat_interleave", [](const Tensor& x) { return Tensors{repeat_interleave(x, 2, 0)}; }},
       {"repeat_interleave_counts", [](const Tensor& x) {
          return Tensors{repeat_interleave(x, {2, 0, 1}, 1)};
        }}});
  for (const std::string indexing : {"ij", "xy"})
    agrees("meshgrid_" + indexing, [&](const Inputs& in) {
      return meshgrid({in("a"), in("b"), in("c")}, indexing);
    });
}

BOOST_AUTO_TEST_CASE(diagonals) {
  compare({{"tril", [](const Tensor& x) { return Tensors{tril(x)}; }},
           {"tril_above", [](const Tensor& x) { return Tensors{tril(x, 1)}; }},
           {"triu", [](const Tensor& x) { return Tensors{triu(x)}; }},
           {"triu_below", [](const Tensor& x) { return Tensors{triu(x, -1)}; }},
           {"triu_far", [](const Tensor& x) { return Tensors{triu(x, 9)}; }},
           {"diagonal", [](const Tensor& x) { return Tensors{diagonal(x)}; }},
           {"diagonal_above", [](const Tensor& x) { return Tensors{diagonal(x, 1)}; }},
           {"diagonal_below", [](const Tensor& x) { return Tensors{diagonal(x, -1)}; }},
           {"diagonal_axes", [](const Tensor& x) { return Tensors{diagonal(x, 1, 2, 0)}; }},
           {"diag_of_vector", [](const Tensor& x) { return Tensors{diag(x)}; }},
           {"diag_above", [](const Tensor& x) { return Tensors{diag(x, 2)}; }},
           {"diag_below", [](const Tensor& x) { return Tensors{diag(x, -1)}; }},
           {"diag_of_matrix", [](const Tensor& x) { return Tensors{diag(x, -1)}; }}});
}

BOOST_AUTO_TEST_CASE(created) {
  compare(
      {{"linspace", [](const Tensor& x) { return Tensors{linspace(x.graph(), -1, 2, 7, f64)}; }},
       {"linspace_one", [](const Tensor& x) { return Tensors{linspace(x.graph(), 3, 5, 1, f64)}; }},
       {"linspace_none",
        [](const Tensor& x) { return Tensors{linspace(x.graph(), 3, 5, 0, f64)}; }},
       {"linspace_even",
        [](const Tensor& x) { return Tensors{linspace(x.graph(), 5, -4, 6, f64)}; }},
       {"arange", [](const Tensor& x) { return Tensors{arange(x.graph(), 1, 2.5, 0.3, f64)}; }},
       {"arange_down", [](const Tensor& x) { return Tensors{arange(x.graph(), 5, 1, -2, i64)}; }},
       {"eye", [](const Tensor& x) { return Tensors{eye(x.graph(), 3, -1, f64)}; }},
       {"eye_wide", [](const Tensor& x) { return Tensors{eye(x.graph(), 2, 3, i64)}; }}});
}

}  // namespace
