#include <boost/test/unit_test.hpp>

#include <cmath>

#include <asg/autodiff/gradients.hpp>
#include <asg/graph/error.hpp>
#include <asg/graph/op.hpp>
#include <asg/nn/embedding.hpp>
#include <asg/nn/linear.hpp>
#include <asg/nn/sequential.hpp>
#include <asg/ops/activation.hpp>
#include <asg/ops/elementwise.hpp>
#include <asg/ops/reduction.hpp>

#include "support.hpp"

using namespace asg;
using namespace nn_test;
using Names = std::vector<std::string>;

namespace {

struct Head : nn::Module {
  nn::Linear out = add("out", nn::Linear{4, 2, {.bias = false}});
  nn::Parameter scale = add("scale", {}, nn::init::ones());
  Tensor forward(const Tensor& x) const override { return out(x) * scale.in(x.graph()); }
};

struct Net : nn::Module {
  nn::Sequential body = add("body", nn::Sequential{nn::Linear{3, 4}, nn::ReLU{}, nn::Linear{4, 4}});
  Head head = add("head", Head{});
  Tensor forward(const Tensor& x) const override { return head(body(x)); }
};

// Two members that are one module.
struct Tied : nn::Module {
  nn::Linear first;
  nn::Linear second;
  explicit Tied(const nn::Linear& shared)
      : first(add("first", shared)), second(add("second", shared)) {}
  Tensor forward(const Tensor& x) const override { return second(first(x)); }
};

const Names net_names = {"body.0.weight", "body.0.bias", "body.2.weight",
                         "body.2.bias",   "head.scale",  "head.out.weight"};

Names with_prefix(const std::string& prefix, Names names) {
  for (std::string& name : names) name.insert(0, prefix);
  return names;
}

template <class M>
Names variables_of(const M& model, const Shape& shape) {
  Graph graph;
  const Tensor y = model(graph.input("x", f32, shape));
  BOOST_TEST(y.defined());
  Names names;
  for (const VariableInfo& info : graph.variables()) names.push_back(info.name);
  return names;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(names)

BOOST_AUTO_TEST_CASE(are_the_paths_of_members_own_parameters_first) {
  BOOST_TEST(names_of(Net{}) == net_names, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(grow_when_the_model_becomes_part_of_another) {
  const Net net;
  const nn::Linear early = net.body.size() == 3 ? net.head.out : nn::Linear{1, 1};
  const nn::Sequential outer{net, nn::Linear{2, 2}};
  BOOST_TEST(names_of(net) == with_prefix("0.", net_names), boost::test_tools::per_element());
  BOOST_TEST(early.weight.name() == "0.head.out.weight");
  BOOST_TEST(net.path() == "0");
  BOOST_TEST(names_of(outer).back() == "1.bias");
}

BOOST_AUTO_TEST_CASE(outlive_the_model) {
  const nn::Linear kept = [] {
    const Net net;
    return net.head.out;
  }();
  BOOST_TEST(kept.weight.name() == "head.out.weight");
}

BOOST_AUTO_TEST_CASE(begin_with_that_of_a_named_root) {
  const Net net = nn::named("encoder", Net{});
  BOOST_TEST(names_of(net) == with_prefix("encoder.", net_names), boost::test_tools::per_element());
  BOOST_TEST(contains(message_of<TypeError>([&] { nn::named("x", net.head); }), "encoder.head"));
  BOOST_TEST(contains(message_of<TypeError>([] { nn::named("a.b", Net{}); }), "no dot"));
}

BOOST_AUTO_TEST_CASE(of_a_module_in_two_places_are_the_first) {
  const Tied tied{nn::Linear{3, 3}};
  BOOST_TEST(names_of(tied) == (Names{"first.weight", "first.bias"}),
             boost::test_tools::per_element());
  BOOST_TEST(tied.first.weight.same_as(tied.second.weight));
  BOOST_TEST(variables_of(tied, {2, 3}) == (Names{"first.weight", "first.bias"}),
             boost::test_tools::per_element());
  // A second owner that is registered earlier in a larger model does not give it its name.
  const nn::Linear shared{3, 3};
  const nn::Sequential a{shared, nn::ReLU{}};
  const nn::Sequential b{nn::ReLU{}, shared};
  const nn::Sequential both{b, a};
  BOOST_TEST(shared.weight.name() == "1.0.weight");
}

// An output layer that uses the table of an embedding.
struct Shared : nn::Module {
  nn::Embedding table = add("table", nn::Embedding{5, 3});
  nn::Linear out = add("out", nn::Linear{table.weight});
  Tensor forward(const Tensor& x) const override { return out(table(x)); }
};

BOOST_AUTO_TEST_CASE(of_a_parameter_in_two_modules_are_the_first) {
  const Shared model;
  BOOST_TEST(names_of(model) == Names{"table.weight"}, boost::test_tools::per_element());
  BOOST_TEST(model.numel() == 15);
  BOOST_TEST(model.out.weight.same_as(model.table.weight));
  Graph graph;
  (void)model(graph.input("x", i64, {2}));
  BOOST_TEST(graph.variables().size() == 1u);
  // Both uses add to the gradient: the rows that are read, and all rows of the product.
  const Array x({2}, {1, 1});
  State state = initialize(model, device(), 1);
  auto slope = compile(device(), [&](Tensor t) {
    return gradients(sum(model(t)), {model.table.weight.in(t.graph())})[0];
  });
  const Array table = state.get("table.weight"), found = slope(state, x);
  for (std::int64_t row = 0; row < 5; ++row)
    for (std::int64_t i = 0; i < 3; ++i) {
      double wanted = 2 * table.get(3 + i);
      for (std::int64_t k = 0; row == 1 && k < 5; ++k) wanted += 2 * table.get(3 * k + i);
      BOOST_TEST(std::abs(found.get(3 * row + i) - wanted) < 1e-5);
    }
}

BOOST_AUTO_TEST_CASE(of_a_shared_parameter_that_does_not_fit_are_refused) {
  const nn::Linear layer{3, 4};
  BOOST_TEST(contains(message_of<ShapeError>([&] { nn::Linear{layer.bias}; }), "[out, in]"));
  BOOST_TEST(contains(message_of<ShapeError>([&] {
                        nn::Linear(layer.weight, nn::Linear{3, 3}.bias);
                      }),
                      "must be [4], not [3]"));
  BOOST_TEST(contains(message_of<TypeError>([&] { nn::Linear{nn::Parameter{}}; }),
                      "no parameter to share as 'weight'"));
}

BOOST_AUTO_TEST_CASE(of_a_dict_are_its_own) {
  struct Heads : nn::Module {
    nn::ModuleDict<nn::Linear> heads = add("heads", nn::ModuleDict<nn::Linear>{});
  } model;
  model.heads.insert("colour", nn::Linear{3, 4, {.bias = false}});
  model.heads.insert("size", nn::Linear{3, 1, {.bias = false}});
  BOOST_TEST(names_of(model) == (Names{"heads.colour.weight", "heads.size.weight"}),
             boost::test_tools::per_element());
  BOOST_TEST(model.heads["size"].weight.shape()[0] == 1);
  BOOST_TEST(model.heads.contains("colour"));
  BOOST_TEST(!model.heads.contains("shape"));
  Names order;
  for (const auto& [name, head] : model.heads) order.push_back(name);
  BOOST_TEST(order == (Names{"colour", "size"}), boost::test_tools::per_element());
  BOOST_TEST(contains(message_of<StateError>([&] { (void)model.heads["shape"]; }), "'shape'"));
  BOOST_TEST(contains(message_of<TypeError>([&] {
                        model.heads.insert("size", nn::Linear{1, 1});
                      }),
                      "called 'size' already"));
}

BOOST_AUTO_TEST_CASE(that_are_taken_or_malformed_are_refused) {
  struct Twice : nn::Module {
    nn::Linear a = add("a", nn::Linear{1, 1});
    nn::Linear b = add("a", nn::Linear{1, 1});
  };
  const std::string text = message_of<TypeError>([] { Twice{}; });
  BOOST_TEST(contains(text, "'a' already"));
  BOOST_TEST(contains(text, "module_test.cpp"));
  struct Dotted : nn::Module {
    nn::Parameter p = add("a.b", {2}, nn::init::zeros());
  };
  BOOST_TEST(contains(message_of<TypeError>([] { Dotted{}; }), "has no dot"));
  nn::Sequential inner;
  nn::Sequential outer{inner, nn::ReLU{}};
  BOOST_TEST(contains(message_of<TypeError>([&] { inner.push_back(outer); }), "contain itself"));
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(calls)

BOOST_AUTO_TEST_CASE(give_nodes_the_path_of_the_module_and_the_line_of_the_caller) {
  const Net net = nn::named("net", Net{});
  Graph graph;
  const Tensor x = graph.input("x", f32, {5, 3});
  const NodeId before = static_cast<NodeId>(graph.size());
  const int line = __LINE__ + 1;
  const Tensor y = net(x);
  BOOST_TEST(y.shape().to_vector() == (std::vector<std::int64_t>{5, 2}),
             boost::test_tools::per_element());
  bool in_layer = false, in_activation = false;
  for (NodeId id = before; id < graph.size(); ++id) {
    const Origin origin = graph.node(id).origin;
    BOOST_TEST(origin.line == line);
    BOOST_TEST(std::string(origin.file).ends_with("module_test.cpp"));
    in_layer = in_layer || origin.path == "net.head.out";
    in_activation =
        in_activation || (graph.node(id).op.name == "relu" && origin.path == "net.body.1");
  }
  BOOST_TEST(in_layer);
  BOOST_TEST(in_activation);
  BOOST_TEST(graph.path().empty());
}

BOOST_AUTO_TEST_CASE(of_shapes_that_do_not_fit_name_the_layer) {
  const Net net;
  Graph graph;
  const Tensor x = graph.input("x", f32, {5, 7});
  const std::string text = message_of<ShapeError>([&] { (void)net(x); });
  BOOST_TEST(contains(text, "body.0"));
  BOOST_TEST(contains(text, "module_test.cpp"));
  BOOST_TEST(contains(message_of<TypeError>([&] { (void)net(1.0); }), "a number"));
  BOOST_TEST(contains(message_of<TypeError>([&] { (void)net(Tensor{}); }), "empty Tensor"));
}

BOOST_AUTO_TEST_CASE(of_a_module_without_forward_are_an_error) {
  struct Bag : nn::Module {};
  Graph graph;
  const Tensor x = graph.input("x", f32, {1});
  BOOST_TEST(contains(message_of<TypeError>([&] { (void)Bag{}(x); }), "override"));
}

BOOST_AUTO_TEST_CASE(of_one_module_twice_share_their_variables) {
  const nn::Linear layer{3, 3};
  Graph graph;
  const Tensor x = graph.input("x", f32, {3});
  (void)layer(layer(x));
  BOOST_TEST(graph.variables().size() == 2u);
}

BOOST_AUTO_TEST_CASE(of_two_models_collide_until_they_are_named) {
  Graph graph;
  const Tensor x = graph.input("x", f32, {3});
  const nn::Linear first{3, 3}, second{3, 3};
  (void)first(x);
  BOOST_TEST(contains(message_of<StateError>([&] { (void)second(x); }), "named(\"encoder\")"));
  nn::named("second", second);
  BOOST_CHECK_NO_THROW((void)second(x));
}

BOOST_AUTO_TEST_CASE(see_modules_that_are_added_to_a_copy) {
  nn::Sequential model;
  nn::Sequential copy = model;
  copy.push_back(nn::Linear{2, 2});
  copy.push_back([](const Tensor& x) { return x * 2.0; });
  BOOST_TEST(model.size() == 2u);
  BOOST_TEST(variables_of(model, {2}) == (Names{"0.weight", "0.bias"}),
             boost::test_tools::per_element());
  nn::ModuleList<nn::Linear> list;
  const nn::ModuleList<nn::Linear> same = list;
  list.push_back(nn::Linear{2, 2});
  BOOST_TEST(same[0].weight.name() == "0.weight");
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(parameters)

BOOST_AUTO_TEST_CASE(tell_their_type_and_number) {
  const Net net;
  BOOST_TEST(net.numel() == 3 * 4 + 4 + 4 * 4 + 4 + 1 + 4 * 2);
  BOOST_TEST(net.parameter("head.out.weight").numel() == 8);
  BOOST_TEST(contains(message_of<StateError>([&] { (void)net.parameter("head.out.bias"); }),
                      "head.out.weight"));
}

BOOST_AUTO_TEST_CASE(are_frozen_and_converted_for_later_graphs) {
  const Net net;
  net.body.set_trainable(false);
  net.to(f64);
  Graph graph;
  (void)net(graph.input("x", f64, {3}));
  for (const VariableInfo& info : graph.variables()) {
    BOOST_TEST(info.trainable == !info.name.starts_with("body"));
    BOOST_TEST((graph.type({info.node, 0}).dtype == f64));
  }
  BOOST_TEST(contains(message_of<TypeError>([&] { net.to(i64); }), "no float"));
}

BOOST_AUTO_TEST_SUITE_END()
