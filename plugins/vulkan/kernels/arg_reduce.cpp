// ARG_REDUCE: x -> y (I64), the position of the largest or smallest element along an axis.
#include <algorithm>
#include <bit>
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

/// What a line has to choose from: its elements, or those of them that an earlier pass has chosen,
/// whose positions lie in temporary memory.
struct Candidates {
  uint64_t count;
  bool chosen = false;
  uint64_t begin = 0, bytes = 0;
};

class Generator {
 public:
  Generator(const StepContext& context, uint32_t axis, std::string wins)
      : context_(context),
        x_(context.input(0)),
        y_(context.output(0)),
        axis_(axis),
        wins_(std::move(wins)),
        lines_(static_cast<uint64_t>(sdk::element_count(y_))) {}

  // A long line is cut into pieces, and then it is chosen from what they have chosen.
  void make(StepPlan& plan) const {
    Candidates from{static_cast<uint64_t>(x_.shape[axis_])};
    const uint64_t size = most_of_lane() * 16;
    while (true) {
      const uint64_t pieces = ceil_div(from.count, size);
      Candidates to{pieces, true};
      if (pieces > 1) {
        to.bytes = lines_ * pieces * 4;
        to.begin = plan.allocate(to.bytes, context_.traits.offset_alignment);
      }
      pass(plan, from, to, std::min(from.count, size));
      if (pieces == 1) return;
      from = to;
    }
  }

 private:
  uint64_t most_of_lane() const {
    return std::clamp<uint64_t>(context_.traits.max_iterations / 2, 1, 4096);
  }

  // Lanes of a piece take its candidates in turns; of equal ones the first wins, so that it does
  // not matter which lane saw it. A short line, as of a pooling window, is left to one of them.
  void pass(StepPlan& plan, const Candidates& from, const Candidates& to, uint64_t length) const {
    const uint32_t size = context_.traits.barrier_group_size();
    const uint32_t lanes = length <= std::min<uint64_t>(32, most_of_lane()) ? 1 : 16,
                   units = size / lanes;
    const std::string every = text(lanes);
    Shader shader(context_, size);
    shader.line("const uint u = group * " + text(units) + " + thread / " + every +
                ", lane = thread % " + every + ";");
    shader.line("const bool valid = u < " + text(lines_ * to.count) + ";");
    shader.line("const uint unit = valid ? u : 0u, p = unit / " + text(to.count) + ";");
    shader.line("const uint first = unit % " + text(to.count) + " * " + text(length) +
                ", end = min(first + " + text(length) + ", " + text(from.count) + ");");
    std::vector<std::string> at = print_coordinates(shader, shape_of(y_), "p", "i");
    const std::string target = print_target(shader, to, at);
    at.insert(at.begin() + axis_, "int(i)");
    const Shader::Elements elements = shader.value(context_.step.inputs[0], false);
    const std::string element = elements.load(element_of(x_, elements, at));
    const std::string positions =
        from.chosen ? shader.temporary(from.begin, from.bytes, false) : std::string();
    const auto position = [&](const std::string& n) {
      return from.chosen ? positions + "[p * " + text(from.count) + " + " + n + "]" : n;
    };
    const std::string type = register_type(x_.dtype);
    shader.global("bool wins(" + type + " a, " + type + " b) { return " + wins_ + "; }");
    shader.line("uint i = " + position("min(first + lane, end - 1u)") + ", best = i;");
    shader.line(type + " champion = " + element + ";");
    shader.line(loop("uint n = first + lane + " + every + "; n < end; n += " + every,
                     ceil_div(length, lanes)));
    shader.line("  i = " + position("n") + ";");
    shader.line("  const " + type + " candidate = " + element + ";");
    shader.line("  if (wins(candidate, champion)) { champion = candidate; best = i; }");
    shader.line("}");
    if (lanes > 1) print_tree(shader, lanes);
    shader.line("if (lane == 0u && valid) " + target);
    plan.dispatches.push_back(shader.finish(ceil_div(lines_ * to.count, units), from.chosen));
  }

  /// The statement that stores `best`.
  std::string print_target(Shader& shader, const Candidates& to,
                           const std::vector<std::string>& at) const {
    if (to.count > 1) return shader.temporary(to.begin, to.bytes, true) + "[unit] = best;";
    const Shader::Elements result = shader.value(context_.step.outputs[0], true);
    return result.store(element_of(y_, result, at), "int64_t(best)");
  }

  void print_tree(Shader& shader, uint32_t lanes) const {
    const std::string size = std::to_string(shader.group_size());
    shader.global("shared " + register_type(x_.dtype) + " values[" + size + "];");
    shader.global("shared uint places[" + size + "];");
    shader.line("values[thread] = champion;");
    shader.line("places[thread] = best;");
    shader.line("barrier();");
    shader.line("uint h = " + text(lanes / 2) + ";");
    shader.line(loop("; h > 0u; h /= 2u", static_cast<uint64_t>(std::bit_width(lanes / 2))));
    shader.line("  if (lane < h) {");
    shader.line("    const " + register_type(x_.dtype) +
                " a = values[thread + h], b = values[thread];");
    shader.line("    const uint place = places[thread + h];");
    shader.line("    if (wins(a, b) || (!wins(b, a) && place < places[thread])) {");
    shader.line("      values[thread] = a;");
    shader.line("      places[thread] = place;");
    shader.line("    }");
    shader.line("  }");
    shader.line("  barrier();");
    shader.line("}");
    shader.line("best = places[thread];");
  }

  const StepContext& context_;
  const asg_value &x_, &y_;
  uint32_t axis_;
  std::string wins_;  // whether a goes before b
  uint64_t lines_;
};

void plan(const StepContext& context, StepPlan& plan) {
  const asg_step& step = context.step;
  check_arity(step, 1, 1);
  const asg_value &x = context.input(0), &y = context.output(0);
  const uint32_t axis = checked_axis(step, x);
  bool fits = y.rank + 1 == x.rank;
  for (uint32_t d = 0; fits && d < y.rank; ++d) fits = y.shape[d] == x.shape[d < axis ? d : d + 1];
  require(fits, "arg_reduce: shapes do not fit");
  const int64_t count = sdk::element_count(y);
  require(x.shape[axis] > 0 || count == 0, "arg_reduce: nothing to choose from");
  const std::string_view mode = sdk::attr_string(step, "mode");
  require(mode == "max" || mode == "min", "arg_reduce: unknown mode '" + std::string(mode) + "'");
  if (count == 0) return;
  std::string wins = mode == "max" ? "a > b" : "a < b";
  if (x.dtype == ASG_BOOL) wins = mode == "max" ? "a && !b" : "!a && b";
  if (sdk::is_float(x.dtype)) wins = "(isnan(a) && !isnan(b)) || (!isnan(b) && " + wins + ")";
  Generator(context, axis, wins).make(plan);
}

}  // namespace

extern const KernelMaker arg_reduce_kernel{ASG_OP_ARG_REDUCE, capabilities, plan};

}  // namespace asg::vulkan
