// What the tests of this folder share.
#pragma once
#include <cmath>
#include <string>
#include <vector>

#include <boost/test/unit_test.hpp>

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

inline void check_close(const asg::Array& got, const asg::Array& wanted) {
  BOOST_TEST_REQUIRE(to_string(got.type()) == to_string(wanted.type()));
  for (std::int64_t i = 0; i < got.numel(); ++i)
    BOOST_TEST(std::abs(got.get(i) - wanted.get(i)) < 1e-12,
               "element " << i << ": " << got.get(i) << " is not " << wanted.get(i));
}

/// x [rows, in] times weight rows [begin, begin + out) plus bias.
inline asg::Array project(const asg::Array& x, const asg::Array& weight, const asg::Array& bias,
                          std::int64_t begin, std::int64_t out) {
  const std::int64_t in = x.shape().back(), rows = x.numel() / in;
  asg::Array y(asg::f64, {rows, out});
  for (std::int64_t r = 0; r < rows; ++r)
    for (std::int64_t o = 0; o < out; ++o) {
      double sum = bias.get(begin + o);
      for (std::int64_t i = 0; i < in; ++i)
        sum += x.get(r * in + i) * weight.get((begin + o) * in + i);
      y.set(r * out + o, sum);
    }
  return y;
}

}  // namespace nn_test
