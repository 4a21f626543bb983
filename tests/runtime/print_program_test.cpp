// Programs as text, JSON and pictures.
#include <boost/test/unit_test.hpp>
#include <nlohmann/json.hpp>

#include <asg/asg.hpp>
#include <asg/passes/passes.hpp>
#include <asg/passes/print.hpp>
#include <asg/runtime/target.hpp>

#include "support/gpt_step.hpp"

namespace {

using namespace asg;

asg_inst inst(std::uint32_t op, std::uint32_t a = 0, std::uint32_t b = 0, std::uint32_t c = 0,
              std::uint64_t imm = 0) {
  return {op, ASG_F32, a, b, c, 0, imm};
}

Placed placed(std::uint32_t slot, const Shape& shape, std::uint64_t offset) {
  const auto bytes = static_cast<std::uint64_t>(shape.numel()) * 4;
  return {f32, shape, row_major_strides(shape), slot, offset, offset, offset + bytes};
}

// The rows of a padded input, doubled in place, then their sums.
Program hand_program() {
  Program p;
  p.name = "rows";
  p.slots = {{ASG_SLOT_ARENA, "arena", {}, 64, {}},
             {ASG_SLOT_INPUT, "x", {f32, {2, 3}}, 24, {}},
             {ASG_SLOT_OUTPUT, "output 0", {f32, {2}}, 8, {}}};
  p.values = {placed(1, {6}, 0), placed(0, {8}, 0), placed(2, {2}, 0)};
  Region pad;
  pad.dims = {2, 4};
  pad.insts = {inst(ASG_EW_LOAD, 0), inst(ASG_EW_IMM, 0, 0, 0, 0x40000000u),
               inst(ASG_EW_MUL, 0, 1)};
  pad.accesses = {{0, -1, {3, 1}, {{-1, 3, {0, 1}}}, 0}, {1, 0, {4, 1}, {}, 0}};
  pad.stores = {{ASG_STORE_REGISTER, 2, 1, 0}};
  pad.phases = {{3, 0, 1, 0}};
  Region sum;
  sum.dims = {2, 4};
  sum.insts = {inst(ASG_EW_LOAD, 0), inst(ASG_EW_REDUCED, 0)};
  sum.accesses = {{1, 0, {4, 1}, {}, 0}, {2, 0, {1, 0}, {}, 0}};
  sum.reductions = {{ASG_REDUCE_SUM, ASG_F32, 0, 2}};
  sum.stores = {{ASG_STORE_REDUCTION, 0, 1, 0}};
  sum.phases = {{1, 1, 0, 0}, {2, 1, 1, 0}};
  p.regions = {pad, sum};
  Step first;
  first.op = ASG_OP_REGION;
  first.name = "pad";
  first.origin = "main.cpp:3";
  first.inputs = {0};
  first.outputs = {1};
  first.region = 0;
  Step second = first;
  second.name = "reduce_sum";
  second.stage = 1;
  second.inputs = {1};
  second.outputs = {2};
  second.region = 1;
  p.steps = {first, second};
  p.inputs = {1};
  p.outputs = {2};
  p.liveness_bound_bytes = 64;
  p.arena = {{32, 0, 0, 1, "pad", "main.cpp:3"}};
  return p;
}

BOOST_AUTO_TEST_CASE(text_is_readable_code) {
  const std::string expected = R"(rows: 2 steps, 2 stages, 64 bytes alive at step 0
arena: 64 bytes
input1 x: f32[2, 3]
output2 output 0: f32[2]

step 0, stage 0: region pad  // main.cpp:3
    in  v0 = f32[6] at input1+0
    out v1 = f32[8] at arena+0
    for i0 < 2, i1 < 4
      r0 f32 = load v0[3*i0 + i1 - 1] where 0 <= i1 - 1 < 3
      r1 f32 = 2
      r2 f32 = mul r0, r1
      store v1[4*i0 + i1] = r2

step 1, stage 1: region reduce_sum  // main.cpp:3
    in  v1 = f32[8] at arena+0
    out v2 = f32[2] at output2+0
    for i0 < 2, i1 < 4
      r0 f32 = load v1[4*i0 + i1]
      q0 f32 = sum r0 over i1
    phase 1
      r1 f32 = q0
      store v2[i0] = q0
)";
  BOOST_TEST(to_text(hand_program()) == expected);
}

BOOST_AUTO_TEST_CASE(instances_are_listed) {
  Program p = hand_program();
  p.regions[0].dims = {8};
  p.regions[0].accesses = {{1, 0, {1}, {}, 0}, {1, 0, {1}, {}, 0}};
  p.regions[0].instances = {{8, {1, 1}}, {2, {2, 2}}};
  const std::string text = to_text(p);
  BOOST_TEST(text.find("instance 1: i0 < 2, a0 = v2, a1 = v2\n") != std::string::npos);
  BOOST_TEST(text.find("r0 f32 = load a0[i0]\n") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(json_has_ids_that_refer_to_each_other) {
  const auto json = nlohmann::json::parse(to_json(hand_program()));
  BOOST_TEST(json["format"] == "asg-program");
  for (const char* list : {"slots", "values", "steps", "regions", "arena"})
    for (std::size_t i = 0; i < json[list].size(); ++i) BOOST_TEST(json[list][i]["id"] == i);
  BOOST_TEST(json["steps"][1]["region"] == 1);
  BOOST_TEST(json["steps"][1]["flops"] == 8);
  BOOST_TEST(json["values"][1]["slot"] == 0);
  BOOST_TEST(json["regions"][0]["instructions"][1]["value"] == 2);
  BOOST_TEST(json["regions"][0]["accesses"][0]["bounds"][0]["base"] == -1);
  BOOST_TEST(json["arena"][0]["origin"] == "main.cpp:3");
}

BOOST_AUTO_TEST_CASE(pictures_connect_who_writes_with_who_reads) {
  const std::string dot = to_dot(hand_program());
  BOOST_TEST(dot.rfind("digraph", 0) == 0u);
  BOOST_TEST((dot.find("0->1") != std::string::npos || dot.find("0 -> 1") != std::string::npos));
  BOOST_TEST(dot.find("1->0") == std::string::npos);
}

// Every program of a model can be printed: no instruction is unknown.
BOOST_AUTO_TEST_CASE(the_program_of_a_model_is_printed_whole) {
  const TracedFunction traced = test_support::trace_gpt_step();
  const Device device = open_device("reference");
  const Program program = compile_program({traced.graph, traced.outputs}, *target_of(device));
  const std::string text = to_text(program);
  BOOST_TEST(text.find('#') == std::string::npos);
  BOOST_TEST(text.find("random seed") != std::string::npos);
  for (std::size_t i = 0; i < program.steps.size(); ++i)
    BOOST_TEST_REQUIRE(text.find("\nstep " + std::to_string(i) + ",") != std::string::npos);
  BOOST_TEST(nlohmann::json::parse(to_json(program))["steps"].size() == program.steps.size());
}

}  // namespace
