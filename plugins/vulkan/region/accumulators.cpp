#include "region/accumulators.hpp"

#include <asg/sdk/program.hpp>

#include "glsl/loops.hpp"
#include "glsl/types.hpp"
#include "region/emit.hpp"
#include "region/layout.hpp"

namespace asg::vulkan {

Accumulators::Accumulators(Shader& shader, const Form& form, const std::vector<uint32_t>& numbers)
    : shader_(shader), numbers_(numbers) {
  for (const uint32_t r : numbers) {
    const asg_reduction& reduction = form.reductions[r];
    reductions_.push_back(reduction);
    sources_.push_back(reduction.source);
    shader.print("{} a{} = {};", register_type(reduction.dtype), r,
                 neutral(reduction.kind, reduction.dtype));
  }
}

std::vector<Carried::Register> Accumulators::registers() const {
  std::vector<Carried::Register> result;
  for (std::size_t i = 0; i < size(); ++i) result.push_back({reductions_[i].dtype, name(i)});
  return result;
}

void Accumulators::add() const {
  for (std::size_t i = 0; i < size(); ++i) {
    const auto& [kind, dtype, source, axes] = reductions_[i];
    shader_.print("{{ {}{} next = {}; {} = next; }}", sdk::is_float(dtype) ? "precise " : "",
                  register_type(dtype), reduced(kind, dtype, name(i), Emitter::name(source)),
                  name(i));
  }
}

void Accumulators::share(const std::string& prefix, uint32_t lane_stride) const {
  for (std::size_t i = 0; i < size(); ++i) {
    shader_.global(fmt::format("shared {} {}{}[{}];", register_type(reductions_[i].dtype), prefix,
                               i, shader_.group_size()));
    shader_.print("{}{}[thread] = {};", prefix, i, name(i));
  }
  shader_.print("barrier();");
  for (uint32_t half = tree_lanes / 2; half > 0; half /= 2) {
    shader_.print("if (lane < {}u) {{", half);
    for (std::size_t i = 0; i < size(); ++i) {
      const std::string mine = fmt::format("{}{}[thread]", prefix, i),
                        other = fmt::format("{}{}[thread + {}u]", prefix, i, half * lane_stride);
      shader_.print("{} = {};", mine,
                    reduced(reductions_[i].kind, reductions_[i].dtype, mine, other));
    }
    shader_.print("}\nbarrier();");
  }
}

}  // namespace asg::vulkan
