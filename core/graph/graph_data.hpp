// The memory behind a Graph: flat arrays, so that a million nodes are freed in a few steps.
#pragma once
#include <algorithm>
#include <deque>
#include <string>
#include <unordered_map>
#include <vector>

#include <asg/graph/graph.hpp>

namespace asg {

struct NodeRecord {
  const OpDef* op;
  const char* file;
  const TensorType* outputs;
  std::uint32_t first_operand;
  std::uint32_t operand_count;
  std::uint32_t output_count;
  std::uint32_t attributes;  // index; 0 is the empty one
  std::uint32_t path;
  std::int32_t line;
  bool backward;
  bool recomputed;
};

/// Types in blocks that never move: in reshape(exp(x), x.shape()) the shape may be taken before the
/// node of exp is added, and must outlive it. Those of one node stand together in a block.
class TypeStore {
 public:
  /// Where the first now stands; none for no types.
  const TensorType* add(const Types& types) {
    if (types.empty()) return nullptr;
    if (blocks_.empty() || blocks_.back().size() + types.size() > blocks_.back().capacity())
      blocks_.emplace_back().reserve(std::max(block_size, types.size()));
    std::vector<TensorType>& block = blocks_.back();
    block.insert(block.end(), types.begin(), types.end());
    return block.data() + (block.size() - types.size());
  }

 private:
  static constexpr std::size_t block_size = 1024;
  std::vector<std::vector<TensorType>> blocks_;
};

struct GraphData {
  Graph* owner = nullptr;
  std::vector<NodeRecord> nodes;
  std::vector<Value> operands;
  TypeStore types;
  std::deque<Attributes> attributes{Attributes{}};
  Types operand_types;  // of the node that is being added; kept for the next

  std::deque<std::string> paths{std::string{}};
  std::unordered_map<std::string, std::uint32_t> path_index{{std::string{}, 0}};
  std::unordered_map<std::uint32_t, std::uint32_t> random_ops;  // path -> count

  std::vector<NodeId> inputs;
  std::vector<VariableInfo> variables;
  std::vector<NodeId> assigns;
  std::unordered_map<std::string, std::size_t> leaf_index;  // name -> index
  std::unordered_map<NodeId, std::size_t> variable_by_node;
  std::unordered_map<NodeId, NodeId> assigned;  // variable -> assign

  std::uint32_t current_path = 0;
  std::uint32_t last_path = 0;  // that was asked for
  bool has_where = false;
  Where where{"", 0};
  bool backward = false;
  bool recomputed = false;

  bool training = false;
  bool evaluating = false;  // a part of a program that trains
  bool training_was_read = false;

  std::uint32_t intern(std::string_view path) {
    if (paths[last_path] == path) return last_path;  // as for most nodes
    const auto [it, fresh] =
        path_index.try_emplace(std::string(path), static_cast<std::uint32_t>(paths.size()));
    if (fresh) paths.emplace_back(path);
    return last_path = it->second;
  }
  [[nodiscard]] Origin origin(const NodeRecord& node) const {
    return {node.file, node.line, paths[node.path], node.backward, node.recomputed};
  }
  [[nodiscard]] Origin origin_now(Where given) const {
    const Where at = has_where ? where : given;
    return {at.file, at.line, paths[current_path], backward, recomputed};
  }
};

}  // namespace asg
