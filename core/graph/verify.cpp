#include <asg/graph/verify.hpp>

#include <map>
#include <set>
#include <string>
#include <utility>

#include <fmt/format.h>

#include <asg/graph/error.hpp>
#include <asg/graph/op.hpp>

#include "graph/print_parts.hpp"

namespace asg {
namespace {

class Verifier {
 public:
  explicit Verifier(const Graph& graph)
      : graph_(graph), listed_(graph.assigns().begin(), graph.assigns().end()) {
    for (const NodeId id : listed_)
      if (id < graph.size() && !graph.node(id).operands.empty())
        last_assign_[graph.node(id).operands[0].node] = id;
  }

  void run() {
    for (NodeId id = 0; id < graph_.size(); ++id) {
      const Node node = graph_.node(id);
      check_origin(node);
      check_operands(node);
      check_arity(node);
      check_types(node);
      check_name(node);
      if (node.op.name == "assign") check_assign(node);
    }
    check_lists();
  }

 private:
  // Takes the parts of its message, which is put together only for who needs it.
  template <class... Args>
  static void require(bool holds, const Node& node, fmt::format_string<Args...> rule,
                      Args&&... args) {
    if (holds) return;
    throw InternalError(fmt::format("{} (node {}): {}\n  at {}", node.op.name, node.id,
                                    fmt::format(rule, std::forward<Args>(args)...),
                                    to_string(node.origin)));
  }

  static void check_origin(const Node& node) {
    require(node.origin.file != nullptr && *node.origin.file != '\0' && node.origin.line > 0, node,
            "the line it comes from is unknown");
  }

  void check_operands(const Node& node) {
    for (const Value operand : node.operands) {
      require(operand.node < node.id, node, "its operand %{} does not come before it",
              operand.node);
      require(operand.output < graph_.node(operand.node).outputs.size(), node,
              "its operand %{}.{} does not exist", operand.node, operand.output);
    }
  }

  static void check_arity(const Node& node) {
    std::size_t least = 0;
    bool variadic = false;
    for (const Port& port : node.op.inputs) {
      least += !port.optional && !port.variadic;
      variadic |= port.variadic;
    }
    const std::size_t count = node.operands.size();
    require(count >= least && (variadic || count <= node.op.inputs.size()), node,
            "has {} operands, its op declares {}", count, node.op.inputs.size());
  }

  void check_types(const Node& node) {
    Types inputs;
    for (const Value operand : node.operands) inputs.push_back(graph_.type(operand));
    Types inferred;
    try {
      inferred = infer_types(Signature(node.op, inputs, node.attributes, node.origin));
    } catch (const Error& error) {
      require(false, node, "its op refuses its operands: {}", error.what());
    }
    require(inferred.size() == node.outputs.size(), node, "has {} outputs, its op's rule gives {}",
            node.outputs.size(), inferred.size());
    for (std::size_t i = 0; i < inferred.size(); ++i) {
      if (inferred[i] == node.outputs[i]) continue;
      require(false, node, "output {} is {}, its op's rule gives {}", i, to_string(node.outputs[i]),
              to_string(inferred[i]));
    }
  }

  void check_name(const Node& node) {
    if (node.op.name != "input" && node.op.name != "variable") return;
    const std::string name = leaf_name(node);
    require(!name.empty(), node, "has no name");
    require(names_.insert(name).second, node, "the name '{}' is taken", name);
    const VariableInfo* info = graph_.find_variable(node.id);
    require((info != nullptr) == (node.op.name == "variable"), node,
            "the graph's list of variables does not fit its nodes");
    require(info == nullptr || (info->name == name && info->node == node.id), node,
            "the graph's list of variables calls it by another name");
  }

  // That the types agree is the op's own rule.
  void check_assign(const Node& node) {
    const Value target = node.operands[0];
    const VariableInfo* info = graph_.find_variable(target.node);
    require(info != nullptr, node, "its target %{} is no variable", target.node);
    if (is_replaced(node)) return;
    require(assigned_.insert(target.node).second, node, "the variable '{}' is assigned already",
            info->name);
    ++assign_count_;
  }

  // Graph::reassign has left it behind: it is not in the list, and a later one of the variable is.
  [[nodiscard]] bool is_replaced(const Node& assign) const {
    if (listed_.contains(assign.id)) return false;
    const auto last = last_assign_.find(assign.operands[0].node);
    return last != last_assign_.end() && last->second > assign.id;
  }

  // A leaf or an assignment that the lists miss would be lost by whoever reads the lists.
  void check_lists() const {
    const std::size_t listed = graph_.inputs().size() + graph_.variables().size();
    if (listed != names_.size()) {
      throw InternalError(
          fmt::format("the graph lists {} inputs and variables and has {} nodes of them", listed,
                      names_.size()));
    }
    if (graph_.assigns().size() != assign_count_) {
      throw InternalError(fmt::format("the graph lists {} assignments and has {} nodes of them",
                                      graph_.assigns().size(), assign_count_));
    }
  }

  const Graph& graph_;
  std::set<std::string> names_;
  std::set<NodeId> assigned_;
  std::set<NodeId> listed_;               // of assignments
  std::map<NodeId, NodeId> last_assign_;  // of a variable
  std::size_t assign_count_ = 0;
};

}  // namespace

void verify(const Graph& graph) { Verifier(graph).run(); }

}  // namespace asg
