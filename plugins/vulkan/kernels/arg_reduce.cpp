// ARG_REDUCE: x -> y (I64), the position of the largest or smallest element along an axis.
#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <string_view>

#include "glsl/loops.hpp"
#include "glsl/types.hpp"
#include "kernels.hpp"

namespace asg::vulkan {
using namespace fmt::literals;
namespace {

std::vector<sdk::Capability> arg_reduce_capabilities(const Traits& traits) {
  if (!traits.int64) return {};
  return rows_per_dtype(traits, ASG_OP_ARG_REDUCE, true, {same, ASG_DTYPE_BIT(ASG_I64)});
}

/// What a line has to choose from: its elements, or those of them that an earlier pass has chosen,
/// whose positions lie in temporary memory.
struct Candidates {
  uint64_t count;
  bool chosen = false;
  Temporary positions{};
};

struct ArgReduction {
  const StepContext& context;
  const asg_value &x, &y;
  uint32_t axis;
  std::string wins;  // whether a goes before b
  uint64_t lines;

  // A long line is cut into pieces, and then it is chosen from what they have chosen.
  void make(StepPlan& plan) const {
    Candidates from{static_cast<uint64_t>(x.shape[axis])};
    const uint64_t size = most_of_lane() * 16;
    while (true) {
      Candidates to{ceil_div(from.count, size), true};
      if (to.count > 1) to.positions = plan.allocate(ASG_U32, lines * to.count);
      pass(plan, from, to, std::min(from.count, size));
      if (to.count == 1) return;
      from = to;
    }
  }

  uint64_t most_of_lane() const {
    return std::clamp<uint64_t>(context.traits.max_iterations / 2, 1, 4096);
  }

  // Lanes of a piece take its candidates in turns; of equal ones the first wins, so that it does
  // not matter which lane saw it. A short line, as of a pooling window, is left to one of them.
  void pass(StepPlan& plan, const Candidates& from, const Candidates& to, uint64_t length) const {
    const uint32_t size = context.traits.barrier_group_size();
    const uint32_t lanes = length <= std::min<uint64_t>(32, most_of_lane()) ? 1 : 16,
                   units = size / lanes;
    const std::string type = register_type(x.dtype);
    Shader shader(context, size);
    shader.global(fmt::format("bool wins({0} a, {0} b) {{ return {1}; }}", type, wins));
    shader.print(R"(
const uint u = group * {units}u + thread / {lanes}u, lane = thread % {lanes}u;
const bool valid = u < {all}u;
const uint unit = valid ? u : 0u, p = unit / {pieces}u;
const uint first = unit % {pieces}u * {length}u, end = min(first + {length}u, {count}u);)",
                 "units"_a = units, "lanes"_a = lanes, "all"_a = lines * to.count,
                 "pieces"_a = to.count, "length"_a = length, "count"_a = from.count);
    std::vector<std::string> at = print_coordinates(shader, shape_of(y), "p", "i");
    const std::string target = target_of(shader, to, at);
    at.insert(at.begin() + axis, "int(i)");
    const Shader::Elements elements = shader.value(context.step.inputs[0], false);
    const std::string element = elements.load(element_of(x, elements, at));
    const Shader::Words chosen =
        from.chosen ? shader.temporary(from.positions, false) : Shader::Words{};
    const auto position = [&](const char* n) {
      return from.chosen ? chosen.load(fmt::format("p * {}u + {}", from.count, n)) : n;
    };
    shader.print(
        R"(
uint i = {first}, best = i;
{type} champion = {element};
{loop}
  i = {next};
  const {type} candidate = {element};
  if (wins(candidate, champion)) {{ champion = candidate; best = i; }}
}})",
        "first"_a = position("min(first + lane, end - 1u)"), "type"_a = type, "element"_a = element,
        "next"_a = position("n"),
        "loop"_a = loop("uint n = first + lane + {0}u; n < end; n += {0}u", ceil_div(length, lanes),
                        lanes));
    if (lanes > 1) print_tree(shader, lanes);
    shader.print("if (lane == 0u && valid) {}", target);
    plan.add(shader.finish(ceil_div(lines * to.count, units), from.chosen));
  }

  /// The statement that stores `best`.
  std::string target_of(Shader& shader, const Candidates& to,
                        const std::vector<std::string>& at) const {
    if (to.count > 1) return shader.temporary(to.positions, true).store("unit", "best");
    const Shader::Elements result = shader.value(context.step.outputs[0], true);
    return result.store(element_of(y, result, at), "int64_t(best)");
  }

  void print_tree(Shader& shader, uint32_t lanes) const {
    const std::string type = register_type(x.dtype);
    shader.global(fmt::format("shared {0} values[{1}];\nshared uint places[{1}];", type,
                              shader.group_size()));
    shader.print(R"(
values[thread] = champion;
places[thread] = best;
barrier();
uint h = {}u;
{}
  if (lane < h) {{
    const {} a = values[thread + h], b = values[thread];
    const uint place = places[thread + h];
    if (wins(a, b) || (!wins(b, a) && place < places[thread])) {{
      values[thread] = a;
      places[thread] = place;
    }}
  }}
  barrier();
}}
best = places[thread];)",
                 lanes / 2,
                 loop("; h > 0u; h /= 2u", static_cast<uint64_t>(std::bit_width(lanes / 2))), type);
  }
};

void plan_arg_reduce(const StepContext& context, StepPlan& plan) {
  const sdk::ArgReduceForm form(context.program, context.step);
  const asg_value &x = context.input(0), &y = context.output(0);
  const int64_t count = sdk::element_count(y);
  if (count == 0) return;
  std::string wins = form.largest ? "a > b" : "a < b";
  if (x.dtype == ASG_BOOL) wins = form.largest ? "a && !b" : "!a && b";
  if (sdk::is_float(x.dtype))
    wins = fmt::format("(isnan(a) && !isnan(b)) || (!isnan(b) && {})", wins);
  ArgReduction{context, x, y, form.axis, wins, static_cast<uint64_t>(count)}.make(plan);
}

}  // namespace

extern const KernelMaker arg_reduce_kernel{ASG_OP_ARG_REDUCE, arg_reduce_capabilities,
                                           plan_arg_reduce};

}  // namespace asg::vulkan
