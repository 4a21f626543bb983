// The kinds of checks: one file of core/check/kinds for each.
#pragma once
#include <span>

namespace asg::proof {

class Session;

/// The file's name is the kind's name and its registration: kinds/<name>.cpp defines
/// `Kind check_<name>()`.
struct Kind {
  /// In the order in which they run: what everything else needs comes first.
  enum class Phase { first, numbers, behaviour, last };
  const char* summary;
  Phase phase;
  void (*run)(Session&);
  const char* name = "";
};

/// All of them, in order.
[[nodiscard]] std::span<const Kind> kinds();

}  // namespace asg::proof
