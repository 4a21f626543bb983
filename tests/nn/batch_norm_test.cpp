// Batch norm and its like as parts of a model: buffers, training and evaluation, errors.
#include <boost/test/unit_test.hpp>

#include <cmath>

#include <asg/asg.hpp>

#include "support.hpp"
#include "support/refusals.hpp"

using namespace asg;
using namespace nn_test;
using test_support::refuses;

namespace {

struct Net : nn::Module {
  nn::Linear fc1 = add("fc1", nn::Linear{2, 3});
  nn::BatchNorm1d bn = add("bn", nn::BatchNorm1d{3});
  nn::Linear fc2 = add("fc2", nn::Linear{3, 1});
  Tensor forward(const Tensor& x) const override { return fc2(relu(bn(fc1(x)))); }
};

std::vector<std::string> names(const std::vector<nn::Parameter>& all) {
  std::vector<std::string> result;
  for (const nn::Parameter& one : all) result.push_back(one.name());
  return result;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(buffers)

BOOST_AUTO_TEST_CASE(stand_beside_the_parameters) {
  const Net net;
  using Names = std::vector<std::string>;
  const Names parameters = {"fc1.weight", "fc1.bias",   "bn.weight",
                            "bn.bias",    "fc2.weight", "fc2.bias"};
  const Names kept = {"bn.running_mean", "bn.running_var", "bn.num_batches_tracked"};
  const Names all = {"fc1.weight",
                     "fc1.bias",
                     "bn.weight",
                     "bn.bias",
                     "bn.running_mean",
                     "bn.running_var",
                     "bn.num_batches_tracked",
                     "fc2.weight",
                     "fc2.bias"};
  BOOST_TEST(names(net.parameters()) == parameters, boost::test_tools::per_element());
  BOOST_TEST(names(net.buffers()) == kept, boost::test_tools::per_element());
  BOOST_TEST(names(net.stored()) == all, boost::test_tools::per_element());
  BOOST_TEST(net.numel() == 9 + 6 + 4);
  BOOST_TEST(net.parameter("bn.running_var").is_buffer());

  net.to(f64);
  BOOST_TEST((net.bn.running_mean.dtype() == f64));
  BOOST_TEST((net.bn.num_batches_tracked.dtype() == i64));
  net.set_trainable(true);
  BOOST_TEST(!net.bn.running_mean.trainable());
  refuses<TypeError>([&] { net.bn.running_mean.set_trainable(true); },
                     {"bn.running_mean", "is a buffer"});

  const State state = initialize(net, device(), 1);
  BOOST_TEST(doubles(state.get("bn.running_mean")) == std::vector<double>(3, 0.0),
             boost::test_tools::per_element());
  BOOST_TEST(doubles(state.get("bn.running_var")) == std::vector<double>(3, 1.0),
             boost::test_tools::per_element());
  BOOST_TEST(state.get("bn.num_batches_tracked").item<std::int64_t>() == 0);
}

// A file of all that is stored makes another State of the same model predict the same.
BOOST_AUTO_TEST_CASE(go_through_files) {
  const Net net;
  auto train = compile(device(), [&](Tensor x) -> Tensor { return net(x); }, {.training = true});
  const Array x = spread({8, 2}).to(f32);
  State state = initialize(net, device(), 1);
  (void)train(state, x);
  io::TensorFile file;
  for (const nn::Parameter& tensor : net.stored())
    file.tensors.emplace(tensor.name(), state.get(tensor.name()));
  const io::TensorFile read = io::parse_safetensors(io::serialize_safetensors(file), "file");
  State other = initialize(net, device(), 2);
  for (const auto& [name, array] : read.tensors) other.set(name, array);
  BOOST_TEST(other.get("bn.num_batches_tracked").item<std::int64_t>() == 1);
  BOOST_TEST(identical(evaluate(net, other, x), evaluate(net, state, x)));
}

// A run that was saved in the middle and goes on is to the bit the one that was not interrupted:
// the statistics, their count, what the optimizer keeps and the step that dropout reads are in the
// file.
BOOST_AUTO_TEST_CASE(go_on_from_a_file_to_the_bit) {
  const nn::Sequential net{nn::Linear{2, 4}, nn::BatchNorm1d{4, {.momentum = std::nullopt}},
                           nn::Dropout{0.25}, nn::Linear{4, 1}};
  const optim::AdamW adamw{{.weight_decay = 0.1}};
  auto step = compile(device(), [&](Tensor x) {
    const Tensor loss = mean(square(net(x) - 1));
    adamw.minimize(loss, 1e-2);
    return loss;
  });
  auto predict = compile(device(), [&](Tensor x) -> Tensor { return net(x); });
  const auto batch = [](int i) { return spread({8, 2}, -2, 2, i).to(f32); };
  State straight = initialize(net, device(), 1);
  io::TensorFile file;
  for (int i = 0; i < 6; ++i) {
    if (i == 3) file.tensors = straight.to_host();
    (void)step(straight, batch(i));
  }
  State resumed(device());
  for (const auto& [name, array] :
       io::parse_safetensors(io::serialize_safetensors(file), "file").tensors)
    resumed.set(name, array);
  BOOST_TEST(resumed.get("1.num_batches_tracked").item<std::int64_t>() == 3);
  for (int i = 3; i < 6; ++i) (void)step(resumed, batch(i));
  BOOST_TEST(resumed.names() == straight.names(), boost::test_tools::per_element());
  for (const std::string& name : straight.names())
    BOOST_TEST(identical(resumed.get(name), straight.get(name)), name);
  BOOST_TEST(identical(predict(resumed, batch(9)), predict(straight, batch(9))));
}

BOOST_AUTO_TEST_CASE(belong_to_who_keeps_them) {
  struct Counter : nn::Module {
    nn::Parameter calls = add_buffer("calls", {i64, {}}, nn::init::constant(40));
    Tensor forward(const Tensor& x) const override {
      const Tensor held = calls.in(x.graph());
      x.graph().assign(held, held + 1);
      return x;
    }
  };
  const Counter counter;
  State state = initialize(counter, device(), 1);
  for (int i = 0; i < 2; ++i) (void)evaluate(counter, state, Array(1.0f));
  BOOST_TEST(state.get("calls").item<std::int64_t>() == 42);
  refuses<TypeError>(
      [] {
        struct Twice : nn::Module {
          Twice() {
            add("x", {2}, nn::init::zeros());
            add_buffer("x", {f32, {2}}, nn::init::zeros());
          }
        };
        const Twice twice;
      },
      {"'x' already"});
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(batch_norm_layers)

// One function trains, another predicts, on one State.
BOOST_AUTO_TEST_CASE(follow_the_batches_of_training_steps_alone) {
  const Net net;
  const optim::AdamW adamw{{.weight_decay = 0.5}};
  auto step = compile(device(), [&](Tensor x) {
    const Tensor loss = mean(square(net(x) - 1));
    adamw.minimize(loss, 1e-2);
    return loss;
  });
  auto predict = compile(device(), [&](Tensor x) -> Tensor { return net(x); });
  State state = initialize(net, device(), 1);
  const Array x = spread({8, 2}).to(f32);
  const Array first = predict(state, x);
  BOOST_TEST(state.get("bn.num_batches_tracked").item<std::int64_t>() == 0);
  for (int i = 0; i < 3; ++i) (void)step(state, x);
  BOOST_TEST(state.get("bn.num_batches_tracked").item<std::int64_t>() == 3);
  BOOST_TEST(!identical(state.get("bn.running_mean"), Array::zeros(f32, {3})));
  // No optimizer keeps anything of the buffers.
  for (const std::string& name : state.names())
    BOOST_TEST(
        (name.find("adamw") == std::string::npos || name.find("running") == std::string::npos));
  const Array later = predict(state, x), again = predict(state, x);
  BOOST_TEST(!identical(first, later));
  BOOST_TEST(identical(later, again));
  // A prediction is for each row by itself.
  const Array half = predict(state, spread({8, 2}).to(f32));
  BOOST_TEST(identical(half, later));
  const Array one =
      predict(state, Array({1, 2}, {static_cast<float>(x.get(0)), static_cast<float>(x.get(1))}));
  BOOST_TEST(std::abs(one.get(0) - later.get(0)) < 1e-6);
}

BOOST_AUTO_TEST_CASE(refuse_what_does_not_fit) {
  Graph graph;
  graph.set_training(true);
  const Tensor row = graph.input("row", f32, {4, 3});
  const Tensor image = graph.input("image", f32, {4, 3, 2, 2});
  const Tensor single = graph.input("single", f32, {1, 3});
  const Tensor wide = graph.input("wide", f64, {4, 3});
  int count = 0;  // one graph has one parameter of a name
  const auto named = [&](auto layer) { return nn::named("bn" + std::to_string(++count), layer); };
  refuses<ShapeError>([&] { (void)named(nn::BatchNorm2d{3})(row); },
                      {"BatchNorm2d", "4 axes", "[4, 3]", "batch_norm_test.cpp:", "bn"});
  refuses<ShapeError>([&] { (void)named(nn::BatchNorm1d{3})(image); },
                      {"BatchNorm1d", "2 or 3 axes"});
  refuses<ShapeError>([&] { (void)named(nn::BatchNorm1d{4})(row); },
                      {"BatchNorm1d", "4 channels", "batch_norm_test.cpp:"});
  refuses<ShapeError>([&] { (void)named(nn::BatchNorm1d{3})(single); },
                      {"BatchNorm1d", "more than one element"});
  refuses<TypeError>([&] { (void)named(nn::BatchNorm1d{3})(wide); }, {"batch_norm", "f64"});
  refuses<ShapeError>([] { (void)nn::BatchNorm1d(0); }, {"BatchNorm1d", "channels"});
  refuses<ShapeError>([] { (void)nn::GroupNorm(2, 3); }, {"GroupNorm", "do not divide"});
  refuses<ShapeError>([] { (void)nn::LocalResponseNorm(0); }, {"LocalResponseNorm", "size"});
  refuses<ShapeError>([&] { (void)nn::InstanceNorm2d{3}(row); }, {"InstanceNorm2d", "4 axes"});
  refuses<ShapeError>(
      [&] {
        (void)nn::InstanceNorm1d{3}(graph.input("i", f32, {2, 3, 1}));
      },
      {"InstanceNorm1d", "more than one element"});
  refuses<ShapeError>([&] { (void)group_norm(row, 2); }, {"group_norm", "2 groups", "3 channels"});
  refuses<ShapeError>([&] { (void)batch_norm_training(graph.input("x", f32, {3})); },
                      {"batch_norm", "[N, C, ...]"});
  refuses<ShapeError>([&] { (void)instance_norm(row); }, {"instance_norm", "[N, C, L, ...]"});
  refuses<ShapeError>(
      [&] { (void)batch_norm(row, graph.input("m", f32, {2}), graph.input("v", f32, {3})); },
      {"batch_norm", "running_mean", "[2]", "3 channels"});
}

// Two calls in one program leave what two runs do.
BOOST_AUTO_TEST_CASE(called_twice_see_two_batches) {
  const Array a = spread({6, 3}), b = spread({6, 3}, -1, 5, 1);
  for (const std::optional<double> momentum : {std::optional(0.3), std::optional<double>()}) {
    const nn::BatchNorm1d layer(3, {.momentum = momentum});
    layer.to(f64);
    const CompileOptions training{.training = true};
    auto once = compile(
        device(), [&](Tensor x) -> Tensor { return layer(x); }, training);
    auto both = compile(
        device(),
        [&](Tensor x, Tensor y) {
          const Tensor first = layer(x), second = layer(y);
          return std::tuple(first, second);
        },
        training);
    State one = initialize(layer, device(), 1), other = initialize(layer, device(), 1);
    (void)once(one, a);
    (void)once(one, b);
    (void)both(other, a, b);
    for (const nn::Parameter& buffer : layer.buffers())
      BOOST_TEST(identical(one.get(buffer.name()), other.get(buffer.name())), buffer.name());
  }
}

// A batch of nothing has no statistics to follow.
BOOST_AUTO_TEST_CASE(take_a_batch_of_nothing) {
  const nn::BatchNorm1d layer(3);
  State state = initialize(layer, device(), 1);
  auto train = compile(device(), [&](Tensor x) -> Tensor { return layer(x); }, {.training = true});
  BOOST_TEST((train(state, Array(f32, {0, 3})).shape() == Shape{0, 3}));
  BOOST_TEST(state.get("num_batches_tracked").item<std::int64_t>() == 1);
  BOOST_TEST(identical(state.get("running_mean"), Array::zeros(f32, {3})));
}

BOOST_AUTO_TEST_CASE(are_used_by_a_program_that_only_predicts_when_it_is_so_told) {
  const nn::BatchNorm1d layer(2, {.affine = false});
  State state = initialize(layer, device(), 1);
  state.set("running_mean", Array({2}, {1.0f, -1.0f}));
  state.set("running_var", Array({2}, {3.99999f, 0.24999f}));
  const Array y = evaluate(layer, state, Array({1, 2}, {3.0f, 0.0f}));
  BOOST_TEST(std::abs(y.get(0) - 1) < 1e-5);
  BOOST_TEST(std::abs(y.get(1) - 2) < 1e-5);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(parts_that_evaluate)

// PyTorch's bn.eval() in training: the statistics are used and stay, the gradient is that of the
// evaluation, and weight and bias are trained.
BOOST_AUTO_TEST_CASE(frozen_batch_norm_scales_by_its_statistics) {
  const nn::BatchNorm1d layer(1);
  layer.to(f64);
  layer.eval();
  State state = initialize(layer, device(), 1);
  state.set("running_mean", Array({1}, {2.0}));
  state.set("running_var", Array({1}, {4.0 - 1e-5}));
  state.set("weight", Array({1}, {3.0}));
  const optim::SGD sgd;
  auto step = compile(device(), [&](Tensor x) {
    const Tensor y = layer(x);
    const Tensor loss = sum(y * y.graph().constant(Array({3, 1}, {1.0, 10.0, 100.0})));
    const Tensor slope = gradients(loss, {x})[0];
    sgd.minimize(loss, 1.0);
    return Tensors{y, slope};
  });
  const std::vector<Array> got = step(state, Array({3, 1}, {2.0, 4.0, 8.0}));
  check_close(got[0], Array({3, 1}, {0.0, 3.0, 9.0}));
  check_close(got[1], Array({3, 1}, {1.5, 15.0, 150.0}));
  check_close(state.get("running_mean"), Array({1}, {2.0}));
  check_close(state.get("running_var"), Array({1}, {4.0 - 1e-5}));
  BOOST_TEST(state.get("num_batches_tracked").item<std::int64_t>() == 0);
  check_close(state.get("weight"), Array({1}, {3.0 - 310}));
  check_close(state.get("bias"), Array({1}, {-111.0}));

  layer.train();
  auto train = compile(device(), [&](Tensor x) -> Tensor { return layer(x); }, {.training = true});
  (void)train(state, Array({3, 1}, {2.0, 4.0, 8.0}));
  BOOST_TEST(state.get("num_batches_tracked").item<std::int64_t>() == 1);
}

// All below a module evaluate with it, but for what is told to train again, and what others call.
BOOST_AUTO_TEST_CASE(reach_all_below_them_and_nothing_else) {
  struct Inner : nn::Module {
    nn::Dropout dropout = add("dropout", nn::Dropout{1});
    Tensor forward(const Tensor& x) const override { return dropout(x) + asg::dropout(x, 1); }
  };
  struct Outer : nn::Module {
    Inner first = add("first", Inner{});
    Inner second = add("second", Inner{});
    Tensor forward(const Tensor& x) const override { return 10 * first(x) + second(x); }
  };
  const auto trained = [](const Outer& net) {
    auto run =
        compile(device(), [&](Tensor x) -> Tensor { return net(x) + 100 * asg::dropout(x, 1); },
                {.training = true});
    State state(device());
    return run(state, Array(1.0)).get(0);
  };
  const Outer net;
  BOOST_TEST(trained(net) == 0);
  net.second.eval();
  BOOST_TEST(trained(net) == 2);
  net.eval();
  BOOST_TEST(trained(net) == 22);
  net.first.train();
  BOOST_TEST(trained(net) == 2);
  net.first.dropout.eval();
  BOOST_TEST(trained(net) == 12);
  net.train();
  BOOST_TEST(trained(net) == 0);
  // A program that predicts trains nothing.
  State state(device());
  BOOST_TEST(evaluate(net, state, Array(1.0)).get(0) == 22);
}

// Only what is asked outside of frozen parts makes a program depend on the mode.
BOOST_AUTO_TEST_CASE(ask_for_no_mode) {
  const nn::Dropout layer{0.5};
  layer.eval();
  Graph graph;
  graph.set_training(true);
  const Tensor x = graph.input("x", f32, {2});
  BOOST_TEST(layer(x).same_as(x));
  BOOST_TEST(!graph.training_was_read());
  BOOST_TEST(graph.training());
}

BOOST_AUTO_TEST_SUITE_END()
