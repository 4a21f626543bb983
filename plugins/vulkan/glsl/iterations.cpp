#include "glsl/iterations.hpp"

#include <algorithm>
#include <map>
#include <string_view>

#include <asg/sdk/error.hpp>

namespace asg::vulkan {
namespace {

constexpr std::string_view bound = "{  // at most ";

uint64_t sum(uint64_t a, uint64_t b) { return a > UINT64_MAX - b ? UINT64_MAX : a + b; }
uint64_t product(uint64_t a, uint64_t b) {
  return b != 0 && a > UINT64_MAX / b ? UINT64_MAX : a * b;
}

bool begins_name(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool goes_on(char c) { return begins_name(c) || (c >= '0' && c <= '9'); }

/// Reads a shader from the beginning to the end: functions stand before those that call them.
class Reader {
 public:
  explicit Reader(std::string_view source) : source_(source) {}

  uint64_t read() {
    std::string_view function;
    while (at_ < source_.size()) {
      if (source_[at_] == '{') {
        ++at_;
        // Of functions of one name, the longest counts.
        uint64_t& most = functions_[function];
        most = std::max(most, until('}'));
        continue;
      }
      const std::string_view name = next();
      if (!name.empty() && follows('(')) function = name;
    }
    return functions_["main"];
  }

 private:
  /// What runs before the sign that closes what is open.
  uint64_t until(char sign) {
    uint64_t count = 0;
    while (at_ < source_.size()) {
      const char c = source_[at_];
      if (c == sign) {
        ++at_;
        break;
      }
      if (c == '{' || c == '(') {
        ++at_;
        count = sum(count, until(c == '{' ? '}' : ')'));
        continue;
      }
      const std::string_view name = next();
      if (name == "for" || name == "while" || name == "do")
        count = sum(count, loop(at_ - name.size()));
      else if (const auto found = functions_.find(name); found != functions_.end() && follows('('))
        count = sum(count, found->second);
    }
    return count;
  }

  uint64_t loop(std::size_t begin) {
    skip_spaces();
    uint64_t inner = 0;
    if (follows('(')) {
      ++at_;
      inner = until(')');
    }
    skip_spaces();
    if (source_.substr(at_, bound.size()) != bound)
      throw sdk::Error(ASG_INTERNAL,
                       "a generated shader has a loop that does not say how many times it runs: " +
                           std::string(source_.substr(begin, source_.find('\n', begin) - begin)));
    at_ += bound.size();
    uint64_t most = 0;
    for (; at_ < source_.size() && source_[at_] >= '0' && source_[at_] <= '9'; ++at_)
      most = sum(product(most, 10), static_cast<uint64_t>(source_[at_] - '0'));
    return product(sum(most, 1), sum(sum(inner, until('}')), 1));
  }

  /// Goes over a name, which it returns, a comment or one sign.
  std::string_view next() {
    const std::size_t begin = at_;
    if (source_.substr(at_, 2) == "//") {
      at_ = std::min(source_.find('\n', at_), source_.size());
      return {};
    }
    if (!goes_on(source_[at_])) {
      ++at_;
      return {};
    }
    while (at_ < source_.size() && goes_on(source_[at_])) ++at_;
    return begins_name(source_[begin]) ? source_.substr(begin, at_ - begin) : std::string_view();
  }
  bool follows(char c) const { return at_ < source_.size() && source_[at_] == c; }
  void skip_spaces() {
    while (follows(' ') || follows('\n')) ++at_;
  }

  std::string_view source_;
  std::size_t at_ = 0;
  std::map<std::string_view, uint64_t> functions_;
};

}  // namespace

std::string loop(const std::string& header, uint64_t most) {
  return fmt::format("for ({}) {}{}", header, bound, most);
}

uint64_t iterations(const std::string& source) { return Reader(source).read(); }

std::string watched(std::string source, const std::string& overrun) {
  std::size_t number = 0;
  for (std::size_t at = 0; (at = source.find(bound, at)) != std::string::npos; ++number) {
    const std::size_t digits = at + bound.size();
    const std::string most =
        source.substr(digits, source.find_first_not_of("0123456789", digits) - digits);
    source.insert(
        at + 1, fmt::format(" if (++asg_n{0} > {1}u) {2}(asg_n{0}, {1}u);", number, most, overrun));
    const std::string declared = fmt::format("uint asg_n{} = 0u;\n", number);
    source.insert(source.rfind('\n', at) + 1, declared);
    at += declared.size() + 1;
  }
  return source;
}

}  // namespace asg::vulkan
