// The op table itself: complete, documented, and covered by samples.
#include <fstream>
#include <iterator>
#include <regex>
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
  BOOST_TEST(!op.summary.empty());
  BOOST_TEST((op.infer != nullptr || op.is_composite()));
  const Lowering& way = op.lowering;
  // A composite may also be one instruction, for backends that have it.
  const int ways = (way.instruction != 0 || op.decompose != nullptr) + (way.kernel != 0) +
                   (way.view != nullptr) + by_name.contains(name);
  BOOST_TEST(ways == 1, "an op reaches a backend in one way, this one in " << ways);
  BOOST_TEST((op.gradient == nullptr || !op.no_gradient));
  std::set<std::string_view> ports;
  for (const Port& port : op.inputs) {
    BOOST_TEST((!port.name.empty() && !port.shape.empty() && !port.types.empty()));
    BOOST_TEST(ports.insert(port.name).second);
  }
  for (const AttributeDef& attribute : op.attributes) BOOST_TEST(!attribute.meaning.empty());
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

using Names = std::vector<std::string>;

Names split_at_commas(const std::string& list) {
  static const std::regex word("[a-z0-9_]+");
  return {std::sregex_token_iterator(list.begin(), list.end(), word), {}};
}
Names names_of(const std::vector<Port>& ports) {
  Names names;
  for (const Port& port : ports) names.emplace_back(port.name);
  return names;
}

// Plugins see the operands of a composite in a header of the SDK alone.
BOOST_AUTO_TEST_CASE(the_sdk_names_operands_as_the_table_does) {
  std::ifstream file(ASG_TEST_COMPOSITES);
  const std::string text(std::istreambuf_iterator<char>(file), {});
  static const std::regex entry(
      "namespace ([a-z0-9_]+) \\{\\s*enum Input : uint32_t \\{([^}]*)\\};\\s*"
      "enum Output : uint32_t \\{([^}]*)\\};\\s*\\}");
  int found = 0;
  for (std::sregex_iterator at(text.begin(), text.end(), entry), end; at != end; ++at, ++found)
    BOOST_TEST_CONTEXT((*at)[1].str()) {
      const OpDef& op = find_op((*at)[1].str());
      BOOST_TEST(op.is_composite());
      BOOST_TEST(split_at_commas((*at)[2].str()) == names_of(op.inputs),
                 boost::test_tools::per_element());
      BOOST_TEST(split_at_commas((*at)[3].str()) == names_of(op.outputs),
                 boost::test_tools::per_element());
    }
  // No entry may be written in another way and be passed over.
  static const std::regex list("enum Input");
  BOOST_TEST(found == std::distance(std::sregex_iterator(text.begin(), text.end(), list), {}));
  BOOST_TEST(found > 0);
}

// A differentiable primitive is tried on a scalar, on nothing and on several ranks, as far as its
// shapes allow.
BOOST_DATA_TEST_CASE(samples_cover_shapes, boost::unit_test::data::make(sampled_ops()), name) {
  const OpDef& op = find_op(name);
  if (op.is_composite() || op.no_gradient || op.inputs.empty()) return;
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
