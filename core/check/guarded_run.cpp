#include "check/guarded_run.hpp"

#include <algorithm>
#include <cstring>

#include <fmt/format.h>

#include <asg/sdk/program.hpp>

namespace asg::proof {
namespace {

constexpr std::uint64_t guard_bytes = 256;

std::string slot_name(const asg_slot& slot, std::size_t index) {
  static constexpr const char* roles[] = {"?", "arena", "input", "output", "state", "constant"};
  const char* const role = slot.role < std::size(roles) ? roles[slot.role] : "?";
  return fmt::format("slot {} ({}, {} bytes)", index, role, slot.size);
}

}  // namespace

GuardedRun::GuardedRun(const BareDevice& device, const asg_program& program, Poison poison)
    : program_(program), executable_(device, program) {
  for (const asg_slot& slot : sdk::Span<asg_slot>(program.slots)) {
    Place& place = places_.emplace_back();
    place.size = slot.size;
    if (slot.role != ASG_SLOT_CONST) {
      // Both are powers of two. Odd, so that a device cannot count on more than it asked for.
      const std::uint64_t unit =
          std::max<std::uint64_t>({slot.alignment, device.facts().limits.offset_alignment, 1});
      place.offset = unit * ((guard_bytes / unit) | 1);
      place.before.assign(place.offset + slot.size + guard_bytes, static_cast<uint8_t>(poison));
      place.may_be_written.assign(place.before.size(), false);
      place.buffer = std::make_unique<BareBuffer>(device, place.before.size());
    }
    bindings_.push_back(
        {place.buffer ? place.buffer->handle() : nullptr, place.offset, place.size});
  }
  mark_outputs();
}

void GuardedRun::mark_outputs() {
  const sdk::Span<asg_value> values(program_.values);
  const auto mark = [&](std::uint32_t v) {
    const asg_value& value = values[v];
    Place& place = places_[value.slot];
    const auto begin = place.may_be_written.begin() + static_cast<std::ptrdiff_t>(place.offset);
    if (place.buffer != nullptr && value.extent_begin < value.extent_end)
      std::fill(begin + static_cast<std::ptrdiff_t>(value.extent_begin),
                begin + static_cast<std::ptrdiff_t>(value.extent_end), true);
  };
  for (const asg_step& step : sdk::Span<asg_step>(program_.steps)) {
    for (std::uint32_t i = 0; i < step.n_outputs; ++i) mark(step.outputs[i]);
    if (step.scratch > 0) mark(step.scratch - 1);
  }
}

void GuardedRun::set(std::uint32_t slot, const Bytes& contents) {
  Place& place = places_[slot];
  std::copy(contents.begin(), contents.end(),
            place.before.begin() + static_cast<std::ptrdiff_t>(place.offset));
  uploaded_ = false;
}

const std::vector<asg_binding>& GuardedRun::bindings() {
  for (const Place& place : places_)
    if (!uploaded_ && place.buffer != nullptr)
      place.buffer->upload(0, place.before.data(), place.before.size());
  uploaded_ = true;
  return bindings_;
}

void GuardedRun::execute() {
  executable_.execute(bindings());
  uploaded_ = false;
}

Bytes GuardedRun::get(std::uint32_t slot) const {
  const Place& place = places_[slot];
  Bytes contents(place.size);
  if (place.size > 0) place.buffer->download(place.offset, contents.data(), place.size);
  return contents;
}

std::string GuardedRun::damage() const {
  const sdk::Span<asg_slot> slots(program_.slots);
  for (std::uint32_t s = 0; s < places_.size(); ++s) {
    const Place& place = places_[s];
    if (place.buffer == nullptr) continue;
    Bytes after(place.before.size());
    place.buffer->download(0, after.data(), after.size());
    for (std::size_t i = 0; i < after.size(); ++i) {
      if (place.may_be_written[i] || after[i] == place.before[i]) continue;
      if (i < place.offset)
        return fmt::format("{}: byte {} before its binding", slot_name(slots[s], s),
                           place.offset - i);
      if (i >= place.offset + place.size)
        return fmt::format("{}: byte {} behind the end of its binding", slot_name(slots[s], s),
                           i - place.offset - place.size);
      return fmt::format("{}: byte {} of it, where no step has an output", slot_name(slots[s], s),
                         i - place.offset);
    }
  }
  return {};
}

CaseResult run_case(const BareDevice& device, Case& c, Poison poison) {
  GuardedRun run(device, c.program.build(), poison);
  // What no store touches stays.
  for (const ValueId id : c.outputs) {
    const std::uint32_t slot = c.program.slot_of(id);
    run.set(slot, Bytes(c.program.slot(slot).size));
  }
  for (const auto& [id, data] : c.inputs) run.set(c.program.slot_of(id), data);
  run.execute();
  CaseResult result;
  for (const ValueId id : c.outputs) result.outputs.push_back(run.get(c.program.slot_of(id)));
  result.damage = run.damage();
  return result;
}

}  // namespace asg::proof
