// What no row promises has to be refused, with ASG_UNSUPPORTED and the step, and neither be run nor
// crash: the core counts on that only for plugins of other ages, whoever writes programs by hand
// always does.
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include <fmt/format.h>

#include <asg/sdk/host_kernel.hpp>
#include <asg/sdk/program.hpp>

#include "check/kernel_forms.hpp"
#include "check/kind.hpp"
#include "check/offer.hpp"
#include "check/session.hpp"
#include "passes/abi_names.hpp"
#include "runtime/plugin_call.hpp"

namespace asg::proof {
namespace {

using BuildStep = std::function<void(ProgramBuilder&)>;
using BuildCase = std::function<void(Case&)>;

// A type that comes through regions, for a step before the one that is refused.
std::optional<std::uint32_t> movable(const BareDevice& device) {
  for (const std::uint32_t dtype : region_dtypes())
    if (can_load(device, dtype)) return dtype;
  return {};
}

// Compiles the step behind a good one, so that a number that is always 0 is noticed.
// What not even the reference has may have other things wrong with it than that no row has it.
void expect_refusal_of(Session& session, const std::string& what, const BuildCase& build,
                       bool known) {
  session.attempt(what, [&] {
    Case c;
    ProgramBuilder& p = c.program;
    std::uint32_t step = 0;
    if (const auto dtype = movable(session.bare())) {
      const ValueId x = p.input(*dtype, {4}), y = p.output(*dtype, {4});
      RegionBuilder& r = p.region({4});
      r.store(r.load(x), y);
      step = 1;
    }
    build(c);
    try {
      const BareExecutable accepted(session.bare(), p.build());
      session.wrong("it accepts what none of its rows promises: the core counts on its refusal",
                    what);
    } catch (const loader::PluginFailure& failure) {
      if (failure.code != ASG_UNSUPPORTED && (known || failure.code != ASG_INVALID_ARGUMENT))
        session.wrong("it refuses what its rows do not promise, but not with ASG_UNSUPPORTED",
                      fmt::format("status {} ({}): {}", failure.code,
                                  loader::status_text(failure.code), failure.message));
      else if (failure.step != step)
        session.wrong("it refuses a step by the number of another one",
                      fmt::format("step {} in place of {}",
                                  failure.step == ASG_NO_STEP ? std::string("none")
                                                              : std::to_string(failure.step),
                                  step));
    }
  });
}

void expect_refusal(Session& session, const std::string& what, const BuildStep& build) {
  expect_refusal_of(
      session, what, [&](Case& c) { build(c.program); }, true);
}

// Only what makes sense to the reference: of the rest nobody knows why it is refused.
void refuse_instructions(Session& session) {
  const BareDevice &device = session.bare(), &reference = session.bare_reference();
  for (const std::uint32_t opcode : opcodes())
    for (const std::uint32_t dtype : region_dtypes()) {
      if (opcode < ASG_EW_NEG || opcode == ASG_EW_IS_FINITE || !can_load(device, dtype) ||
          has_instruction(device, opcode, dtype) || !has_instruction(reference, opcode, dtype))
        continue;
      expect_refusal(session,
                     fmt::format("{} of {}", abi::instruction_name(opcode), sdk::dtype_name(dtype)),
                     [&](ProgramBuilder& p) {
                       const ValueId x = p.input(dtype, {3});
                       const bool compares = sdk::is_comparison(opcode);
                       const ValueId y = p.output(compares ? std::uint32_t{ASG_BOOL} : dtype, {3});
                       RegionBuilder& r = p.region({3});
                       const Register a = r.load(x);
                       r.store(opcode < ASG_EW_ADD ? r.op(opcode, a) : r.op(opcode, a, a), y);
                     });
    }
}

void refuse_reductions(Session& session) {
  const BareDevice &device = session.bare(), &reference = session.bare_reference();
  for (std::uint32_t kind = ASG_REDUCE_SUM; kind <= ASG_REDUCE_ALL; ++kind)
    for (const std::uint32_t dtype : region_dtypes())
      if (can_load(device, dtype) && !has_reduction(device, kind, dtype) &&
          has_reduction(reference, kind, dtype))
        expect_refusal(session,
                       fmt::format("the reduction {} of {}", abi::reduction_name(kind),
                                   sdk::dtype_name(dtype)),
                       [&](ProgramBuilder& p) {
                         const ValueId x = p.input(dtype, {3}), y = p.output(dtype, {});
                         RegionBuilder& r = p.region({3});
                         r.store(r.reduce(kind, r.load(x), {0}), y);
                       });
}

void refuse_types(Session& session) {
  for (const std::uint32_t dtype : sdk::all_dtypes) {
    if (!can_load(session.bare(), dtype))
      expect_refusal(session, fmt::format("a region of {}", sdk::dtype_name(dtype)),
                     [&](ProgramBuilder& p) {
                       const ValueId x = p.input(dtype, {3}), y = p.output(dtype, {3});
                       RegionBuilder& r = p.region({3});
                       r.store(r.load(x), y);
                     });
    for (const KernelForm& form : forms_of(dtype, ASG_I64))
      if (!has_kernel(session.bare(), form.op, form.operands))
        expect_refusal_of(
            session, fmt::format("{} of {}", abi::op_name(form.op), sdk::dtype_name(dtype)),
            [&](Case& c) {
              Random random(1);
              RandomKernel kernel(random, c, {ASG_MAX_RANK, false, false, true});
              form.build(kernel, dtype, ASG_I64);
            },
            has_kernel(session.bare_reference(), form.op, form.operands));
  }
}

void refuse_forms(Session& session) {
  const BareDevice& device = session.bare();
  const auto dtype = movable(device);
  if (!dtype) return;
  const int rank = device.facts().capabilities.max_region_rank();
  const auto copy = [&](ProgramBuilder& p, const Shape& dims, std::vector<asg_bound> bounds) {
    const ValueId x = p.input(*dtype, dims), y = p.output(*dtype, dims);
    RegionBuilder& r = p.region(dims);
    r.store(r.load(x, {row_major_strides(dims), 0, std::move(bounds)}), y);
  };
  if (rank < ASG_MAX_RANK)
    expect_refusal(session, fmt::format("a region of {} axes", rank + 1), [&](ProgramBuilder& p) {
      copy(p, Shape(static_cast<std::size_t>(rank) + 1, 2), {});
    });
  if (!regions_have(device, ASG_CAP_BOUNDS))
    expect_refusal(session, "a region with bounds", [&](ProgramBuilder& p) {
      asg_bound bound{};
      bound.extent = 2;
      bound.coef[0] = 1;
      copy(p, {3}, {bound});
    });
  if (!regions_have(device, ASG_CAP_PHASES))
    expect_refusal(session, "a region of two phases", [&](ProgramBuilder& p) {
      const ValueId x = p.input(*dtype, {3}), y = p.output(*dtype, {3}), z = p.output(*dtype, {3});
      RegionBuilder& r = p.region({3});
      r.store(r.load(x), y);
      r.next_phase();
      r.store(r.load(x), z);
    });
  if (!regions_have(device, ASG_CAP_INSTANCES))
    expect_refusal(session, "a region with instances", [&](ProgramBuilder& p) {
      const ValueId x = p.input(*dtype, {3}), y = p.output(*dtype, {3});
      RegionBuilder& r = p.region({3});
      r.store(r.load(x, {{1}}), y, {{1}});
      r.set_instances({{3, {x, y}}, {2, {x, y}}});
    });
}

void refuse_unknown(Session& session) {
  expect_refusal(session, "an op of the future", [](ProgramBuilder& p) {
    p.step(1000, "tomorrow", {p.input(ASG_F32, {3})}, {p.output(ASG_F32, {3})});
  });
  expect_refusal(session, "a composite that nobody claimed", [](ProgramBuilder& p) {
    p.step(ASG_OP_CLAIMED, "no_such_op", {p.input(ASG_F32, {3})}, {p.output(ASG_F32, {3})});
  });
  const auto dtype = movable(session.bare());
  if (!dtype) return;
  expect_refusal(session, "an instruction of the future", [&](ProgramBuilder& p) {
    const ValueId x = p.input(*dtype, {3}), y = p.output(*dtype, {3});
    RegionBuilder& r = p.region({3});
    r.store(r.op(ASG_EW_COUNT - 1, r.load(x), r.load(x)), y);
  });
}

void check_refusals_of_all(Session& session) {
  refuse_types(session);
  refuse_instructions(session);
  refuse_reductions(session);
  refuse_forms(session);
  refuse_unknown(session);
}

}  // namespace

Kind check_refusals() {
  return {"what no row promises is refused, with the step", Kind::Phase::behaviour,
          check_refusals_of_all};
}

}  // namespace asg::proof
