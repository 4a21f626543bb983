#include "glsl/indexing.hpp"

#include "glsl/types.hpp"

namespace asg::vulkan {

Picked::Picked(const asg_step& step, const asg_value& x, const asg_value& indices,
               const asg_value& picked)
    : axis(checked_axis(step, x)), batch_dims(0), index_axes(0), extent(x.shape[axis]) {
  const std::string name = step.name;
  const int64_t batch = sdk::attr_int(step, "batch_dims", 0);
  require(batch >= 0 && batch <= axis && batch <= indices.rank,
          name + ": batch_dims must be in [0, axis]");
  batch_dims = static_cast<uint32_t>(batch);
  index_axes = indices.rank - batch_dims;
  bool fits = picked.rank + 1 == x.rank + index_axes;
  for (uint32_t d = 0; d < batch_dims; ++d) fits &= indices.shape[d] == x.shape[d];
  uint32_t at = 0;
  const auto expect = [&](int64_t size) { fits = fits && picked.shape[at++] == size; };
  for (uint32_t d = 0; fits && d < axis; ++d) expect(x.shape[d]);
  for (uint32_t d = batch_dims; fits && d < indices.rank; ++d) expect(indices.shape[d]);
  for (uint32_t d = axis + 1; fits && d < x.rank; ++d) expect(x.shape[d]);
  require(fits, name + ": shapes do not fit");
}

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
