// Runs a program in buffers that are larger than its slots, bound at odd places, and sees what was
// written that is none of the program's.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "check/bare_device.hpp"
#include "check/random_case.hpp"

namespace asg::proof {

/// What memory holds before a run: bytes that are NaN in every float, or others.
enum class Poison : std::uint8_t { nan = 0xff, other = 0x5a };

/// One compiled program with a buffer for each slot. Every slot begins at an odd multiple of the
/// alignment that device and program ask for, with guard bytes before and behind it.
/// Errors   loader::PluginFailure.
class GuardedRun {
 public:
  /// The program must stay.
  GuardedRun(const BareDevice& device, const asg_program& program, Poison poison = Poison::nan);

  /// The whole contents of a slot.
  void set(std::uint32_t slot, const Bytes& contents);
  void execute();
  /// Without the wait: uploads the rest of what it needs, and gives what execute takes.
  const std::vector<asg_binding>& bindings();
  [[nodiscard]] Bytes get(std::uint32_t slot) const;
  [[nodiscard]] const BareExecutable& executable() const { return executable_; }

  /// What a run has written beside the values that its steps give; empty when nothing. Asked after
  /// a run.
  [[nodiscard]] std::string damage() const;

 private:
  struct Place {
    Bytes before;                      // of the whole buffer
    std::vector<bool> may_be_written;  // of its bytes
    std::uint64_t offset = 0, size = 0;
    std::unique_ptr<BareBuffer> buffer;
  };
  void mark_outputs();

  const asg_program& program_;
  BareExecutable executable_;
  std::vector<Place> places_;
  std::vector<asg_binding> bindings_;
  bool uploaded_ = false;
};

/// What a case gives on a device, with the damage that it did.
struct CaseResult {
  std::vector<Bytes> outputs;  ///< the whole slot of each output, which begins as zeros
  std::string damage;
};
[[nodiscard]] CaseResult run_case(const BareDevice& device, Case& c, Poison poison = Poison::nan);

}  // namespace asg::proof
