#include "check/session.hpp"

#include <algorithm>
#include <exception>
#include <utility>

#include <asg/graph/error.hpp>
#include <asg/runtime/log.hpp>

#include "runtime/device_spec.hpp"
#include "runtime/plugin_call.hpp"
#include "runtime/plugin_file.hpp"
#include "runtime/refusal.hpp"
#include "runtime/search.hpp"

namespace asg::proof {
namespace {

// The same device of the same plugin, opened once more.
std::unique_ptr<BareDevice> open_again(const Device& device, const loader::OptionList& options) {
  const loader::Inspection inspection = loader::inspect(device.backend_file());
  if (!inspection.refusal.empty()) throw loader::Refusal(inspection.refusal);
  auto backend = loader::Backend::open(*inspection.file);
  std::uint32_t index = 0;
  for (std::uint32_t i = loader::device_count(*backend); i-- > 0;)
    if (loader::read_device(*backend, i).description.id == device.description().id) index = i;
  return std::make_unique<BareDevice>(std::move(backend), index, options);
}

constexpr const char* broken_promise = "it refuses what its rows promise";

// Reports are sent when so many cases were tried, not after each.
constexpr std::int64_t most_unsent = 100;

}  // namespace

Session::Session(Settings settings, Board& board, std::uint64_t from,
                 std::function<void(const KindReport&)> send)
    : settings_(std::move(settings)), board_(board), from_(from), send_(std::move(send)) {
  set_log_handler([this](LogLevel level, std::string_view source, std::string_view text) {
    if (level == LogLevel::error && source == late_failures) wrong(std::string(text), case_);
  });
}

Session::~Session() {
  bare_.reset();
  device_.reset();
  publish();
  set_log_handler([](LogLevel, std::string_view, std::string_view) {});
}

bool Session::wants_op(std::string_view op) const {
  return settings_.ops.empty() ||
         std::find(settings_.ops.begin(), settings_.ops.end(), op) != settings_.ops.end();
}

const Device& Session::device() {
  if (device_ == nullptr)
    device_ = std::make_unique<Device>(open_device(settings_.backend, settings_.device));
  return *device_;
}

const Device& Session::reference() {
  DeviceOptions options;
  options.search = settings_.device.search;
  if (reference_ == nullptr)
    reference_ = std::make_unique<Device>(open_device("reference", options));
  return *reference_;
}

const BareDevice& Session::bare() {
  if (bare_ == nullptr) bare_ = open_bare();
  return *bare_;
}

std::unique_ptr<BareDevice> Session::open_bare() {
  return open_again(device(), loader::parse_device_spec(settings_.backend).options);
}

const BareDevice& Session::bare_reference() {
  if (bare_reference_ == nullptr) bare_reference_ = open_again(reference(), {});
  return *bare_reference_;
}

void Session::attempt(const std::string& text, const std::function<void()>& body) {
  if (++number_ <= from_) return;
  board_.begin_case(number_, text);
  case_ = text;
  report_.checked += 1;
  try {
    body();
  } catch (const loader::PluginFailure& failure) {
    if (failure.code == ASG_UNSUPPORTED || failure.code == ASG_COMPILE_FAILED)
      wrong(broken_promise, failure.message);
    else
      wrong(failure.message);
  } catch (const PluginError& error) {
    wrong(broken_promise, error.what());
  } catch (const std::exception& e) {
    wrong(e.what());
  }
  case_.clear();
  if (report_.checked >= most_unsent) publish();
}

void Session::wrong(const std::string& what, const std::string& detail) {
  std::string example = case_;
  if (!detail.empty() && detail != case_) example += (example.empty() ? "" : ": ") + detail;
  report_.add({what, example});
  publish();
}

void Session::note(const std::string& text) {
  report_.notes.push_back(text);
  publish();
}

void Session::fact(const std::string& key, const std::string& value) {
  report_.facts.emplace_back(key, value);
}

void Session::publish() { send_(std::exchange(report_, {})); }

}  // namespace asg::proof
