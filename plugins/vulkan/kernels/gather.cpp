// GATHER: x, indices -> y.
#include "glsl/indexing.hpp"
#include "glsl/types.hpp"
#include "kernels.hpp"
#include "region/emit.hpp"

namespace asg::vulkan {
namespace {

std::vector<sdk::Capability> capabilities(const Traits& traits) {
  return rows_per_dtype(traits, ASG_OP_GATHER, true, {same, index_dtypes(traits), same});
}

void plan(const StepContext& context, StepPlan& plan) {
  check_arity(context.step, 2, 1);
  const asg_value &x = context.input(0), &indices = context.input(1), &y = context.output(0);
  const Picked picked(context.step, x, indices, y);
  const auto count = static_cast<uint64_t>(sdk::element_count(y));
  if (count == 0) return;
  Shader shader(context, context.traits.group_size());
  begin_elements(shader, count);
  const std::vector<std::string> at = print_coordinates(shader, shape_of(y), "p", "i");
  const Shader::Elements from = shader.value(context.step.inputs[0], false),
                         index = shader.value(context.step.inputs[1], false),
                         to = shader.value(context.step.outputs[0], true);
  shader.line("const " + register_type(indices.dtype) +
              " index = " + index.load(element_of(indices, index, picked.of_indices(at))) + ";");
  const std::string zero = literal(indices.dtype, 0),
                    extent = literal(indices.dtype, static_cast<uint64_t>(picked.extent));
  shader.line("const bool outside = index < " + zero + " || index >= " + extent + ";");
  shader.line(shader.report("outside", "index", indices.dtype, picked.extent));
  shader.line("const int safe = outside ? 0 : int(index);");
  if (picked.extent > 0)
    shader.line(
        to.store(element_of(y, to, at), from.load(element_of(x, from, picked.of_x(at, "safe")))));
  end_elements(shader, plan, count, false);
}

}  // namespace

extern const KernelMaker gather_kernel{ASG_OP_GATHER, capabilities, plan};

}  // namespace asg::vulkan
