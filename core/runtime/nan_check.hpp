// ASG_CHECK_NAN: which node made the first NaN or infinity of a run.
#pragma once
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <asg/graph/graph.hpp>
#include <asg/runtime/device.hpp>
#include <asg/runtime/state.hpp>

namespace asg {

/// A second program beside that of a graph. It looks at every value that the outputs and the new
/// values of variables are made of, and changes nothing.
/// Cost     about that of the graph without fusion; another program when there is something to tell.
class NanCheck {
 public:
  /// `name` stands at the beginning of what is said.
  NanCheck(const Device& device, const Graph& graph, const Tensors& outputs, std::string name);
  ~NanCheck();

  /// What is wrong in a run from this state with these inputs: where a NaN or an infinity that
  /// reaches an output or a variable was made, and out of what. Nothing when all of them are finite.
  [[nodiscard]] std::optional<std::string> find(State& state, const std::vector<Array>& inputs);

  /// Errors   NumericError with what `find` says.
  void require_finite(State& state, const std::vector<Array>& inputs);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace asg
