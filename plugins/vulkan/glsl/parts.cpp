#include "glsl/parts.hpp"

#include <algorithm>

#include "glsl/loops.hpp"
#include "glsl/types.hpp"

namespace asg::vulkan {

Parts::Parts(uint64_t count, uint64_t size)
    : count_(count), size_(size), runs_(std::max<uint64_t>(1, ceil_div(count, size))) {}

std::string Parts::first() const {
  return several() ? fmt::format("(push.part * {}u)", size_) : "0u";
}
std::string Parts::end() const {
  return several() ? fmt::format("min({} + {}u, {}u)", first(), size_, count_)
                   : fmt::format("{}u", count_);
}

Carried::Carried(Shader& shader, StepPlan& plan, const Parts& parts, uint64_t groups,
                 std::vector<Register> registers)
    : shader_(shader), parts_(parts), registers_(std::move(registers)) {
  if (!parts.several()) return;
  uint64_t words = 0;
  for (const Register& r : registers_) {
    begins_.push_back(words);
    words += groups * shader.group_size() * word_count(r.dtype);
  }
  memory_ = plan.allocate(ASG_U32, words);
  const std::string from = shader.temporary(memory_, false).name;
  shader.print("if (push.part != 0u) {");
  for (std::size_t i = 0; i < registers_.size(); ++i)
    shader.print("{} = {};", registers_[i].name, from_words(registers_[i].dtype, from, word(i)));
  shader.print("}");
}

std::string Carried::word(std::size_t i) const {
  return fmt::format("({}u + (group * {}u + thread) * {}u)", begins_[i], shader_.group_size(),
                     word_count(registers_[i].dtype));
}

void Carried::keep() const {
  if (!parts_.several()) return;
  const std::string to = shader_.temporary(memory_, true).name;
  shader_.print("if (push.part < {}u) {{", parts_.runs() - 1);
  for (std::size_t i = 0; i < registers_.size(); ++i)
    shader_.print(to_words(registers_[i].dtype, to, word(i), registers_[i].name));
  shader_.print("return;\n}");
}

OutputElement::OutputElement(Shader& shader)
    : shader_(shader),
      value_(shader.context().output(0)),
      count_(static_cast<uint64_t>(sdk::element_count(value_))) {
  begin_elements(shader, count_);
  at = print_coordinates(shader, shape_of(value_), "p", "i");
  input = shader.value(shader.context().step.inputs[0], false);
  output_ = shader.value(shader.context().step.outputs[0], true);
}

void OutputElement::declare(const Parts& parts, const std::string& type, const std::string& name,
                            const std::string& start) const {
  shader_.print("{} {} = {};", type, name, start);
  if (!parts.several()) return;
  const Shader::Elements before = shader_.value(shader_.context().step.outputs[0], false);
  shader_.print("if (push.part != 0u) {} = {};", name, before.load(element_of(value_, before, at)));
}

Grid OutputElement::store(const std::string& name) const {
  shader_.print(output_.store(element_of(value_, output_, at), name));
  return {ceil_div(count_, shader_.group_size()), static_cast<uint32_t>(count_)};
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
    return plan.add(std::move(dispatch), parts.runs());
  }
}

}  // namespace asg::vulkan
