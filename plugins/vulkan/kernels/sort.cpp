// SORT: x -> sorted x, I64 positions; stable, NaN after every number (before, when descending).
#include "glsl/sorting.hpp"
#include "glsl/types.hpp"
#include "kernels.hpp"
#include "region/emit.hpp"

namespace asg::vulkan {
namespace {

std::vector<sdk::Capability> capabilities(const Traits& traits) {
  if (!traits.int64) return {};
  return rows_per_dtype(traits, ASG_OP_SORT, true, {same, same, ASG_DTYPE_BIT(ASG_I64)});
}

std::string order(uint32_t dtype, bool descending) {
  const std::string a = descending ? "b" : "a", b = descending ? "a" : "b";
  if (dtype == ASG_BOOL) return "!" + a + " && " + b;
  if (sdk::is_float(dtype)) return "isnan(" + b + ") ? !isnan(" + a + ") : " + a + " < " + b;
  return a + " < " + b;
}

void plan(const StepContext& context, StepPlan& plan) {
  const asg_step& step = context.step;
  check_arity(step, 1, 2);
  const asg_value &x = context.input(0), &y = context.output(0), &positions = context.output(1);
  const uint32_t axis = checked_axis(step, x);
  require(same_shape(x, y) && same_shape(x, positions), "sort: shapes do not fit");
  const bool descending = sdk::attr_int(step, "descending", 0) != 0;
  if (sdk::element_count(x) == 0) return;
  std::vector<int64_t> outer = shape_of(x);
  const auto length = static_cast<uint64_t>(outer[axis]);
  outer[axis] = 1;
  const auto lines = static_cast<uint64_t>(sdk::product(outer.data(), x.rank));
  SortedLines sorted = allocate_lines(context, plan, x.dtype, lines, length);
  const std::string scale = word_count(x.dtype) == 2 ? " * 2u" : "";
  const auto begin = [&](Shader& shader) {
    begin_elements(shader, sorted.count());
    shader.line("const uint line = p / " + text(length) + ";");
    std::vector<std::string> at = print_coordinates(shader, outer, "line", "i");
    at[axis] = "int(p % " + text(length) + ")";
    return at;
  };
  {
    Shader shader(context, context.traits.group_size());
    const std::vector<std::string> at = begin(shader);
    const Shader::Elements from = shader.value(step.inputs[0], false);
    shader.line(to_words(x.dtype, sorted.keys_in(shader, true), "(p" + scale + ")",
                         from.load(element_of(x, from, at))));
    shader.line(sorted.positions_in(shader, true) + "[p] = p % " + text(length) + ";");
    end_elements(shader, plan, sorted.count(), false);
  }
  sorted = sort_lines(context, plan, sorted, order(x.dtype, descending));
  Shader shader(context, context.traits.group_size());
  const std::vector<std::string> at = begin(shader);
  const Shader::Elements to = shader.value(step.outputs[0], true),
                         places = shader.value(step.outputs[1], true);
  shader.line(to.store(element_of(y, to, at),
                       from_words(x.dtype, sorted.keys_in(shader, false), "(p" + scale + ")")));
  shader.line(places.store(element_of(positions, places, at),
                           "int64_t(" + sorted.positions_in(shader, false) + "[p])"));
  end_elements(shader, plan, sorted.count(), true);
}

}  // namespace

extern const KernelMaker sort_kernel{ASG_OP_SORT, capabilities, plan};

}  // namespace asg::vulkan
