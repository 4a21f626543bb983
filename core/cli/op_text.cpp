#include "cli/op_text.hpp"

#include <algorithm>
#include <cctype>
#include <tuple>

#include <fmt/format.h>

#include <asg/graph/print.hpp>

namespace asg::cli {
namespace {

std::string notes(const Port& port) {
  return std::string(port.optional ? ", may be left out" : "") +
         (port.variadic ? ", any number of them" : "");
}

// Lines under a word: "operands    0  x  [..., N, ...]  float".
class Table {
 public:
  explicit Table(std::string& text) : text_(text) {}

  void ports(std::string_view title, const std::vector<Port>& ports) {
    std::size_t names = 0, shapes = 0;
    for (const Port& port : ports) {
      names = std::max(names, port.name.size());
      shapes = std::max(shapes, port.shape.size());
    }
    for (std::size_t i = 0; i < ports.size(); ++i)
      row(i == 0 ? title : "",
          fmt::format("{:<2} {:<{}}  {:<{}}  {}{}", i, ports[i].name, names, ports[i].shape, shapes,
                      ports[i].types, notes(ports[i])));
  }
  void attributes(const std::vector<AttributeDef>& attributes) {
    std::size_t names = 0;
    for (const AttributeDef& a : attributes) names = std::max(names, a.name.size());
    for (const AttributeDef& a : attributes)
      row(&a == attributes.data() ? "attributes" : "",
          fmt::format("{:<{}}  {}: {}", a.name, names, name(a.type), a.meaning));
  }
  void row(std::string_view title, std::string_view text) {
    text_ += fmt::format("{:<11} {}\n", title, text);
  }

 private:
  std::string& text_;
};

// The name of an operand; those of a variadic one are numbered.
std::string operand_name(const OpDef& op, std::size_t i) {
  const std::size_t last = op.inputs.size() - 1;
  const Port& port = op.inputs[std::min(i, last)];
  return port.variadic ? fmt::format("{}{}", port.name, i - last) : std::string(port.name);
}

// A graph line for line, without the lines of the source that made the nodes.
std::string nodes_of(const Graph& graph, const std::vector<Value>& outputs) {
  const std::string all = to_text(graph, outputs);
  std::string text;
  for (std::size_t at = 0; at < all.size();) {
    const std::size_t end = all.find('\n', at);
    const std::string_view line = std::string_view(all).substr(at, end - at);
    text += fmt::format("  {}\n", line.substr(0, line.rfind("  // ")));
    at = end + 1;
  }
  return text;
}

std::string body_for(const OpDef& op, const Sample& sample) {
  Graph graph;
  Tensors inputs;
  for (std::size_t i = 0; i < sample.inputs.size(); ++i) {
    const Array& value = sample.inputs[i];
    inputs.push_back(graph.input(operand_name(op, i), value.dtype() == f64 ? f32 : value.dtype(),
                                 value.shape()));
  }
  std::vector<Value> results;
  for (const Tensor& result : op.decompose({inputs, sample.attributes}))
    results.push_back(result.value());
  std::string text = "meaning, by an example";
  for (const auto& [key, value] : sample.attributes)
    text += fmt::format("{} {} = {}", &key == &sample.attributes.begin()->first ? " with" : ",",
                        key, to_string(value));
  return text + ":\n" + nodes_of(graph, results);
}

// The sample that shows most in the fewest lines: with all operands, more than one axis, and no
// axis of one element or none, for which bodies have shorter forms.
std::string body_of_best_sample(const OpDef& op) {
  using Rank = std::tuple<std::size_t, bool, std::ptrdiff_t, std::ptrdiff_t>;
  Rank best{};
  std::string text;
  for (const Sample& sample : op.samples()) {
    std::ptrdiff_t thin = 0;
    bool axes = false;
    for (const Array& input : sample.inputs) {
      axes = axes || input.shape().rank() > 1;
      for (int d = 0; d < input.shape().rank(); ++d) thin += input.shape()[d] < 2 ? 1 : 0;
    }
    std::string body = body_for(op, sample);
    const Rank rank{sample.inputs.size(), axes, -thin, -std::count(body.begin(), body.end(), '\n')};
    if (!text.empty() && rank <= best) continue;
    best = rank;
    text = std::move(body);
  }
  return text;
}

std::string gradient_of(const OpDef& op) {
  if (op.gradient != nullptr) return "a rule of its own";
  if (!op.no_gradient.empty()) return fmt::format("zero: {}", op.no_gradient);
  return op.is_composite() ? "that of its meaning" : "none";
}

std::string upper(std::string_view text) {
  std::string result(text);
  for (char& c : result) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return result;
}

}  // namespace

std::string describe(const OpDef& op) {
  std::string text =
      fmt::format("{}, {} op, version {}\n{}\n\n", op.name,
                  op.is_composite() ? "a composite" : "a primitive", op.version, op.summary);
  Table table(text);
  table.ports("operands", op.inputs);
  table.attributes(op.attributes);
  table.ports("results", op.outputs);
  table.row("gradient", gradient_of(op));
  if (!op.source.empty()) table.row("source", op.source);
  if (op.is_composite() && op.samples != nullptr) text += "\n" + body_of_best_sample(op);
  return text;
}

std::string composites_text() {
  std::string text =
      "# Composites\n\n"
      "What a backend may claim, as its table of ops says it; `asg ops NAME` prints one. Operands "
      "and results stand\nin the order in which a step has them. A claim has the attributes by "
      "these names: an integer as\n`ASG_ATTR_INT`, a number as `ASG_ATTR_FLOAT`, a text as "
      "`ASG_ATTR_STRING`, a list of integers as\n`ASG_ATTR_INTS`, an element type as the integer "
      "`ASG_F32`, ...\n";
  for (const OpDef& op : op_table()) {
    if (!op.is_composite()) continue;
    text += fmt::format("\n## {}\n\n", op.name);
    const std::string described = describe(op);
    for (std::size_t at = 0; at < described.size();) {
      const std::size_t end = described.find('\n', at);
      const std::string_view line = std::string_view(described).substr(at, end - at);
      text += line.empty() ? "\n" : fmt::format("    {}\n", line);
      at = end + 1;
    }
  }
  return text;
}

std::string composites_header() {
  std::string text =
      "/* asg/sdk/composites.h - the places of operands and results of every composite op, among\n"
      " * the inputs and outputs of a step and, the inputs first, among the types of a claim.\n"
      " *\n"
      " * Made from asg's table of ops; composites.md says what they mean. */\n"
      "#ifndef ASG_SDK_COMPOSITES_H_\n#define ASG_SDK_COMPOSITES_H_\n";
  for (const OpDef& op : op_table()) {
    if (!op.is_composite()) continue;
    text += fmt::format("\n/* {} */\n", op.name);
    for (const auto& [ports, kind] : {std::pair{&op.inputs, "IN"}, {&op.outputs, "OUT"}})
      for (std::size_t i = 0; i < ports->size(); ++i)
        text += fmt::format("#define ASG_{}_{}_{} {}u\n", upper(op.name), kind,
                            upper((*ports)[i].name), i);
  }
  return text + "\n#endif /* ASG_SDK_COMPOSITES_H_ */\n";
}

}  // namespace asg::cli
