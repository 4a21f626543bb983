// What the tests of this folder share, on top of tests/ops.
//
// They run on the reference backend. With ASG_TEST_DEVICE in the environment, another one's name,
// every graph that they run also runs there in f32 and must give what it means, each element as near
// as the roundings of f32 justify.
#pragma once
#include <cstdint>
#include <cstdlib>
#include <initializer_list>
#include <optional>
#include <vector>

#include <boost/test/unit_test.hpp>

#include <asg/graph/error.hpp>

#include "ops/rounding.hpp"

namespace models_test {

using ops_test::Arrays;
using ops_test::Build;
using ops_test::describe;
using ops_test::difference;
using ops_test::inputs_for;
using ops_test::of_sample;
using ops_test::reference;
using ops_test::sampled_ops;
using ops_test::scalar_of;

inline asg::Array integers(const asg::Shape& shape, std::vector<std::int64_t> values) {
  return asg::Array(shape, values);
}

/// All arrays of f64 in f32.
inline Arrays narrow(Arrays arrays) {
  for (asg::Array& array : arrays)
    if (array.dtype() == asg::f64) array = array.to(asg::f32);
  return arrays;
}

/// The other backend's name, or none.
inline const char* name_under_test() { return std::getenv("ASG_TEST_DEVICE"); }

inline const asg::Device& device_under_test() {
  static const asg::Device device = asg::open_device(name_under_test());
  return device;
}

/// How many graphs were compared, and how many the device refused or f32 does not allow.
struct Comparisons {
  inline static int made = 0, left_out = 0;
  static void leave_out(const asg::Error& reason) {
    BOOST_TEST_MESSAGE(reason.what());
    ++left_out;
  }
  ~Comparisons() {
    if (name_under_test() == nullptr) return;
    BOOST_TEST_MESSAGE(made << " graphs compared, " << left_out << " left out");
    BOOST_TEST(made > 10 * left_out);
  }
};
BOOST_TEST_GLOBAL_FIXTURE(Comparisons);

struct Outcome {
  Arrays arrays;
  std::string error;
};
inline Outcome outcome_of(asg::CompiledGraph compiled, const Arrays& arrays) {
  try {
    return {compiled.run(arrays), {}};
  } catch (const asg::Error& error) {
    return {{}, error.what()};
  }
}

inline void compare_on_device(const Build& build, const Arrays& arrays) {
  if (name_under_test() == nullptr) return;
  const Arrays narrowed = narrow(arrays);
  asg::Graph graph;
  asg::Tensors outputs;
  std::optional<asg::CompiledGraph> compiled;
  try {
    outputs = build(graph, inputs_for(graph, narrowed));
    compiled = asg::compile(device_under_test(), graph, outputs);
  } catch (const asg::TypeError& refusal) {
    return Comparisons::leave_out(refusal);
  } catch (const asg::PluginError& refusal) {
    // A tensor that the device's shaders do not reach is refused by name.
    if (std::string(refusal.what()).find("maxStorageBufferRange") == std::string::npos) throw;
    return Comparisons::leave_out(refusal);
  }
  ++Comparisons::made;
  const Outcome expected = outcome_of(asg::compile(reference(), graph, outputs), narrowed);
  const Outcome got = outcome_of(std::move(*compiled), narrowed);
  BOOST_TEST_INFO_SCOPE("on " << name_under_test());
  BOOST_TEST(got.error.empty() == expected.error.empty(),
             "'" << got.error << "' in place of '" << expected.error << "'");
  if (!expected.error.empty()) return;
  const std::optional<ops_test::Truth> truth = ops_test::truth_of(graph, outputs, narrowed);
  for (std::size_t k = 0; k < got.arrays.size() && k < expected.arrays.size(); ++k) {
    BOOST_TEST_INFO_SCOPE("output " << k);
    if (truth && is_float(got.arrays[k].dtype()))
      BOOST_TEST(ops_test::beyond_rounding(got.arrays[k], truth->values[k], truth->allowed[k]) == "");
    else
      BOOST_TEST(difference(got.arrays[k], expected.arrays[k], 0) == "");
  }
}

inline Arrays run(const Build& build, const Arrays& arrays) {
  compare_on_device(build, arrays);
  return ops_test::run(build, arrays);
}

/// The gradients of the sum of the first output with respect to all float inputs.
inline Arrays slopes(const Build& build, const Arrays& arrays) {
  return run(
      [&](asg::Graph& graph, const asg::Tensors& x) {
        asg::Tensors wrt;
        for (const asg::Tensor& t : x)
          if (is_float(t.dtype())) wrt.push_back(t);
        return gradients(sum(build(graph, x)[0]), wrt, {}, {.allow_unused = true});
      },
      arrays);
}

/// What is wrong with the values, or nothing.
inline std::string differs(const asg::Array& got, std::initializer_list<double> values,
                           double tolerance = 1e-12) {
  return difference(got, asg::Array(got.shape(), std::vector<double>(values)).to(got.dtype()),
                    tolerance);
}

/// First and second derivatives against central differences: what is wrong, or nothing.
inline std::string check_both(const Build& build, const Arrays& arrays) {
  for (const int order : {0, 1}) {
    compare_on_device(
        [&](asg::Graph& graph, const asg::Tensors& x) {
          asg::Tensors wrt;
          for (const asg::Tensor& t : x)
            if (is_float(t.dtype())) wrt.push_back(t);
          return gradients(scalar_of(graph, build, x, wrt, order), wrt, {}, {.allow_unused = true});
        },
        arrays);
    const std::string wrong = ops_test::check_derivative(build, arrays, order);
    if (!wrong.empty()) return wrong;
  }
  return {};
}

}  // namespace models_test
