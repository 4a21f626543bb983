// What of the process belongs to the program and not to a plugin.
#pragma once
#include <string>
#include <vector>

namespace asg::proof {

/// Locale, signal handlers, working directory, environment, mask of new files.
class Manners {
 public:
  /// Those of this process.
  [[nodiscard]] static Manners now();
  /// What is otherwise by now, in words.
  [[nodiscard]] std::vector<std::string> changed() const;

 private:
  std::string locale_, folder_;
  std::vector<std::string> environment_;
  std::vector<const void*> handlers_;  // by the number of the signal
  unsigned mask_ = 0;
};

}  // namespace asg::proof
