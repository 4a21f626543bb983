// asg/sdk/host_backend.hpp - a backend in host memory from a list of kernels.  Each kernel is
// declared together with its capability rows, so that what the plugin says and what it does
// cannot disagree; buffers, copies of programs, bindings and bounds checks are done here.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <new>
#include <string>
#include <utility>
#include <vector>

#include <asg/sdk/backend.h>
#include <asg/sdk/backend.hpp>
#include <asg/sdk/host_kernel.hpp>

namespace asg::sdk {

/// 64-byte aligned host memory.
class HostBuffer final : public Buffer {
 public:
  explicit HostBuffer(uint64_t size) : size_(size) {
    const uint64_t rounded = (size + 63) / 64 * 64;
    if (rounded < size || rounded > PTRDIFF_MAX)
      throw Error(ASG_OUT_OF_MEMORY,
                  "a buffer of " + std::to_string(size) + " bytes exceeds the address space");
    memory_.reset(static_cast<std::byte*>(std::aligned_alloc(64, rounded)), &std::free);
    if (memory_ == nullptr)
      throw Error(ASG_OUT_OF_MEMORY,
                  "no host memory for a buffer of " + std::to_string(size) + " bytes");
  }
  /// Memory that the backend has got in a way of its own, 64-byte aligned.
  HostBuffer(uint64_t size, std::shared_ptr<std::byte> memory)
      : memory_(std::move(memory)), size_(size) {}
  uint64_t size() const { return size_; }
  std::unique_ptr<Event> upload(uint64_t offset, const void* from, uint64_t size) override {
    std::byte* to = range(offset, size);
    if (size > 0) std::memcpy(to, from, size);
    return nullptr;
  }
  std::unique_ptr<Event> download(uint64_t offset, void* to, uint64_t size) override {
    const std::byte* from = range(offset, size);
    if (size > 0) std::memcpy(to, from, size);
    return nullptr;
  }
  /// The address of a range.  Errors: ASG_INVALID_ARGUMENT when it leaves the buffer.
  std::byte* range(uint64_t offset, uint64_t size) {
    if (offset > size_ || size > size_ - offset)
      throw Error(ASG_INVALID_ARGUMENT, std::to_string(size) + " bytes at offset " +
                                            std::to_string(offset) + " leave a buffer of " +
                                            std::to_string(size_) + " bytes");
    return memory_.get() + offset;
  }

 private:
  std::shared_ptr<std::byte> memory_;
  uint64_t size_;
};

/// The finished work of a synchronous plugin; exists to carry the times of a profiled run.
class FinishedEvent final : public Event {
 public:
  explicit FinishedEvent(std::vector<asg_step_time> times) : times_(std::move(times)) {}
  bool wait(uint64_t) override { return true; }
  std::vector<asg_step_time> profile() override { return times_; }

 private:
  std::vector<asg_step_time> times_;
};

/// A program whose steps are bound to kernels.  Derive and override run_steps to schedule steps
/// otherwise than one after the other.
class HostExecutable : public Executable {
 public:
  /// Errors: ASG_UNSUPPORTED with the step that no kernel accepts.
  HostExecutable(const asg_program& program, const std::vector<Kernel>& kernels)
      : program_(program),
        needed_(program_.slots().size()),
        bases_(program_.slots().size()),
        addresses_(program_.values().size()) {
    for (const asg_value& value : program_.values())
      if (value.extent_begin < value.extent_end)
        needed_[value.slot] = std::max(needed_[value.slot], value.extent_end);
    uint32_t index = 0;
    for (const asg_step& step : program_.steps()) {
      try {
        runs_.push_back(find(kernels, step).prepare(program_, step));
      } catch (const Error& e) {
        if (e.step() != ASG_NO_STEP) throw;
        throw Error(e.code(), e.what(), index);
      }
      ++index;
    }
  }

  /// Errors: ASG_INVALID_ARGUMENT for a binding that does not hold the values of its slot.
  std::unique_ptr<Event> execute(const ExecArgs& args) override {
    bind(args);
    if ((args.flags & ASG_EXEC_PROFILE) == 0) {
      run_steps(nullptr);
      return nullptr;
    }
    std::vector<asg_step_time> times(runs_.size());
    run_steps(times.data());
    return std::make_unique<FinishedEvent>(std::move(times));
  }

 protected:
  /// Runs all steps; `times` has room for one entry per step, or is nullptr.
  virtual void run_steps(asg_step_time* times) {
    for (uint32_t i = 0; i < runs_.size(); ++i) run_step(i, times);
  }

  /// Runs one step.  Threads: any, for steps of one stage.
  void run_step(uint32_t index, asg_step_time* times) const {
    const auto now = [] {
      return nanoseconds(std::chrono::steady_clock::now().time_since_epoch());
    };
    const uint64_t begin = times != nullptr ? now() : 0;
    try {
      runs_[index](Call{program_, program_.steps()[index], addresses_.data()});
    } catch (const Error& e) {
      throw Error(e.code(), e.what(), index);
    }
    if (times != nullptr) times[index] = {index, 0, begin, now()};
  }

  const ProgramCopy& program() const { return program_; }

 private:
  static uint64_t nanoseconds(std::chrono::steady_clock::duration time) {
    return static_cast<uint64_t>(
        std::chrono::duration_cast<std::chrono::nanoseconds>(time).count());
  }

  const Kernel& find(const std::vector<Kernel>& kernels, const asg_step& step) const {
    for (const Kernel& kernel : kernels)
      if (accepts(kernel, kernels, program_, step)) return kernel;
    std::string message = "no kernel accepts '" + std::string(step.name) + "' (op " +
                          std::to_string(step.op) + ") on";
    for (uint32_t i = 0; i < step.n_inputs; ++i)
      message += std::string(" ") + dtype_name(program_.input(step, i).dtype);
    message += " ->";
    for (uint32_t i = 0; i < step.n_outputs; ++i)
      message += std::string(" ") + dtype_name(program_.output(step, i).dtype);
    throw Error(ASG_UNSUPPORTED, message);
  }

  void bind(const ExecArgs& args) {
    const Span<asg_slot> slots = program_.slots();
    if (args.bindings.count != slots.size())
      throw Error(ASG_INVALID_ARGUMENT, std::to_string(args.bindings.count) + " bindings for " +
                                            std::to_string(slots.size()) + " slots");
    for (uint32_t i = 0; i < slots.size(); ++i)
      bases_[i] = base(slots[i], i, *ASG_AT(asg_binding, args.bindings, i));
    uint32_t index = 0;
    for (const asg_value& value : program_.values()) {
      std::byte* start = bases_[value.slot];
      addresses_[index++] = start == nullptr ? nullptr : start + value.offset;
    }
  }

  std::byte* base(const asg_slot& slot, uint32_t index, const asg_binding& binding) const {
    // The host never writes to constants, and the core gives no step that stores into one.
    if (slot.role == ASG_SLOT_CONST)
      return static_cast<std::byte*>(const_cast<void*>(slot.host_data));
    if (needed_[index] == 0) return nullptr;
    const auto fail = [&](const std::string& problem) {
      throw Error(ASG_INVALID_ARGUMENT,
                  "slot " + std::to_string(index) + " '" + slot.name + "' is " + problem);
    };
    if (binding.buffer == nullptr) fail("not bound");
    if (binding.size < needed_[index])
      fail("bound to " + std::to_string(binding.size) + " bytes, its values need " +
           std::to_string(needed_[index]));
    std::byte* start =
        static_cast<HostBuffer*>(buffer_of(binding))->range(binding.offset, binding.size);
    const uint64_t alignment = std::max<uint64_t>(slot.alignment, 8);
    if (reinterpret_cast<uintptr_t>(start) % alignment != 0)
      fail("bound at offset " + std::to_string(binding.offset) + ", which is not aligned to " +
           std::to_string(alignment) + " bytes");
    return start;
  }

  ProgramCopy program_;
  std::vector<uint64_t> needed_;   // bytes that the values of each slot reach to
  std::vector<std::byte*> bases_;  // of the slots' bindings; members, so that a run needs no memory
  std::vector<std::byte*> addresses_;
  std::vector<Run> runs_;
};

class HostDevice : public Device {
 public:
  explicit HostDevice(const std::vector<Kernel>& kernels) : kernels_(kernels) {}
  std::unique_ptr<Buffer> create_buffer(uint64_t size) override {
    return std::make_unique<HostBuffer>(size);
  }
  std::unique_ptr<Executable> compile(const asg_program& program) override {
    return std::make_unique<HostExecutable>(program, kernels_);
  }
  void claim(const asg_step_request& request, asg_claim_reply& reply) const override {
    for (const Kernel& kernel : kernels_)
      if (kernel.claim && kernel.claimed_op == request.name) kernel.claim(request, reply);
  }

 protected:
  const std::vector<Kernel>& kernels_;  // of the backend, which lives longer
};

/// One device in host memory over a list of kernels.
class HostBackend : public Backend {
 public:
  explicit HostBackend(std::vector<Kernel> kernels) : kernels_(std::move(kernels)) {
    for (const Kernel& kernel : kernels_)
      for (const Capability& capability : kernel.capabilities) rows_.push_back(capability.row());
  }
  void describe(uint32_t, asg_device_info& info) const override {
    info.kind = ASG_DEVICE_CPU;
    std::strcpy(info.id, "cpu");
    std::strcpy(info.name, "host memory");
    info.max_buffer_size = PTRDIFF_MAX;
    info.offset_alignment = 64;
    info.threads = 1;
    info.op_caps = {rows_.data(), static_cast<uint32_t>(rows_.size()), sizeof(asg_op_cap)};
  }
  std::unique_ptr<Device> open(uint32_t, const Options&) override {
    return std::make_unique<HostDevice>(kernels_);
  }

 protected:
  const std::vector<Kernel>& kernels() const { return kernels_; }

 private:
  std::vector<Kernel> kernels_;
  std::vector<asg_op_cap> rows_;
};

}  // namespace asg::sdk
