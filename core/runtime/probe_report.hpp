// What a probe tells of a plugin: between the process that asks and the one that tries.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <asg/runtime/backends.hpp>
#include <asg/runtime/log.hpp>

namespace asg::loader {

struct ProbeLog {
  LogLevel level;
  std::string source, text;
};

struct ProbeReport {
  enum class Outcome {
    sound,      ///< it may be loaded
    refused,    ///< the plugin or the host has said no, in good order
    deadly,     ///< the process that tried it did not live
    not_tried,  ///< there is no process to try it in
  };
  Outcome outcome = Outcome::not_tried;
  std::string reason;      ///< empty when it is sound
  bool late = false;       ///< ended for the time it took; a busy machine may be to blame
  BackendListing listing;  ///< what the plugin says of itself
  std::vector<ProbeLog> log;
};

/// A message of the process that tries: a key and a value, whatever is in it.
[[nodiscard]] std::string encode_message(std::string_view key, std::string_view value);

/// Takes what the process sends, in pieces, and makes the report of it.
class ReportReader {
 public:
  /// False once it is no message; then nothing more is read.
  bool add(std::string_view bytes);

  [[nodiscard]] bool begun() const { return begun_; }
  /// Everything was said.
  [[nodiscard]] bool done() const { return done_; }
  /// The process cannot judge this plugin.
  [[nodiscard]] bool unsuited() const { return unsuited_; }
  /// What the plugin was asked last: "create".
  [[nodiscard]] const std::string& last_call() const { return last_call_; }
  [[nodiscard]] ProbeReport& report() { return report_; }

 private:
  void take(std::string_view key, std::string_view value);
  void take_log(std::string_view value);

  ProbeReport report_;
  std::string pending_, last_call_;
  std::size_t received_ = 0;
  bool begun_ = false, done_ = false, unsuited_ = false;
};

/// Everything of a listing that a plugin says of itself, as messages.
[[nodiscard]] std::string encode_listing(const BackendListing& listing);
[[nodiscard]] std::string encode_log(LogLevel level, std::string_view source,
                                     std::string_view text);

}  // namespace asg::loader
