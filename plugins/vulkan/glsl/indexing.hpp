// What GATHER and SCATTER share: y[b, p, i, q] against x[b, p, indices[b, i], q].
#pragma once

#include <string>
#include <vector>

#include "glsl/loops.hpp"

namespace asg::vulkan {

/// The axes of `picked`, the side that has an element for every index.
struct Picked : sdk::IndexForm {
  explicit Picked(const sdk::IndexForm& form) : IndexForm(form) {}
  /// Prints the index at coordinates of the indices, `index`, and whether it is `outside`.
  void print_index(Shader& shader, uint32_t input, const std::vector<std::string>& at,
                   bool reported) const;
  /// Coordinates in the indices of an element of `picked`.
  std::vector<std::string> of_indices(const std::vector<std::string>& picked) const;
  /// Coordinates in x, where the index is `index`.
  std::vector<std::string> of_x(const std::vector<std::string>& picked,
                                const std::string& index) const;
};

}  // namespace asg::vulkan
