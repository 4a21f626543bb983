// What the functions of shapes, positions and orders refuse: the function, the rule, the line.
#include <limits>

#include <boost/test/unit_test.hpp>

#include <asg/graph/error.hpp>
#include <asg/ops/diagonal.hpp>
#include <asg/ops/distance.hpp>
#include <asg/ops/histogram.hpp>
#include <asg/ops/indexing.hpp>
#include <asg/ops/linalg.hpp>
#include <asg/ops/movement.hpp>
#include <asg/ops/ordering.hpp>
#include <asg/ops/resize.hpp>

#include "ops/support.hpp"
#include "support/refusals.hpp"

namespace {

using namespace asg;
using namespace ops_test;

// Every refusal names this file: the line is the user's.
template <class E>
void expect(const std::function<void()>& call, std::vector<std::string> parts) {
  parts.emplace_back("shape_errors_test.cpp:");
  test_support::refuses<E>(call, parts);
}

struct Inputs {
  Graph g;
  Tensor scalar = g.input("scalar", f32, {});
  Tensor row = g.input("row", f32, {3});
  Tensor table = g.input("table", f32, {2, 3});
  Tensor none = g.input("none", f32, {2, 0});
  Tensor whole = g.input("whole", i64, {3});
  Tensor places = g.input("places", i64, {2, 3});
  Tensor image = g.input("image", f32, {1, 6, 4, 5});
};

BOOST_FIXTURE_TEST_CASE(einsum_rules, Inputs) {
  const auto refuse = [&](const char* equation, const Tensors& operands,
                          std::initializer_list<std::string> parts) {
    expect<ShapeError>([&] { (void)einsum(equation, operands); }, parts);
  };
  refuse("ij,jk", {table}, {"einsum: ", "as many operands", "1"});
  refuse("ij", {table, table}, {"einsum: ", "as many operands", "2"});
  refuse("ijk->i", {table}, {"einsum: ", "'ijk'", "rank 2"});
  refuse("...ijk", {table}, {"einsum: ", "'...ijk'", "rank 2"});
  refuse("i1", {table}, {"einsum: ", "letters"});
  refuse("......", {table}, {"einsum: ", "letters"});
  refuse("ij->i->j", {table}, {"einsum: ", "letters"});
  refuse("ij->ii", {table}, {"einsum: ", "'i' twice"});
  refuse("ij->k", {table}, {"einsum: ", "'k'", "no operand"});
  refuse("ii->i", {table}, {"einsum: ", "'i'", "2 and 3", "one operand"});
  refuse("ij,ji->ij", {table, table}, {"einsum: ", "'j'", "3 and 2"});
  refuse("...,...", {table, g.input("pair", f32, {2})}, {"einsum: ", "'...'", "3 and 2"});
  expect<TypeError>([&] { (void)einsum("", {}); }, {"einsum: ", "at least one"});
  expect<TypeError>([&] { (void)einsum("i,i", {row, Tensor{}}); }, {"einsum: ", "empty Tensor"});
  expect<TypeError>([&] { (void)einsum("i,i", {row, whole}); }, {"einsum: ", "f32[3]", "i64[3]"});
  // Blanks do not count.
  BOOST_TEST((einsum(" ij , jk -> ik ", {table, transpose(table)}).shape() == Shape{2, 2}));
}

BOOST_FIXTURE_TEST_CASE(movement_rules, Inputs) {
  expect<ShapeError>([&] { (void)split(table, 0, 1); }, {"split: ", "at least one"});
  expect<ShapeError>([&] { (void)split(table, {1, 1}, 1); }, {"split: ", "add up to 2", "3"});
  expect<ShapeError>([&] { (void)split(table, {4, -1}, 1); }, {"split: ", "negative"});
  expect<ShapeError>([&] { (void)unbind(scalar); }, {"unbind: ", "axis 0"});
  expect<ShapeError>([&] { (void)expand(table, {3}); }, {"expand: ", "each axis"});
  expect<ShapeError>([&] { (void)expand(table, {-1, 2, 3}); }, {"expand: ", "new axis"});
  expect<ShapeError>([&] { (void)expand(table, {2, 4}); }, {"broadcast_to: ", "[2, 4]"});
  expect<ShapeError>([&] { (void)movedim(table, {0, 1}, {0}); }, {"movedim: ", "destination"});
  expect<ShapeError>([&] { (void)movedim(table, {0, 0}, {0, 1}); }, {"movedim: ", "repeated"});
  expect<ShapeError>([&] { (void)movedim(table, {0, 1}, {1, -1}); }, {"movedim: ", "repeated"});
  expect<ShapeError>([&] { (void)unflatten(table, 1, {2, -1}); }, {"unflatten: ", "size 3"});
  expect<ShapeError>([&] { (void)unflatten(table, 1, {-1, -1}); }, {"unflatten: ", "only one"});
  expect<ShapeError>([&] { (void)unflatten(table, 1, {-2}); }, {"unflatten: ", "negative"});
  expect<ShapeError>([&] { (void)unflatten(table, 1, {}); }, {"unflatten: ", "at least one"});
  expect<ShapeError>([&] { (void)roll(table, {1, 2}, 0); }, {"roll: ", "each axis"});
  expect<ShapeError>([&] { (void)repeat(table, {2}); }, {"repeat: ", "each axis"});
  expect<ShapeError>([&] { (void)tile(table, {-1}); }, {"repeat: ", "negative"});
  expect<ShapeError>(
      [&] {
        (void)repeat_interleave(table, {1, 2}, 1);
      },
      {"repeat_interleave: ", "each element"});
  expect<ShapeError>([&] { (void)repeat_interleave(table, -1, 1); },
                     {"repeat_interleave: ", "negative"});
  expect<ShapeError>([&] { (void)meshgrid({row, table}); }, {"meshgrid: ", "one axis"});
  expect<ShapeError>([&] { (void)meshgrid({row, row}, "yx"); }, {"meshgrid: ", "ij or xy"});
  expect<ShapeError>([&] { (void)tril(row); }, {"tril: ", "two axes"});
  expect<ShapeError>([&] { (void)diagonal(table, 0, 1, -1); }, {"diagonal: ", "different"});
  expect<ShapeError>([&] { (void)diag(image); }, {"diag: ", "vector or a matrix"});
}

BOOST_FIXTURE_TEST_CASE(index_rules, Inputs) {
  expect<ShapeError>(
      [&] {
        (void)take_along_dim(table, g.input("i", i64, {4, 1}), 1);
      },
      {"take_along_dim: ", "sizes"});
  expect<ShapeError>([&] { (void)gather(table, 1, whole); }, {"gather: ", "as many axes"});
  expect<ShapeError>(
      [&] {
        (void)gather(table, 1, g.input("j", i64, {4, 1}));
      },
      {"gather: ", "larger"});
  expect<ShapeError>([&] { (void)index_select(table, 1, places); }, {"index_select: ", "one axis"});
  expect<ShapeError>([&] { (void)scatter(table, 1, places, row); }, {"scatter: ", "as many axes"});
  expect<ShapeError>([&] { (void)scatter_add(table, 1, places, slice(table, 1, 0, 2)); },
                     {"scatter_add: ", "each index"});
  expect<ShapeError>([&] { (void)scatter_reduce(table, 1, places, table, "max"); },
                     {"scatter_reduce: ", "max", "amax"});
  expect<ShapeError>([&] { (void)scatter_reduce(places, 1, places, places, "mean"); },
                     {"scatter_reduce: ", "mean", "float"});
  expect<ShapeError>([&] { (void)index_add(table, 1, g.input("k", i64, {2}), table); },
                     {"scatter: ", "updates"});
  expect<ShapeError>([&] { (void)index_fill(table, 1, whole, row); }, {"index_fill: ", "scalar"});
  expect<ShapeError>([&] { (void)index_reduce(table, 0, whole, table, "amax"); },
                     {"index_reduce: ", "each index"});
  expect<ShapeError>([&] { (void)bincount(places, 3); }, {"bincount: ", "one axis"});
  expect<ShapeError>([&] { (void)bincount(whole, -1); }, {"bincount: ", "negative"});
  expect<ShapeError>([&] { (void)bincount(whole, 3, scalar); }, {"bincount: ", "weights"});
  expect<ShapeError>([&] { (void)histc(row, 0); }, {"histc: ", "bin"});
  expect<ShapeError>([&] { (void)histc(row, 3, 2, 1); }, {"histc: ", "limits"});
}

BOOST_FIXTURE_TEST_CASE(order_rules, Inputs) {
  expect<ShapeError>([&] { (void)topk(table, 3, 0, false); }, {"topk: ", "3", "2 elements"});
  expect<ShapeError>([&] { (void)max_with_positions(none, 1); }, {"argmax: ", "size 0"});
  expect<ShapeError>([&] { (void)median(none, 1); }, {"median: ", "size 0"});
  expect<ShapeError>([&] { (void)quantile(none, 0.5); }, {"quantile: ", "size 0"});
  expect<TypeError>([&] { (void)quantile(row, 1.5); }, {"quantile: ", "q is 1.5"});
  expect<ShapeError>([&] { (void)logcumsumexp(row, 1); }, {"logcumsumexp: ", "axis 1"});
  const double inf = std::numeric_limits<double>::infinity();
  expect<ShapeError>([&] { (void)vector_norm(none, inf, 1); }, {"vector_norm: ", "no elements"});
  expect<ShapeError>([&] { (void)vector_norm(none, -1, 1); }, {"vector_norm: ", "no elements"});
  expect<TypeError>([&] { (void)vector_norm(row, std::nan("")); }, {"vector_norm: ", "finite"});
  expect<ShapeError>(
      [&] {
        (void)cosine_similarity(table, g.input("c", f32, {2, 2}));
      },
      {"cosine_similarity: ", "broadcast"});
}

BOOST_FIXTURE_TEST_CASE(created_rules, Inputs) {
  expect<ShapeError>([&] { (void)arange(g, 0, 1, 0, f32); }, {"arange: ", "step"});
  expect<ShapeError>([&] { (void)linspace(g, 0, 1, -1); }, {"linspace: ", "negative"});
  expect<ShapeError>([&] { (void)eye(g, -1); }, {"eye: ", "negative"});
}

BOOST_FIXTURE_TEST_CASE(resize_rules, Inputs) {
  const auto refuse = [](const Tensor& x, const InterpolateOptions& options,
                         std::initializer_list<std::string> parts) {
    expect<ShapeError>([&] { (void)interpolate(x, options); }, parts);
  };
  refuse(table, {.size = {4}}, {"interpolate: ", "one more axis"});
  refuse(image, {.size = {4}, .mode = "cubic"}, {"interpolate: ", "no mode cubic"});
  refuse(image, {.size = {4}, .mode = "linear"}, {"interpolate: ", "linear", "2 axes"});
  refuse(image, {.size = {4}, .align_corners = true}, {"interpolate: ", "align_corners"});
  refuse(image, {}, {"interpolate: ", "size or a scale_factor"});
  refuse(image, {.size = {4}, .scale_factor = {2}}, {"interpolate: ", "not both"});
  refuse(image, {.size = {4, 4, 4}}, {"interpolate: ", "each of the 2"});
  refuse(image, {.size = {0}}, {"interpolate: ", "elements"});
  refuse(image, {.scale_factor = {0.1}}, {"interpolate: ", "elements"});
  refuse(image, {.scale_factor = {-1}}, {"interpolate: ", "above 0"});
  expect<ShapeError>([&] { (void)pixel_shuffle(image, 2); }, {"pixel_shuffle: ", "6 channels"});
  expect<ShapeError>([&] { (void)pixel_unshuffle(image, 2); }, {"pixel_unshuffle: ", "4 x 5"});
  expect<ShapeError>([&] { (void)pixel_shuffle(table, 1); }, {"pixel_shuffle: ", "channels"});
  expect<ShapeError>([&] { (void)pixel_shuffle(image, 0); }, {"pixel_shuffle: ", "at least 1"});
}

}  // namespace
