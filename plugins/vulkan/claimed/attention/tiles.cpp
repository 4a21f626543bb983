#include "claimed/attention/tiles.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "glsl/loops.hpp"
#include "glsl/types.hpp"
#include "gpu.hpp"

namespace asg::vulkan::attention {
using namespace fmt::literals;
namespace {

std::string numbered(const std::string& name, uint32_t i) { return fmt::format("{}{}", name, i); }
std::string numbered(const std::string& name, uint32_t i, uint32_t j) {
  return fmt::format("{}{}_{}", name, i, j);
}

}  // namespace

Tiles::Tiles(const Traits& traits, int64_t widest, bool hides)
    : software_(traits.software),
      hides_(hides),
      down_(traits.software ? 4 : gpu::attention_threads_down),
      per_thread_(widest > 128 ? 2 : 4) {}

bool Tiles::available(const Traits& traits) {
  const Tiles tiles(traits, 1, true);
  const uint32_t floats = tiles.staged_floats() + tiles.rows() * (columns + 1 + across) + 1;
  return traits.shared_bytes >= floats * 4 && traits.max_invocations >= tiles.threads();
}

uint32_t Tiles::staged_floats() const {
  return std::max(depth * (rows() + 1 + columns + 1), columns * part);
}

std::string Tiles::local_row(uint32_t i) const { return fmt::format("(tm + {})", i * down_); }
std::string Tiles::row(uint32_t i) const { return fmt::format("(r0 + tm + {})", i * down_); }
std::string Tiles::column(uint32_t j) { return fmt::format("(c0 + tn + {})", j * across); }

void Tiles::begin(Shader& shader) const {
  shader.global(
      fmt::format("shared float staged[{}];\nshared float weights[{}];\nshared float of_row[{}];",
                  staged_floats(), rows() * (columns + 1), rows() * across));
  if (hides_) shader.global("shared uint unsound;");
  // `hidden`: the weight of what is hidden; no other is -0, or it makes no difference.
  shader.print(R"(
const float minus_infinity = uintBitsToFloat(0xff800000u);
const float hidden = uintBitsToFloat(0x80000000u);
const int tn = int(thread % {0}u), tm = int(thread / {0}u);)",
               across);
  if (hides_) shader.print("if (thread == 0) unsound = 0u;");
}

void Tiles::multiply(Shader& shader, const std::string& name, const Side& a, const Side& b) const {
  for (uint32_t i = 0; i < per_thread_; ++i)
    for (uint32_t j = 0; j < columns_of_thread; ++j)
      shader.print("float {} = 0.0;", numbered(name, i, j));
  const auto deep = static_cast<uint32_t>(std::min<int64_t>(depth, a.width));
  const uint32_t second = depth * (rows() + 1);
  const auto stage = [&](const Side& side, uint32_t count, const char* first, uint32_t begin) {
    shader.print(R"(
{each}
  const int k = k0 + int(e % {deep}u), local = int(e / {deep}u), at = {first} + local;
  staged[{begin} + int(e % {deep}u) * {row} + local] = at < {rows} && k < {width} ? {element} : 0.0;
}})",
                 "each"_a = each("e", count * deep, threads()), "deep"_a = deep, "first"_a = first,
                 "begin"_a = begin, "row"_a = count + 1, "rows"_a = side.count, "width"_a = a.width,
                 "element"_a = side.element("at", "k"));
  };
  shader.print(loop("int k0 = 0; k0 < {}; k0 += {}", ceil_div(static_cast<uint64_t>(a.width), deep),
                    a.width, deep));
  shader.print("barrier();");
  stage(a, rows(), "r0", 0);
  stage(b, columns, "c0", second);
  shader.print("barrier();");
  shader.print(unroll() + loop("int k = 0; k < {}; ++k", deep, deep));
  for (uint32_t i = 0; i < per_thread_; ++i)
    shader.print("const float x{} = staged[k * {} + {}];", i, rows() + 1, local_row(i));
  for (uint32_t j = 0; j < columns_of_thread; ++j)
    shader.print("const float y{} = staged[{} + k * {} + tn + {}];", j, second, columns + 1,
                 j * across);
  for (uint32_t i = 0; i < per_thread_; ++i)
    for (uint32_t j = 0; j < columns_of_thread; ++j)
      shader.print("{} += x{} * y{};", numbered(name, i, j), i, j);
  shader.print("}\n}");
}

std::vector<std::string> Tiles::sums(const std::string& name, int64_t width) const {
  std::vector<std::string> result;
  for (uint32_t i = 0; i < per_thread_; ++i)
    for (uint32_t j = 0; j < sums_of_row(width); ++j) result.push_back(numbered(name, i, j));
  return result;
}

void Tiles::keep_weight(Shader& shader, uint32_t i, uint32_t j, const std::string& value) const {
  shader.print("weights[{} * {} + tn + {}] = {};", local_row(i), columns + 1, j * across, value);
}

void Tiles::add_products(Shader& shader, const std::string& name, const Side& b) const {
  const uint32_t all = sums_of_row(b.width), most = part / across;
  for (uint32_t first = 0; first < all; first += most) {
    const uint32_t count = std::min(most, all - first), wide = count * across;
    shader.print(R"(
barrier();
{each}
  const int k = {first} + int(e % {wide}u), at = c0 + int(e / {wide}u);
  const float element = at < {rows} && k < {width} ? {element} : 0.0;
  staged[e] = element;
  {check}
}}
barrier();)",
                 "each"_a = each("e", columns * wide, threads()), "first"_a = first * across,
                 "wide"_a = wide, "rows"_a = b.count, "width"_a = b.width,
                 "element"_a = b.element("at", "k"),
                 "check"_a = hides_ ? "if ((floatBitsToUint(element) & 0x7f800000u) == "
                                      "0x7f800000u) unsound = 1u;"
                                    : "");
    if (hides_) shader.print("if (unsound == 0u) {");
    print_products(shader, name, first, count, false);
    if (!hides_) continue;
    shader.print("} else {");
    print_products(shader, name, first, count, true);
    shader.print("}");
  }
}

// 0 times NaN or infinity is NaN: where one of those is staged, hidden pairs are left out.
void Tiles::print_products(Shader& shader, const std::string& name, uint32_t first, uint32_t count,
                           bool only_seen) const {
  shader.print(unroll() + loop("int k = 0; k < {}; ++k", columns, columns));
  for (uint32_t i = 0; i < per_thread_; ++i)
    shader.print("const float x{} = weights[{} * {} + k];", i, local_row(i), columns + 1);
  for (uint32_t j = 0; j < count; ++j) {
    shader.print("const float y{} = staged[k * {} + tn + {}];", j, count * across, j * across);
    for (uint32_t i = 0; i < per_thread_; ++i) {
      if (only_seen) shader.print("if (floatBitsToUint(x{}) != 0x80000000u)", i);
      shader.print("{} += x{} * y{};", numbered(name, i, first + j), i, j);
    }
  }
  shader.print("}");
}

void Tiles::over_row(Shader& shader, const std::string& name, const std::string& of,
                     uint32_t kind) const {
  const auto element = [&](uint32_t i, const auto& thread) {
    return fmt::format("of_row[{} * {} + {}]", local_row(i), across, thread);
  };
  shader.print("barrier();");
  for (uint32_t i = 0; i < per_thread_; ++i)
    shader.print("{} = {};", element(i, "tn"), numbered(of, i));
  shader.print("barrier();");
  for (uint32_t i = 0; i < per_thread_; ++i) {
    const std::string result = numbered(name, i);
    shader.print("float {} = {};", result, element(i, 0));
    for (uint32_t t = 1; t < across; ++t)
      shader.print("{} = {};", result, reduced(kind, ASG_F32, result, element(i, t)));
  }
}

void Tiles::for_sums(Shader& shader, const std::string& name, const Side& like,
                     const std::function<void(uint32_t, const std::string&, const std::string&,
                                              const std::string&)>& use) const {
  for (uint32_t i = 0; i < per_thread_; ++i) {
    shader.print("if ({} < {}) {{", row(i), like.count);
    for (uint32_t j = 0; j < sums_of_row(like.width); ++j) {
      const std::string at = fmt::format("(tn + {})", j * across);
      shader.print("if ({} < {}) {{", at, like.width);
      use(i, row(i), at, numbered(name, i, j));
      shader.print("}");
    }
    shader.print("}");
  }
}

}  // namespace asg::vulkan::attention
