#include <cmath>
#include <sstream>
#include <string>
#include <vector>

#include <boost/test/unit_test.hpp>
#include <nlohmann/json.hpp>

#include <asg/graph/build.hpp>
#include <asg/graph/fmt.hpp>
#include <asg/graph/print.hpp>

#include "graph/support.hpp"

using namespace asg;
using Json = nlohmann::json;

namespace {

const OpDef join = graph_test::make_join();
const OpDef join_along = graph_test::make_join(
    {{"axis", AttributeType::integer, "which"}, {"mode", AttributeType::text, "how"}});
const OpDef fork_op = graph_test::make_fork();
const OpDef step = graph_test::make_step();
const OpDef limited = graph_test::make_step(
    {{"limit", AttributeType::number, "the most"}, {"kind", AttributeType::dtype, "of what"}});

// One of everything that prints differently, each on a line of its own number.
struct Everything {
  Graph g;
  std::vector<Value> outputs;

  Everything() {
    const Tensor x = g.input("x", f32, {2}, Where("a/main.cpp", 1));
    VariableInfo info;
    info.name = "blocks.0.mean";
    info.trainable = false;
    info.initial = 0.5;
    const Tensor w = g.variable(info, f32, {2}, Where("a/main.cpp", 2));
    const Tensor odd = g.input("7, no", f32, {2}, Where("a/main.cpp", 3));
    const Tensor c = g.constant(Array({2}, {0.5f, 2.f}), Where("a/main.cpp", 4));
    (void)g.constant(Array(std::int64_t{3}), Where("a/main.cpp", 5));
    const PathScope path(g, "blocks.0");
    const Tensor y =
        apply(join_along, {x, w}, {{"mode", "add"}, {"axis", 1}}, Where("a/main.cpp", 6));
    const OriginScope backward(g, Origin{"a/main.cpp", 7, "blocks.0", true});
    const Tensors z = g.add(fork_op, {{apply(join, {odd, c})}});
    g.assign(w, y);
    outputs = {y.value(), z[1].value()};
  }
};

}  // namespace

BOOST_AUTO_TEST_SUITE(print)

BOOST_AUTO_TEST_CASE(text_has_a_line_for_each_node) {
  const Everything e;
  const std::string expected =
      "%x: f32[2] = input  // main.cpp:1\n"
      "%blocks.0.mean: f32[2] = variable {initial=0.5, trainable=false}  // main.cpp:2\n"
      "%\"7, no\": f32[2] = input  // main.cpp:3\n"
      "%3: f32[2] = constant {0.5, 2}  // main.cpp:4\n"
      "%4: i64[] = constant 3  // main.cpp:5\n"
      "%5: f32[2] = join(%x, %blocks.0.mean) {axis=1, mode=add}  // main.cpp:6, in blocks.0\n"
      "%6: f32[2] = join(%\"7, no\", %3)  // main.cpp:7, in blocks.0 (backward)\n"
      "%7: (f32[2], i64[]) = fork(%6)  // main.cpp:7, in blocks.0 (backward)\n"
      "assign(%blocks.0.mean, %5)  // main.cpp:7, in blocks.0 (backward)\n";
  BOOST_TEST(to_text(e.g) == expected);
  BOOST_TEST(to_text(e.g, e.outputs) == expected + "return %5, %7.1\n");
  BOOST_TEST(to_text(Graph()).empty());
}

BOOST_AUTO_TEST_CASE(long_constants_are_shortened) {
  Graph g;
  (void)g.constant(Array::zeros(f32, {1000}), Where("m.cpp", 1));
  BOOST_TEST(to_text(g) == "%0: f32[1000] = constant {0, 0, 0, ..., 0, 0, 0}  // m.cpp:1\n");
}

BOOST_AUTO_TEST_CASE(streams_and_fmt_print_the_text) {
  const Everything e;
  std::ostringstream stream;
  stream << e.g;
  BOOST_TEST(stream.str() == to_text(e.g));
  BOOST_TEST(fmt::format("{}", e.g) == to_text(e.g));
}

BOOST_AUTO_TEST_CASE(fmt_prints_asgs_types) {
  Graph g;
  const Tensor x = g.input("x", f32, {2}, Where("main.cpp", 3));
  BOOST_TEST(fmt::format("{}", x) == "%x: f32[2] = input  // main.cpp:3");
  BOOST_TEST(fmt::format("{}", Tensor{}) == "no tensor");
  BOOST_TEST(fmt::format("{}", Shape{2, 3}) == "[2, 3]");
  BOOST_TEST(fmt::format("{}", TensorType{f64, {2}}) == "f64[2]");
  BOOST_TEST(fmt::format("{}", Array({2}, {1, 2})) == "i32[2] {1, 2}");
  BOOST_TEST(fmt::format("{:>5}|", f32) == "  f32|");
}

BOOST_AUTO_TEST_CASE(json_tells_all_that_the_graph_knows) {
  const Everything e;
  const Json json = Json::parse(to_json(e.g, e.outputs));
  BOOST_TEST(json["format"] == "asg-graph");
  BOOST_TEST(json["version"] == 1);
  BOOST_REQUIRE(json["nodes"].size() == e.g.size());
  for (std::size_t id = 0; id < e.g.size(); ++id) BOOST_TEST(json["nodes"][id]["id"] == id);

  BOOST_TEST(json["nodes"][5] == Json::parse(R"({
    "id": 5, "op": "join", "operands": [[0, 0], [1, 0]],
    "types": [{"dtype": "f32", "shape": [2]}], "attributes": {"axis": 1, "mode": "add"},
    "origin": {"file": "a/main.cpp", "line": 6, "module": "blocks.0", "backward": false,
               "recomputed": false}})"));
  BOOST_TEST(json["nodes"][3]["attributes"]["value"] ==
             Json::parse(R"({"dtype": "f32", "shape": [2], "values": [0.5, 2.0]})"));
  BOOST_TEST(json["nodes"][4]["attributes"]["value"]["values"] == Json::parse("[3]"));
  BOOST_TEST(json["nodes"][7]["types"].size() == 2u);
  BOOST_TEST(json["nodes"][7]["origin"]["backward"] == true);
  BOOST_TEST(json["inputs"] ==
             Json::parse(R"([{"name": "x", "node": 0}, {"name": "7, no", "node": 2}])"));
  BOOST_TEST(json["variables"] == Json::parse(R"([{"name": "blocks.0.mean", "node": 1,
                                                   "trainable": false, "initial": 0.5}])"));
  BOOST_TEST(json["assigns"] == Json::parse("[8]"));
  BOOST_TEST(json["outputs"] == Json::parse("[[5, 0], [7, 1]]"));
}

BOOST_AUTO_TEST_CASE(json_survives_numbers_and_names_that_json_has_not) {
  Graph g;
  const Tensor x = g.input("\xff", f32, {});
  (void)apply(limited, {x}, {{"limit", INFINITY}, {"kind", f64}});
  (void)g.constant(Array({2}, {-double{INFINITY}, 1.}));
  (void)g.constant(Array::zeros(f32, {65}));
  (void)g.constant(Array({2}, {true, false}));
  const Json json = Json::parse(to_json(g));
  BOOST_TEST(json["nodes"][1]["attributes"]["limit"] == "inf");
  BOOST_TEST(json["nodes"][1]["attributes"]["kind"] == "f64");
  BOOST_TEST(json["nodes"][2]["attributes"]["value"]["values"] == Json::parse(R"(["-inf", 1.0])"));
  BOOST_TEST(!json["nodes"][3]["attributes"]["value"].contains("values"));
  BOOST_TEST(json["nodes"][4]["attributes"]["value"]["values"] == Json::parse("[true, false]"));
}

BOOST_AUTO_TEST_CASE(pictures_nest_modules_and_label_edges_of_several_outputs) {
  Graph g;
  const Tensor x = g.input("x", f32, {2});
  Tensors y;
  {
    const PathScope path(g, "encoder.blocks.0");
    y = g.add(fork_op, {{x}});
  }
  {
    const PathScope path(g, "encoder");
    (void)apply(join, {y[0], y[0]});
  }
  {
    const PathScope path(g, "head");
    (void)apply(step, {y[1]});
  }
  const std::string dot = to_dot(g, {y[1].value()});
  const auto contains = [&](const std::string& text) {
    return dot.find(text) != std::string::npos;
  };
  BOOST_TEST(dot.starts_with("digraph G {\n"));
  BOOST_TEST(dot.ends_with("}\n"));
  BOOST_TEST(
      contains("subgraph cluster_0 { label=\"encoder\";\n2; \n"
               "subgraph cluster_1 { label=\"blocks\";\n"
               "subgraph cluster_2 { label=\"0\";\n1; \n}\n}\n}\n"
               "subgraph cluster_3 { label=\"head\";\n3; \n}\n"));
  BOOST_TEST(contains("0 [label=\"x\\nf32[2]\""));
  BOOST_TEST(contains("1 [label=\"fork\\nf32[2]\\ni64[]\""));
  BOOST_TEST(contains("0->1 ;"));
  BOOST_TEST(contains("1->2  [label=\"0\"];"));
  BOOST_TEST(contains("1->3  [label=\"1\"];"));
  BOOST_TEST(dot.find("penwidth=3") == dot.rfind("penwidth=3"));
  BOOST_TEST(dot.find("penwidth=3") > dot.find("1 [label=\"fork"));
  BOOST_TEST(dot.find("penwidth=3") < dot.find("2 [label="));
}

BOOST_AUTO_TEST_CASE(pictures_quote_what_users_wrote) {
  Graph g;
  (void)g.input("a \"b\" \\ c", f32, {});
  BOOST_TEST(to_dot(g).find(R"(label="a \"b\" \\ c\nf32[]")") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_long_chain_prints) {
  Graph g;
  Tensor x = g.input("x", f32, {});
  for (int i = 0; i < 20'000; ++i) x = g.add(step, {{x}})[0];
  const std::string text = to_text(g);
  BOOST_TEST(std::count(text.begin(), text.end(), '\n') == 20'001);
  BOOST_TEST(to_dot(g).size() > text.size());
  BOOST_TEST(Json::parse(to_json(g))["nodes"].size() == 20'001u);
}

BOOST_AUTO_TEST_SUITE_END()
