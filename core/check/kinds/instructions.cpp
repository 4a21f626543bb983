// Every instruction that the rows promise, at the numbers where one goes wrong and at many others.
#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

#include <fmt/format.h>

#include <asg/sdk/region_check.hpp>

#include "check/compare.hpp"
#include "check/kind.hpp"
#include "check/offer.hpp"
#include "check/session.hpp"
#include "check/verdict.hpp"
#include "passes/abi_names.hpp"

namespace asg::proof {
namespace {

// The numbers of a, or of b: all pairs of edges, then so many others that the main loop of a kernel
// and what is left over of it both meet some.
Bytes operand_values(std::uint32_t dtype, bool pairs, bool second) {
  const Bytes edges = edge_values(dtype);
  const std::size_t size = sdk::dtype_size(dtype), count = edges.size() / size;
  Bytes values;
  for (std::size_t i = 0; i < (pairs ? count * count : count); ++i) {
    const std::size_t at = (pairs && !second ? i / count : i % count) * size;
    values.insert(values.end(), edges.begin() + static_cast<std::ptrdiff_t>(at),
                  edges.begin() + static_cast<std::ptrdiff_t>(at + size));
  }
  Random random(second ? 2 : 1);
  const Bytes many = random_data(random, dtype, 1003, false);
  values.insert(values.end(), many.begin(), many.end());
  return values;
}

void try_instruction(Session& session, std::uint32_t opcode, std::uint32_t dtype) {
  const bool two = sdk::register_operands(opcode) == 2;
  const bool to_bool = opcode == ASG_EW_IS_FINITE || sdk::is_comparison(opcode);
  const std::uint32_t result = to_bool ? std::uint32_t{ASG_BOOL} : dtype;
  const Bytes a = operand_values(dtype, two, false), b = operand_values(dtype, two, true);
  const auto count = static_cast<std::int64_t>(a.size() / sdk::dtype_size(dtype));
  Case c;
  const ValueId x = c.program.input(dtype, {count});
  c.inputs.emplace_back(x, a);
  const ValueId y = c.output(result, {count});
  RegionBuilder& r = c.program.region({count});
  const Register first = r.load(x);
  if (two) {
    const ValueId z = c.program.input(dtype, {count});
    c.inputs.emplace_back(z, b);
    r.store(r.op(opcode, first, r.load(z)), y);
  } else {
    r.store(r.op(opcode, first), y);
  }
  const CaseResult expected = run_case(session.bare_reference(), c);
  const CaseResult got = run_case(session.bare(), c);
  report_damage(session, got);
  const auto wrong = first_mismatch(result, got.outputs[0], expected.outputs[0],
                                    sdk::is_float(dtype) ? allowed_ulps(opcode) : 0);
  if (!wrong) return;
  const std::string operands =
      "a = " + element_text(dtype, a, wrong->element) +
      (two ? ", b = " + element_text(dtype, b, wrong->element) : std::string());
  session.wrong(
      fault_text(fmt::format("{} of {}", abi::instruction_name(opcode), sdk::dtype_name(dtype)),
                 *wrong),
      fmt::format("{}: {}", operands, wrong->text()));
}

void try_where(Session& session, std::uint32_t dtype) {
  Case c;
  const Bytes values = edge_values(dtype);
  const auto count = static_cast<std::int64_t>(values.size() / sdk::dtype_size(dtype));
  const ValueId a = c.program.input(dtype, {count}), b = c.program.input(dtype, {count}),
                condition = c.program.input(ASG_BOOL, {2});
  c.inputs = {{a, values}, {b, values}, {condition, {0, 1}}};
  const ValueId y = c.output(dtype, {2, count});
  RegionBuilder& r = c.program.region({2, count});
  r.store(
      r.where(r.load(condition, {{1, 0}}), r.load(a, {{0, 1}}), r.load(b, {{0, -1}, count - 1})),
      y);
  judge_case(session, c, fmt::format("where of {}", sdk::dtype_name(dtype)));
}

void try_positions(Session& session, std::uint32_t dtype) {
  Case c;
  const ValueId y = c.output(dtype, {5, 7});
  RegionBuilder& r = c.program.region({5, 7});
  r.store(r.iota(dtype, {3, -2}, dtype == ASG_U8 || dtype == ASG_U32 ? 12 : -4), y);
  judge_case(session, c, fmt::format("iota of {}", sdk::dtype_name(dtype)));
}

void try_random(Session& session) {
  for (const std::int64_t seed : {std::int64_t{0}, std::int64_t{-1}, std::int64_t{1} << 40}) {
    Case c;
    const ValueId y = c.output(ASG_U32, {9, 11});
    RegionBuilder& r = c.program.region({9, 11});
    r.store(r.random(r.imm(seed), r.imm(std::int64_t{5}), {11, 1}, 3, 0x1234567890abcdefu), y);
    judge_case(session, c, "random");
  }
}

bool takes(const BareDevice& device, std::uint32_t opcode, std::uint32_t dtype) {
  if (!can_load(device, dtype)) return false;
  if (opcode != ASG_EW_IS_FINITE) return has_instruction(device, opcode, dtype);
  return sdk::is_float(dtype) && has_instruction(device, opcode, ASG_BOOL);
}

void try_opcode(Session& session, std::uint32_t opcode, std::uint32_t dtype) {
  if (!takes(session.bare_reference(), opcode, dtype)) return;
  const std::string name =
      fmt::format("{} of {}", abi::instruction_name(opcode), sdk::dtype_name(dtype));
  if (!takes(session.bare(), opcode, dtype)) return session.refused();
  switch (opcode) {
    case ASG_EW_WHERE:
      return session.attempt(name, [&] { try_where(session, dtype); });
    case ASG_EW_IOTA:
      return session.attempt(name, [&] { try_positions(session, dtype); });
    case ASG_EW_RANDOM:
      return session.attempt(name, [&] { try_random(session); });
    case ASG_EW_CAST:
    case ASG_EW_BITCAST:
      return;  // the kind `casts`
    default:
      break;
  }
  session.attempt(name, [&] { try_instruction(session, opcode, dtype); });
}

void check_instructions(Session& session) {
  for (const std::uint32_t opcode : opcodes())
    for (const std::uint32_t dtype : region_dtypes()) try_opcode(session, opcode, dtype);
}

}  // namespace

Kind check_instructions() {
  return {"each instruction of each type, at edges and among many", Kind::Phase::numbers,
          check_instructions};
}

}  // namespace asg::proof
