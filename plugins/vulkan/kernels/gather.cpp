// GATHER: x, indices -> y.
#include "glsl/indexing.hpp"
#include "kernels.hpp"

namespace asg::vulkan {
namespace {

void plan_gather(const StepContext& context, StepPlan& plan) {
  const Picked picked(sdk::GatherForm(context.program, context.step));
  const asg_value &x = context.input(0), &y = context.output(0);
  const auto count = static_cast<uint64_t>(sdk::element_count(y));
  if (count == 0) return;
  Shader shader(context, context.traits.group_size());
  begin_elements(shader, count);
  const std::vector<std::string> at = print_coordinates(shader, shape_of(y), "p", "i");
  const Shader::Elements from = shader.value(context.step.inputs[0], false);
  picked.print_index(shader, 1, picked.of_indices(at), true);
  const Shader::Elements to = shader.value(context.step.outputs[0], true);
  shader.print("const int safe = outside ? 0 : int(index);");
  if (picked.extent > 0)
    shader.print(
        to.store(element_of(y, to, at), from.load(element_of(x, from, picked.of_x(at, "safe")))));
  end_elements(shader, plan, count, false);
}

}  // namespace

extern const KernelMaker gather_kernel{
    ASG_OP_GATHER,
    [](const Traits& traits) {
      return rows_per_dtype(traits, ASG_OP_GATHER, true, {same, index_dtypes(traits), same});
    },
    plan_gather};

}  // namespace asg::vulkan
