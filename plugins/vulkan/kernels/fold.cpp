// FOLD: x [..., O1..On, K1..Kn] -> y [..., S1..Sn], the sum of the windows that cover each place.
#include "glsl/loops.hpp"
#include "glsl/parts.hpp"
#include "glsl/types.hpp"
#include "kernels.hpp"
#include "region/emit.hpp"

namespace asg::vulkan {
namespace {

std::vector<sdk::Capability> capabilities(const Traits& traits) {
  return rows_per_dtype(traits, ASG_OP_FOLD, false, {same});
}

void plan(const StepContext& context, StepPlan& plan) {
  const asg_step& step = context.step;
  check_arity(step, 1, 1);
  const asg_value &x = context.input(0), &y = context.output(0);
  const sdk::Ints strides = sdk::attr_ints(step, "strides"),
                  dilations = sdk::attr_ints(step, "dilations"),
                  pads = sdk::attr_ints(step, "pads");
  const uint32_t n = pads.size();
  require(strides.size() == n && dilations.size() == n,
          "fold: strides, dilations and pads differ in length");
  require(n <= y.rank && x.rank == y.rank + n, "fold: ranks do not fit");
  const uint32_t outer = y.rank - n;
  for (uint32_t d = 0; d < outer; ++d) require(x.shape[d] == y.shape[d], "fold: shapes do not fit");
  for (uint32_t d = 0; d < n; ++d)
    require(strides[d] > 0 && dilations[d] > 0, "fold: strides and dilations must be positive");
  const auto count = static_cast<uint64_t>(sdk::element_count(y));
  if (count == 0) return;
  const std::vector<int64_t> window(x.shape + outer + n, x.shape + x.rank);
  const uint32_t size = context.traits.group_size();
  const auto print = [&](Shader& shader, const Parts& parts) {
    begin_elements(shader, count);
    std::vector<std::string> at = print_coordinates(shader, shape_of(y), "p", "i");
    const Shader::Elements from = shader.value(step.inputs[0], false),
                           to = shader.value(step.outputs[0], true);
    const std::string target = element_of(y, to, at);
    std::vector<std::string> source(at.begin(), at.begin() + outer);
    shader.line(register_type(x.dtype) + " sum = " + opaque_literal(x.dtype, 0) + ";");
    std::vector<std::string> places;
    // Where one run is not enough, the axes are one loop, and y holds the sum in between.
    if (parts.several()) {
      const Shader::Elements before = shader.value(step.outputs[0], false);
      shader.line("if (push.part != 0u) sum = " + before.load(element_of(y, before, at)) + ";");
      shader.line(
          loop("uint w = " + parts.first() + "; w < " + parts.end() + "; ++w", parts.size()));
      places = print_coordinates(shader, window, "w", "k");
    }
    // o * stride + k * dilation - pad = s, solved for o.
    for (uint32_t d = 0; d < n; ++d) {
      const std::string o = "o" + std::to_string(d), ahead = "a" + std::to_string(d);
      if (!parts.several()) {
        const std::string k = places.emplace_back("k" + std::to_string(d));
        shader.line(loop("int " + k + " = 0; " + k + " < " + std::to_string(window[d]) + "; ++" + k,
                         static_cast<uint64_t>(window[d])));
      }
      const std::string& k = places[d];
      shader.line("const int " + ahead + " = " + at[outer + d] + " + " + std::to_string(pads[d]) +
                  " - " + k + " * " + std::to_string(dilations[d]) + ";");
      const std::string stride = std::to_string(strides[d]);
      shader.line("const int " + o + " = " + ahead + " / " + stride + ";");
      shader.line("if (" + ahead + " < 0 || " + o + " * " + stride + " != " + ahead + " || " + o +
                  " >= " + std::to_string(x.shape[outer + d]) + ") continue;");
      source.push_back(o);
    }
    source.insert(source.end(), places.begin(), places.end());
    shader.line("sum = " + wrapped(x.dtype, "sum + " + from.load(element_of(x, from, source))) +
                ";");
    for (uint32_t d = 0; d < (parts.several() ? 1 : n); ++d) shader.line("}");
    shader.line(to.store(target, "sum"));
    return Grid{ceil_div(count, size), static_cast<uint32_t>(count)};
  };
  add_in_parts(context, plan, size, static_cast<uint64_t>(sdk::product(window.data(), n)), false,
               print);
}

}  // namespace

extern const KernelMaker fold_kernel{ASG_OP_FOLD, capabilities, plan};

}  // namespace asg::vulkan
