// Triangular systems and Cholesky factors against PyTorch.
#include <asg/graph/error.hpp>
#include <asg/ops/linalg.hpp>
#include <asg/ops/movement.hpp>

#include "pytorch/support.hpp"
#include "support/messages.hpp"

namespace {

using namespace asg;
using namespace pytorch_test;
using test_support::contains;
using test_support::message_of;

BOOST_AUTO_TEST_CASE(triangular_systems) {
  struct How {
    const char* name;
    bool upper, left, unitriangular;
  };
  for (const How& how :
       {How{"lower", false, true, false}, How{"upper", true, true, false},
        How{"left_unit", false, true, true}, How{"right_lower", false, false, false},
        How{"right_upper_unit", true, false, true}, How{"broadcast", true, true, false}})
    agrees(std::string("solve_triangular_") + how.name, [&](const Inputs& in) -> Tensors {
      return {solve_triangular(in("a"), in("b"), how.upper, how.left, how.unitriangular)};
    });
}

BOOST_AUTO_TEST_CASE(cholesky_factors) {
  agrees("cholesky_lower", [](const Inputs& in) -> Tensors { return {cholesky(in("a"))}; });
  agrees("cholesky_upper", [](const Inputs& in) -> Tensors { return {cholesky(in("a"), true)}; });
  agrees("cholesky_solves", [](const Inputs& in) -> Tensors {
    const Tensor l = cholesky(in("a"));
    return {solve_triangular(transpose(l), solve_triangular(l, in("b")), true)};
  });
}

// A size that no recursion of halves divides evenly, larger than any block.
BOOST_AUTO_TEST_CASE(a_factor_of_a_hundred_rows_solves) {
  constexpr std::int64_t n = 101;
  Graph graph;
  const Tensor x = graph.input("x", f64, {n, n}), b = graph.input("b", f64, {n, 3});
  const Tensor a = matmul(x, transpose(x)) + 2;
  const Tensor l = cholesky(a);
  const Tensor solution = solve_triangular(transpose(l), solve_triangular(l, b), true);
  for (const Device& device : devices()) {
    Array diagonal = spread({n, n}, -0.05, 0.05);
    for (std::int64_t i = 0; i < n; ++i) diagonal.set(i * n + i, 1);
    const Array right = spread({n, 3});
    const std::vector<Array> got =
        compile(device, graph, {matmul(l, transpose(l)), a, matmul(a, solution)})
            .run({diagonal, right});
    BOOST_TEST(ops_test::difference(got[0], got[1], 1e-13) == "", device.backend_name());
    BOOST_TEST(ops_test::difference(got[2], right, 1e-10) == "", device.backend_name());
  }
}

BOOST_AUTO_TEST_CASE(errors_name_the_rule) {
  Graph graph;
  const Tensor a = graph.input("a", f32, {3, 3}), wide = graph.input("wide", f32, {2, 3});
  const Tensor b = graph.input("b", f32, {2, 3, 1}), batch = graph.input("batch", f32, {3, 2, 2});
  const auto has = [](const std::string& text, const char* part) {
    return contains(text, part, "linalg_test.cpp:");
  };
  BOOST_TEST(has(message_of<ShapeError>([&] { (void)solve_triangular(wide, b); }), "square"));
  BOOST_TEST(has(message_of<ShapeError>([&] { (void)solve_triangular(a, wide); }), "[..., N, K]"));
  BOOST_TEST(has(message_of<ShapeError>([&] { (void)solve_triangular(batch, b); }), "broadcast"));
  BOOST_TEST(has(message_of<ShapeError>([&] { (void)cholesky(wide); }), "square"));
  BOOST_TEST(has(message_of<TypeError>([&] {
                   (void)solve_triangular(a, graph.input("w", f64, {3, 1}));
                 }),
                 "f32 meets f64"));
}

}  // namespace
