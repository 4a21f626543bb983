// Proves a backend right or says what is wrong with it: each kind of check in a process of its own,
// so that nothing that a plugin does ends the check, or hangs it.
#pragma once
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "check/kind.hpp"
#include "check/report.hpp"

namespace asg::proof {

struct Plan {
  /// Starts this program to run a kind: what is added are the kind and the number of the last case
  /// that was tried before.
  std::vector<std::string> command;
  std::uint64_t case_seconds = 30;  ///< that one case may take
  std::uint64_t kind_seconds = 3600;
};

/// Runs one kind to its end, over as many processes as it takes: after a crash it goes on behind
/// the case that crashed.
/// Errors   PluginError, with what the process said, when the backend cannot be opened; Error when
/// no
///          process can be started. What the plugin does wrong is a finding.
[[nodiscard]] KindReport run_kind(const Kind& kind, const Plan& plan);

}  // namespace asg::proof
