#include "memory.hpp"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <locale>

#include <fmt/format.h>
#include <malloc.h>
#include <sys/resource.h>

#include <asg/graph/error.hpp>
#include <asg/passes/program.hpp>

#include "command.hpp"

namespace asg::cli {
namespace {

std::uint64_t number_in(const char* file) {
  std::ifstream stream(file);
  stream.imbue(std::locale::classic());
  std::uint64_t number = 0;
  return stream >> number ? number : 0;
}

// "Name:   123 kB" in files of /proc, "name 123" in those of control groups.
std::uint64_t number_after(const char* file, std::string_view key) {
  std::ifstream stream(file);
  stream.imbue(std::locale::classic());
  std::string word;
  std::uint64_t number = 0;
  while (stream >> word)
    if (word == key) return stream >> number ? number : 0;
  return 0;
}

std::uint64_t rest_of_control_group() {
  const std::uint64_t limit = number_in("/sys/fs/cgroup/memory.max");
  if (limit == 0) return 0;  // "max"
  const std::uint64_t used = number_in("/sys/fs/cgroup/memory.current");
  const std::uint64_t cache = number_after("/sys/fs/cgroup/memory.stat", "inactive_file");
  const std::uint64_t kept = used > cache ? used - cache : 0;
  return std::max<std::uint64_t>(limit > kept ? limit - kept : 0, 1);
}

std::uint64_t rest_of_address_space() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_AS, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) return 0;
  const std::uint64_t used = number_after("/proc/self/status", "VmSize:") * 1024;
  return std::max<std::uint64_t>(limit.rlim_cur > used ? limit.rlim_cur - used : 0, 1);
}

struct Room {
  double bytes = 0;  // 0: nobody knows
  bool of_host = true;
  std::string where = "this machine";
};

Room room_of(const Device& device) {
  const DeviceDescription& d = device.description();
  if (d.kind == "cpu" || d.kind == "software" || d.kind == "igpu")
    return {static_cast<double>(available_memory())};
  return {static_cast<double>(d.memory_total), false, d.name};
}

// Sizes that no machine has would overflow an integer.
double elements(const Shape& shape) {
  double count = 1;
  for (const std::int64_t size : shape) count *= static_cast<double>(size);
  return count;
}

double parameters_of(const Model& model) {
  double count = 0;
  for (const nn::Parameter& parameter : model.module->parameters())
    count += elements(parameter.shape());
  return count;
}

}  // namespace

std::uint64_t available_memory() {
  std::uint64_t least = number_after("/proc/meminfo", "MemAvailable:") * 1024;
  for (const std::uint64_t rest : {rest_of_control_group(), rest_of_address_space()})
    if (rest != 0) least = least == 0 ? rest : std::min(least, rest);
  return least;
}

std::uint64_t peak_memory() { return number_after("/proc/self/status", "VmHWM:") * 1024; }

// Where the kernel does not do this, the peak is that of the whole process.
void reset_peak_memory() {
  ::malloc_trim(0);  // what was freed is not used
  std::ofstream stream("/proc/self/clear_refs");
  stream.imbue(std::locale::classic());
  stream << "5";
}

std::string size_text(double bytes) {
  static constexpr const char* units[] = {"bytes", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
  std::size_t unit = 0;
  for (; bytes >= 1024 && unit + 1 < std::size(units); ++unit) bytes /= 1024;
  return fmt::format("{:.{}f} {}", bytes, unit == 0 || bytes >= 1e4 ? 0 : 1, units[unit]);
}

void check_layers(std::int64_t layers) {
  // Modules, graph and program of a block, as measured on plans of 500 and 1,000 small ones.
  constexpr double bytes_of_layer = 900e3;
  const double need = static_cast<double>(layers) * bytes_of_layer;
  const auto available = static_cast<double>(available_memory());
  if (available == 0 || need <= available) return;
  throw UsageError(
      fmt::format("--layers {}: the graph of so many layers takes about {}; {} are available",
                  layers, size_text(need), size_text(available)));
}

void check_state(const ModelFlags& flags, const Device& device, double copies) {
  // Layers are alike, so that two small models tell the size of any.
  const auto with_layers = [&](std::int64_t layers) {
    ModelFlags few = flags;
    few.layers = layers;
    return make_model(few);
  };
  const Model one = with_layers(1);
  const double first = parameters_of(one), further = parameters_of(with_layers(2)) - first;
  const double parameters = first + static_cast<double>(flags.layers - 1) * further;
  const double state = parameters * copies * static_cast<double>(size_of(flags.element()));
  double batch = 0;
  for (const TensorType& type : one.inputs)
    batch += elements(type.shape) * static_cast<double>(size_of(type.dtype));
  const Room room = room_of(device);
  if (room.bytes == 0 || state + batch <= room.bytes) return;
  throw UsageError(fmt::format(
      "--model {}: {:.4g} parameters and the optimizer's state take {}, a batch {}; {} are "
      "available on {}. Fewer --layers, a smaller --embd or --batch need less",
      flags.model, parameters, size_text(state), size_text(batch), size_text(room.bytes),
      room.where));
}

void check_program(const Program& program, const Device& device) {
  double beside = 0, state = 0;
  for (const Slot& slot : program.slots)
    (slot.role == ASG_SLOT_STATE ? state : beside) += static_cast<double>(slot.size_bytes);
  const Room room = room_of(device);
  // A host's parameters are in its memory already.
  const double need = room.of_host ? beside : beside + state;
  if (room.bytes == 0 || need <= room.bytes) return;
  throw DeviceError(fmt::format(
      "{}: intermediate values take {} beside {} of parameters and optimizer state; {} "
      "are available on {}. A smaller --batch or --block needs less",
      program.name, size_text(beside), size_text(state), size_text(room.bytes), room.where));
}

}  // namespace asg::cli
