// What the tests of this folder share.
#pragma once
#include <string>
#include <vector>

#include <asg/nn/initialize.hpp>
#include <asg/nn/module.hpp>
#include <asg/runtime/compile.hpp>

#include "support/messages.hpp"

namespace nn_test {

using test_support::contains;
using test_support::message_of;

inline std::vector<std::string> names_of(const asg::nn::Module& module) {
  std::vector<std::string> names;
  for (const asg::nn::Parameter& parameter : module.parameters()) names.push_back(parameter.name());
  return names;
}

/// The backend that is the truth.
inline const asg::Device& device() {
  static const asg::Device opened = asg::open_device("reference");
  return opened;
}

/// What a model makes of x without training.
template <class M>
asg::Array evaluate(const M& model, asg::State& state, const asg::Array& x) {
  auto run = asg::compile(device(), [&](asg::Tensor t) -> asg::Tensor { return model(t); });
  return run(state, x);
}

inline std::vector<double> doubles(const asg::Array& array) {
  std::vector<double> values;
  for (std::int64_t i = 0; i < array.numel(); ++i) values.push_back(array.get(i));
  return values;
}

}  // namespace nn_test
