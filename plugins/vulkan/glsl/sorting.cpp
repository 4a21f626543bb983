#include "glsl/sorting.hpp"

#include <fmt/format.h>

#include <utility>

#include "glsl/types.hpp"

namespace asg::vulkan {
using namespace fmt::literals;

SortedLines allocate_lines(StepPlan& plan, uint32_t dtype, uint64_t lines, uint64_t length) {
  const Temporary keys = plan.allocate(dtype, lines * length);
  return {lines, length, keys, plan.allocate(ASG_U32, lines * length)};
}

SortedLines sort_lines(const StepContext& context, StepPlan& plan, SortedLines from,
                       const std::string& before) {
  if (from.length < 2) return from;
  SortedLines to = allocate_lines(plan, from.keys.dtype, from.lines, from.length);
  const std::string type = register_type(from.keys.dtype);
  for (uint64_t width = 1; width < from.length; width *= 2) {
    Shader shader(context, context.traits.group_size());
    shader.global(fmt::format("bool before({0} a, {0} b) {{ return {1}; }}", type, before));
    begin_elements(shader, from.count());
    const Shader::Words keys = shader.temporary(from.keys, false),
                        positions = shader.temporary(from.positions, false),
                        new_keys = shader.temporary(to.keys, true),
                        new_positions = shader.temporary(to.positions, true);
    // `other` is where the other run begins; of it go first what is less and, of equals, what is
    // on the left.
    shader.print(R"(
const uint start = p / {length}u * {length}u, i = p - start;
const uint run = i / {width}u;
const bool is_left = run % 2u == 0u;
const uint other = min((is_left ? run + 1u : run - 1u) * {width}u, {length}u);
uint low = 0u, high = min({width}u, {length}u - other);
const {type} key = {key};
{halving}
  const uint middle = (low + high) / 2u;
  const {type} rival = {rival};
  if (is_left ? before(rival, key) : !before(key, rival)) low = middle + 1u; else high = middle;
}}
const uint place = start + (is_left ? i : i - {width}u) + low;
{store_key}
{store_position})",
                 "length"_a = from.length, "width"_a = width, "type"_a = type,
                 "key"_a = keys.load("p"), "rival"_a = keys.load("start + other + middle"),
                 "halving"_a = halving("low < high", width),
                 "store_key"_a = new_keys.store("place", "key"),
                 "store_position"_a = new_positions.store("place", positions.load("p")));
    end_elements(shader, plan, from.count(), true);
    std::swap(from, to);
  }
  return from;
}

}  // namespace asg::vulkan
