// asg/sdk/program_copy.hpp - an owned deep copy of a program, checked against the contract.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <new>
#include <string>
#include <type_traits>
#include <vector>

#include <asg/sdk/backend.h>
#include <asg/sdk/error.hpp>
#include <asg/sdk/program.hpp>

namespace asg::sdk {

/// Memory that grows and is freed at once; addresses never move.
class Pool {
 public:
  static constexpr std::size_t alignment = 64;

  void* allocate(std::size_t bytes) {
    bytes = (bytes + alignment - 1) / alignment * alignment;
    if (bytes > left_) {
      const std::size_t block = std::max(bytes, block_size);
      blocks_.emplace_back(static_cast<std::byte*>(std::aligned_alloc(alignment, block)));
      if (blocks_.back() == nullptr) throw std::bad_alloc();
      // A large array gets a block of its own, so that the rest of the current one stays usable.
      if (block > block_size) return blocks_.back().get();
      next_ = blocks_.back().get();
      left_ = block;
    }
    void* result = next_;
    next_ += bytes;
    left_ -= bytes;
    return result;
  }

  template <class T>
  T* array(std::size_t count) {
    static_assert(std::is_trivially_copyable_v<T> && alignof(T) <= alignment);
    return static_cast<T*>(allocate(count * sizeof(T)));
  }

 private:
  struct Free {
    void operator()(std::byte* p) const { std::free(p); }
  };
  static constexpr std::size_t block_size = std::size_t{1} << 16;
  std::vector<std::unique_ptr<std::byte, Free>> blocks_;
  std::byte* next_ = nullptr;
  std::size_t left_ = 0;
};

/// Whether a ProgramCopy keeps the bytes of CONST slots; without, host_data is NULL in the copy.
enum class Constants { keep, drop };

/// An owned deep copy of a program.  Every array has this header's stride, a field that an older
/// host does not know is zero, strings are never NULL, and every index has been checked.
/// Errors: ASG_INVALID_ARGUMENT when an index, rank, extent or pointer breaks the contract.
/// Memory: constants are copied (64-byte aligned) unless told otherwise.  Copying a ProgramCopy is
/// not possible; moving one keeps all addresses.
class ProgramCopy {
 public:
  explicit ProgramCopy(const asg_program& program, Constants constants = Constants::keep) {
    std::memcpy(static_cast<void*>(&program_), &program,
                std::min<std::size_t>(program.struct_size, sizeof program_));
    program_.struct_size = sizeof program_;
    program_.name = text(program_.name);
    copy_slots(constants);
    copy_values();
    copy_regions();
    copy_steps();
  }
  ProgramCopy(ProgramCopy&&) = default;
  ProgramCopy& operator=(ProgramCopy&&) = default;

  const asg_program& get() const { return program_; }
  Span<asg_slot> slots() const { return program_.slots; }
  Span<asg_value> values() const { return program_.values; }
  Span<asg_step> steps() const { return program_.steps; }
  Span<asg_region> regions() const { return program_.regions; }

  const asg_value& input(const asg_step& step, uint32_t i) const {
    return values()[step.inputs[i]];
  }
  const asg_value& output(const asg_step& step, uint32_t i) const {
    return values()[step.outputs[i]];
  }
  /// The region of a REGION step or the epilogue of a MATMUL step, or nullptr.
  const asg_region* region(const asg_step& step) const {
    return step.region == 0 ? nullptr : &regions()[step.region - 1];
  }

 private:
  static void require(bool ok, const std::string& what, uint32_t step = ASG_NO_STEP) {
    if (!ok) throw Error(ASG_INVALID_ARGUMENT, "malformed program: " + what, step);
  }

  const char* text(const char* s) {
    if (s == nullptr) return "";
    const std::size_t size = std::strlen(s) + 1;
    // Names repeat from step to step ("", "region"); one copy of neighbours is enough.
    if (last_text_ != nullptr && std::strcmp(last_text_, s) == 0) return last_text_;
    char* copy = pool_.array<char>(size);
    std::memcpy(copy, s, size);
    return last_text_ = copy;
  }

  template <class T>
  const T* items(const T* from, uint32_t count, const char* what) {
    if (count == 0) return nullptr;
    require(from != nullptr, std::string(what) + " is NULL");
    T* copy = pool_.array<T>(count);
    std::memcpy(static_cast<void*>(copy), from, count * sizeof(T));
    return copy;
  }

  /// Replaces the span's data by a copy with this header's stride and returns the elements.
  template <class T>
  T* elements(asg_span& span, const char* what) {
    if (span.count == 0) {
      span = {nullptr, 0, sizeof(T)};
      return nullptr;
    }
    require(span.data != nullptr && span.stride != 0, std::string(what) + " is NULL");
    T* copy = pool_.array<T>(span.count);
    const std::size_t known = std::min<std::size_t>(span.stride, sizeof(T));
    for (uint32_t i = 0; i < span.count; ++i) {
      copy[i] = T{};
      std::memcpy(static_cast<void*>(&copy[i]), ASG_AT(char, span, i), known);
    }
    span = {copy, span.count, sizeof(T)};
    return copy;
  }

  void copy_slots(Constants constants) {
    asg_slot* slots = elements<asg_slot>(program_.slots, "slots");
    for (uint32_t i = 0; i < program_.slots.count; ++i) {
      asg_slot& slot = slots[i];
      slot.name = text(slot.name);
      const bool constant = slot.role == ASG_SLOT_CONST && slot.size > 0;
      require(!constant || slot.host_data != nullptr,
              "constant slot " + std::to_string(i) + " has no data");
      if (constant && constants == Constants::keep) {
        void* copy = pool_.allocate(slot.size);
        std::memcpy(copy, slot.host_data, slot.size);
        slot.host_data = copy;
      } else {
        slot.host_data = nullptr;
      }
    }
  }

  void copy_values() {
    asg_value* values = elements<asg_value>(program_.values, "values");
    for (uint32_t i = 0; i < program_.values.count; ++i) {
      asg_value& value = values[i];
      const auto at = [i] { return "value " + std::to_string(i); };
      require(value.rank <= ASG_MAX_RANK, at() + " has more than 8 axes");
      require(value.slot < program_.slots.count, at() + " names a slot that does not exist");
      require(
          value.extent_begin <= value.extent_end && value.extent_end <= slots()[value.slot].size,
          at() + " reaches outside its slot");
      check_reach(value, i);
    }
  }

  /// Every element of the value lies inside its extent.
  static void check_reach(const asg_value& value, uint32_t index) {
    const auto size = static_cast<int64_t>(dtype_size(value.dtype));
    int64_t low = 0, high = 0;
    bool overflow = false;
    for (uint32_t d = 0; d < value.rank; ++d) {
      require(value.shape[d] >= 0, "value " + std::to_string(index) + " has a negative size");
      if (value.shape[d] == 0) return;
      int64_t reach = 0;
      overflow |= __builtin_mul_overflow(value.shape[d] - 1, value.strides[d], &reach);
      int64_t& side = reach < 0 ? low : high;
      overflow |= __builtin_add_overflow(side, reach, &side);
    }
    if (size == 0) return;
    overflow |= __builtin_mul_overflow(low, size, &low);
    overflow |= __builtin_mul_overflow(high, size, &high);
    overflow |= __builtin_add_overflow(high, size, &high);
    overflow |= value.offset > INT64_MAX || value.extent_end > INT64_MAX;
    if (!overflow) {
      overflow |= __builtin_add_overflow(low, static_cast<int64_t>(value.offset), &low);
      overflow |= __builtin_add_overflow(high, static_cast<int64_t>(value.offset), &high);
    }
    require(!overflow && low >= static_cast<int64_t>(value.extent_begin) &&
                high <= static_cast<int64_t>(value.extent_end),
            "value " + std::to_string(index) + " reaches outside its extent");
    require(value.offset % static_cast<uint64_t>(size) == 0,
            "value " + std::to_string(index) + " is not aligned to its elements");
  }

  void copy_regions() {
    asg_region* regions = elements<asg_region>(program_.regions, "regions");
    for (uint32_t i = 0; i < program_.regions.count; ++i) {
      asg_region& region = regions[i];
      const std::string at = "region " + std::to_string(i);
      // What lies between the writer's struct and its stride is not the writer's.
      const auto known = std::min<std::size_t>(region.struct_size, sizeof region);
      std::memset(reinterpret_cast<char*>(&region) + known, 0, sizeof region - known);
      region.struct_size = sizeof region;
      require(region.rank <= ASG_MAX_RANK, at + " has more than 8 axes");
      for (uint32_t d = 0; d < region.rank; ++d)
        require(region.dims[d] >= 0, at + " has a negative size");
      elements<asg_inst>(region.insts, "instructions");
      asg_access* accesses = elements<asg_access>(region.accesses, "accesses");
      elements<asg_reduction>(region.reductions, "reductions");
      asg_store* stores = elements<asg_store>(region.stores, "stores");
      asg_phase* phases = elements<asg_phase>(region.phases, "phases");
      for (uint32_t a = 0; a < region.accesses.count; ++a)
        elements<asg_bound>(accesses[a].bounds, "bounds");
      for (uint32_t s = 0; s < region.stores.count; ++s) {
        require(stores[s].access < region.accesses.count, at + ": a store's access does not exist");
        require(stores[s].source < (stores[s].kind == ASG_STORE_REDUCTION ? region.reductions.count
                                                                          : region.insts.count),
                at + ": a store's source does not exist");
        require(
            region.instances.count > 0 || accesses[stores[s].access].value < program_.values.count,
            at + ": a store's value does not exist");
      }
      for (uint32_t p = 0; p < region.phases.count; ++p) {
        const asg_phase previous = p == 0 ? asg_phase{} : phases[p - 1];
        require(phases[p].insts_end >= previous.insts_end &&
                    phases[p].insts_end <= region.insts.count &&
                    phases[p].reductions_end >= previous.reductions_end &&
                    phases[p].reductions_end <= region.reductions.count &&
                    phases[p].stores_end >= previous.stores_end &&
                    phases[p].stores_end <= region.stores.count,
                at + ": phase " + std::to_string(p) + " has ends out of order");
      }
      copy_instances(region, at);
    }
  }

  void copy_instances(asg_region& region, const std::string& at) {
    asg_instance* instances = elements<asg_instance>(region.instances, "instances");
    if (instances == nullptr) return;
    require(region.rank == 1 && region.phases.count == 1 && region.reductions.count == 0,
            at + " has instances, but not one axis and one phase without reductions");
    for (const asg_access& access : Span<asg_access>(region.accesses))
      require(access.bounds.count == 0, at + " has instances and an access with bounds");
    for (uint32_t i = 0; i < region.instances.count; ++i) {
      const auto where = [&] { return at + ": instance " + std::to_string(i); };
      require(instances[i].length >= 0, where() + " has a negative length");
      instances[i].values =
          items(instances[i].values, region.accesses.count, "an instance's values");
      for (uint32_t a = 0; a < region.accesses.count; ++a)
        require(instances[i].values[a] < program_.values.count,
                where() + " touches a value that does not exist");
    }
  }

  void copy_steps() {
    asg_step* steps = elements<asg_step>(program_.steps, "steps");
    for (uint32_t i = 0; i < program_.steps.count; ++i) {
      asg_step& step = steps[i];
      step.name = text(step.name);
      step.origin = text(step.origin);
      step.inputs = items(step.inputs, step.n_inputs, "inputs");
      step.outputs = items(step.outputs, step.n_outputs, "outputs");
      for (uint32_t k = 0; k < step.n_inputs; ++k)
        require(step.inputs[k] < program_.values.count, "an input does not exist", i);
      for (uint32_t k = 0; k < step.n_outputs; ++k)
        require(step.outputs[k] < program_.values.count, "an output does not exist", i);
      require(step.region <= program_.regions.count, "the step's region does not exist", i);
      require(step.region != 0 ? step.op == ASG_OP_REGION || step.op == ASG_OP_MATMUL
                               : step.op != ASG_OP_REGION,
              step.region != 0 ? "the step cannot have a region" : "the step has no region", i);
      // No feature that gives steps bodies is known yet, and a step without them is another one.
      require(step.bodies.count == 0, "the step has bodies, which this plugin does not know", i);
      require(step.scratch <= program_.values.count, "the step's scratch does not exist", i);
      asg_attr* attrs = elements<asg_attr>(step.attrs, "attributes");
      for (uint32_t a = 0; a < step.attrs.count; ++a) {
        attrs[a].name = text(attrs[a].name);
        if (attrs[a].kind == ASG_ATTR_STRING) attrs[a].s = text(attrs[a].s);
        if (attrs[a].kind == ASG_ATTR_INTS)
          attrs[a].ints = items(attrs[a].ints, attrs[a].count, "a list of integers");
      }
    }
  }

  asg_program program_{};
  Pool pool_;
  const char* last_text_ = nullptr;
};

}  // namespace asg::sdk
