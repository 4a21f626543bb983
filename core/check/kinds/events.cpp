// Work that goes on after a call has returned: the order of what was asked, waiting, failures that
// come later, times of steps. A plugin that finishes everything at once gives no events.
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include <asg/sdk/program.hpp>

#include "check/compare.hpp"
#include "check/kind.hpp"
#include "check/offer.hpp"
#include "check/session.hpp"
#include "check/verdict.hpp"
#include "runtime/plugin_call.hpp"

namespace asg::proof {
namespace {

// An event of the plugin; none where the work was over.
class OwnedEvent {
 public:
  OwnedEvent(const BareDevice& device, asg_event* event) : api_(&device.api()), event_(event) {}
  OwnedEvent(OwnedEvent&& other) noexcept
      : api_(other.api_), event_(std::exchange(other.event_, nullptr)) {}
  OwnedEvent& operator=(OwnedEvent&&) = delete;
  ~OwnedEvent() {
    if (event_ != nullptr)
      loader::call_quietly(late_failures, "event_destroy", api_->event_destroy, event_);
  }

  [[nodiscard]] explicit operator bool() const { return event_ != nullptr; }
  /// False when the time was too short.
  [[nodiscard]] bool wait(std::uint64_t nanoseconds) const try {
    if (event_ != nullptr)
      loader::call_checked("event_wait", api_->event_wait, event_, nanoseconds);
    return true;
  } catch (const loader::PluginFailure& failure) {
    if (failure.code == ASG_TIMEOUT) return false;
    throw;
  }
  [[nodiscard]] std::vector<asg_step_time> times(std::uint32_t most) const {
    std::vector<asg_step_time> list(most);
    const asg_room room{list.data(), most, sizeof(asg_step_time)};
    list.resize(std::min(most, loader::call("event_profile", api_->event_profile, event_, &room)));
    return list;
  }

 private:
  const asg_backend_api* api_;
  asg_event* event_;
};

constexpr std::uint64_t no_limit = UINT64_MAX;

// x += x, in place: how often it ran can be read off it.
struct DoublingProgram {
  ProgramBuilder p;
  ValueId x;
  static constexpr std::int64_t count = 1000;
  explicit DoublingProgram(std::uint32_t dtype) : x(p.state(dtype, {count})) {
    RegionBuilder& r = p.region({count});
    const Register old = r.load(x);
    r.store(r.op(ASG_EW_ADD, old, old), x);
  }
};

std::uint32_t doubled_type(const BareDevice& device) {
  for (const std::uint32_t dtype : {ASG_I32, ASG_F32, ASG_I64, ASG_F64})
    if (can_load(device, dtype) && has_instruction(device, ASG_EW_ADD, dtype)) return dtype;
  return 0;
}

Bytes ones(std::uint32_t dtype, std::int64_t count, std::int64_t value) {
  Bytes data(static_cast<std::size_t>(count) * sdk::dtype_size(dtype));
  for (std::int64_t i = 0; i < count; ++i) {
    const auto at = static_cast<std::size_t>(i) * sdk::dtype_size(dtype);
    const auto narrow = static_cast<float>(value);
    const auto wide = static_cast<double>(value);
    if (dtype == ASG_F32)
      std::memcpy(data.data() + at, &narrow, sizeof narrow);
    else if (dtype == ASG_F64)
      std::memcpy(data.data() + at, &wide, sizeof wide);
    else
      put_integer(data, dtype, i, value);
  }
  return data;
}

// Uploads, runs and downloads that are all asked for before any is waited for.
void try_order(Session& session, std::uint32_t dtype) {
  const BareDevice& device = session.bare();
  DoublingProgram doubling(dtype);
  const BareExecutable executable(device, doubling.p.build());
  const Bytes first = ones(dtype, DoublingProgram::count, 3);
  const BareBuffer buffer(device, first.size());
  const std::vector<asg_binding> bindings = {{buffer.handle(), 0, first.size()}};
  Bytes middle(first.size()), last(first.size());
  {
    std::vector<OwnedEvent> events;
    const auto keep = [&](asg_event* event) { events.emplace_back(device, event); };
    keep(buffer.upload(0, first.data(), first.size(), true));
    for (int i = 0; i < 4; ++i) keep(executable.execute(bindings, true));
    keep(buffer.download(0, middle.data(), middle.size(), true));
    for (int i = 0; i < 4; ++i) keep(executable.execute(bindings, true));
    keep(buffer.download(0, last.data(), last.size(), true));
    // From the end: an event says that all that was asked before is over, too.
    for (std::size_t i = events.size(); i-- > 0;)
      if (!events[i].wait(no_limit)) session.wrong("event_wait times out without a limit");
  }
  if (const auto wrong = first_mismatch(dtype, middle, ones(dtype, DoublingProgram::count, 48)))
    session.wrong("work of one device is not done in the order of the calls",
                  fmt::format("after 4 of 8 runs: {}", wrong->text()));
  if (const auto wrong = first_mismatch(dtype, last, ones(dtype, DoublingProgram::count, 768)))
    session.wrong("work of one device is not done in the order of the calls",
                  fmt::format("after 8 runs: {}", wrong->text()));
}

// A limit that is too short is no failure, and waiting goes on.
void try_limits_of_time(Session& session, std::uint32_t dtype) {
  const BareDevice& device = session.bare();
  DoublingProgram doubling(dtype);
  GuardedRun run(device, doubling.p.build());
  for (int i = 0; i < 20; ++i) {
    const OwnedEvent event(device, run.executable().execute(run.bindings(), true));
    if (!event) continue;
    static_cast<void>(event.wait(0));
    if (!event.wait(no_limit))
      session.wrong("event_wait times out without a limit, after a wait that was too short");
  }
}

void try_profile(Session& session, std::uint32_t dtype) {
  const BareDevice& device = session.bare();
  DoublingProgram doubling(dtype);
  GuardedRun run(device, doubling.p.build());
  const OwnedEvent event(device, run.executable().execute(run.bindings(), true, ASG_EXEC_PROFILE));
  if (!event || device.api().event_profile == nullptr) return session.refused();
  static_cast<void>(event.wait(no_limit));
  for (const asg_step_time& time : event.times(4)) {
    if (time.step != 0)
      session.wrong("a profile names a step that the program does not have",
                    fmt::format("step {} of 1", time.step));
    if (time.end_ns < time.begin_ns)
      session.wrong("a step ends before it begins",
                    fmt::format("{} ns to {} ns", time.begin_ns, time.end_ns));
  }
}

// What fails later is told by the event, or at once.
void try_late_failure(Session& session) {
  const BareDevice& device = session.bare();
  const std::uint32_t operands[] = {ASG_F32, ASG_I64, ASG_F32};
  if (!has_kernel(device, ASG_OP_GATHER, operands)) return session.refused();
  ProgramBuilder p;
  const ValueId x = p.input(ASG_F32, {7}), indices = p.input(ASG_I64, {5});
  p.step(ASG_OP_GATHER, "gather", {x, indices}, {p.output(ASG_F32, {5})},
         Attrs{}.set("axis", 0).set("batch_dims", 0));
  GuardedRun run(device, p.build());
  run.set(p.slot_of(indices), ones(ASG_I64, 5, 7));
  try {
    const OwnedEvent event(device, run.executable().execute(run.bindings(), true));
    static_cast<void>(event.wait(no_limit));
    session.wrong("a run that fails after its call has returned is no error when it is waited for");
  } catch (const loader::PluginFailure& failure) {
    if (failure.code != ASG_INVALID_ARGUMENT || failure.step != 0)
      session.wrong("a run that fails says so with another status or step when it is waited for",
                    fmt::format("{}, step {}: {}", loader::status_text(failure.code), failure.step,
                                failure.message));
  }
}

void check_events_of_work(Session& session) {
  const BareDevice& device = session.bare();
  if (device.api().event_wait == nullptr)
    session.note("it has no events: all work is over when a call returns");
  const std::uint32_t dtype = doubled_type(device);
  if (dtype == 0) return session.refused();
  session.attempt("runs and transfers, none of them waited for",
                  [&] { try_order(session, dtype); });
  session.attempt("an index out of range", [&] { try_late_failure(session); });
  if (device.api().event_wait == nullptr) return;
  session.attempt("waits that are too short", [&] { try_limits_of_time(session, dtype); });
  session.attempt("times of steps", [&] { try_profile(session, dtype); });
}

}  // namespace

Kind check_events() {
  return {"work that goes on: its order, its end, its failures", Kind::Phase::behaviour,
          check_events_of_work};
}

}  // namespace asg::proof
