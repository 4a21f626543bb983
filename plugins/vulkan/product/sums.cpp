#include "product/sums.hpp"

#include <fmt/format.h>

#include "glsl/loops.hpp"
#include "glsl/types.hpp"
#include "gpu.hpp"

namespace asg::vulkan {
using namespace fmt::literals;

Sums::Sums(Shader& shader, const Product& product, const Cut& cut)
    : shader_(shader),
      product_(product),
      tile_(cut.tile),
      type_(register_type(product.dtype)),
      depth_(static_cast<uint64_t>(cut.depth)),
      first_(cut.in_parts() ? "first" : "0"),
      end_(cut.in_parts() ? "end" : fmt::format("{}", product.k)),
      a_(shader.value(product.context.step.inputs[0], false)),
      b_(shader.value(product.context.step.inputs[1], false)) {}

std::string Sums::at(uint32_t i, uint32_t j) { return fmt::format("c{}_{}", i, j); }

void Sums::print() {
  for (uint32_t i = 0; i < tile_.rows; ++i)
    for (uint32_t j = 0; j < tile_.columns; ++j)
      shader_.print("{} {} = {};", type_, at(i, j), opaque_literal(product_.dtype, 0));
  if (tile_.k == 0)
    by_lanes();
  else
    through_shared_memory();
}

std::string Sums::load_a(const std::string& m, const std::string& k) const {
  return a_.load("base_a + " + affine(0, product_.a.strides + product_.rank - 2, {m, k}));
}
std::string Sums::load_b(const std::string& k, const std::string& n) const {
  return b_.load("base_b + " + affine(0, product_.b.strides + product_.rank - 2, {k, n}));
}

void Sums::add_products() {
  const bool fused = product_.dtype == ASG_F32 && product_.context.traits.software;
  for (uint32_t i = 0; i < tile_.rows; ++i)
    for (uint32_t j = 0; j < tile_.columns; ++j)
      if (fused)
        shader_.print("{0} = fma(x{1}, y{2}, {0});", at(i, j), i, j);
      else
        shader_.print("{} += x{} * y{};", at(i, j), i, j);
}

// Each lane loads rows of a for all lanes, and columns of b for itself.  What lies beyond the edge
// repeats the last row or column, and is not stored.
void Sums::by_lanes() {
  const uint32_t lanes = tile_.threads(), last = product_.rank - 1;
  const auto loads = static_cast<uint32_t>(ceil_div(tile_.rows, lanes));
  const auto place = [&](char operand, uint32_t i, const char* from, uint32_t step, int64_t size,
                         int64_t stride) {
    const std::string number = fmt::format("min({} + tn + {}, {})", from, i * step, size - 1);
    shader_.print("const int at_{0}{1} = base_{0} + {2};", operand, i,
                  affine(0, &stride, {number}));
  };
  const int64_t *strides_a = product_.a.strides, *strides_b = product_.b.strides;
  for (uint32_t q = 0; q < loads; ++q) place('a', q, "m0", lanes, product_.m, strides_a[last - 1]);
  for (uint32_t j = 0; j < tile_.columns; ++j)
    place('b', j, "n0", lanes, product_.n, strides_b[last]);
  shader_.print(loop("int k = {}; k < {}; ++k", depth_, first_, end_));
  const auto load = [&](const Shader::Elements& from, char operand, uint32_t i, int64_t stride) {
    return from.load(fmt::format("at_{}{} + {}", operand, i, affine(0, &stride, {"k"})));
  };
  for (uint32_t q = 0; q < loads; ++q)
    shader_.print("const {} p{} = {};", type_, q, load(a_, 'a', q, strides_a[last]));
  for (uint32_t j = 0; j < tile_.columns; ++j)
    shader_.print("const {} y{} = {};", type_, j, load(b_, 'b', j, strides_b[last - 1]));
  for (uint32_t i = 0; i < tile_.rows; ++i)
    shader_.print("const {} x{} = subgroupShuffle(p{}, {}u);", type_, i, i / lanes, i % lanes);
  add_products();
  shader_.print("}");
}

// Copies one operand's tile to shared memory, along the axis in which it lies densely.
void Sums::stage(char operand, bool along_k) {
  const bool is_a = operand == 'a';
  const uint32_t outer = is_a ? tile_.m : tile_.n, count = outer * tile_.k;
  shader_.print(R"(
{each}
  const int fast = int(e % {width}u), slow = int(e / {width}u);
  const int kk = {kk}, o = {o};
  const int at = {first} + o, k = k0 + kk;
  s{operand}[kk * {row} + o] = at < {size} && k < {end} ? {element} : {zero};
}})",
                "each"_a = each("e", count, tile_.threads()), "width"_a = along_k ? tile_.k : outer,
                "kk"_a = along_k ? "fast" : "slow", "o"_a = along_k ? "slow" : "fast",
                "first"_a = is_a ? "m0" : "n0", "operand"_a = operand, "row"_a = outer + 1,
                "size"_a = is_a ? product_.m : product_.n, "end"_a = end_,
                "element"_a = is_a ? load_a("at", "k") : load_b("k", "at"),
                "zero"_a = literal(product_.dtype, 0));
}

void Sums::through_shared_memory() {
  shader_.global(fmt::format("shared {0} sa[{1}];\nshared {0} sb[{2}];", type_,
                             tile_.k * (tile_.m + 1), tile_.k * (tile_.n + 1)));
  const uint32_t last = product_.rank - 1;
  shader_.print(
      loop("int k0 = {}; k0 < {}; k0 += {}", ceil_div(depth_, tile_.k), first_, end_, tile_.k));
  stage('a', product_.a.strides[last] == 1);
  stage('b', product_.b.strides[last] != 1);
  shader_.print("barrier();");
  shader_.print((product_.context.traits.software ? "" : gpu::unroll) +
                loop("int kk = 0; kk < {}; ++kk", tile_.k, tile_.k));
  const auto take = [&](char register_name, uint32_t i, char operand, uint32_t outer,
                        const char* thread, uint32_t step) {
    shader_.print("{} {}{} = s{}[kk * {} + {} + {}];", type_, register_name, i, operand, outer + 1,
                  thread, i * step);
  };
  for (uint32_t i = 0; i < tile_.rows; ++i) take('x', i, 'a', tile_.m, "tm", tile_.m / tile_.rows);
  for (uint32_t j = 0; j < tile_.columns; ++j)
    take('y', j, 'b', tile_.n, "tn", tile_.n / tile_.columns);
  add_products();
  shader_.print("}\nbarrier();\n}");
}

}  // namespace asg::vulkan
