#include "cli/fits.hpp"

#include <fmt/format.h>

#include <asg/graph/error.hpp>

#include "cli/command.hpp"
#include "cli/memory.hpp"

namespace asg::cli {
namespace {

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
  for (const nn::Parameter& parameter : model.module->stored())
    count += elements(parameter.shape());
  return count;
}

}  // namespace

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
