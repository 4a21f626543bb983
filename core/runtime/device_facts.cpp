#include "runtime/device_facts.hpp"

#include <bit>
#include <cstddef>
#include <cstring>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "runtime/first_version.hpp"
#include "runtime/plugin_call.hpp"

namespace asg::loader {
namespace {

constexpr std::uint32_t most_rows = 65536;
constexpr std::uint32_t most_devices = 1024;

[[noreturn]] void refuse(std::string message) {
  throw PluginFailure(ASG_INCOMPATIBLE, ASG_NO_STEP, std::move(message));
}

std::string kind_name(std::uint32_t kind) {
  switch (kind) {
    case ASG_DEVICE_CPU:
      return "cpu";
    case ASG_DEVICE_GPU:
      return "gpu";
    case ASG_DEVICE_IGPU:
      return "igpu";
    case ASG_DEVICE_ACCEL:
      return "accelerator";
    case ASG_DEVICE_SOFTWARE:
      return "software";
    default:
      return "unknown";
  }
}

template <std::size_t size>
std::string text_of(char (&text)[size]) {
  text[size - 1] = '\0';
  return clean_line(text);
}

std::vector<Capabilities::Row> copy_rows(const asg_span& span) {
  if (span.count > most_rows || (span.count > 0 && span.data == nullptr) ||
      (span.count > 0 && span.stride < first_size<asg_op_cap>))
    refuse(
        fmt::format("its table of ops is malformed: {} rows of {} bytes", span.count, span.stride));
  std::vector<Capabilities::Row> rows;
  for (std::uint32_t i = 0; i < span.count; ++i) {
    const asg_op_cap cap = as_known(ASG_AT(asg_op_cap, span, i), span.stride);
    if (cap.n_dtypes > most_rows || (cap.n_dtypes > 0 && cap.dtypes == nullptr))
      refuse(fmt::format("row {} of its table of ops is malformed: {} types", i, cap.n_dtypes));
    rows.push_back({cap.op,
                    cap.flags,
                    cap.max_rank == 0 ? std::uint32_t{ASG_MAX_RANK} : cap.max_rank,
                    {cap.dtypes, cap.dtypes + cap.n_dtypes},
                    {cap.instructions[0], cap.instructions[1]},
                    cap.reductions});
  }
  return rows;
}

}  // namespace

std::uint32_t device_count(const Backend& backend) {
  const std::uint32_t count = call("device_count", backend.api().device_count, backend.handle());
  if (count > most_devices) refuse(fmt::format("it says that it has {} devices", count));
  return count;
}

namespace {

asg_device_info empty_info() {
  asg_device_info info{};
  info.struct_size = sizeof info;
  return info;
}

DeviceFacts facts_of(const Plugin& plugin, std::uint32_t index, asg_device_info& info) {
  if (info.struct_size < first_size<asg_device_info> || info.struct_size > sizeof info)
    refuse(fmt::format("it fills {} bytes of the facts of device {}, at least {} are needed",
                       info.struct_size, index, first_size<asg_device_info>));
  if ((info.host_features & ~plugin.host.features) != 0)
    refuse(fmt::format("its device {} needs features of a newer asg ({:#x})", index,
                       info.host_features & ~plugin.host.features));
  if (info.offset_alignment == 0) info.offset_alignment = 1;
  if (!std::has_single_bit(info.offset_alignment))
    refuse(fmt::format("its device {} wants an alignment of {} bytes, which is no power of two",
                       index, info.offset_alignment));
  DeviceFacts facts;
  facts.description = {text_of(info.id),  text_of(info.name), kind_name(info.kind),
                       info.memory_total, info.memory_free,   static_cast<int>(info.threads)};
  if (facts.description.name.empty()) facts.description.name = facts.description.id;
  facts.limits = {info.offset_alignment,   info.max_buffer_size,  info.max_value_range,
                  info.max_region_buffers, info.max_region_insts, plugin.opset,
                  plugin.features};
  facts.capabilities = Capabilities(copy_rows(info.op_caps));
  return facts;
}

}  // namespace

DeviceFacts read_device(const Backend& backend, std::uint32_t index) {
  asg_device_info info = empty_info();
  call_checked("device_info", backend.api().device_info, backend.handle(), index, &info);
  return facts_of(backend.plugin(), index, info);
}

DeviceFacts read_device(const Backend& backend, std::uint32_t index, asg_device* device) {
  if (backend.api().opened_info == nullptr) return read_device(backend, index);
  asg_device_info info = empty_info();
  call_checked("opened_info", backend.api().opened_info, device, &info);
  return facts_of(backend.plugin(), index, info);
}

}  // namespace asg::loader
