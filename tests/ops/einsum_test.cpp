// What einsum is made of: a product of matrices wherever there is one, and nothing larger than the
// operands and the result.
#include <map>

#include <boost/test/unit_test.hpp>

#include <asg/ops/linalg.hpp>

#include "ops/support.hpp"

namespace {

using namespace asg;

struct Made {
  std::map<std::string, int> nodes;
  std::int64_t largest = 0;
};

Made made(const char* equation, std::initializer_list<Shape> shapes) {
  Graph graph;
  Tensors operands;
  for (const Shape& shape : shapes)
    operands.push_back(graph.input(std::string(1, "abc"[operands.size()]), f32, shape));
  const std::size_t before = graph.size();
  (void)einsum(equation, operands);
  Made result;
  for (std::size_t i = before; i < graph.size(); ++i) {
    const Node node = graph.node(static_cast<NodeId>(i));
    ++result.nodes[std::string(node.op.name)];
    result.largest = std::max(result.largest, node.outputs[0].shape.numel());
  }
  return result;
}

BOOST_AUTO_TEST_CASE(sums_of_products_are_matrix_products) {
  for (const auto& [equation, a, b, result] :
       std::vector<std::tuple<const char*, Shape, Shape, int>>{
           {"ij,jk->ik", {8, 9}, {9, 10}, 80},
           {"bhid,bhjd->bhij", {2, 3, 8, 4}, {2, 3, 9, 4}, 432},
           {"bhij,bhjd->bihd", {2, 3, 8, 9}, {2, 3, 9, 4}, 192},
           {"...i,ij->...j", {5, 6, 7}, {7, 8}, 240},
           {"bij,bj->bi", {4, 5, 6}, {4, 6}, 20},
           {"ijk,jkl->il", {4, 5, 6}, {5, 6, 7}, 28}}) {
    Made of = made(equation, {a, b});
    BOOST_TEST_CONTEXT(equation) {
      BOOST_TEST(of.nodes["matmul"] == 1);
      BOOST_TEST(of.nodes["mul"] == 0);
      BOOST_TEST(of.largest <= std::max<std::int64_t>({a.numel(), b.numel(), result}));
    }
  }
  BOOST_TEST(made("ij,jk,kl->il", {{4, 5}, {5, 6}, {6, 7}}).nodes["matmul"] == 2);
}

BOOST_AUTO_TEST_CASE(what_is_not_needed_is_summed_first) {
  Made of = made("ijx,jk->ik", {{4, 5, 50}, {5, 6}});
  BOOST_TEST(of.nodes["reduce"] == 1);
  BOOST_TEST(of.nodes["matmul"] == 1);
  BOOST_TEST(made("bi,bi->b", {{4, 5}, {4, 5}}).nodes["matmul"] == 0);
}

BOOST_AUTO_TEST_CASE(a_permutation_is_one_node) {
  const Made of = made("ijk->kij", {{2, 3, 4}});
  BOOST_TEST(of.nodes.size() == 1U);
  BOOST_TEST(of.nodes.contains("permute"));
  BOOST_TEST(made("ij->ij", {{2, 3}}).nodes.empty());
}

}  // namespace
