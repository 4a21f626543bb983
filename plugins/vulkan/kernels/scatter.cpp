// SCATTER: x, indices, updates -> y.  The indices are sorted, then every element of y takes its
// updates in order: the result depends on no race.
#include <string_view>

#include "glsl/indexing.hpp"
#include "glsl/parts.hpp"
#include "glsl/sorting.hpp"
#include "glsl/types.hpp"
#include "kernels.hpp"
#include "region/emit.hpp"

namespace asg::vulkan {
namespace {

std::vector<sdk::Capability> capabilities(const Traits& traits) {
  return rows_per_dtype(traits, ASG_OP_SCATTER, true, {same, index_dtypes(traits), same, same});
}

std::string merged(std::string_view mode, uint32_t dtype) {
  if (mode == "add") return reduced(ASG_REDUCE_SUM, dtype, "value", "update");
  return reduced(mode == "max" ? ASG_REDUCE_MAX : ASG_REDUCE_MIN, dtype, "value", "update");
}

void plan(const StepContext& context, StepPlan& plan) {
  const asg_step& step = context.step;
  check_arity(step, 3, 1);
  const asg_value &x = context.input(0), &indices = context.input(1), &updates = context.input(2),
                  &y = context.output(0);
  const Picked picked(step, x, indices, updates);
  require(same_shape(x, y), "scatter: x and y differ in shape");
  const std::string_view mode = sdk::attr_string(step, "mode");
  require(mode == "set" || mode == "add" || mode == "max" || mode == "min",
          "scatter: unknown mode '" + std::string(mode) + "'");
  require(mode != "add" || x.dtype != ASG_BOOL, "scatter: bool has no sum");

  const std::vector<int64_t> index_shape = shape_of(indices);
  const auto lines = static_cast<uint64_t>(sdk::product(indices.shape, picked.batch_dims)),
             length = static_cast<uint64_t>(
                 sdk::product(indices.shape + picked.batch_dims, picked.index_axes));
  SortedLines sorted = allocate_lines(context, plan, ASG_U32, lines, length);
  if (sorted.count() > 0) {
    Shader shader(context, context.traits.group_size());
    begin_elements(shader, sorted.count());
    const std::vector<std::string> at = print_coordinates(shader, index_shape, "p", "i");
    const Shader::Elements index = shader.value(step.inputs[1], false);
    shader.line("const " + register_type(indices.dtype) +
                " index = " + index.load(element_of(indices, index, at)) + ";");
    const std::string extent = literal(indices.dtype, static_cast<uint64_t>(picked.extent));
    shader.line("const bool outside = index < " + literal(indices.dtype, 0) +
                " || index >= " + extent + ";");
    // An index without updates is never used.
    if (sdk::element_count(updates) > 0)
      shader.line(shader.report("outside", "index", indices.dtype, picked.extent));
    shader.line(sorted.keys_in(shader, true) + "[p] = outside ? 0xffffffffu : uint(index);");
    shader.line(sorted.positions_in(shader, true) + "[p] = p % " + text(length) + ";");
    end_elements(shader, plan, sorted.count(), false);
    sorted = sort_lines(context, plan, sorted, "a < b");
  }

  const auto count = static_cast<uint64_t>(sdk::element_count(y));
  if (count == 0) return;
  const bool set = mode == "set";
  const uint32_t size = context.traits.group_size();
  const auto print = [&](Shader& shader, const Parts& parts) {
    begin_elements(shader, count);
    std::vector<std::string> at = print_coordinates(shader, shape_of(y), "p", "i");
    const Shader::Elements from = shader.value(step.inputs[0], false),
                           to = shader.value(step.outputs[0], true);
    shader.line("precise " + register_type(x.dtype) +
                " value = " + from.load(element_of(x, from, at)) + ";");
    if (parts.several()) {
      const Shader::Elements before = shader.value(step.outputs[0], false);
      shader.line("if (push.part != 0u) value = " + before.load(element_of(y, before, at)) + ";");
    }
    if (sorted.count() > 0) {
      const std::string keys = sorted.keys_in(shader, false),
                        positions = sorted.positions_in(shader, false);
      const Shader::Elements source = shader.value(step.inputs[2], false);
      std::vector<int64_t> batch_strides(picked.batch_dims);
      int64_t stride = 1;
      for (uint32_t d = picked.batch_dims; d-- > 0; stride *= indices.shape[d])
        batch_strides[d] = stride;
      shader.line("const uint start = uint(" +
                  affine(0, batch_strides.data(), {at.begin(), at.begin() + picked.batch_dims}) +
                  ") * " + text(length) + ", target = uint(" + at[picked.axis] + ");");
      shader.line("uint low = start, high = start + " + text(length) + ";");
      shader.line(halving("low < high", length));
      shader.line("  const uint middle = (low + high) / 2u;");
      shader.line("  if (" + keys + "[middle] " + (set ? "<=" : "<") +
                  " target) low = middle + 1u; else high = middle;");
      shader.line("}");
      if (set) {
        // The last one stays.
        shader.line("if (low > start && " + keys + "[low - 1u] == target) {");
        shader.line("--low;");
      } else {
        shader.line("const uint last = min(low + " + parts.end() + ", start + " + text(length) +
                    ");");
        shader.line("low += " + parts.first() + ";");
        shader.line(loop("; low < last && " + keys + "[low] == target; ++low", parts.size()));
      }
      shader.line("const uint position = " + positions + "[low];");
      const std::vector<std::string> index_at = print_coordinates(
          shader, {index_shape.begin() + picked.batch_dims, index_shape.end()}, "position", "j");
      std::vector<std::string> update_at(at.begin(), at.begin() + picked.axis);
      update_at.insert(update_at.end(), index_at.begin(), index_at.end());
      update_at.insert(update_at.end(), at.begin() + picked.axis + 1, at.end());
      shader.line("const " + register_type(x.dtype) +
                  " update = " + source.load(element_of(updates, source, update_at)) + ";");
      shader.line("value = " + (set ? "update" : merged(mode, x.dtype)) + ";");
      shader.line("}");
    }
    shader.line(to.store(element_of(y, to, at), "value"));
    return Grid{ceil_div(count, size), static_cast<uint32_t>(count)};
  };
  // Many updates of one element may take several runs; y holds the values in between.
  add_in_parts(context, plan, size, set ? 1 : length, sorted.count() > 0, print);
}

}  // namespace

extern const KernelMaker scatter_kernel{ASG_OP_SCATTER, capabilities, plan};

}  // namespace asg::vulkan
