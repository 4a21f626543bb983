// Programs as text, JSON and pictures.
#pragma once
#include <string>

#include <asg/passes/program.hpp>

namespace asg {

/// Slots, then the steps with their regions as readable code:
///
///     step 3, stage 2: region softmax  // gpt.cpp:31, in blocks.0.attn
///       v4 = f32[8, 16] at arena+0
///       v5 = f32[8, 16] at arena+512
///       for i0 < 8, i1 < 16
///         r0 f32 = load v4[16*i0 + i1]
///         q0 f32 = max r0 over i1
///       phase 1
///         ...
///         store v5[16*i0 + i1] = r10
[[nodiscard]] std::string to_text(const Program& program);

/// {"format": "asg-program", "version": 1, "slots": […], "values": […], "steps": […],
/// "regions": […], "arena": […], …}. Ids are positions in these lists; a step's "node" is the id
/// of a node of the optimised graph.
[[nodiscard]] std::string to_json(const Program& program);

/// A picture in Graphviz's language: a node for each step, an edge where one reads what another
/// wrote.
[[nodiscard]] std::string to_dot(const Program& program);

}  // namespace asg
