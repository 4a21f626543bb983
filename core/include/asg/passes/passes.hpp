// Passes: from the user's graph to a program. Each builds anew and leaves its argument alone.
#pragma once
#include <cstdint>
#include <limits>
#include <optional>
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

/// A composite that the target executes as it is.
struct Claimed {
  NodeId node = 0;
  Claim claim;
};

/// A graph and the values it is run for. Its assigns are run too.
struct Traced {
  Graph graph;
  Tensors outputs;
  /// The target is asked once for each composite, when composites are opened.
  std::vector<Claimed> claims = {};  ///< ascending by node
  std::vector<AxisOrder> orders =
      {};  ///< of the last graph pass; all others are row-major as they are
};

/// The same without owning it.
struct TracedView {
  const Graph& graph;
  const Tensors& outputs;
  std::span<const Claimed> claims = {};
  const std::vector<AxisOrder>* orders = nullptr;
  TracedView(const Graph& of, const Tensors& values) : graph(of), outputs(values) {}
  TracedView(const Traced& traced)  // NOLINT(google-explicit-constructor)
      : graph(traced.graph),
        outputs(traced.outputs),
        claims(traced.claims),
        orders(&traced.orders) {}
  /// The claim for the node; none where the target does not execute it as it is.
  [[nodiscard]] const Claim* claim(NodeId node) const;
};

// The one list of what may be left out: passes from graph to graph, then parts of lowering.
#define ASG_PASSES(PASS) \
  PASS(merge_early)      \
  PASS(fold_constants)   \
  PASS(canonicalize)     \
  PASS(merge)            \
  PASS(recompute)        \
  PASS(epilogues)        \
  PASS(fuse)             \
  PASS(fuse_siblings)    \
  PASS(schedule)         \
  PASS(group_updates)    \
  PASS(share_places)

/// A pass, or a part of lowering, that may be left out.
#define ASG_PASS_ENUMERATOR(name) name,
enum class Pass : std::uint8_t { ASG_PASSES(ASG_PASS_ENUMERATOR) };
#undef ASG_PASS_ENUMERATOR

/// As ASG_DISABLE has it: "fold_constants".
[[nodiscard]] std::string_view name(Pass pass);
/// All of them, in the order in which they run.
[[nodiscard]] std::span<const Pass> optional_passes();

/// What the passes may do.
struct PassOptions {
  static constexpr std::int64_t unlimited = std::numeric_limits<std::int64_t>::max();

  std::vector<Pass> disabled = {};  ///< what is left out
  std::int64_t fuel = unlimited;    ///< rewrites and merges that may be made; to find a wrong one
  bool relaxed = false;  ///< also rules that are exact for real numbers, but not for floats
#ifdef NDEBUG
  bool verify = false;  ///< every pass's result is verified
#else
  bool verify = true;
#endif
  /// Each run looks first whether an output or a new value of a variable would hold NaN or an
  /// infinity, and throws a NumericError that names the node that made it. Twice the time and more.
  bool check_nan = false;
  [[nodiscard]] bool has(Pass pass) const;
  /// ASG_DISABLE (names with commas between them), ASG_FUEL and ASG_CHECK_NAN (anything but 0).
  /// Errors   FormatError when a name is no pass, naming all there are, or the fuel no number.
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
  std::optional<Pass> optional = {};  ///< none: the program cannot be made without it
};

/// The passes from graph to graph, in order.
[[nodiscard]] std::span<const GraphPass> graph_passes();

/// The graph after all graph passes.
[[nodiscard]] Traced optimize(TracedView traced, const Target& target,
                              const PassOptions& options = {}, Report* report = nullptr);

/// The whole way: graph passes, then regions, order, places.
/// Errors   TypeError naming the op, what the target lacks and the line when it cannot execute the
///          program: nothing in a program is beyond what the target declared.
[[nodiscard]] Program compile_program(TracedView traced, const Target& target,
                                      const PassOptions& options = {}, Report* report = nullptr);

}  // namespace asg
