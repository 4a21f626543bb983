// The reference backend on devices that have less than it could, each as ASG_STRICT_DEVICES says,
// and that refuse as a breach whatever is beyond what they declared. What is counted here is
// counted without the core's help.
//
//   ASG_STRICT_DEVICES="rank=2;buffers=4,without=4"    devices 0 and 1, limits with commas between
#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include <asg/sdk/host_backend.hpp>

#include "kernels.hpp"

namespace asg::strict {
namespace {

struct Limits {
  uint32_t rank = ASG_MAX_RANK;         // of regions
  uint32_t kernel_rank = ASG_MAX_RANK;  // of all else
  uint32_t without = 0;                 // ASG_CAP_*
  uint64_t dtypes = ~uint64_t{0};       // mask of those that there are
  uint64_t instructions[2] = {~uint64_t{0}, ~uint64_t{0}};
  uint64_t reductions = ~uint64_t{0};
  uint32_t kernels = ~0u;  // mask of ASG_OP_*
  uint32_t buffers = 0, insts = 0;
  uint64_t range = 0, align = 64, buffer = PTRDIFF_MAX;
  uint64_t elements = 0;  // of a kernel's first result; 0 any, and no row says so: `supports` does
};

void set(Limits& limits, const std::string& key, uint64_t value) {
  const auto small = static_cast<uint32_t>(value);
  if (key == "rank")
    limits.rank = small;
  else if (key == "kernel_rank")
    limits.kernel_rank = small;
  else if (key == "without")
    limits.without |= small;
  else if (key == "dtype")
    limits.dtypes &= ~ASG_DTYPE_BIT(small);
  else if (key == "instruction")
    limits.instructions[value / 64] &= ~(uint64_t{1} << value % 64);
  else if (key == "reduction")
    limits.reductions &= ~(uint64_t{1} << value);
  else if (key == "kernel")
    limits.kernels &= ~(1u << small);
  else if (key == "buffers")
    limits.buffers = small;
  else if (key == "insts")
    limits.insts = small;
  else if (key == "range")
    limits.range = value;
  else if (key == "align")
    limits.align = value;
  else if (key == "elements")
    limits.elements = value;
  else if (key == "buffer")
    limits.buffer = value;
  else
    throw sdk::Error(ASG_INVALID_ARGUMENT, "ASG_STRICT_DEVICES: there is no limit " + key);
}

std::vector<std::string> split(const std::string& text, char at) {
  std::vector<std::string> parts(1);
  for (const char c : text) {
    if (c == at)
      parts.emplace_back();
    else
      parts.back() += c;
  }
  return parts;
}

std::vector<Limits> limits_from_environment() {
  const char* text = std::getenv("ASG_STRICT_DEVICES");
  std::vector<Limits> devices;
  for (const std::string& device : split(text == nullptr ? "" : text, ';')) {
    Limits& limits = devices.emplace_back();
    for (const std::string& limit : split(device, ',')) {
      const std::size_t equals = limit.find('=');
      if (equals == std::string::npos) continue;
      set(limits, limit.substr(0, equals), std::stoull(limit.substr(equals + 1)));
    }
  }
  return devices;
}

std::vector<sdk::Kernel> kernels_within(const Limits& limits) {
  std::vector<sdk::Kernel> kernels = reference::all_kernels();
  for (sdk::Kernel& kernel : kernels) {
    std::vector<sdk::Capability> rows;
    for (sdk::Capability row : kernel.capabilities) {
      const bool region = row.op == ASG_OP_REGION;
      row.flags &= ~limits.without;
      row.max_rank = std::min(row.max_rank, region ? limits.rank : limits.kernel_rank);
      bool empty = (limits.kernels >> row.op & 1) == 0;
      for (uint64_t& dtypes : row.dtypes) empty |= (dtypes &= limits.dtypes) == 0;
      for (std::size_t i = 0; i < 2; ++i) row.instructions[i] &= limits.instructions[i];
      row.reductions &= limits.reductions;
      if (!empty) rows.push_back(row);
    }
    kernel.capabilities = rows;
  }
  return kernels;
}

[[noreturn]] void breach(uint32_t step, const std::string& what) {
  throw sdk::Error(ASG_INVALID_ARGUMENT, "breach: " + what, step);
}

// That the rows accept each step is for HostExecutable to see.
void check(const asg_program& program, const Limits& limits) {
  const sdk::ProgramCopy copy(program, sdk::Constants::drop);
  for (const asg_slot& slot : copy.slots())
    if (slot.size > limits.buffer) breach(ASG_NO_STEP, "a slot of " + std::to_string(slot.size));
  uint32_t index = 0;
  for (const asg_step& step : copy.steps()) {
    std::set<uint32_t> touched(step.inputs, step.inputs + step.n_inputs);
    touched.insert(step.outputs, step.outputs + step.n_outputs);
    for (const uint32_t v : touched) {
      const asg_value& value = copy.values()[v];
      if (limits.range != 0 && value.extent_end - value.extent_begin > limits.range)
        breach(index,
               "a value that spans " + std::to_string(value.extent_end - value.extent_begin));
      // Regions have whatever view they have in their accesses.
      if (step.op == ASG_OP_REGION && value.offset % limits.align != 0)
        breach(index, "a value at byte " + std::to_string(value.offset));
    }
    const uint64_t elements =
        step.n_outputs == 0 ? 0 : static_cast<uint64_t>(sdk::element_count(copy.output(step, 0)));
    if (limits.elements != 0 && step.op != ASG_OP_REGION && elements > limits.elements)
      breach(index, "a kernel of " + std::to_string(elements) + " elements");
    if (const asg_region* region = copy.region(step)) {
      std::size_t values = touched.size();
      if (region->instances.count > 0) {
        const asg_instance& first = *ASG_AT(asg_instance, region->instances, 0);
        values = std::set<uint32_t>(first.values, first.values + region->accesses.count).size();
      }
      values += region->reductions.count;
      if (limits.buffers != 0 && values > limits.buffers)
        breach(index, "a region of " + std::to_string(values) + " values");
      if (limits.insts != 0 && region->insts.count > limits.insts)
        breach(index, "a region of " + std::to_string(region->insts.count) + " instructions");
    }
    ++index;
  }
}

class StrictDevice final : public sdk::HostDevice {
 public:
  StrictDevice(const std::vector<sdk::Kernel>& kernels, const Limits& limits)
      : HostDevice(kernels), limits_(limits) {}
  void supports(const asg_step_request& request) const override {
    const int64_t elements = sdk::element_count(sdk::type_of(request, request.n_inputs));
    if (limits_.elements != 0 && static_cast<uint64_t>(elements) > limits_.elements)
      throw sdk::Error(ASG_UNSUPPORTED, std::string(request.name) + " of " +
                                            std::to_string(elements) + " elements, where " +
                                            std::to_string(limits_.elements) + " fit");
  }
  std::unique_ptr<sdk::Executable> compile(const asg_program& program) override {
    check(program, limits_);
    return HostDevice::compile(program);
  }
  std::unique_ptr<sdk::Buffer> create_buffer(uint64_t size) override {
    if (size > limits_.buffer) breach(ASG_NO_STEP, "a buffer of " + std::to_string(size));
    return HostDevice::create_buffer(size);
  }

 private:
  const Limits& limits_;
};

class StrictBackend final : public sdk::Backend {
 public:
  static const asg_backend_info info;

  explicit StrictBackend(const asg_host&)
      : limits_(limits_from_environment()), rows_(limits_.size()) {
    for (const Limits& limits : limits_) kernels_.push_back(kernels_within(limits));
    for (std::size_t i = 0; i < limits_.size(); ++i)
      for (const sdk::Kernel& kernel : kernels_[i])
        for (const sdk::Capability& row : kernel.capabilities) rows_[i].push_back(row.row());
  }
  uint32_t device_count() const override { return static_cast<uint32_t>(limits_.size()); }
  void describe(uint32_t index, asg_device_info& out) const override {
    const Limits& limits = limits_[index];
    out.kind = ASG_DEVICE_CPU;
    const std::string id = "strict" + std::to_string(index);
    std::strncpy(out.id, id.c_str(), sizeof out.id - 1);
    std::strncpy(out.name, id.c_str(), sizeof out.name - 1);
    out.max_buffer_size = limits.buffer;
    out.max_value_range = limits.range;
    out.offset_alignment = limits.align;
    out.max_region_buffers = limits.buffers;
    out.max_region_insts = limits.insts;
    out.threads = 1;
    out.op_caps = {rows_[index].data(), static_cast<uint32_t>(rows_[index].size()),
                   sizeof(asg_op_cap)};
  }
  std::unique_ptr<sdk::Device> open(uint32_t index, const sdk::Options&) override {
    return std::make_unique<StrictDevice>(kernels_[index], limits_[index]);
  }

 private:
  std::vector<Limits> limits_;
  std::vector<std::vector<sdk::Kernel>> kernels_;
  std::vector<std::vector<asg_op_cap>> rows_;
};

const asg_backend_info StrictBackend::info = sdk::backend_info(
    "strict", "0.1.0", "asg", "the reference backend with less, which refuses what is beyond it");

}  // namespace
}  // namespace asg::strict

ASG_BACKEND(asg::strict::StrictBackend)
