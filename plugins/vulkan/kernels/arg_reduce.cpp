// ARG_REDUCE: x -> y (I64), the position of the largest or smallest element along an axis.
#include <string_view>

#include "glsl/loops.hpp"
#include "glsl/types.hpp"
#include "kernels.hpp"
#include "region/emit.hpp"

namespace asg::vulkan {
namespace {

std::vector<sdk::Capability> capabilities(const Traits& traits) {
  if (!traits.int64) return {};
  return rows_per_dtype(traits, ASG_OP_ARG_REDUCE, true, {same, ASG_DTYPE_BIT(ASG_I64)});
}

void plan(const StepContext& context, StepPlan& plan) {
  const asg_step& step = context.step;
  check_arity(step, 1, 1);
  const asg_value &x = context.input(0), &y = context.output(0);
  const uint32_t axis = checked_axis(step, x);
  bool fits = y.rank + 1 == x.rank;
  for (uint32_t d = 0; fits && d < y.rank; ++d) fits = y.shape[d] == x.shape[d < axis ? d : d + 1];
  require(fits, "arg_reduce: shapes do not fit");
  const auto count = static_cast<uint64_t>(sdk::element_count(y));
  require(x.shape[axis] > 0 || count == 0, "arg_reduce: nothing to choose from");
  const std::string_view mode = sdk::attr_string(step, "mode");
  require(mode == "max" || mode == "min", "arg_reduce: unknown mode '" + std::string(mode) + "'");
  if (count == 0) return;

  // Lanes of a line take its elements in turns; of equal ones the first wins, so that it does not
  // matter which lane saw it. A short line, as of a pooling window, is left to one of them.
  const uint32_t size = context.traits.barrier_group_size();
  const uint32_t lanes = x.shape[axis] <= 32 ? 1 : 16, lines = size / lanes;
  const std::string every = text(lanes);
  Shader shader(context, size);
  const std::string type = register_type(x.dtype);
  shader.line("const uint line = group * " + text(lines) + " + thread / " + every +
              ", lane = thread % " + every + ";");
  shader.line("const bool valid = line < " + text(count) + ";");
  shader.line("const uint p = valid ? line : 0u;");
  std::vector<std::string> at = print_coordinates(shader, shape_of(y), "p", "i");
  const Shader::Elements from = shader.value(step.inputs[0], false),
                         to = shader.value(step.outputs[0], true);
  const std::string target = element_of(y, to, at);
  at.insert(at.begin() + axis, "int(i)");
  std::string wins = mode == "max" ? "a > b" : "a < b";
  if (x.dtype == ASG_BOOL) wins = mode == "max" ? "a && !b" : "!a && b";
  if (sdk::is_float(x.dtype)) wins = "(isnan(a) && !isnan(b)) || (!isnan(b) && " + wins + ")";
  shader.global("bool wins(" + type + " a, " + type + " b) { return " + wins + "; }");
  const std::string length = text(static_cast<uint64_t>(x.shape[axis]));
  shader.line("uint best = min(lane, " + length + " - 1u);");
  shader.line("uint i = best;");
  shader.line(type + " champion = " + from.load(element_of(x, from, at)) + ";");
  shader.line("for (i = lane + " + every + "; i < " + length + "; i += " + every + ") {");
  shader.line("  const " + type + " candidate = " + from.load(element_of(x, from, at)) + ";");
  shader.line("  if (wins(candidate, champion)) { champion = candidate; best = i; }");
  shader.line("}");
  if (lanes == 1) {
    shader.line("if (valid) " + to.store(target, "int64_t(best)"));
    plan.dispatches.push_back(shader.finish(ceil_div(count, lines), false));
    return;
  }
  shader.global("shared " + type + " values[" + std::to_string(size) + "];");
  shader.global("shared uint places[" + std::to_string(size) + "];");
  shader.line("values[thread] = champion;");
  shader.line("places[thread] = best;");
  shader.line("barrier();");
  shader.line("for (uint h = " + text(lanes / 2) + "; h > 0u; h /= 2u) {");
  shader.line("  if (lane < h) {");
  shader.line("    const " + type + " a = values[thread + h], b = values[thread];");
  shader.line("    const uint place = places[thread + h];");
  shader.line("    if (wins(a, b) || (!wins(b, a) && place < places[thread])) {");
  shader.line("      values[thread] = a;");
  shader.line("      places[thread] = place;");
  shader.line("    }");
  shader.line("  }");
  shader.line("  barrier();");
  shader.line("}");
  shader.line("if (lane == 0u && valid) " + to.store(target, "int64_t(places[thread])"));
  plan.dispatches.push_back(shader.finish(ceil_div(count, lines), false));
}

}  // namespace

extern const KernelMaker arg_reduce_kernel{ASG_OP_ARG_REDUCE, capabilities, plan};

}  // namespace asg::vulkan
