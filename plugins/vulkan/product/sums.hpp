// The loops of a matrix product over K.
#pragma once

#include <string>
#include <vector>

#include "glsl/shader.hpp"
#include "product/product.hpp"

namespace asg::vulkan {

/// Prints what leaves the thread's sums in registers.  The shader has m0, n0, tm, tn, base_a,
/// base_b and, where K is cut, the numbers `first` and `end` of the products of a slice and run.
class Sums {
 public:
  Sums(Shader& shader, const Product& product, const Cut& cut);
  void print();
  /// The register of row i and column j of the thread.
  static std::string at(uint32_t i, uint32_t j);

 private:
  void by_lanes();
  void through_shared_memory();
  void stage(char operand, bool along_k);
  void add_products();
  std::string load_a(const std::string& m, const std::string& k) const;
  std::string load_b(const std::string& k, const std::string& n) const;

  Shader& shader_;
  const Product& product_;
  const Tile& tile_;
  std::string type_;
  uint64_t depth_;
  std::string first_, end_;
  Shader::Elements a_, b_;
};

}  // namespace asg::vulkan
