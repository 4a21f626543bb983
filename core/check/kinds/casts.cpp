// Casts between all types, and the bits of one type read as another.
#include <cstdint>
#include <string>

#include <fmt/format.h>

#include <asg/sdk/program.hpp>

#include "check/compare.hpp"
#include "check/kind.hpp"
#include "check/offer.hpp"
#include "check/session.hpp"
#include "check/verdict.hpp"
#include "passes/abi_names.hpp"

namespace asg::proof {
namespace {

// The edges of the source, and those of the result as far as the source holds them.
Bytes values_to_cast(std::uint32_t from) {
  Bytes values = edge_values(from);
  const auto add = [&](double number) {
    const std::size_t at = values.size();
    values.resize(at + sdk::dtype_size(from));
    if (from == ASG_F32) {
      const auto x = static_cast<float>(number);
      std::memcpy(values.data() + at, &x, sizeof x);
    } else {
      std::memcpy(values.data() + at, &number, sizeof number);
    }
  };
  if (!sdk::is_float(from)) return values;
  for (const double number : {127.0,
                              127.5,
                              128.0,
                              -128.0,
                              -128.5,
                              -129.0,
                              255.0,
                              255.9,
                              256.0,
                              2147483520.0,
                              2147483647.0,
                              2147483648.0,
                              -2147483648.0,
                              -2147483904.0,
                              4294967040.0,
                              4294967295.0,
                              4294967296.0,
                              9223371487098961920.0,
                              9223372036854775808.0,
                              -9223372036854775808.0,
                              16777217.0,
                              0.9999999,
                              -0.9999999})
    add(number);
  return values;
}

void try_cast(Session& session, std::uint32_t opcode, std::uint32_t from, std::uint32_t to,
              const Bytes& values) {
  Case c;
  const auto count = static_cast<std::int64_t>(values.size() / sdk::dtype_size(from));
  const ValueId x = c.program.input(from, {count});
  c.inputs.emplace_back(x, values);
  const ValueId y = c.output(to, {count});
  RegionBuilder& r = c.program.region({count});
  const Register loaded = r.load(x);
  r.store(opcode == ASG_EW_CAST ? r.cast(to, loaded) : r.bitcast(to, loaded), y);
  const std::string name = fmt::format("{} from {} to {}", abi::instruction_name(opcode),
                                       sdk::dtype_name(from), sdk::dtype_name(to));
  const CaseResult expected = run_case(session.bare_reference(), c);
  const CaseResult got = run_case(session.bare(), c);
  report_damage(session, got);
  if (const auto wrong = first_mismatch(to, got.outputs[0], expected.outputs[0]))
    session.wrong(fault_text(name, *wrong),
                  fmt::format("{}: {}", element_text(from, values, wrong->element), wrong->text()));
}

void try_pair(Session& session, std::uint32_t opcode, std::uint32_t from, std::uint32_t to) {
  const auto takes = [&](const BareDevice& device) {
    return can_load(device, from) && can_load(device, to) && has_instruction(device, opcode, to) &&
           has_instruction(device, opcode, from);
  };
  if (!takes(session.bare_reference())) return;
  if (!takes(session.bare())) return session.refused();
  session.attempt(fmt::format("{} from {} to {}", abi::instruction_name(opcode),
                              sdk::dtype_name(from), sdk::dtype_name(to)),
                  [&] {
                    // The payload of a NaN is nobody's promise.
                    Bytes values = opcode == ASG_EW_CAST ? values_to_cast(from) : edge_values(from);
                    // Enough for the main loop of a kernel, and for what is left over of it.
                    Random random(from * 64 + to);
                    const Bytes many = random_data(random, from, 1003, false);
                    values.insert(values.end(), many.begin(), many.end());
                    try_cast(session, opcode, from, to, values);
                  });
}

void check_all_casts(Session& session) {
  for (const std::uint32_t from : region_dtypes())
    for (const std::uint32_t to : region_dtypes()) {
      if (from != to) try_pair(session, ASG_EW_CAST, from, to);
      const bool bits = sdk::dtype_size(from) == sdk::dtype_size(to) && from != to &&
                        from != ASG_BOOL && to != ASG_BOOL;
      if (bits) try_pair(session, ASG_EW_BITCAST, from, to);
    }
}

}  // namespace

Kind check_casts() {
  return {"casts between all types, at the ends of their ranges", Kind::Phase::numbers,
          check_all_casts};
}

}  // namespace asg::proof
