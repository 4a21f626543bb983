#include "region/layout.hpp"

#include "glsl/types.hpp"

namespace asg::vulkan {

Layout::Layout(const Form& form, uint32_t axes)
    : kept(form.part(axes, false)),
      reduced(form.part(axes, true)),
      blocks(std::max<uint64_t>(1, ceil_div(reduced.count, tree_block))),
      lanes_first(form.rank() == 0 || (axes >> (form.rank() - 1) & 1) != 0 || kept.count == 1) {}

std::vector<std::string> Layout::print_point(Shader& shader) const {
  std::vector<std::string> names = print_coordinates(shader, kept.dims, "k", "i");
  const std::vector<std::string> inner = print_coordinates(shader, reduced.dims, "j", "i");
  for (std::size_t d = 0; d < inner.size(); ++d)
    if (inner[d] != "0") names[d] = inner[d];
  return names;
}

uint64_t shared_bytes(const Form& form, const std::vector<uint32_t>& reductions, uint32_t size) {
  uint64_t bytes = 0;
  for (const uint32_t r : reductions) bytes += word_count(form.reductions[r].dtype) * 4 * size;
  return bytes;
}

}  // namespace asg::vulkan
