// What the tests of this folder share.
#pragma once
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include <asg/graph/op.hpp>

#include "support/messages.hpp"

namespace graph_test {

/// The message of the E that f must throw, "HERE" in place of the line that calls this.
template <class E, class F>
std::string message_of(F&& f, asg::Where where = {}) {
  std::string text = test_support::message_of<E>(f);
  const std::string here = asg::to_string(asg::Origin{where.file, where.line, {}, false});
  if (const auto at = text.find(here); at != std::string::npos)
    text.replace(at, here.size(), "HERE");
  return text;
}

/// An op of the tests' own, so that they say all that they rely on: two f32 tensors of one shape
/// give one more. Not constant: tests break it on purpose.
inline asg::OpDef make_join(std::vector<asg::AttributeDef> attributes = {}) {
  return {
      .name = "join",
      .summary = "Two tensors of the same shape.",
      .inputs = {{"left", "[...]", "f32"}, {"right", "as left", "f32"}},
      .outputs = {{"y", "as left", "f32"}},
      .attributes = std::move(attributes),
      .infer =
          [](const asg::Signature& call) {
            call.require_same_types();
            call.require(call.shape(0) == call.shape(1), "left and right must have the same shape");
            return asg::Types{call.in(0)};
          },
  };
}

/// One operand, one output of the same type.
inline asg::OpDef make_step(std::vector<asg::AttributeDef> attributes = {}) {
  return {
      .name = "step",
      .summary = "A link of a chain.",
      .inputs = {{"x", "[...]", "any"}},
      .outputs = {{"y", "as x", "as x"}},
      .attributes = std::move(attributes),
      .infer = asg::same_as_first,
  };
}

/// One operand, two outputs: the same type, and a scalar i64.
inline asg::OpDef make_fork() {
  return {
      .name = "fork",
      .summary = "Two outputs.",
      .inputs = {{"x", "[...]", "any"}},
      .outputs = {{"y", "as x", "as x"}, {"count", "[]", "i64"}},
      .infer =
          [](const asg::Signature& call) {
            return asg::Types{call.in(0), {asg::i64, {}}};
          },
  };
}

}  // namespace graph_test
