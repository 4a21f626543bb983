#include <asg/nn/initialize.hpp>

#include <fmt/format.h>

#include <asg/graph/error.hpp>

namespace asg {

State initialize(const nn::Module& model, const Device& device, std::uint64_t seed) {
  State state(device);
  initialize(model, state, seed);
  return state;
}

void initialize(const nn::Module& model, State& state, std::uint64_t seed) {
  for (const nn::Parameter& parameter : model.stored()) {
    const std::string name = parameter.name();
    if (state.has(name))
      throw StateError(fmt::format(
          "initialize: there is a parameter '{}' already; give each model a name, for example "
          "nn::named(\"encoder\", model)",
          name));
    state.set(name, parameter.initializer().values(parameter.type(), seed, name));
  }
  state.set("random.seed", Array(static_cast<std::int64_t>(seed)));
}

}  // namespace asg
