// A loop too long for one run of a shader: it is run again for each part of the loop, and what its
// threads have until then lies in memory between the runs.
#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "glsl/shader.hpp"

namespace asg::vulkan {

/// The numbers [0, count) in runs of `size`.
class Parts {
 public:
  Parts(uint64_t count, uint64_t size);
  uint64_t runs() const { return runs_; }
  uint64_t size() const { return size_; }
  bool several() const { return runs_ > 1; }
  /// The numbers of this run, expressions of type uint.
  std::string first() const;
  std::string end() const;

 private:
  uint64_t count_, size_, runs_;
};

/// How a shader is run; see Dispatch.
struct Grid {
  uint64_t groups;
  uint32_t count = 0;
};

/// Registers of every thread that go on from run to run; nothing where there is one run.
class Carried {
 public:
  struct Register {
    uint32_t dtype;
    std::string name;
  };
  /// Prints that all runs but the first begin with what the last one has kept.
  Carried(Shader& shader, StepPlan& plan, const Parts& parts, uint64_t groups,
          std::vector<Register> registers);
  /// Prints that all runs but the last keep what they have and end.
  void keep() const;

 private:
  std::string word(std::size_t i) const;

  Shader& shader_;
  const Parts& parts_;
  std::vector<Register> registers_;
  std::vector<uint64_t> begins_;  // of each register's words
  Temporary memory_;
};

/// What a thread of a shader for each element of the step's output computes from its first input.
struct OutputElement {
  std::vector<std::string> at;  ///< its coordinates
  Shader::Elements input;

  /// Prints the number of the element, p, and its coordinates.
  explicit OutputElement(Shader& shader);
  /// Prints the register that becomes the element and lies there between the runs.
  void declare(const Parts& parts, const std::string& type, const std::string& name,
               const std::string& start) const;
  /// Prints the store.
  Grid store(const std::string& name) const;

 private:
  Shader& shader_;
  const asg_value& value_;
  uint64_t count_;
  Shader::Elements output_;
};

/// Adds a shader of which one loop, over `count`, may be cut: `print` prints it for as many runs as
/// keep it below the iterations that the device is trusted with.  It may be called more than once,
/// each time with another shader; what it allocates in the plan is forgotten in between.
/// Errors: ASG_UNSUPPORTED when no number of runs is enough.
void add_in_parts(const StepContext& context, StepPlan& plan, uint32_t group_size, uint64_t count,
                  bool barrier, const std::function<Grid(Shader&, const Parts&)>& print);

}  // namespace asg::vulkan
