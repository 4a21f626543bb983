// One kind of check as it runs, in a process of its own: the devices, the cases, what is found.
#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <asg/runtime/device.hpp>

#include "check/bare_device.hpp"
#include "check/board.hpp"
#include "check/report.hpp"

namespace asg::proof {

/// What is checked, and how much of it.
struct Settings {
  std::string backend;  ///< as `--backend` has it
  DeviceOptions device;
  std::vector<std::string> ops;  ///< of samples and claims, only these; all when there is none
  bool quick = false;
};

class Session {
 public:
  /// `send` takes what is found. Cases up to number `from` are not tried: a process before this one
  /// has.
  Session(Settings settings, Board& board, std::uint64_t from,
          std::function<void(const KindReport&)> send);
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;
  ~Session();

  [[nodiscard]] const Settings& settings() const { return settings_; }
  /// The number of cases: fewer when it has to be quick.
  [[nodiscard]] std::uint64_t effort(std::uint64_t full, std::uint64_t quick) const {
    return settings_.quick ? quick : full;
  }
  [[nodiscard]] bool wants_op(std::string_view op) const;

  /// The plugin's device and the reference's, as the core has them; opened when first asked for.
  /// Errors   PluginError.
  const Device& device();
  const Device& reference();
  /// The same by the functions of their plugins, as devices of their own.
  const BareDevice& bare();
  const BareDevice& bare_reference();
  [[nodiscard]] std::unique_ptr<BareDevice> open_bare();

  /// One case, in words. What it throws is something that is wrong with the plugin.
  void attempt(const std::string& text, const std::function<void()>& body);
  /// Something is wrong: what, and what shows it in the case that is being tried.
  void wrong(const std::string& what, const std::string& detail = {});
  /// Something that the plugin does not offer, and need not.
  void refused() { report_.refused += 1; }
  void note(const std::string& text);
  /// Something that names what is checked.
  void fact(const std::string& key, const std::string& value);

 private:
  void publish();

  Settings settings_;
  Board& board_;
  std::uint64_t from_, number_ = 0;
  std::function<void(const KindReport&)> send_;
  KindReport report_;  // not sent yet
  std::string case_;
  std::unique_ptr<Device> device_, reference_;
  std::unique_ptr<BareDevice> bare_, bare_reference_;
};

}  // namespace asg::proof
