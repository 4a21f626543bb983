// FOLD: x [..., O1..On, K1..Kn] -> y [..., S1..Sn], the sum of the windows that cover each place.
#include "glsl/loops.hpp"
#include "glsl/parts.hpp"
#include "glsl/types.hpp"
#include "kernels.hpp"

namespace asg::vulkan {
namespace {

void plan_fold(const StepContext& context, StepPlan& plan) {
  const asg_step& step = context.step;
  const sdk::FoldForm form(context.program, step);
  const asg_value &x = context.input(0), &y = context.output(0);
  const uint32_t n = form.n, outer = form.outer;
  if (sdk::element_count(y) == 0) return;
  const std::vector<int64_t> window(x.shape + outer + n, x.shape + x.rank);
  const auto print = [&](Shader& shader, const Parts& parts) {
    const OutputElement element(shader);
    element.declare(parts, register_type(x.dtype), "sum", opaque_literal(x.dtype, 0));
    std::vector<std::string> at(element.at.begin(), element.at.begin() + outer), places;
    // Where one run is not enough, the axes are one loop.
    if (parts.several()) {
      shader.print(loop("uint w = {}; w < {}; ++w", parts.size(), parts.first(), parts.end()));
      places = print_coordinates(shader, window, "w", "k");
    }
    for (uint32_t d = 0; d < n; ++d) {
      if (!parts.several()) {
        places.push_back(fmt::format("k{}", d));
        shader.print(loop("int k{0} = 0; k{0} < {1}; ++k{0}", static_cast<uint64_t>(window[d]), d,
                          window[d]));
      }
      // o * stride + k * dilation - pad = s, solved for o.
      shader.print(R"(const int a{0} = {1} + {2} - {3} * {4};
const int o{0} = a{0} / {5};
if (a{0} < 0 || o{0} * {5} != a{0} || o{0} >= {6}) continue;)",
                   d, element.at[outer + d], form.pads[d], places[d], form.dilations[d],
                   form.strides[d], x.shape[outer + d]);
      at.push_back(fmt::format("o{}", d));
    }
    at.insert(at.end(), places.begin(), places.end());
    const std::string taken = element.input.load(element_of(x, element.input, at));
    shader.print("sum = {};", wrapped(x.dtype, "sum + " + taken));
    for (uint32_t d = 0; d < (parts.several() ? 1 : n); ++d) shader.print("}");
    return element.store("sum");
  };
  add_in_parts(context, plan, context.traits.group_size(),
               static_cast<uint64_t>(sdk::product(window.data(), n)), false, print);
}

}  // namespace

extern const KernelMaker fold_kernel{
    ASG_OP_FOLD,
    [](const Traits& traits) { return rows_per_dtype(traits, ASG_OP_FOLD, false, {same}); },
    plan_fold};

}  // namespace asg::vulkan
