// Normalisations against PyTorch, as functions and as layers that train.
#include <asg/nn/batch_norm.hpp>
#include <asg/nn/initialize.hpp>
#include <asg/nn/normalization.hpp>
#include <asg/ops/elementwise.hpp>
#include <asg/ops/movement.hpp>
#include <asg/ops/normalization.hpp>
#include <asg/ops/reduction.hpp>
#include <asg/runtime/compile.hpp>

#include "pytorch/support.hpp"

namespace {

using namespace asg;
using namespace pytorch_test;

const Recorded& case_of(const std::string& name) { return recorded().at(name); }

Array input_of(const std::string& name, const std::string& input) {
  const Recorded& all = case_of(name);
  for (std::size_t i = 0; i < all.names.size(); ++i)
    if (all.names[i] == input) return all.inputs[i];
  throw std::out_of_range(input);
}

// Sample b of the batches in x.
Array batch(const Array& x, std::int64_t b) {
  Array result(f64, x.shape().slice(1, x.shape().rank()));
  for (std::int64_t i = 0; i < result.numel(); ++i) result.set(i, x.get(b * result.numel() + i));
  return result;
}

struct Training {
  double eps = 1e-5;
  std::optional<double> momentum = 0.1;
  bool tracked = true;
};

// The function for each batch, the statistics as their formula, and the function afterwards.
void functions_agree(const std::string& name, const Training& how, double tolerance) {
  agrees(
      name,
      [&](const Inputs& in) -> Tensors {
        const Tensor x = in("x"), weight = in("weight"), bias = in("bias");
        Tensors results;
        Tensor mean, variance;
        for (std::int64_t b = 0; b < x.size(0); ++b) {
          const BatchNormalized now = batch_norm_training(select(x, 0, b), weight, bias, how.eps);
          results.push_back(now.y);
          if (!how.tracked) continue;
          const double share = how.momentum.value_or(1 / static_cast<double>(b + 1));
          const auto count = static_cast<double>(now.y.numel() / now.y.size(1));
          const Tensor unbiased = now.variance * (count / (count - 1));
          mean = share * now.mean + (b == 0 ? Tensor(now.mean * 0) : (1 - share) * mean);
          variance = share * unbiased + (1 - share) * (b == 0 ? now.variance * 0 + 1 : variance);
          mean = stop_gradient(mean);
          variance = stop_gradient(variance);
          results.push_back(mean);
          results.push_back(variance);
        }
        if (!how.tracked) return results;
        results.push_back(x.graph().constant(Array(x.size(0))));
        results.push_back(batch_norm(select(x, 0, 0), mean, variance, weight, bias, how.eps));
        return results;
      },
      tolerance);
}

void check(const Array& got, const Array& wanted, const std::string& what, double tolerance) {
  const std::string wrong = ops_test::difference(got, wanted, tolerance);
  BOOST_TEST(wrong == "", what << ": " << wrong);
}

// The layer: a program that trains for each batch, and one that does not.
template <class Layer>
void layer_agrees(const std::string& name, const Training& how, double tolerance) {
  const Array x = input_of(name, "x");
  const Layer layer(x.shape()[2],
                    {.eps = how.eps, .momentum = how.momentum, .track_running_stats = how.tracked});
  layer.to(f64);
  for (const Device& device : devices()) {
    State state = initialize(layer, device, 1);
    state.set("weight", input_of(name, "weight"));
    state.set("bias", input_of(name, "bias"));
    auto train = compile(device, [&](Tensor t) -> Tensor { return layer(t); }, {.training = true});
    auto predict = compile(device, [&](Tensor t) -> Tensor { return layer(t); });
    std::size_t k = 0;
    for (std::int64_t b = 0; b < x.shape()[0]; ++b) {
      check(train(state, batch(x, b)), case_of(name).outputs[k++], name + " trains", tolerance);
      if (!how.tracked) continue;
      check(state.get("running_mean"), case_of(name).outputs[k++], name + " mean", tolerance);
      check(state.get("running_var"), case_of(name).outputs[k++], name + " variance", tolerance);
    }
    if (how.tracked) {
      check(state.get("num_batches_tracked"), case_of(name).outputs[k++], name + " batches", 0);
      const Array before = state.get("running_mean");
      check(predict(state, batch(x, 0)), case_of(name).outputs[k++], name + " predicts", tolerance);
      BOOST_TEST(identical(state.get("running_mean"), before));
    } else {
      check(predict(state, batch(x, 0)), case_of(name).outputs[0], name + " predicts", tolerance);
    }
  }
}

template <class Layer>
void batch_norm_agrees(const std::string& name, const Training& how = {},
                       double tolerance = 1e-10) {
  functions_agree(name, how, tolerance);
  layer_agrees<Layer>(name, how, tolerance);
}

BOOST_AUTO_TEST_CASE(batch_norms) {
  batch_norm_agrees<nn::BatchNorm1d>("batch_norm1d");
  batch_norm_agrees<nn::BatchNorm1d>("batch_norm1d_sequence");
  batch_norm_agrees<nn::BatchNorm2d>("batch_norm2d");
  batch_norm_agrees<nn::BatchNorm3d>("batch_norm3d");
  batch_norm_agrees<nn::BatchNorm1d>("batch_norm_cumulative", {.momentum = std::nullopt});
  batch_norm_agrees<nn::BatchNorm1d>("batch_norm_untracked", {.tracked = false});
  // PyTorch itself has lost 10 digits of what lies so far from 0.
  batch_norm_agrees<nn::BatchNorm1d>("batch_norm_far_from_0", {.eps = 1e-3, .momentum = 0.5}, 1e-8);
}

BOOST_AUTO_TEST_CASE(group_norms) {
  for (const int groups : {1, 2, 4})
    agrees("group_norm_" + std::to_string(groups), [&](const Inputs& in) -> Tensors {
      return {group_norm(in("x"), groups, in("weight"), in("bias"))};
    });
  agrees("group_norm_flat",
         [](const Inputs& in) -> Tensors { return {group_norm(in("x"), 2, {}, {}, 1e-3)}; });
}

BOOST_AUTO_TEST_CASE(instance_norms) {
  for (const std::string name : {"instance_norm1d", "instance_norm2d", "instance_norm3d"})
    agrees(name, [](const Inputs& in) -> Tensors {
      return {instance_norm(in("x"), in("weight"), in("bias"))};
    });
}

BOOST_AUTO_TEST_CASE(instance_norm_with_running_statistics) {
  const std::string name = "instance_norm_tracked";
  agrees(name, [](const Inputs& in) -> Tensors {
    const Tensor x = in("x");
    const Tensor means = 0.25 * mean(x, {0, 2, 3});
    const Tensor variances = 0.75 + 0.25 * mean(var(x, {2, 3}), 0);
    const Tensor later =
        batch_norm(x, stop_gradient(means), stop_gradient(variances), in("weight"), in("bias"));
    return {instance_norm(x, in("weight"), in("bias")), stop_gradient(means),
            stop_gradient(variances), later};
  });
  const nn::InstanceNorm2d layer(3,
                                 {.momentum = 0.25, .affine = true, .track_running_stats = true});
  layer.to(f64);
  for (const Device& device : devices()) {
    State state = initialize(layer, device, 1);
    state.set("weight", input_of(name, "weight"));
    state.set("bias", input_of(name, "bias"));
    const auto call = [&](Tensor t) -> Tensor { return layer(t); };
    auto train = compile(device, call, {.training = true});
    auto predict = compile(device, call);
    check(train(state, input_of(name, "x")), case_of(name).outputs[0], "trains", 1e-10);
    check(state.get("running_mean"), case_of(name).outputs[1], "mean", 1e-10);
    check(state.get("running_var"), case_of(name).outputs[2], "variance", 1e-10);
    check(predict(state, input_of(name, "x")), case_of(name).outputs[3], "predicts", 1e-10);
    BOOST_TEST(state.get("num_batches_tracked").item<std::int64_t>() == 0);
  }
}

BOOST_AUTO_TEST_CASE(norms_over_trailing_axes) {
  agrees("layer_norm", [](const Inputs& in) -> Tensors {
    return {layer_norm(in("x"), {3, 4}, in("weight"), in("bias"))};
  });
  agrees("layer_norm_no_bias",
         [](const Inputs& in) -> Tensors { return {layer_norm(in("x"), {4}, in("weight"))}; });
  agrees("layer_norm_plain",
         [](const Inputs& in) -> Tensors { return {layer_norm(in("x"), {4})}; });
  agrees("rms_norm",
         [](const Inputs& in) -> Tensors { return {rms_norm(in("x"), {4}, in("weight"), 1e-6)}; });
}

BOOST_AUTO_TEST_CASE(local_response_norms) {
  for (const int size : {1, 2, 5})
    agrees("local_response_norm_" + std::to_string(size), [&](const Inputs& in) -> Tensors {
      return {local_response_norm(in("x"), size, 0.5, 0.75, 1.5)};
    });
}

}  // namespace
