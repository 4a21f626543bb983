#include <asg/graph/attributes.hpp>

#include <algorithm>
#include <bit>
#include <functional>
#include <iterator>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <asg/graph/error.hpp>

namespace asg {
namespace {

template <class... Cases>
struct Overload : Cases... {
  using Cases::operator()...;
};
template <class... Cases>
Overload(Cases...) -> Overload<Cases...>;

bool equal(const Attribute& a, const Attribute& b) {
  if (a.index() != b.index()) return false;
  return std::visit(Overload{
                        // By bits: 0 and -0 are different programs, and a NaN is itself.
                        [&](double x) {
                          return std::bit_cast<std::uint64_t>(x) ==
                                 std::bit_cast<std::uint64_t>(std::get<double>(b));
                        },
                        [&](const Array& x) { return identical(x, std::get<Array>(b)); },
                        [&]<class T>(const T& x) { return x == std::get<T>(b); },
                    },
                    a);
}

std::size_t hash_bytes(const void* bytes, std::size_t size) {
  return std::hash<std::string_view>()({static_cast<const char*>(bytes), size});
}

std::size_t hash_of(const Attribute& attribute) {
  return std::visit(Overload{
                        [](const std::string& x) { return hash_bytes(x.data(), x.size()); },
                        [](const std::vector<std::int64_t>& x) {
                          return hash_bytes(x.data(), x.size() * sizeof(std::int64_t));
                        },
                        [](const Array& x) {
                          return x.bytes() == nullptr ? std::size_t{0}
                                                      : hash_bytes(x.bytes(), x.size_bytes());
                        },
                        [](auto x) { return hash_bytes(&x, sizeof x); },
                    },
                    attribute);
}

}  // namespace

std::string_view name(AttributeType type) {
  static constexpr std::string_view names[] = {"an integer",         "a number",        "a text",
                                               "a list of integers", "an element type", "an array"};
  static_assert(std::size(names) == std::variant_size_v<Attribute>);
  return names[static_cast<std::size_t>(type)];
}

std::string to_string(const Attribute& attribute) {
  return std::visit(Overload{
                        [](const std::string& x) { return x; },
                        [](const std::vector<std::int64_t>& x) {
                          return fmt::format("[{}]", fmt::join(x, ", "));
                        },
                        [](DType x) { return std::string(name(x)); },
                        [](const Array& x) { return to_string(x); },
                        [](auto x) { return fmt::format("{}", x); },
                    },
                    attribute);
}

Attributes::Attributes(std::initializer_list<Entry> entries) {
  entries_.reserve(entries.size());
  for (const Entry& entry : entries) set(entry.first, entry.second);
}

void Attributes::set(std::string name, Attribute value) {
  const auto place = std::lower_bound(
      entries_.begin(), entries_.end(), name,
      [](const Entry& entry, const std::string& key) { return entry.first < key; });
  if (place != entries_.end() && place->first == name) {
    place->second = std::move(value);
  } else {
    entries_.emplace(place, std::move(name), std::move(value));
  }
}

const Attribute* Attributes::find(std::string_view name) const {
  for (const Entry& entry : entries_) {
    if (entry.first == name) return &entry.second;
  }
  return nullptr;
}

template <class T>
const T& Attributes::get(std::string_view name) const {
  const Attribute* attribute = find(name);
  if (attribute == nullptr) {
    std::string present;
    for (const Entry& entry : entries_) present += (present.empty() ? "" : ", ") + entry.first;
    throw TypeError(fmt::format("the attribute '{}' is missing; present: {}", name,
                                present.empty() ? "none" : present));
  }
  if (const T* value = std::get_if<T>(attribute)) return *value;
  throw TypeError(fmt::format("the attribute '{}' is {}, {}, but must be {}", name,
                              asg::name(type_of(*attribute)), to_string(*attribute),
                              asg::name(type_of(Attribute(T())))));
}

std::int64_t Attributes::integer(std::string_view name) const { return get<std::int64_t>(name); }
double Attributes::number(std::string_view name) const { return get<double>(name); }
const std::string& Attributes::text(std::string_view name) const { return get<std::string>(name); }
const std::vector<std::int64_t>& Attributes::integers(std::string_view name) const {
  return get<std::vector<std::int64_t>>(name);
}
DType Attributes::dtype(std::string_view name) const { return get<DType>(name); }
const Array& Attributes::array(std::string_view name) const { return get<Array>(name); }

bool operator==(const Attributes& a, const Attributes& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](const Attributes::Entry& x, const Attributes::Entry& y) {
                      return x.first == y.first && equal(x.second, y.second);
                    });
}

std::size_t Attributes::hash() const {
  std::size_t result = entries_.size();
  for (const Entry& entry : entries_) {
    for (const std::size_t part : {hash_bytes(entry.first.data(), entry.first.size()),
                                   entry.second.index(), hash_of(entry.second)}) {
      result = (result ^ part) * 0x9e3779b97f4a7c15ULL;
      result ^= result >> 32;
    }
  }
  return result;
}

}  // namespace asg
