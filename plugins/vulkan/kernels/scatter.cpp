// SCATTER: x, indices, updates -> y.  The indices are sorted, then every element of y takes its
// updates in order: the result depends on no race.
#include <fmt/format.h>

#include "glsl/indexing.hpp"
#include "glsl/parts.hpp"
#include "glsl/sorting.hpp"
#include "glsl/types.hpp"
#include "kernels.hpp"

namespace asg::vulkan {
using namespace fmt::literals;
namespace {

using Mode = sdk::ScatterForm::Mode;

std::string merged(Mode mode, uint32_t dtype) {
  if (mode == Mode::add) return reduced(ASG_REDUCE_SUM, dtype, "value", "update");
  return reduced(mode == Mode::max ? ASG_REDUCE_MAX : ASG_REDUCE_MIN, dtype, "value", "update");
}

void plan_scatter(const StepContext& context, StepPlan& plan) {
  const asg_step& step = context.step;
  const sdk::ScatterForm form(context.program, step);
  const Picked picked(form);
  const asg_value &x = context.input(0), &indices = context.input(1), &updates = context.input(2),
                  &y = context.output(0);
  const std::vector<int64_t> index_shape = shape_of(indices);
  const auto lines = static_cast<uint64_t>(sdk::product(indices.shape, picked.batch_dims)),
             length = static_cast<uint64_t>(
                 sdk::product(indices.shape + picked.batch_dims, picked.index_axes));
  SortedLines sorted = allocate_lines(plan, ASG_U32, lines, length);
  if (sorted.count() > 0) {
    Shader shader(context, context.traits.group_size());
    begin_elements(shader, sorted.count());
    // An index without updates is never used.
    picked.print_index(shader, 1, print_coordinates(shader, index_shape, "p", "i"),
                       sdk::element_count(updates) > 0);
    shader.print(
        shader.temporary(sorted.keys, true).store("p", "outside ? 0xffffffffu : uint(index)"));
    shader.print(
        shader.temporary(sorted.positions, true).store("p", fmt::format("p % {}u", length)));
    end_elements(shader, plan, sorted.count(), false);
    sorted = sort_lines(context, plan, sorted, "a < b");
  }

  if (sdk::element_count(y) == 0) return;
  const bool set = form.mode == Mode::set;
  const auto print_updates = [&](Shader& shader, const Parts& parts,
                                 const std::vector<std::string>& at) {
    const Shader::Words keys = shader.temporary(sorted.keys, false),
                        positions = shader.temporary(sorted.positions, false);
    const Shader::Elements source = shader.value(step.inputs[2], false);
    std::vector<int64_t> batch_strides(picked.batch_dims);
    int64_t stride = 1;
    for (uint32_t d = picked.batch_dims; d-- > 0; stride *= indices.shape[d])
      batch_strides[d] = stride;
    shader.print(
        R"(
const uint start = uint({line}) * {length}u, target = uint({target});
uint low = start, high = start + {length}u;
{halving}
  const uint middle = (low + high) / 2u;
  if ({key} {less} target) low = middle + 1u; else high = middle;
}})",
        "line"_a = affine(0, batch_strides.data(), {at.begin(), at.begin() + picked.batch_dims}),
        "length"_a = length, "target"_a = at[picked.axis],
        "halving"_a = halving("low < high", length), "key"_a = keys.load("middle"),
        "less"_a = set ? "<=" : "<");
    if (set) {
      // The last one stays.
      shader.print("if (low > start && {} == target) {{\n--low;", keys.load("low - 1u"));
    } else {
      shader.print("const uint last = min(low + {}, start + {}u);\nlow += {};", parts.end(), length,
                   parts.first());
      shader.print(loop("; low < last && {} == target; ++low", parts.size(), keys.load("low")));
    }
    shader.print("const uint position = {};", positions.load("low"));
    const std::vector<std::string> index_at = print_coordinates(
        shader, {index_shape.begin() + picked.batch_dims, index_shape.end()}, "position", "j");
    std::vector<std::string> update_at(at.begin(), at.begin() + picked.axis);
    update_at.insert(update_at.end(), index_at.begin(), index_at.end());
    update_at.insert(update_at.end(), at.begin() + picked.axis + 1, at.end());
    shader.print("const {} update = {};\nvalue = {};\n}}", register_type(x.dtype),
                 source.load(element_of(updates, source, update_at)),
                 set ? "update" : merged(form.mode, x.dtype));
  };
  const auto print = [&](Shader& shader, const Parts& parts) {
    const OutputElement element(shader);
    element.declare(parts, "precise " + register_type(x.dtype), "value",
                    element.input.load(element_of(x, element.input, element.at)));
    if (sorted.count() > 0) print_updates(shader, parts, element.at);
    return element.store("value");
  };
  // Many updates of one element may take several runs.
  add_in_parts(context, plan, context.traits.group_size(), set ? 1 : length, sorted.count() > 0,
               print);
}

}  // namespace

extern const KernelMaker scatter_kernel{
    ASG_OP_SCATTER,
    [](const Traits& traits) {
      return rows_per_dtype(traits, ASG_OP_SCATTER, true, {same, index_dtypes(traits), same, same});
    },
    plan_scatter};

}  // namespace asg::vulkan
