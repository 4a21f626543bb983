#include "glsl/sorting.hpp"

#include <utility>

#include "glsl/types.hpp"

namespace asg::vulkan {

uint64_t SortedLines::key_bytes() const { return count() * word_count(dtype) * 4; }

std::string SortedLines::keys_in(Shader& shader, bool writes) const {
  return shader.temporary(keys, key_bytes(), writes);
}
std::string SortedLines::positions_in(Shader& shader, bool writes) const {
  return shader.temporary(positions, count() * 4, writes);
}

SortedLines allocate_lines(const StepContext& context, StepPlan& plan, uint32_t dtype,
                           uint64_t lines, uint64_t length) {
  SortedLines result{dtype, lines, length, 0, 0};
  result.keys = plan.allocate(result.key_bytes(), context.traits.offset_alignment);
  result.positions = plan.allocate(result.count() * 4, context.traits.offset_alignment);
  return result;
}

SortedLines sort_lines(const StepContext& context, StepPlan& plan, SortedLines from,
                       const std::string& before) {
  if (from.length < 2) return from;
  SortedLines to = allocate_lines(context, plan, from.dtype, from.lines, from.length);
  const std::string type = register_type(from.dtype), length = text(from.length);
  const std::string scale = word_count(from.dtype) == 2 ? " * 2u" : "";
  for (uint64_t width = 1; width < from.length; width *= 2) {
    Shader shader(context, context.traits.group_size());
    shader.global("bool before(" + type + " a, " + type + " b) { return " + before + "; }");
    begin_elements(shader, from.count());
    const std::string keys = from.keys_in(shader, false),
                      positions = from.positions_in(shader, false),
                      new_keys = to.keys_in(shader, true),
                      new_positions = to.positions_in(shader, true);
    shader.line("const uint start = p / " + length + " * " + length + ", i = p - start;");
    shader.line("const uint run = i / " + text(width) + ";");
    shader.line("const bool is_left = run % 2u == 0u;");
    shader.line("const uint other = min((is_left ? run + 1u : run - 1u) * " + text(width) + ", " +
                length + ");");
    shader.line("uint low = 0u, high = min(" + text(width) + ", " + length + " - other);");
    shader.line("const " + type + " key = " + from_words(from.dtype, keys, "(p" + scale + ")") +
                ";");
    // Elements of the other run that go first; of equals, those of the left one do.
    shader.line(halving("low < high", width));
    shader.line("  const uint middle = (low + high) / 2u;");
    shader.line("  const " + type + " rival = " +
                from_words(from.dtype, keys, "((start + other + middle)" + scale + ")") + ";");
    shader.line(
        "  if (is_left ? before(rival, key) : !before(key, rival)) low = middle + 1u; else high = "
        "middle;");
    shader.line("}");
    shader.line("const uint place = start + (is_left ? i : i - " + text(width) + ") + low;");
    shader.line(to_words(from.dtype, new_keys, "(place" + scale + ")", "key"));
    shader.line(new_positions + "[place] = " + positions + "[p];");
    end_elements(shader, plan, from.count(), true);
    std::swap(from, to);
  }
  return from;
}

}  // namespace asg::vulkan
