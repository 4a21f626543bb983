#include <asg/runtime/state.hpp>

#include <algorithm>
#include <atomic>
#include <utility>

#include <fmt/format.h>

#include <asg/graph/error.hpp>

#include "graph/booleans.hpp"

namespace asg {

State::State(Device device) : device_(std::move(device)) {
  static_cast<void>(device_.description());  // says when there is none
  touch();
}

// What is left has no version: programs would take it for the one it was moved to.
State::State(State&& other) noexcept
    : device_(std::move(other.device_)),
      entries_(std::move(other.entries_)),
      version_(std::exchange(other.version_, 0)) {}

State& State::operator=(State&& other) noexcept {
  if (this == &other) return *this;
  device_ = std::move(other.device_);
  entries_ = std::move(other.entries_);
  version_ = std::exchange(other.version_, 0);
  return *this;
}

void State::throw_empty() {
  throw StateError(
      "this State was moved from: its tensors are in the State that it was moved to; assign a new "
      "one to it before it is used again");
}

const Device& State::device() const {
  require_made();
  return device_;
}

// Drawn from one counter, so that no two states ever show a program the same version.
void State::touch() {
  static std::atomic<std::uint64_t> counter{0};
  version_ = ++counter;
}

bool State::has(std::string_view name) const {
  require_made();
  return entries_.find(name) != entries_.end();
}

bool State::has_elements(DType dtype) const {
  return std::any_of(entries_.begin(), entries_.end(),
                     [dtype](const auto& entry) { return entry.second.type.dtype == dtype; });
}

std::vector<std::string> State::names() const {
  require_made();
  std::vector<std::string> result;
  for (const auto& [name, entry] : entries_) result.push_back(name);
  return result;
}

const State::Entry& State::find(std::string_view name) const {
  require_made();
  const auto found = entries_.find(name);
  if (found != entries_.end()) return found->second;
  std::string known;
  std::size_t shown = 0;
  for (const auto& [other, entry] : entries_) {
    if (++shown > 12) break;
    known += fmt::format("{}{}", known.empty() ? "" : ", ", other);
  }
  throw StateError(
      fmt::format("the state has no tensor '{}'; it has {}{}", name, known.empty() ? "none" : known,
                  entries_.size() > 12 ? fmt::format(" and {} more", entries_.size() - 12) : ""));
}

const TensorType& State::type(std::string_view name) const { return find(name).type; }
const Buffer& State::buffer(std::string_view name) const { return find(name).buffer; }

Array State::get(std::string_view name) const {
  const Entry& entry = find(name);
  Array result(entry.type.dtype, entry.type.shape);
  if (result.size_bytes() > 0) entry.buffer.download(0, result.bytes(), result.size_bytes());
  return result;
}

void State::set(std::string_view name, const Array& value) {
  require_made();
  if (value.size_bytes() > 0 && value.bytes() == nullptr)
    throw StateError(fmt::format(
        "'{}' cannot be set to an Array that was only declared: it has no elements", name));
  auto found = entries_.find(name);
  if (found == entries_.end()) {
    found =
        entries_
            .emplace(std::string(name), Entry{value.type(), device_.allocate(value.size_bytes())})
            .first;
    touch();
  } else if (found->second.type != value.type()) {
    throw StateError(fmt::format("'{}' is {} and cannot be set to {}", name,
                                 to_string(found->second.type), to_string(value.type())));
  }
  if (value.size_bytes() > 0)
    found->second.buffer.upload(0, with_clean_booleans(value).bytes(), value.size_bytes());
}

void State::erase(std::string_view name) {
  static_cast<void>(find(name));
  entries_.erase(entries_.find(name));
  touch();
}

std::map<std::string, Array> State::to_host() const {
  require_made();
  std::map<std::string, Array> result;
  for (const auto& [name, entry] : entries_) result.emplace(name, get(name));
  return result;
}

State State::clone(const Device& device) const {
  require_made();
  State result(device);
  for (const auto& [name, entry] : entries_) result.set(name, get(name));
  return result;
}

std::uint64_t State::size_bytes() const {
  require_made();
  std::uint64_t bytes = 0;
  for (const auto& [name, entry] : entries_)
    bytes += static_cast<std::uint64_t>(entry.type.shape.numel()) * size_of(entry.type.dtype);
  return bytes;
}

}  // namespace asg
