// The first State of a model.
#pragma once
#include <cstdint>

#include <asg/nn/module.hpp>
#include <asg/runtime/state.hpp>

namespace asg {

/// A State with initial values for all parameters and buffers of a model, and "random.seed", which
/// dropout reads. The values depend on the seed, the parameters' names and their initialisers
/// alone.
/// Errors   StateError when two parameters have one name; ShapeError when an initialiser does not
///          fit; DeviceError when memory is short.
[[nodiscard]] State initialize(const nn::Module& model, const Device& device, std::uint64_t seed);

/// The same for a further model in a State: name the models, see nn::named.
/// Errors   StateError also when the State has a parameter's name already.
void initialize(const nn::Module& model, State& state, std::uint64_t seed);

}  // namespace asg
