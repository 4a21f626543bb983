// JSON of others, judged before anything is made of it; and JSON as text.
#pragma once
#include <cstdint>
#include <new>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <asg/graph/error.hpp>

#include "graph/utf8.hpp"

namespace asg::io {

struct JsonLimits {
  /// Of arrays and objects in each other: what walks along a value may recurse.
  std::size_t depth = 16;
  /// Of one object: those of ordered_json are searched from the front.
  std::size_t keys = SIZE_MAX;
};

/// Sees the events of the parser, which keeps nothing of what it has read.
class JsonJudge {
 public:
  JsonJudge(std::string_view name, JsonLimits limits) : name_(name), limits_(limits) {}

  bool null() { return true; }
  bool boolean(bool) { return true; }
  bool number_integer(std::int64_t) { return true; }
  bool number_unsigned(std::uint64_t) { return true; }
  bool number_float(double, const std::string&) { return true; }
  bool string(const std::string&) { return true; }
  bool binary(const std::vector<std::uint8_t>&) { return true; }
  bool start_object(std::size_t) { return enter(); }
  bool start_array(std::size_t) { return enter(); }
  bool end_object() { return leave(); }
  bool end_array() { return leave(); }
  bool key(const std::string& key) {
    // Parsers take the first or the last of two; the other one would be hidden.
    if (!open_.back().insert(key).second)
      fail(fmt::format("it has the key '{}' twice", shown(key)));
    if (open_.back().size() > limits_.keys)
      fail(fmt::format("an object in it has more than {} keys", limits_.keys));
    return true;
  }
  bool parse_error(std::size_t, const std::string&, const nlohmann::json::exception& error) {
    fail(shown(error.what()));
  }

 private:
  [[noreturn]] void fail(const std::string& why) const {
    throw FormatError(fmt::format("{}: damaged JSON: {}", name_, why));
  }
  bool enter() {
    open_.emplace_back();
    if (open_.size() > limits_.depth)
      fail(fmt::format("it is nested deeper than {} arrays and objects", limits_.depth));
    return true;
  }
  bool leave() {
    open_.pop_back();
    return true;
  }

  std::string_view name_;
  JsonLimits limits_;
  std::vector<std::set<std::string>> open_;  // the keys of each object
};

/// Cost     n log n in the text for nlohmann::json, also where one object has a million keys.
/// Errors   FormatError that begins with `name`.
template <class Json>
Json parse_json(std::string_view text, const std::string& name, JsonLimits limits = {}) {
  try {
    JsonJudge judge(name, limits);
    Json::sax_parse(text, &judge);
    return Json::parse(text);
  } catch (const nlohmann::json::exception& error) {
    throw FormatError(fmt::format("{}: damaged JSON: {}", name, shown(error.what())));
  } catch (const std::bad_alloc&) {
    throw FormatError(fmt::format("{}: there is no memory for its JSON", name));
  }
}

/// JSON as text; bytes that are no UTF-8, as in the names of files, are shown as U+FFFD.
template <class Json>
std::string json_text(const Json& json, int indent = -1) {
  return json.dump(indent, ' ', false, Json::error_handler_t::replace);
}

}  // namespace asg::io
