// Executes one region: a walk over its domain in blocks of points, one instruction at a time.
#pragma once

#include <memory>
#include <vector>

#include <asg/sdk/host_kernel.hpp>

#include "region/instructions.hpp"
#include "region/points.hpp"
#include "region/reduction_tree.hpp"

namespace asg::reference {

class RegionRunner {
 public:
  /// The program must live as long as the runner.
  RegionRunner(const sdk::ProgramCopy& program, const asg_step& step);

  /// `product`: what an epilogue is applied to, row-major over the domain.
  /// Errors: ASG_INVALID_ARGUMENT for an index out of range, or an access that leaves its value.
  void run(const sdk::Call& call, const void* product = nullptr);

 private:
  /// A reduction and the numbering of its results and their elements.
  struct Reduced {
    std::unique_ptr<ReductionTree> tree;
    int64_t kept_strides[ASG_MAX_RANK];
    int64_t reduced_strides[ASG_MAX_RANK];
    int64_t kept_dims[ASG_MAX_RANK];
    int64_t kept;
  };

  void add_reduction(const asg_reduction& reduction);
  void run_domain(const sdk::Call& call);
  void* reg(uint32_t index);
  /// The value that an access touches, in the instance under way where there are instances.
  uint32_t value_of(uint32_t access) const {
    return instance_ != nullptr ? instance_->values[access] : accesses_[access].value;
  }
  void execute(uint32_t index, const sdk::Call& call);
  void iota(uint32_t index);
  void random(uint32_t index);
  /// Places of the elements at the points; false in inside_ where a bound says no.
  void resolve(uint32_t access, const Points& points);
  void load(uint32_t access, const sdk::Call& call, uint32_t dtype, void* result);
  void store(uint32_t access, const Points& points, const sdk::Call& call, const void* source);
  void store_reduction(const asg_store& store, const sdk::Call& call);

  const asg_region& region_;
  sdk::Span<asg_value> values_;
  sdk::Span<asg_inst> insts_;
  sdk::Span<asg_access> accesses_;
  int64_t point_count_;
  Points points_;
  std::vector<Instruction> code_;
  std::vector<Reduced> reductions_;
  std::vector<uint64_t> registers_;  // block_size elements of up to 8 bytes for each register
  uint32_t first_register_ = 0;      // of the phase under way
  const asg_instance* instance_ = nullptr;
  const std::byte* product_ = nullptr;
  std::vector<int64_t> offsets_, scratch_;
  std::vector<uint8_t> inside_;
};

}  // namespace asg::reference
