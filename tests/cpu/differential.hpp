// Runs one program on the reference backend and on the CPU backend with several numbers of threads.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "abi/loaded_backend.hpp"
#include "check/random_case.hpp"

namespace asg::testing {

inline std::vector<Bytes> run_on(const LoadedBackend& backend, Case& c) {
  Execution run(backend, c.program.build());
  // Outputs keep what no store touches, so they start the same everywhere.
  for (const auto& [id, data] : c.inputs) run.set(id, data);
  run.execute();
  std::vector<Bytes> results;
  for (const ValueId id : c.outputs) results.push_back(run.get<uint8_t>(id));
  return results;
}

/// The backends to compare.
class Backends {
 public:
  Backends() : reference_(ASG_TEST_REFERENCE) {
    static const asg_option counts[] = {{"threads", "1"}, {"threads", "2"}, {"threads", "5"}};
    for (const asg_option& count : counts)
      cpu_.push_back(std::make_unique<LoadedBackend>(ASG_TEST_CPU, std::vector<asg_option>{count}));
  }

  /// Empty when all agree: bit by bit among the numbers of threads, within `tolerance` of the
  /// reference in floats, exactly in everything else.
  std::string compare(Case& c, double tolerance = 0) const {
    const std::vector<Bytes> expected = run_on(reference_, c);
    const std::vector<Bytes> first = run_on(*cpu_[0], c);
    for (std::size_t o = 0; o < expected.size(); ++o) {
      const uint32_t dtype = c.program.value(c.outputs[o]).dtype;
      const std::string text = difference(dtype, first[o], expected[o], tolerance);
      if (!text.empty())
        return "output " + std::to_string(o) + " (" + sdk::dtype_name(dtype) + "): " + text;
    }
    for (std::size_t k = 1; k < cpu_.size(); ++k) {
      const std::vector<Bytes> again = run_on(*cpu_[k], c);
      for (std::size_t o = 0; o < expected.size(); ++o)
        if (again[o] != first[o])
          return "output " + std::to_string(o) + " depends on the number of threads";
    }
    return {};
  }
  const LoadedBackend& cpu(std::size_t k = 0) const { return *cpu_[k]; }
  const LoadedBackend& reference() const { return reference_; }

 private:
  LoadedBackend reference_;
  std::vector<std::unique_ptr<LoadedBackend>> cpu_;
};

inline const Backends& backends() {
  static const auto& all = kept<Backends>();
  return all;
}

}  // namespace asg::testing
