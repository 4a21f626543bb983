// SORT: x -> sorted x, I64 positions; stable, NaN after every number (before, when descending).
#include "glsl/sorting.hpp"
#include "kernels.hpp"

namespace asg::vulkan {
namespace {

std::vector<sdk::Capability> sort_capabilities(const Traits& traits) {
  if (!traits.int64) return {};
  return rows_per_dtype(traits, ASG_OP_SORT, true, {same, same, ASG_DTYPE_BIT(ASG_I64)});
}

std::string order(uint32_t dtype, bool descending) {
  const char *a = descending ? "b" : "a", *b = descending ? "a" : "b";
  if (dtype == ASG_BOOL) return fmt::format("!{} && {}", a, b);
  const std::string less = fmt::format("{} < {}", a, b);
  return sdk::is_float(dtype) ? fmt::format("isnan({1}) ? !isnan({0}) : {2}", a, b, less) : less;
}

void plan_sort(const StepContext& context, StepPlan& plan) {
  const asg_step& step = context.step;
  const sdk::SortForm form(context.program, step);
  const asg_value &x = context.input(0), &y = context.output(0), &positions = context.output(1);
  const uint32_t axis = form.axis;
  if (sdk::element_count(x) == 0) return;
  std::vector<int64_t> outer = shape_of(x);
  const auto length = static_cast<uint64_t>(outer[axis]);
  outer[axis] = 1;
  const auto lines = static_cast<uint64_t>(sdk::product(outer.data(), x.rank));
  SortedLines sorted = allocate_lines(plan, x.dtype, lines, length);
  const auto begin = [&](Shader& shader) {
    begin_elements(shader, sorted.count());
    shader.print("const uint line = p / {}u;", length);
    std::vector<std::string> at = print_coordinates(shader, outer, "line", "i");
    at[axis] = fmt::format("int(p % {}u)", length);
    return at;
  };
  {
    Shader shader(context, context.traits.group_size());
    const std::vector<std::string> at = begin(shader);
    const Shader::Elements from = shader.value(step.inputs[0], false);
    const std::string key = from.load(element_of(x, from, at));
    shader.print(shader.temporary(sorted.keys, true).store("p", key));
    shader.print(
        shader.temporary(sorted.positions, true).store("p", fmt::format("p % {}u", length)));
    end_elements(shader, plan, sorted.count(), false);
  }
  sorted = sort_lines(context, plan, sorted, order(x.dtype, form.descending));
  Shader shader(context, context.traits.group_size());
  const std::vector<std::string> at = begin(shader);
  const Shader::Elements to = shader.value(step.outputs[0], true),
                         places = shader.value(step.outputs[1], true);
  shader.print(to.store(element_of(y, to, at), shader.temporary(sorted.keys, false).load("p")));
  shader.print(places.store(
      element_of(positions, places, at),
      fmt::format("int64_t({})", shader.temporary(sorted.positions, false).load("p"))));
  end_elements(shader, plan, sorted.count(), true);
}

}  // namespace

extern const KernelMaker sort_kernel{ASG_OP_SORT, sort_capabilities, plan_sort};

}  // namespace asg::vulkan
