// What the op table says of an op, as texts: for `asg ops NAME` and for who writes a backend.
#pragma once
#include <string>

#include <asg/graph/op.hpp>

namespace asg::cli {

/// Operands, attributes and results, a line each; gradient and source; and of a composite what it
/// means: its body, for the types of one of its samples with f32 for f64.
[[nodiscard]] std::string describe(const OpDef& op);

/// All composites so, as Markdown: what a backend may claim.
[[nodiscard]] std::string composites_text();

/// A header for C and C++: the place of each operand and result of every composite.
[[nodiscard]] std::string composites_header();

}  // namespace asg::cli
