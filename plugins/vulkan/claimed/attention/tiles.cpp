#include "claimed/attention/tiles.hpp"

#include <algorithm>

#include "glsl/loops.hpp"

namespace asg::vulkan::attention {
namespace {

std::string named(const std::string& name, uint32_t i) { return name + std::to_string(i); }
std::string named(const std::string& name, uint32_t i, uint32_t j) {
  return named(name, i) + "_" + std::to_string(j);
}

}  // namespace

Tiles::Tiles(const Traits& traits, int64_t widest, bool hides)
    : software_(traits.software),
      hides_(hides),
      down_(traits.software ? 4 : 16),
      per_thread_(widest > 128 ? 2 : 4) {}

bool Tiles::available(const Traits& traits) {
  const Tiles tiles(traits, 1, true);
  const uint32_t floats = tiles.staged_floats() + tiles.rows() * (columns + 1 + across) + 1;
  return traits.shared_bytes >= floats * 4 && traits.max_invocations >= tiles.threads();
}

uint32_t Tiles::staged_floats() const {
  return std::max(depth * (rows() + 1 + columns + 1), columns * part);
}

std::string Tiles::local_row(uint32_t i) const {
  return "(tm + " + std::to_string(i * down_) + ")";
}
std::string Tiles::row(uint32_t i) const { return "(r0 + tm + " + std::to_string(i * down_) + ")"; }
std::string Tiles::column(uint32_t j) { return "(c0 + tn + " + std::to_string(j * across) + ")"; }

void Tiles::begin(Shader& shader) const {
  shader.global("shared float staged[" + std::to_string(staged_floats()) + "];");
  shader.global("shared float weights[" + std::to_string(rows() * (columns + 1)) + "];");
  shader.global("shared float of_row[" + std::to_string(rows() * across) + "];");
  if (hides_) shader.global("shared uint unsound;");
  shader.line("const float minus_infinity = uintBitsToFloat(0xff800000u);");
  // The weight of what is hidden: no other is -0, or it makes no difference.
  shader.line("const float hidden = uintBitsToFloat(0x80000000u);");
  shader.line("const int tn = int(thread % " + text(across) + "), tm = int(thread / " +
              text(across) + ");");
  if (hides_) shader.line("if (thread == 0) unsound = 0u;");
}

void Tiles::multiply(Shader& shader, const std::string& name, const Side& a, const Side& b) const {
  for (uint32_t i = 0; i < per_thread_; ++i)
    for (uint32_t j = 0; j < columns_of_thread; ++j)
      shader.line("float " + named(name, i, j) + " = 0.0;");
  const auto deep = static_cast<uint32_t>(std::min<int64_t>(depth, a.width));
  const uint32_t second = depth * (rows() + 1);
  const std::string width = std::to_string(a.width);
  const auto stage = [&](const Side& side, uint32_t count, const char* first, uint32_t begin) {
    shader.line(each("e", count * deep, threads()));
    shader.line("const int k = k0 + int(e % " + text(deep) + "), local = int(e / " + text(deep) +
                "), at = " + first + " + local;");
    shader.line("staged[" + std::to_string(begin) + " + int(e % " + text(deep) + ") * " +
                std::to_string(count + 1) + " + local] = at < " + std::to_string(side.count) +
                " && k < " + width + " ? " + side.element("at", "k") + " : 0.0;");
    shader.line("}");
  };
  shader.line(loop("int k0 = 0; k0 < " + width + "; k0 += " + std::to_string(deep),
                   ceil_div(static_cast<uint64_t>(a.width), deep)));
  shader.line("barrier();");
  stage(a, rows(), "r0", 0);
  stage(b, columns, "c0", second);
  shader.line("barrier();");
  shader.line(loop("int k = 0; k < " + std::to_string(deep) + "; ++k", deep, unroll()));
  for (uint32_t i = 0; i < per_thread_; ++i)
    shader.line("const float x" + std::to_string(i) + " = staged[k * " +
                std::to_string(rows() + 1) + " + " + local_row(i) + "];");
  for (uint32_t j = 0; j < columns_of_thread; ++j)
    shader.line("const float y" + std::to_string(j) + " = staged[" + std::to_string(second) +
                " + k * " + std::to_string(columns + 1) + " + tn + " + std::to_string(j * across) +
                "];");
  for (uint32_t i = 0; i < per_thread_; ++i)
    for (uint32_t j = 0; j < columns_of_thread; ++j)
      shader.line(named(name, i, j) + " += x" + std::to_string(i) + " * y" + std::to_string(j) +
                  ";");
  shader.line("}");
  shader.line("}");
}

void Tiles::declare_sums(Shader& shader, const std::string& name, int64_t width) const {
  for (uint32_t i = 0; i < per_thread_; ++i)
    for (uint32_t j = 0; j < sums_of_row(width); ++j)
      shader.line("float " + named(name, i, j) + " = 0.0;");
}

void Tiles::add_sums(std::vector<Carried::Register>& registers, const std::string& name,
                     int64_t width) const {
  for (uint32_t i = 0; i < per_thread_; ++i)
    for (uint32_t j = 0; j < sums_of_row(width); ++j)
      registers.push_back({ASG_F32, named(name, i, j)});
}

void Tiles::keep_weight(Shader& shader, uint32_t i, uint32_t j, const std::string& value) const {
  shader.line("weights[" + local_row(i) + " * " + std::to_string(columns + 1) + " + tn + " +
              std::to_string(j * across) + "] = " + value + ";");
}

void Tiles::add_products(Shader& shader, const std::string& name, const Side& b) const {
  const uint32_t all = sums_of_row(b.width), most = part / across;
  for (uint32_t first = 0; first < all; first += most) {
    const uint32_t count = std::min(most, all - first), wide = count * across;
    shader.line("barrier();");
    shader.line(each("e", columns * wide, threads()));
    shader.line("const int k = " + std::to_string(first * across) + " + int(e % " + text(wide) +
                "), at = c0 + int(e / " + text(wide) + ");");
    shader.line("const float element = at < " + std::to_string(b.count) + " && k < " +
                std::to_string(b.width) + " ? " + b.element("at", "k") + " : 0.0;");
    shader.line("staged[e] = element;");
    if (hides_)
      shader.line("if ((floatBitsToUint(element) & 0x7f800000u) == 0x7f800000u) unsound = 1u;");
    shader.line("}");
    shader.line("barrier();");
    if (hides_) shader.line("if (unsound == 0u) {");
    print_products(shader, name, first, count, false);
    if (!hides_) continue;
    shader.line("} else {");
    print_products(shader, name, first, count, true);
    shader.line("}");
  }
}

// 0 times NaN or infinity is NaN: where one of those is staged, hidden pairs are left out.
void Tiles::print_products(Shader& shader, const std::string& name, uint32_t first, uint32_t count,
                           bool only_seen) const {
  shader.line(loop("int k = 0; k < " + std::to_string(columns) + "; ++k", columns, unroll()));
  for (uint32_t i = 0; i < per_thread_; ++i)
    shader.line("const float x" + std::to_string(i) + " = weights[" + local_row(i) + " * " +
                std::to_string(columns + 1) + " + k];");
  for (uint32_t j = 0; j < count; ++j) {
    const std::string y = "y" + std::to_string(j);
    shader.line("const float " + y + " = staged[k * " + std::to_string(count * across) +
                " + tn + " + std::to_string(j * across) + "];");
    for (uint32_t i = 0; i < per_thread_; ++i) {
      const std::string x = "x" + std::to_string(i);
      const std::string seen =
          only_seen ? "if (floatBitsToUint(" + x + ") != 0x80000000u) " : std::string();
      shader.line(seen + named(name, i, first + j) + " += " + x + " * " + y + ";");
    }
  }
  shader.line("}");
}

void Tiles::over_row(Shader& shader, const std::string& name, const std::string& of,
                     const std::function<std::string(std::string, std::string)>& reduce) const {
  shader.line("barrier();");
  for (uint32_t i = 0; i < per_thread_; ++i)
    shader.line("of_row[" + local_row(i) + " * " + std::to_string(across) +
                " + tn] = " + named(of, i) + ";");
  shader.line("barrier();");
  for (uint32_t i = 0; i < per_thread_; ++i) {
    const auto element = [&](uint32_t t) {
      return "of_row[" + local_row(i) + " * " + std::to_string(across) + " + " + std::to_string(t) +
             "]";
    };
    shader.line("float " + named(name, i) + " = " + element(0) + ";");
    for (uint32_t t = 1; t < across; ++t)
      shader.line(named(name, i) + " = " + reduce(named(name, i), element(t)) + ";");
  }
}

void Tiles::for_sums(Shader& shader, const std::string& name, const Side& like,
                     const std::function<void(uint32_t, const std::string&, const std::string&,
                                              const std::string&)>& use) const {
  for (uint32_t i = 0; i < per_thread_; ++i) {
    shader.line("if (" + row(i) + " < " + std::to_string(like.count) + ") {");
    for (uint32_t j = 0; j < sums_of_row(like.width); ++j) {
      const std::string at = "(tn + " + std::to_string(j * across) + ")";
      shader.line("if (" + at + " < " + std::to_string(like.width) + ") {");
      use(i, row(i), at, named(name, i, j));
      shader.line("}");
    }
    shader.line("}");
  }
}

}  // namespace asg::vulkan::attention
