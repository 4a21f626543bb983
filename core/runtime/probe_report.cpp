#include "runtime/probe_report.hpp"

#include <charconv>
#include <cstring>

#include <fmt/format.h>

namespace asg::loader {
namespace {

// A plugin has no more to say; one that writes for ever must not fill our memory.
constexpr std::size_t largest_report = std::size_t{8} << 20;

template <class T>
void take_number(std::string_view text, T& number) {
  std::from_chars(text.data(), text.data() + text.size(), number);
}

// The keys of what is said of a device, which is the last one that "device" has begun.
bool take_device(std::string_view key, std::string_view value, DeviceDescription& device) {
  if (key == "device.id") return device.id = value, true;
  if (key == "device.name") return device.name = value, true;
  if (key == "device.kind") return device.kind = value, true;
  if (key == "device.memory_total") return take_number(value, device.memory_total), true;
  if (key == "device.memory_free") return take_number(value, device.memory_free), true;
  if (key == "device.threads") return take_number(value, device.threads), true;
  return false;
}

void take_listing(std::string_view key, std::string_view value, BackendListing& listing) {
  if (key == "version") listing.version = value;
  if (key == "vendor") listing.vendor = value;
  if (key == "description") listing.description = value;
  if (key == "option") listing.options.push_back({std::string(value), {}, {}});
  if (!listing.options.empty()) {
    if (key == "option.default") listing.options.back().default_value = value;
    if (key == "option.help") listing.options.back().help = value;
  }
  if (key == "abi_minor") take_number(value, listing.abi_minor);
  if (key == "opset") take_number(value, listing.opset);
  if (key == "device") listing.devices.emplace_back();
  if (!listing.devices.empty()) take_device(key, value, listing.devices.back());
}

}  // namespace

// The length, the key, a zero byte, the value.
std::string encode_message(std::string_view key, std::string_view value) {
  const auto size = static_cast<std::uint32_t>(key.size() + 1 + value.size());
  std::string bytes(sizeof size, '\0');
  std::memcpy(bytes.data(), &size, sizeof size);
  bytes += key;
  bytes += '\0';
  bytes += value;
  return bytes;
}

std::string encode_log(LogLevel level, std::string_view source, std::string_view text) {
  std::string value = fmt::format("{} {}", static_cast<int>(level), source);
  value += '\0';
  value += text;
  return encode_message("log", value);
}

std::string encode_listing(const BackendListing& listing) {
  std::string bytes;
  const auto say = [&](std::string_view key, const auto& value) {
    bytes += encode_message(key, fmt::format("{}", value));
  };
  say("version", listing.version);
  say("vendor", listing.vendor);
  say("description", listing.description);
  say("abi_minor", listing.abi_minor);
  say("opset", listing.opset);
  for (const BackendOption& option : listing.options) {
    say("option", option.key);
    say("option.default", option.default_value);
    say("option.help", option.help);
  }
  for (const DeviceDescription& device : listing.devices) {
    say("device", "");
    say("device.id", device.id);
    say("device.name", device.name);
    say("device.kind", device.kind);
    say("device.memory_total", device.memory_total);
    say("device.memory_free", device.memory_free);
    say("device.threads", device.threads);
  }
  return bytes;
}

bool ReportReader::add(std::string_view bytes) {
  received_ += bytes.size();
  if (received_ > largest_report) return false;
  pending_ += bytes;
  std::string_view rest = pending_;
  for (std::uint32_t size = 0; rest.size() >= sizeof size;) {
    std::memcpy(&size, rest.data(), sizeof size);
    if (size > largest_report) return false;
    if (rest.size() - sizeof size < size) break;
    const std::string_view message = rest.substr(sizeof size, size);
    const std::size_t end = message.find('\0');
    if (end == std::string_view::npos) return false;
    take(message.substr(0, end), message.substr(end + 1));
    rest.remove_prefix(sizeof size + size);
  }
  pending_.erase(0, pending_.size() - rest.size());
  return true;
}

void ReportReader::take(std::string_view key, std::string_view value) {
  if (key == "begin") begun_ = value == ASG_VERSION;
  if (key == "call") last_call_ = value;
  if (key == "unsuited") unsuited_ = true;
  if (key == "refusal") report_.reason = value;
  if (key == "log") take_log(value);
  if (key == "done") done_ = true;
  take_listing(key, value, report_.listing);
}

void ReportReader::take_log(std::string_view value) {
  int level = 0;
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), level);
  value.remove_prefix(static_cast<std::size_t>(end - value.data()));
  const std::size_t separator = value.find('\0');
  if (error != std::errc() || separator == std::string_view::npos) return;
  const auto known =
      level >= static_cast<int>(LogLevel::error) && level <= static_cast<int>(LogLevel::debug);
  report_.log.push_back({known ? static_cast<LogLevel>(level) : LogLevel::debug,
                         std::string(value.substr(1, separator - 1)),
                         std::string(value.substr(separator + 1))});
}

}  // namespace asg::loader
