// Losses against PyTorch.
#include <cmath>

#include <fmt/format.h>

#include <asg/ops/activation.hpp>
#include <asg/ops/loss.hpp>

#include "pytorch/support.hpp"

namespace {

using namespace asg;
using namespace pytorch_test;

const std::vector<std::string> reductions = {"none", "mean", "sum"};

// NAME_none, NAME_mean and NAME_sum.
void each_agrees(const std::string& name,
                 const std::function<Tensor(const Inputs&, Reduction)>& loss) {
  for (const std::string& reduction : reductions)
    agrees(name + "_" + reduction,
           [&](const Inputs& in) -> Tensors { return {loss(in, reduction)}; });
}

// The same for losses of two tensors and a reduction.
void each_agrees(const std::string& name,
                 Tensor (*loss)(const Operand&, const Operand&, Reduction)) {
  each_agrees(name,
              [&](const Inputs& in, Reduction r) { return loss(in("input"), in("target"), r); });
}

BOOST_AUTO_TEST_CASE(of_single_elements) {
  each_agrees("mse_loss", mse_loss);
  each_agrees("l1_loss", l1_loss);
  each_agrees("smooth_l1_loss", [](const Inputs& in, Reduction r) {
    return smooth_l1_loss(in("input"), in("target"), 0.75, r);
  });
  each_agrees("huber_loss", [](const Inputs& in, Reduction r) {
    return huber_loss(in("input"), in("target"), 1.5, r);
  });
  agrees("smooth_l1_loss_0", [](const Inputs& in) -> Tensors {
    return {smooth_l1_loss(in("input"), in("target"), 0)};
  });
}

BOOST_AUTO_TEST_CASE(of_two_classes) {
  each_agrees("binary_cross_entropy", [](const Inputs& in, Reduction r) {
    return binary_cross_entropy(in("input"), in("target"),
                                {.weight = in("weight"), .reduction = r});
  });
  each_agrees("binary_cross_entropy_with_logits", [](const Inputs& in, Reduction r) {
    return binary_cross_entropy_with_logits(
        in("input"), in("target"),
        {.weight = in("weight"), .pos_weight = in("pos"), .reduction = r});
  });
  agrees("binary_cross_entropy_at_the_ends", [](const Inputs& in) -> Tensors {
    return {binary_cross_entropy(in("input"), in("target"), {.reduction = "none"})};
  });
}

BOOST_AUTO_TEST_CASE(of_classes) {
  for (const double smoothing : {0.0, 0.2})
    for (const std::string name : {"", "_weighted"})
      each_agrees(fmt::format("cross_entropy{}_{:.1f}", name, smoothing),
                  [&](const Inputs& in, Reduction r) {
                    CrossEntropyOptions how{.label_smoothing = smoothing, .reduction = r};
                    if (in.has("weight")) how.weight = in("weight");
                    return cross_entropy(in("input"), in("target"), how);
                  });
  each_agrees("cross_entropy_soft", [](const Inputs& in, Reduction r) {
    return cross_entropy(in("input"), in("target"),
                         {.label_smoothing = 0.1, .reduction = r, .weight = in("weight")});
  });
  agrees("cross_entropy_soft_plain",
         [](const Inputs& in) -> Tensors { return {cross_entropy(in("input"), in("target"))}; });
  agrees("cross_entropy_image", [](const Inputs& in) -> Tensors {
    return {cross_entropy(in("input"), in("target"), {.weight = in("weight")})};
  });
  each_agrees("nll_loss", [](const Inputs& in, Reduction r) {
    return nll_loss(in("input"), in("target"), {.reduction = r, .weight = in("weight")});
  });
}

BOOST_AUTO_TEST_CASE(of_classes_with_a_margin) {
  for (const int p : {1, 2})
    each_agrees("multi_margin_loss_" + std::to_string(p), [&](const Inputs& in, Reduction r) {
      return multi_margin_loss(in("input"), in("target"),
                               {.p = p, .margin = 0.75, .weight = in("weight"), .reduction = r});
    });
  agrees("multi_margin_loss_single", [](const Inputs& in) -> Tensors {
    return {multi_margin_loss(in("input"), in("target"))};
  });
  each_agrees("multilabel_margin_loss", multilabel_margin_loss);
  each_agrees("multilabel_soft_margin_loss", [](const Inputs& in, Reduction r) {
    return multilabel_soft_margin_loss(in("input"), in("target"), in("weight"), r);
  });
}

BOOST_AUTO_TEST_CASE(between_distributions) {
  for (const bool log_target : {false, true}) {
    const auto loss = [&](const Inputs& in, Reduction r) {
      return kl_div(in("input"), in("target"), {.reduction = r, .log_target = log_target});
    };
    const std::string name = log_target ? "kl_div_True" : "kl_div_False";
    each_agrees(name, loss);
    agrees(name + "_batchmean",
           [&](const Inputs& in) -> Tensors { return {loss(in, "batchmean")}; });
  }
  agrees("kl_div_of_nothing", [](const Inputs& in) -> Tensors {
    return {kl_div(in("input"), in("target"), {.reduction = "none"})};
  });
  for (const auto& [name, alpha, gamma] : std::vector<std::tuple<const char*, double, double>>{
           {"0.25_2.0", 0.25, 2.0}, {"-1.0_0.5", -1.0, 0.5}, {"0.75_0.0", 0.75, 0.0}})
    agrees(fmt::format("sigmoid_focal_loss_{}", name), [&](const Inputs& in) -> Tensors {
      return {sigmoid_focal_loss(in("input"), in("target"), {.alpha = alpha, .gamma = gamma})};
    });
}

BOOST_AUTO_TEST_CASE(of_a_distribution_whose_numbers_are_predicted) {
  for (const bool log_input : {true, false})
    for (const bool full : {true, false})
      agrees(fmt::format("poisson_nll_loss_{}_{}", log_input ? "True" : "False",
                         full ? "True" : "False"),
             [&](const Inputs& in) -> Tensors {
               return {poisson_nll_loss(in("input"), in("target"),
                                        {.log_input = log_input, .full = full})};
             });
  for (const std::string name : {"", "_last", "_rows"})
    agrees("gaussian_nll_loss" + name, [&](const Inputs& in) -> Tensors {
      return {gaussian_nll_loss(in("input"), in("target"), in("var"), {.full = name.empty()})};
    });
  agrees("gaussian_nll_loss_bounded", [](const Inputs& in) -> Tensors {
    return {
        gaussian_nll_loss(in("input"), in("target"), in("var"), {.eps = 0.5, .reduction = "none"})};
  });
}

BOOST_AUTO_TEST_CASE(with_a_margin) {
  each_agrees("hinge_loss", hinge_loss);
  each_agrees("squared_hinge_loss", squared_hinge_loss);
  each_agrees("soft_margin_loss", soft_margin_loss);
  each_agrees("hinge_embedding_loss", [](const Inputs& in, Reduction r) {
    return hinge_embedding_loss(in("input"), in("target"), 0.9, r);
  });
  each_agrees("margin_ranking_loss", [](const Inputs& in, Reduction r) {
    return margin_ranking_loss(in("input1"), in("input2"), in("target"), 0.5, r);
  });
  each_agrees("cosine_embedding_loss", [](const Inputs& in, Reduction r) {
    return cosine_embedding_loss(in("input1"), in("input2"), in("target"), -0.5, r);
  });
  for (const auto& [name, p, swap] :
       std::vector<std::tuple<const char*, double, bool>>{{"2.0_False", 2, false},
                                                          {"2.0_True", 2, true},
                                                          {"1.0_False", 1, false},
                                                          {"3.0_True", 3, true},
                                                          {"inf_False", INFINITY, false}})
    agrees(fmt::format("triplet_margin_loss_{}", name), [&](const Inputs& in) -> Tensors {
      return {triplet_margin_loss(in("anchor"), in("positive"), in("negative"),
                                  {.margin = 0.6, .p = p, .swap = swap, .reduction = "none"})};
    });
}

BOOST_AUTO_TEST_CASE(over_alignments) {
  const auto loss = [](const Inputs& in, const CtcOptions& how) {
    return ctc_loss(log_softmax(in("logits"), 2), in("targets"), in("input_lengths"),
                    in("target_lengths"), how);
  };
  each_agrees("ctc_loss",
              [&](const Inputs& in, Reduction r) { return loss(in, {.reduction = r}); });
  agrees("ctc_loss_impossible", [&](const Inputs& in) -> Tensors {
    return {loss(in, {.blank = 3, .zero_infinity = true})};
  });
}

}  // namespace
