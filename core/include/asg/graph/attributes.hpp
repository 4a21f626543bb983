// Named constants of a node: an axis, a shape, a mode.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include <asg/graph/array.hpp>

namespace asg {

using Attribute =
    std::variant<std::int64_t, double, std::string, std::vector<std::int64_t>, DType, Array>;

/// What an Attribute holds; called as the getter that reads it, in the order of the variant.
enum class AttributeType : std::uint8_t { integer, number, text, integers, dtype, array };

/// "an integer", "a number", "a text", "a list of integers", "an element type", "an array"
[[nodiscard]] std::string_view name(AttributeType type);
[[nodiscard]] inline AttributeType type_of(const Attribute& attribute) {
  return static_cast<AttributeType>(attribute.index());
}

/// "3", "0.1", "add", "[0, 1]", "f32", "f32[2] {1, 2}"
[[nodiscard]] std::string to_string(const Attribute& attribute);

/// A small ordered map from names to attributes.
/// Errors   the typed getters throw TypeError when the attribute is missing or of another kind.
class Attributes {
 public:
  using Entry = std::pair<std::string, Attribute>;

  Attributes() = default;
  Attributes(std::initializer_list<Entry> entries);

  void set(std::string name, Attribute value);
  [[nodiscard]] const Attribute* find(std::string_view name) const;
  [[nodiscard]] bool has(std::string_view name) const { return find(name) != nullptr; }

  [[nodiscard]] std::int64_t integer(std::string_view name) const;
  [[nodiscard]] int axis(std::string_view name) const { return static_cast<int>(integer(name)); }
  [[nodiscard]] bool flag(std::string_view name) const { return integer(name) != 0; }
  [[nodiscard]] double number(std::string_view name) const;
  [[nodiscard]] const std::string& text(std::string_view name) const;
  [[nodiscard]] const std::vector<std::int64_t>& integers(std::string_view name) const;
  [[nodiscard]] DType dtype(std::string_view name) const;
  [[nodiscard]] const Array& array(std::string_view name) const;
  [[nodiscard]] Shape shape(std::string_view name) const { return Shape(integers(name)); }

  [[nodiscard]] bool empty() const { return entries_.empty(); }
  [[nodiscard]] std::size_t size() const { return entries_.size(); }
  [[nodiscard]] auto begin() const { return entries_.begin(); }
  [[nodiscard]] auto end() const { return entries_.end(); }

  /// Same names and values; arrays bit by bit.
  friend bool operator==(const Attributes& a, const Attributes& b);
  [[nodiscard]] std::size_t hash() const;

 private:
  template <class T>
  const T& get(std::string_view name) const;
  std::vector<Entry> entries_;  // sorted by name
};

}  // namespace asg
