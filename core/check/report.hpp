// What a check of a backend found.
#pragma once
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace asg::proof {

/// Something that is wrong with a plugin.
struct Finding {
  std::string what;        ///< in words, the same for all cases of it
  std::string example;     ///< the first input that shows it, and what came out
  std::int64_t times = 1;  ///< in how many cases
};

/// One kind of check.
struct KindReport {
  std::string kind, summary;
  std::int64_t checked = 0;  ///< cases that were tried
  std::int64_t refused = 0;  ///< cases that the plugin does not offer, which is no fault
  double seconds = 0;
  std::vector<Finding> findings;
  std::vector<std::pair<std::string, std::string>> facts = {};  ///< "file": what was checked
  std::vector<std::string> notes;  ///< for people: measurements, what was left out and why

  /// Adds it, or counts one that is there already.
  void add(const Finding& finding);
  /// Adds all of another part of it.
  void merge(const KindReport& part);
};

}  // namespace asg::proof
