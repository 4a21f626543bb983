// From what a device gave to what is wrong with it.
#pragma once
#include <string>

#include "check/compare.hpp"
#include "check/guarded_run.hpp"
#include "check/session.hpp"

namespace asg::proof {

/// A run wrote where it may not.
void report_damage(Session& session, const CaseResult& result);

/// "neg of f32 gives wrong results", or what else a mismatch says of it.
[[nodiscard]] std::string fault_text(const std::string& name, const Mismatch& mismatch);

/// Runs a case on both devices; says what of `name` is wrong when an output is not, to the bit,
/// that of the reference  or when memory was damaged.
void judge_case(Session& session, Case& c, const std::string& name);

}  // namespace asg::proof
