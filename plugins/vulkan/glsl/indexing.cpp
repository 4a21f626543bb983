#include "glsl/indexing.hpp"

#include "glsl/types.hpp"

namespace asg::vulkan {

void Picked::print_index(Shader& shader, uint32_t input, const std::vector<std::string>& at,
                         bool reported) const {
  const asg_value& indices = shader.context().input(input);
  const uint32_t dtype = indices.dtype;
  const Shader::Elements from = shader.value(shader.context().step.inputs[input], false);
  shader.print("const {} index = {};", register_type(dtype),
               from.load(element_of(indices, from, at)));
  shader.print("const bool outside = index < {} || index >= {};", literal(dtype, 0),
               literal(dtype, static_cast<uint64_t>(extent)));
  if (reported) shader.print(shader.report("outside", "index", dtype, extent));
}

std::vector<std::string> Picked::of_indices(const std::vector<std::string>& picked) const {
  std::vector<std::string> result(picked.begin(), picked.begin() + batch_dims);
  result.insert(result.end(), picked.begin() + axis, picked.begin() + axis + index_axes);
  return result;
}

std::vector<std::string> Picked::of_x(const std::vector<std::string>& picked,
                                      const std::string& index) const {
  std::vector<std::string> result(picked.begin(), picked.begin() + axis);
  result.push_back(index);
  result.insert(result.end(), picked.begin() + axis + index_axes, picked.end());
  return result;
}

}  // namespace asg::vulkan
