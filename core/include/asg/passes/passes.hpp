// Passes: from the user's graph to a program. Each builds anew and leaves its argument alone.
#pragma once
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <asg/graph/graph.hpp>
#include <asg/passes/program.hpp>
#include <asg/passes/target.hpp>

namespace asg {

/// How a claimed op writes an output: row-major in this order of its axes.
struct AxisOrder {
  Value value;
  Shape axes;
};

/// A graph and the values it is run for. Its assigns are run too.
struct Traced {
  Graph graph;
  Tensors outputs;
  std::vector<AxisOrder> orders =
      {};  ///< of the last graph pass; all others are row-major as they are
};

/// The same without owning it.
struct TracedView {
  const Graph& graph;
  const Tensors& outputs;
  const std::vector<AxisOrder>* orders = nullptr;
  TracedView(const Graph& of, const Tensors& values) : graph(of), outputs(values) {}
  TracedView(const Traced& traced)  // NOLINT(google-explicit-constructor)
      : graph(traced.graph), outputs(traced.outputs), orders(&traced.orders) {}
};

/// What the passes may do.
struct PassOptions {
  static constexpr std::int64_t unlimited = std::numeric_limits<std::int64_t>::max();

  std::vector<std::string> disabled = {};  ///< passes left out, by name: see pass_names
  std::int64_t fuel = unlimited;  ///< rewrites and merges that may be made; to find a wrong one
  bool relaxed = false;  ///< also rules that are exact for real numbers, but not for floats
#ifdef NDEBUG
  bool verify = false;  ///< every pass's result is verified
#else
  bool verify = true;
#endif
  /// Each run looks first whether an output or a new value of a variable would hold NaN or an
  /// infinity, and throws a NumericError that names the node that made it. Twice the time and more.
  bool check_nan = false;
  [[nodiscard]] bool has(std::string_view pass) const;
  /// ASG_DISABLE (names with commas between them), ASG_FUEL and ASG_CHECK_NAN (anything but 0).
  /// Errors   FormatError when a name is no pass or the fuel no number.
  [[nodiscard]] static PassOptions from_environment();
};

/// Something that a pass could have done and did not.
struct Refusal {
  std::string pass;
  std::string what;  ///< the ops
  std::string reason;
  std::string origin;  ///< the user's line and module path
};

struct PassTime {
  std::string name;
  double ms = 0;
  std::size_t nodes = 0;  ///< afterwards; steps, for the passes that make a program
};

/// What a part of the passes looked at: the same on every machine, and linear in the graph.
struct Visits {
  std::string part;
  std::int64_t count = 0;  ///< of nodes, edges, kernels, buffers
};

/// What the passes did.
struct Report {
  std::vector<PassTime> passes;
  std::vector<Refusal> refusals;
  std::vector<Visits> visits;
};

/// What a pass is given.
struct PassContext {
  const Target& target;
  const PassOptions& options;
  Report& report;
  std::int64_t& fuel;
  /// True when a rewrite may be made; uses up one unit of fuel.
  [[nodiscard]] bool may_rewrite() const { return fuel > 0 && fuel-- > 0; }
};

/// A pass from graph to graph.
struct GraphPass {
  std::string_view name;
  std::string_view summary;
  Traced (*run)(TracedView, const PassContext&);
  bool required = false;  ///< the program cannot be made without it
};

/// The passes from graph to graph, in order.
[[nodiscard]] std::span<const GraphPass> graph_passes();
/// The names that PassOptions::disabled may hold: optional graph passes, then the optional parts of
/// lowering.
[[nodiscard]] std::vector<std::string_view> pass_names();

/// The graph after all graph passes.
[[nodiscard]] Traced optimize(TracedView traced, const Target& target,
                              const PassOptions& options = {}, Report* report = nullptr);

/// The whole way: graph passes, then regions, order, places.
/// Errors   TypeError naming the op and the line when the target cannot execute a primitive.
[[nodiscard]] Program compile_program(TracedView traced, const Target& target,
                                      const PassOptions& options = {}, Report* report = nullptr);

}  // namespace asg
