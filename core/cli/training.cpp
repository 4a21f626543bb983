#include "cli/training.hpp"

#include <optional>

#include <asg/optim/adamw.hpp>
#include <asg/optim/sgd.hpp>

#include "cli/numbers.hpp"

namespace asg::cli {

void OptimizerFlags::add(CLI::App& app) {
  const auto real = [&](const char* name, double& value, const char* text,
                        const Bounds& bounds = {}) {
    add_number(app, name, value, text, bounds)->capture_default_str();
  };
  constexpr Bounds below_one{0, 0.999999};
  app.add_option("--optimizer", optimizer, "adamw or sgd")
      ->check(CLI::IsMember({"adamw", "sgd"}))
      ->capture_default_str();
  real("--beta1", beta1, "adamw: decay of the mean", below_one);
  real("--beta2", beta2, "adamw: decay of the square", below_one);
  real("--momentum", momentum, "sgd: momentum", below_one);
  real("--weight-decay", weight_decay, "of matrices");
  real("--clip", clip, "largest norm of the gradient; 0: none");
}

Function::Build training_step(const OptimizerFlags& flags, const Model& model, bool with_norm) {
  return [flags, loss_of = model.loss, with_norm = with_norm || flags.clip > 0](
             Graph&, const Tensors& in) -> Tensors {
    const Tensor loss = loss_of({in.begin(), in.end() - 1});
    const Tensor lr = in.back();
    const auto results = [&](const Tensor& norm) {
      return with_norm ? Tensors{loss, norm} : Tensors{loss};
    };
    const auto clip = flags.clip > 0 ? std::optional(flags.clip) : std::nullopt;
    if (flags.optimizer == "sgd") {
      const optim::SGD sgd{{.momentum = flags.momentum,
                            .weight_decay = flags.weight_decay,
                            .decays = optim::matrices_only,
                            .clip_norm = clip}};
      return results(sgd.minimize(loss, lr).grad_norm);
    }
    const optim::AdamW adamw{{.beta1 = flags.beta1,
                              .beta2 = flags.beta2,
                              .weight_decay = flags.weight_decay,
                              .decays = optim::matrices_only,
                              .clip_norm = clip}};
    return results(adamw.minimize(loss, lr).grad_norm);
  };
}

Types training_types(const Model& model, DType element) {
  Types types = model.inputs;
  types.push_back({element, {}});
  return types;
}

}  // namespace asg::cli
