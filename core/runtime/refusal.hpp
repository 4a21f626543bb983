// Why something is not a usable plugin: a sentence for people.
#pragma once
#include <stdexcept>

namespace asg::loader {

struct Refusal : std::runtime_error {
  using std::runtime_error::runtime_error;
};

}  // namespace asg::loader
