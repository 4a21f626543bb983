#include "region/accumulators.hpp"

#include <asg/sdk/program.hpp>

#include "glsl/loops.hpp"
#include "glsl/types.hpp"
#include "region/emit.hpp"
#include "region/planner.hpp"

namespace asg::vulkan {

Accumulators::Accumulators(Shader& shader, const Form& form, const std::vector<uint32_t>& numbers)
    : shader_(shader), numbers_(numbers) {
  for (const uint32_t r : numbers) {
    const asg_reduction& reduction = form.reductions[r];
    reductions_.push_back(reduction);
    sources_.push_back(reduction.source);
    shader.line(register_type(reduction.dtype) + " a" + std::to_string(r) + " = " +
                neutral(reduction.kind, reduction.dtype) + ";");
  }
}

std::vector<Carried::Register> Accumulators::registers() const {
  std::vector<Carried::Register> result;
  for (std::size_t i = 0; i < size(); ++i) result.push_back({reductions_[i].dtype, name(i)});
  return result;
}

void Accumulators::add() const {
  for (std::size_t i = 0; i < size(); ++i) {
    const asg_reduction& reduction = reductions_[i];
    shader_.line("{ " + std::string(sdk::is_float(reduction.dtype) ? "precise " : "") +
                 register_type(reduction.dtype) + " next = " +
                 reduced(reduction.kind, reduction.dtype, name(i), Emitter::name(sources_[i])) +
                 "; " + name(i) + " = next; }");
  }
}

void Accumulators::share(const std::string& prefix, uint32_t lane_stride) const {
  for (std::size_t i = 0; i < size(); ++i) {
    const std::string array = prefix + std::to_string(i);
    shader_.global("shared " + register_type(reductions_[i].dtype) + " " + array + "[" +
                   std::to_string(shader_.group_size()) + "];");
    shader_.line(array + "[thread] = " + name(i) + ";");
  }
  shader_.line("barrier();");
  for (uint32_t half = tree_lanes / 2; half > 0; half /= 2) {
    shader_.line("if (lane < " + text(half) + ") {");
    for (std::size_t i = 0; i < size(); ++i) {
      const std::string array = prefix + std::to_string(i);
      shader_.line("  " + array + "[thread] = " +
                   reduced(reductions_[i].kind, reductions_[i].dtype, array + "[thread]",
                           array + "[thread + " + text(half * lane_stride) + "]") +
                   ";");
    }
    shader_.line("}");
    shader_.line("barrier();");
  }
}

}  // namespace asg::vulkan
