#include "product/sums.hpp"

#include "glsl/loops.hpp"
#include "glsl/types.hpp"

namespace asg::vulkan {

Sums::Sums(Shader& shader, const Product& product, const Cut& cut)
    : shader_(shader),
      product_(product),
      tile_(cut.tile),
      type_(register_type(product.dtype)),
      depth_(static_cast<uint64_t>(cut.depth)),
      first_(cut.in_parts() ? "first" : "0"),
      end_(cut.in_parts() ? "end" : std::to_string(product.k)),
      a_(shader.value(product.context.step.inputs[0], false)),
      b_(shader.value(product.context.step.inputs[1], false)) {}

std::string Sums::at(uint32_t i, uint32_t j) {
  return "c" + std::to_string(i) + "_" + std::to_string(j);
}

void Sums::print() {
  for (uint32_t i = 0; i < tile_.rows; ++i)
    for (uint32_t j = 0; j < tile_.columns; ++j)
      shader_.line(type_ + " " + at(i, j) + " = " + opaque_literal(product_.dtype, 0) + ";");
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
    for (uint32_t j = 0; j < tile_.columns; ++j) {
      const std::string c = at(i, j), x = "x" + std::to_string(i), y = "y" + std::to_string(j);
      shader_.line(fused ? c + " = fma(" + x + ", " + y + ", " + c + ");"
                         : c + " += " + x + " * " + y + ";");
    }
}

// Each lane loads rows of a for all lanes, and columns of b for itself.  What lies beyond the edge
// repeats the last row or column, and is not stored.
void Sums::by_lanes() {
  const uint32_t lanes = tile_.threads(), last = product_.rank - 1;
  const auto loads = static_cast<uint32_t>(ceil_div(tile_.rows, lanes));
  const auto place = [&](const char* name, uint32_t number, const std::string& base,
                         const std::string& from, uint32_t step, int64_t size, int64_t stride) {
    shader_.line("const int " + std::string(name) + std::to_string(number) + " = " + base + " + " +
                 affine(0, &stride,
                        {"min(" + from + " + tn + " + std::to_string(number * step) + ", " +
                         std::to_string(size - 1) + ")"}) +
                 ";");
  };
  const int64_t *strides_a = product_.a.strides, *strides_b = product_.b.strides;
  for (uint32_t q = 0; q < loads; ++q)
    place("at_a", q, "base_a", "m0", lanes, product_.m, strides_a[last - 1]);
  for (uint32_t j = 0; j < tile_.columns; ++j)
    place("at_b", j, "base_b", "n0", lanes, product_.n, strides_b[last]);
  shader_.line(loop("int k = " + first_ + "; k < " + end_ + "; ++k", depth_));
  for (uint32_t q = 0; q < loads; ++q) {
    const std::string number = std::to_string(q);
    shader_.line("const " + type_ + " p" + number + " = " +
                 a_.load("at_a" + number + " + " + affine(0, strides_a + last, {"k"})) + ";");
  }
  for (uint32_t j = 0; j < tile_.columns; ++j) {
    const std::string number = std::to_string(j);
    shader_.line("const " + type_ + " y" + number + " = " +
                 b_.load("at_b" + number + " + " + affine(0, strides_b + last - 1, {"k"})) + ";");
  }
  for (uint32_t i = 0; i < tile_.rows; ++i)
    shader_.line("const " + type_ + " x" + std::to_string(i) + " = subgroupShuffle(p" +
                 std::to_string(i / lanes) + ", " + text(i % lanes) + ");");
  add_products();
  shader_.line("}");
}

// Copies one operand's tile to shared memory, along the axis in which it lies densely.
void Sums::stage(const char* name, bool is_a, bool along_k) {
  const uint32_t outer = is_a ? tile_.m : tile_.n, count = outer * tile_.k;
  const uint32_t fast = along_k ? tile_.k : outer;
  const std::string size = std::to_string(is_a ? product_.m : product_.n);
  shader_.line(each("e", count, tile_.threads()));
  shader_.line("const int fast = int(e % " + text(fast) + "), slow = int(e / " + text(fast) + ");");
  shader_.line(std::string("const int kk = ") + (along_k ? "fast" : "slow") +
               ", o = " + (along_k ? "slow" : "fast") + ";");
  shader_.line(std::string("const int at = ") + (is_a ? "m0" : "n0") + " + o, k = k0 + kk;");
  shader_.line(std::string(name) + "[kk * " + std::to_string(outer + 1) + " + o] = at < " + size +
               " && k < " + end_ + " ? " + (is_a ? load_a("at", "k") : load_b("k", "at")) + " : " +
               literal(product_.dtype, 0) + ";");
  shader_.line("}");
}

void Sums::through_shared_memory() {
  const auto shared = [&](const char* name, uint32_t outer) {
    shader_.global("shared " + type_ + " " + name + "[" + std::to_string(tile_.k * (outer + 1)) +
                   "];");
  };
  shared("sa", tile_.m);
  shared("sb", tile_.n);
  const uint32_t last = product_.rank - 1;
  shader_.line(loop("int k0 = " + first_ + "; k0 < " + end_ + "; k0 += " + std::to_string(tile_.k),
                    ceil_div(depth_, tile_.k)));
  stage("sa", true, product_.a.strides[last] == 1);
  stage("sb", false, product_.b.strides[last] != 1);
  shader_.line("barrier();");
  const std::string unrolled = product_.context.traits.software ? "" : "[[unroll]] ";
  shader_.line(loop("int kk = 0; kk < " + std::to_string(tile_.k) + "; ++kk", tile_.k, unrolled));
  for (uint32_t i = 0; i < tile_.rows; ++i)
    shader_.line(type_ + " x" + std::to_string(i) + " = sa[kk * " + std::to_string(tile_.m + 1) +
                 " + tm + " + std::to_string(i * (tile_.m / tile_.rows)) + "];");
  for (uint32_t j = 0; j < tile_.columns; ++j)
    shader_.line(type_ + " y" + std::to_string(j) + " = sb[kk * " + std::to_string(tile_.n + 1) +
                 " + tn + " + std::to_string(j * (tile_.n / tile_.columns)) + "];");
  add_products();
  shader_.line("}");
  shader_.line("barrier();");
  shader_.line("}");
}

}  // namespace asg::vulkan
