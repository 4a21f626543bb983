// The op table itself: complete, documented, and covered by samples.
#include <cctype>
#include <fstream>
#include <iterator>
#include <set>

#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include "ops/support.hpp"

namespace {

using namespace asg;
using namespace ops_test;

std::vector<std::string> all_ops() {
  std::vector<std::string> names;
  for (const OpDef& op : op_table()) names.emplace_back(op.name);
  return names;
}

// Those that the lowering pass knows by name, and those that values come from.
const std::set<std::string> by_name = {"input",       "constant", "variable", "assign", "iota",
                                       "random_bits", "reduce",   "concat",   "copy"};
const std::set<std::string> leaves = {"input", "variable", "assign"};

BOOST_AUTO_TEST_CASE(names_are_sorted_and_unique) {
  const std::vector<std::string> names = all_ops();
  BOOST_TEST(
      (std::adjacent_find(names.begin(), names.end(), std::greater_equal<>()) == names.end()));
  for (const std::string& name : names) BOOST_TEST(find_op(name).name == name);
}

BOOST_DATA_TEST_CASE(entries_are_whole, boost::unit_test::data::make(all_ops()), name) {
  const OpDef& op = find_op(name);
  BOOST_TEST(op.summary.ends_with('.'), "'" << op.summary << "' is no sentence");
  BOOST_TEST((op.infer != nullptr || op.is_composite()));
  const Lowering& way = op.lowering;
  // A composite may also be one instruction, for backends that have it.
  const int ways = (way.instruction != 0 || op.decompose != nullptr) + (way.kernel != 0) +
                   (way.view != nullptr) + by_name.contains(name);
  BOOST_TEST(ways == 1, "an op reaches a backend in one way, this one in " << ways);
  BOOST_TEST((op.gradient == nullptr || op.no_gradient.empty()));
  for (const auto* side : {&op.inputs, &op.outputs}) {
    std::set<std::string_view> ports;
    for (const Port& port : *side) {
      BOOST_TEST((!port.name.empty() && !port.shape.empty() && !port.types.empty()));
      BOOST_TEST(ports.insert(port.name).second);
    }
  }
  std::set<std::string_view> attributes;
  for (const AttributeDef& attribute : op.attributes) {
    BOOST_TEST(!attribute.meaning.empty());
    BOOST_TEST(attributes.insert(attribute.name).second);
  }
  if (!leaves.contains(name)) BOOST_TEST_REQUIRE((op.samples != nullptr));
}

BOOST_DATA_TEST_CASE(samples_fit_the_schema, boost::unit_test::data::make(sampled_ops()), name) {
  const OpDef& op = find_op(name);
  const std::vector<Sample> samples = op.samples();
  for (std::size_t i = 0; i < samples.size(); ++i) BOOST_TEST_CONTEXT(describe(op, i, samples[i])) {
      Graph graph;
      const Tensors y = graph.add(op, inputs_for(graph, samples[i].inputs), samples[i].attributes);
      BOOST_TEST(y.size() == op.outputs.size());
    }
}

// Every op has derivatives, or says why not; what has neither are the values that all else is made
// of.
BOOST_AUTO_TEST_CASE(every_op_has_a_gradient_or_says_why_not) {
  std::size_t composites = 0, samples = 0;
  std::vector<std::string> without;
  for (const OpDef& op : op_table()) {
    composites += op.is_composite() ? 1 : 0;
    samples += op.samples == nullptr ? 0 : op.samples().size();
    if (!op.no_gradient.empty())
      without.push_back(fmt::format("{}: {}", op.name, op.no_gradient));
    else if (op.gradient == nullptr && !op.is_composite())
      BOOST_TEST((op.inputs.empty() || op.outputs.empty()), op.name << " says nothing");
  }
  fmt::print("{} ops ({} of them composites), {} cases, {} without a gradient\n", op_table().size(),
             composites, samples, without.size());
  for (const std::string& reason : without) fmt::print("  {}\n", reason);
}

using Names = std::vector<std::string>;

Names names_of(const std::vector<Port>& ports) {
  Names names;
  for (const Port& port : ports) names.emplace_back(port.name);
  return names;
}

// The text's words and braces, in its order. (gcc 12 takes what std::regex does for a fault, at -O1
// under the address sanitizer.)
Names tokens_of(const std::string& text) {
  Names tokens;
  bool in_word = false;
  for (const char c : text) {
    const bool word = (std::isalnum(static_cast<unsigned char>(c)) != 0) || c == '_';
    if (word && in_word) tokens.back() += c;
    if ((word && !in_word) || c == '{' || c == '}') tokens.emplace_back(1, c);
    in_word = word;
  }
  return tokens;
}

// The names in "enum KIND : uint32_t { NAMES }" from `at` on, which moves behind it.
Names enumerators(const Names& tokens, size_t& at, const std::string& kind) {
  const Names head{"enum", kind, "uint32_t", "{"};
  for (const std::string& expected : head) BOOST_TEST_REQUIRE(tokens.at(at++) == expected);
  const size_t first = at;
  while (tokens.at(at) != "}") ++at;
  return {tokens.begin() + static_cast<std::ptrdiff_t>(first),
          tokens.begin() + static_cast<std::ptrdiff_t>(at++)};
}

// Plugins see the operands of a composite in a header of the SDK alone.
BOOST_AUTO_TEST_CASE(the_sdk_names_operands_as_the_table_does) {
  std::ifstream file(ASG_TEST_COMPOSITES);
  const Names tokens = tokens_of(std::string(std::istreambuf_iterator<char>(file), {}));
  int found = 0;
  for (size_t at = 3; at < tokens.size(); ++at) {
    if (tokens[at] != "enum" || tokens.at(at + 1) != "Input") continue;
    BOOST_TEST_REQUIRE(tokens[at - 3] == "namespace");
    BOOST_TEST_REQUIRE(tokens[at - 1] == "{");
    BOOST_TEST_CONTEXT(tokens[at - 2]) {
      const OpDef& op = find_op(tokens[at - 2]);
      const Names inputs = enumerators(tokens, at, "Input");
      const Names outputs = enumerators(tokens, at, "Output");
      BOOST_TEST(op.is_composite());
      BOOST_TEST(inputs == names_of(op.inputs), boost::test_tools::per_element());
      BOOST_TEST(outputs == names_of(op.outputs), boost::test_tools::per_element());
    }
    ++found;
  }
  BOOST_TEST(found > 0);
}

// A differentiable primitive is tried on a scalar, on nothing and on several ranks, as far as its
// shapes allow.
BOOST_DATA_TEST_CASE(samples_cover_shapes, boost::unit_test::data::make(sampled_ops()), name) {
  const OpDef& op = find_op(name);
  if (op.is_composite() || !op.no_gradient.empty() || op.inputs.empty()) return;
  const auto differentiable = [](const Sample& sample) {
    return sample.gradient && std::any_of(sample.inputs.begin(), sample.inputs.end(),
                                          [](const Array& a) { return a.dtype() == f64; });
  };
  std::set<int> ranks;
  bool one = false;
  bool none = false;
  for (const Sample& sample : op.samples()) {
    if (!differentiable(sample)) continue;
    for (const Array& input : sample.inputs) {
      ranks.insert(input.shape().rank());
      one = one || input.numel() == 1;
      none = none || input.numel() == 0;
    }
  }
  BOOST_TEST(ranks.size() >= 2);
  BOOST_TEST(one);
  BOOST_TEST(none);
}

}  // namespace
