// What the file exports, and what the plugin says of itself and of its device.
#include <unistd.h>

#include <algorithm>
#include <bit>
#include <cstdint>
#include <set>
#include <string>

#include <fmt/format.h>

#include <asg/sdk/program.hpp>

#include "check/guarded_run.hpp"
#include "check/kind.hpp"
#include "check/offer.hpp"
#include "check/session.hpp"
#include "graph/utf8.hpp"
#include "passes/abi_names.hpp"
#include "runtime/elf.hpp"
#include "runtime/plugin_file.hpp"

namespace asg::proof {
namespace {

constexpr std::uint32_t known_flags = ASG_CAP_STRIDED | ASG_CAP_FIXED_TREE | ASG_CAP_BOUNDS |
                                      ASG_CAP_PHASES | ASG_CAP_EPILOGUE | ASG_CAP_INSTANCES;

void check_symbols(Session& session) {
  const loader::PluginFile file(session.device().backend_file());
  const loader::SharedLibrary library = loader::read_shared_library(file.descriptor());
  for (const std::string& symbol : library.exports)
    if (!symbol.starts_with("asg_backend_v"))
      session.wrong(
          "it exports more than its entry point: symbols of two plugins, or of a plugin and the "
          "program, may meet (asg_add_backend hides them)",
          shown(symbol));
  for (const std::string& needed : library.needed)
    if (needed.starts_with("libasg_core"))
      session.wrong("it needs asg's own library, which it must not see", shown(needed));
}

void check_facts(Session& session) {
  const BareDevice& device = session.bare();
  const DeviceDescription& said = device.facts().description;
  if (said.id.empty()) session.wrong("its device has no id");
  const loader::Backend& backend = device.backend();
  for (std::uint32_t i = 0; i < loader::device_count(backend); ++i) {
    const loader::DeviceFacts first = loader::read_device(backend, i),
                              second = loader::read_device(backend, i);
    if (first.description.id != second.description.id ||
        first.capabilities.rows().size() != second.capabilities.rows().size())
      session.wrong("it describes a device otherwise when it is asked again",
                    fmt::format("device {}", i));
    for (std::uint32_t j = 0; j < i; ++j)
      if (loader::read_device(backend, j).description.id == first.description.id)
        session.wrong("two of its devices have the same id", shown(first.description.id));
  }
}

void check_row(Session& session, const Capabilities::Row& row, std::size_t index) {
  const std::string where = fmt::format("row {} ({})", index, abi::op_name(row.op));
  if (row.op == ASG_OP_CLAIMED)
    session.wrong("a row is for CLAIMED, which is asked for by `claim`", where);
  if ((row.flags & ~known_flags) != 0)
    session.wrong("a row has flags that this asg does not know",
                  fmt::format("{}: {:#x}", where, row.flags & ~known_flags));
  if (row.max_rank > ASG_MAX_RANK)
    session.wrong("a row takes more axes than there are",
                  fmt::format("{}: {} of {}", where, row.max_rank, ASG_MAX_RANK));
  if (row.dtypes.empty()) session.wrong("a row takes no element types", where);
  const bool region = row.op == ASG_OP_REGION;
  const bool anything = row.instructions[0] != 0 || row.instructions[1] != 0;
  if (region && !anything) session.wrong("a row for regions has no instructions", where);
  if (!region && (anything || row.reductions != 0))
    session.wrong("a row has instructions or reductions, but is not for regions", where);
}

void check_region_rows(Session& session) {
  const BareDevice& device = session.bare();
  std::set<std::uint32_t> flags;
  for (const Capabilities::Row& row : device.rows())
    if (row.op == ASG_OP_REGION) flags.insert(row.flags & (known_flags & ~ASG_CAP_STRIDED));
  if (flags.size() > 1) session.wrong("its rows for regions have different flags");
  for (const std::uint32_t dtype : region_dtypes()) {
    bool any = false;
    for (const std::uint32_t opcode : opcodes()) any |= has_instruction(device, opcode, dtype);
    for (const std::uint32_t opcode : {ASG_EW_LOAD, ASG_EW_IMM})
      if (any && !has_instruction(device, opcode, dtype))
        session.wrong(
            "regions compute with an element type that they cannot read or write down",
            fmt::format("{} has no {}", sdk::dtype_name(dtype), abi::instruction_name(opcode)));
  }
}

// Before anything subtle: a copy, whose output is something else than it held before.
void check_execution(Session& session) {
  for (const std::uint32_t dtype : region_dtypes()) {
    if (!can_load(session.bare(), dtype)) continue;
    Random random(1);
    Case c;
    const ValueId x = c.input(random, dtype, {100}), y = c.output(dtype, {100});
    RegionBuilder& r = c.program.region({100});
    r.store(r.load(x), y);
    const Bytes got = run_case(session.bare(), c).outputs[0];
    if (std::all_of(got.begin(), got.end(), [](std::uint8_t byte) { return byte == 0; }))
      session.wrong("execute does nothing: after it an output holds what it held before",
                    fmt::format("a copy of 100 {}", sdk::dtype_name(dtype)));
    return;
  }
}

void check_load_of(Session& session) {
  const Device& device = session.device();
  session.fact("backend", device.backend_name());
  session.fact("version", session.bare().backend().plugin().version);
  session.fact("file", shown(device.backend_file().string(), 4096));
  session.fact("device", device.description().name);
  session.fact("device_id", device.description().id);
  session.attempt("the file", [&] { check_symbols(session); });
  session.attempt("the devices", [&] { check_facts(session); });
  session.attempt("the table of what it accepts", [&] {
    std::size_t index = 0;
    for (const Capabilities::Row& row : session.bare().rows()) check_row(session, row, index++);
    check_region_rows(session);
  });
  session.attempt("a program that runs", [&] { check_execution(session); });
  session.attempt("devices that come and go", [&] {
    for (int i = 0; i < 20; ++i) static_cast<void>(session.open_bare());
  });
}

}  // namespace

Kind check_load() {
  return {"exports, devices and rows, all in order", Kind::Phase::first, check_load_of};
}

}  // namespace asg::proof
