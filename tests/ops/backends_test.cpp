// Every backend of this build gives what the op means: values and gradients of all samples, in f64
// and in f32, each element as near as the roundings of its own program justify
// (check/rounding.hpp). What a backend refuses is counted, and only what it is known to lack may be
// the reason.
#include <cstdlib>
#include <map>
#include <set>
#include <string>

#include <boost/test/unit_test.hpp>

#include <asg/graph/error.hpp>
#include <asg/runtime/backends.hpp>

#include "ops/support.hpp"

namespace {

using namespace asg;
using namespace ops_test;

/// Why a backend may refuse a sample: what it has no instruction for. A backend that is not here
/// may have any part of the ops.
const std::map<std::string, std::set<std::string>> lacks = {
    {"reference", {}},
    {"cpu", {}},
    {"vulkan",
     {"cos for f64", "exp for f64", "log for f64", "pow for f64", "sin for f64", "tanh for f64"}},
};

bool may_refuse(const std::string& backend, const std::string& message) {
  if (!lacks.contains(backend)) return true;
  const std::string before = "cannot execute it: it has no ";
  const std::size_t at = message.find(before);
  if (at == std::string::npos) return false;
  const std::size_t begin = at + before.size();
  return lacks.at(backend).contains(message.substr(begin, message.find('\n', begin) - begin));
}

PluginSearch built_here() {
  const char* directory = std::getenv("ASG_PLUGIN_PATH");
  BOOST_TEST_REQUIRE(directory != nullptr, "ASG_PLUGIN_PATH must name the plugins of this build");
  return {{directory}, false};
}

// The backends whose targets this build has: "asg-backend-cpu,asg-backend-reference".
std::vector<std::string> names_of_backends() {
  const std::string targets = ASG_TEST_BACKENDS, prefix = "asg-backend-";
  std::vector<std::string> names;
  for (std::size_t at = 0; at < targets.size();) {
    const std::size_t end = std::min(targets.find(',', at), targets.size());
    names.push_back(targets.substr(at + prefix.size(), end - at - prefix.size()));
    at = end + 1;
  }
  return names;
}

// The sanitizers' builds say that there shall be no driver: see AsgTest.cmake.
bool may_lack_devices(const std::string& backend) {
  const char* drivers = std::getenv("VK_DRIVER_FILES");
  return backend == "vulkan" && drivers != nullptr && std::string(drivers) == "none";
}

struct Tried {
  std::string name;
  bool is_gpu;
  Device device;
  std::map<DType, int> ran = {}, refused = {};
};

std::vector<Tried> all_backends() {
  std::map<std::string, BackendListing> listings;
  for (const BackendListing& listing : list_backends(built_here()))
    listings.emplace(listing.name, listing);
  std::vector<Tried> tried;
  for (const std::string& name : names_of_backends()) {
    BOOST_TEST_REQUIRE(listings.contains(name),
                       "backend " << name << " was built and is not there");
    const BackendListing& listing = listings.at(name);
    const bool no_device = listing.reason.find("finds no device") != std::string::npos;
    if (no_device && may_lack_devices(name)) continue;
    BOOST_TEST(listing.usable, "backend " << name << " can not be used: " << listing.reason);
    if (!listing.usable) continue;
    DeviceOptions options;
    options.search = built_here();
    tried.push_back({name, listing.devices[0].kind.ends_with("gpu"), open_device(name, options)});
  }
  return tried;
}

// How many elements were compared, and for how many the allowance is a good part of the number.
struct Elements {
  std::int64_t compared = 0, loose = 0;
} elements;

void count(const Array& value, const Array& allowed) {
  for (std::int64_t i = 0; i < value.numel(); ++i) {
    ++elements.compared;
    if (allowed.get(i) > 1e-2 * std::abs(value.get(i))) ++elements.loose;
  }
}

void try_sample(std::vector<Tried>& backends, const OpDef& op, const Sample& sample, DType dtype) {
  const proof::SampleProgram program(op, sample, dtype);
  const proof::Expected expected =
      proof::expected_of(program.graph, program.outputs, program.inputs, reference());
  for (std::size_t k = 0; expected.truth && k < program.outputs.size(); ++k)
    if (is_float(program.outputs[k].dtype()))
      count(expected.truth->values[k], expected.truth->allowed[k]);
  for (Tried& backend : backends) BOOST_TEST_CONTEXT("backend " << backend.name) {
      std::optional<CompiledGraph> compiled;
      try {
        compiled = compile(backend.device, program.graph, program.outputs);
      } catch (const TypeError& refusal) {
        // A GPU may lack f64, or 64-bit integers, altogether.
        BOOST_TEST((may_refuse(backend.name, refusal.what()) || backend.is_gpu), refusal.what());
        ++backend.refused[dtype];
        continue;
      }
      ++backend.ran[dtype];
      const Arrays got = compiled->run(program.inputs);
      for (std::size_t k = 0; k < got.size(); ++k)
        BOOST_TEST(proof::fault_of(got, expected, k) == "", "output " << k);
    }
}

BOOST_AUTO_TEST_CASE(every_backend_is_as_right_as_roundings_allow) {
  std::vector<Tried> backends = all_backends();
  int samples = 0;
  for (const OpDef& op : op_table()) {
    if (op.samples == nullptr) continue;
    const std::vector<Sample> all = op.samples();
    for (std::size_t i = 0; i < all.size(); ++i, ++samples)
      for (const DType dtype : {f64, f32})
        BOOST_TEST_CONTEXT(describe(op, i, all[i]) << " in " << name(dtype))
    try_sample(backends, op, all[i], dtype);
  }
  for (Tried& backend : backends)
    for (const DType dtype : {f64, f32}) {
      BOOST_TEST_MESSAGE(backend.name << " ran " << backend.ran[dtype] << " of " << samples
                                      << " samples in " << name(dtype));
      BOOST_TEST(backend.ran[dtype] + backend.refused[dtype] == samples);
      BOOST_TEST((backend.ran[dtype] > 0 || backend.is_gpu));
    }
  // An allowance says little of a number that it is as large as.
  BOOST_TEST_MESSAGE(elements.loose << " of " << elements.compared << " elements are loose");
  BOOST_TEST(elements.loose * 100 <= elements.compared);
}

}  // namespace
