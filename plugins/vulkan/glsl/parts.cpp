#include "glsl/parts.hpp"

#include <algorithm>

#include "glsl/loops.hpp"
#include "glsl/types.hpp"

namespace asg::vulkan {

Parts::Parts(uint64_t count, uint64_t size)
    : count_(count), size_(size), runs_(std::max<uint64_t>(1, ceil_div(count, size))) {}

std::string Parts::first() const { return several() ? "(push.part * " + text(size_) + ")" : "0u"; }
std::string Parts::end() const {
  return several() ? "min(" + first() + " + " + text(size_) + ", " + text(count_) + ")"
                   : text(count_);
}

Carried::Carried(Shader& shader, StepPlan& plan, const Parts& parts, uint64_t groups,
                 std::vector<Register> registers)
    : shader_(shader), parts_(parts), registers_(std::move(registers)) {
  if (!parts.several()) return;
  const uint64_t threads = groups * shader.group_size();
  uint64_t words = 0;
  for (const Register& r : registers_) {
    begins_.push_back(words);
    words += threads * word_count(r.dtype);
  }
  bytes_ = words * 4;
  begin_ = plan.allocate(bytes_, shader.context().traits.offset_alignment);
  const std::string from = shader.temporary(begin_, bytes_, false);
  shader.line("if (push.part != 0u) {");
  for (std::size_t i = 0; i < registers_.size(); ++i)
    shader.line(registers_[i].name + " = " + from_words(registers_[i].dtype, from, word(i)) + ";");
  shader.line("}");
}

std::string Carried::word(std::size_t i) const {
  const std::string thread = "(group * " + text(shader_.group_size()) + " + thread)";
  return "(" + text(begins_[i]) + " + " + thread + " * " + text(word_count(registers_[i].dtype)) +
         ")";
}

void Carried::keep() const {
  if (!parts_.several()) return;
  const std::string to = shader_.temporary(begin_, bytes_, true);
  shader_.line("if (push.part < " + text(parts_.runs() - 1) + ") {");
  for (std::size_t i = 0; i < registers_.size(); ++i)
    shader_.line(to_words(registers_[i].dtype, to, word(i), registers_[i].name));
  shader_.line("return;");
  shader_.line("}");
}

void add_in_parts(const StepContext& context, StepPlan& plan, uint32_t group_size, uint64_t count,
                  bool barrier, const std::function<Grid(Shader&, const Parts&)>& print) {
  const uint64_t temporary = plan.temporary_bytes, limit = context.traits.max_iterations;
  for (uint64_t size = std::max<uint64_t>(count, 1);;) {
    const Parts parts(count, size);
    Shader shader(context, group_size);
    const Grid grid = print(shader, parts);
    const uint64_t most = shader.iterations();
    if (most > limit && size > 1) {
      const double share = static_cast<double>(limit) / static_cast<double>(most);
      size = std::clamp<uint64_t>(static_cast<uint64_t>(static_cast<double>(size) * share), 1,
                                  size - 1);
      plan.temporary_bytes = temporary;
      continue;
    }
    Dispatch dispatch = shader.finish(grid.groups, barrier);
    dispatch.count = grid.count;
    for (uint32_t part = 0; part < parts.runs(); ++part) {
      dispatch.part = part;
      plan.dispatches.push_back(dispatch);
      dispatch.barrier = true;
    }
    return;
  }
}

}  // namespace asg::vulkan
