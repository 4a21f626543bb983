#include "check/verdict.hpp"

#include <fmt/format.h>

#include <asg/sdk/program.hpp>

namespace asg::proof {

void report_damage(Session& session, const CaseResult& result) {
  if (!result.damage.empty())
    session.wrong("it writes outside of what a step's outputs cover, into memory of others",
                  result.damage);
}

std::string fault_text(const std::string& name, const Mismatch& mismatch) {
  return name +
         (mismatch.only_sign_of_zero ? " gives a zero of the wrong sign" : " gives wrong results");
}

void judge_case(Session& session, Case& c, const std::string& name) {
  const CaseResult expected = run_case(session.bare_reference(), c);
  const CaseResult got = run_case(session.bare(), c);
  report_damage(session, got);
  for (std::size_t k = 0; k < expected.outputs.size(); ++k) {
    const std::uint32_t dtype = c.program.value(c.outputs[k]).dtype;
    const auto wrong = first_mismatch(dtype, got.outputs[k], expected.outputs[k]);
    if (!wrong) continue;
    session.wrong(fault_text(name, *wrong),
                  fmt::format("output {} ({}), element {}: {}", k, sdk::dtype_name(dtype),
                              wrong->element, wrong->text()));
    return;
  }
}

}  // namespace asg::proof
