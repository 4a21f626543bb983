// CUMULATIVE: x -> y, the running sum, product or maximum along an axis.
#include "glsl/loops.hpp"
#include "glsl/parts.hpp"
#include "glsl/types.hpp"
#include "kernels.hpp"

namespace asg::vulkan {
namespace {

void plan_cumulative(const StepContext& context, StepPlan& plan) {
  const asg_step& step = context.step;
  using Mode = sdk::CumulativeForm::Mode;
  const sdk::CumulativeForm form(context.program, step);
  const asg_value &x = context.input(0), &y = context.output(0);
  const uint32_t axis = form.axis;
  if (sdk::element_count(x) == 0) return;
  std::vector<int64_t> lines = shape_of(x);
  const int64_t length = lines[axis];
  lines[axis] = 1;
  const auto count = static_cast<uint64_t>(sdk::product(lines.data(), x.rank));

  // What goes on is not rounded, where the device can do so.
  const uint32_t total = x.dtype == ASG_F32 && context.traits.float64 ? ASG_F64 : x.dtype;
  const uint32_t kind = form.mode == Mode::sum    ? ASG_REDUCE_SUM
                        : form.mode == Mode::prod ? ASG_REDUCE_PROD
                                                  : ASG_REDUCE_MAX;
  const uint32_t size = context.traits.group_size();
  const auto print = [&](Shader& shader, const Parts& parts) {
    begin_elements(shader, count);
    std::vector<std::string> at = print_coordinates(shader, lines, "p", "i");
    at[axis] = "i";
    const Shader::Elements from = shader.value(step.inputs[0], false),
                           to = shader.value(step.outputs[0], true);
    const std::string type = register_type(total);
    shader.print("precise {} total = {};", type, neutral(kind, total));
    const Carried carried(shader, plan, parts, ceil_div(count, size), {{total, "total"}});
    shader.print(loop("uint n = {}; n < {}; ++n", parts.size(), parts.first(), parts.end()));
    shader.print("const int i = {}int(n);", form.reverse ? fmt::format("{} - ", length - 1) : "");
    shader.print("const {0} element = {0}({1});", type, from.load(element_of(x, from, at)));
    shader.print("precise {} next = {};", type, reduced(kind, total, "total", "element"));
    shader.print(to.store(element_of(y, to, at), fmt::format("{}({})", register_type(x.dtype),
                                                             form.exclusive ? "total" : "next")));
    shader.print("total = next;\n}");
    carried.keep();
    return Grid{ceil_div(count, size), static_cast<uint32_t>(count)};
  };
  add_in_parts(context, plan, size, static_cast<uint64_t>(length), false, print);
}

}  // namespace

extern const KernelMaker cumulative_kernel{
    ASG_OP_CUMULATIVE,
    [](const Traits& traits) { return rows_per_dtype(traits, ASG_OP_CUMULATIVE, false, {same}); },
    plan_cumulative};

}  // namespace asg::vulkan
