#include "region.hpp"

#include <algorithm>
#include <cstring>
#include <memory>
#include <vector>

#include <asg/sdk/region_check.hpp>

#include "instructions.hpp"

namespace example {
namespace {

using namespace asg::sdk;

// Points of a domain that are computed together: neighbours along the last axis.
constexpr int64_t row_size = 256;
struct Row {
  int64_t at[ASG_MAX_RANK];  // the first of them
  int64_t n;
};

template <class Visit>
void for_each_row(const int64_t* dims, uint32_t rank, Visit visit) {
  if (product(dims, rank) == 0) return;
  const uint32_t last = rank - 1;
  for (Row row{};;) {
    row.n = std::min(row_size, dims[last] - row.at[last]);
    visit(row);
    row.at[last] += row.n;
    for (uint32_t d = last; row.at[d] == dims[d]; ++row.at[--d]) {
      if (d == 0) return;
      row.at[d] = 0;
    }
  }
}

// base + sum(strides[d] * i[d]) at the first point of a row.
int64_t place(int64_t base, const int64_t* strides, const Row& row, uint32_t rank) {
  for (uint32_t d = 0; d < rank; ++d) base += strides[d] * row.at[d];
  return base;
}

// Copies n elements; steps are in elements.
void copy(uint32_t size, int64_t n, void* to, int64_t to_step, const void* from,
          int64_t from_step) {
  dispatch_size(size, [&](auto zero) {
    using T = decltype(zero);
    for (int64_t i = 0; i < n; ++i)
      static_cast<T*>(to)[i * to_step] = static_cast<const T*>(from)[i * from_step];
  });
}

// A reduction. A phase puts its elements side by side, those of one result after another; then
// close() brings each result to where its first element was, by the fixed tree of program.h.
class Reduction {
 public:
  Reduction(const asg_reduction& what, const int64_t* dims, uint32_t rank)
      : rank_(rank),
        size_(dtype_size(what.dtype)),
        combine_(find_compute(combining(what.kind), what.dtype, what.dtype)),
        neutral_(neutral(what.kind, what.dtype)) {
    const auto is_reduced = [&](uint32_t d) { return (what.axes >> d & 1) != 0; };
    for (uint32_t d = rank; d-- > 0;) {
      if (is_reduced(d)) strides_[d] = length_;
      if (is_reduced(d)) length_ *= dims[d];
      kept_dims[d] = is_reduced(d) ? 1 : dims[d];
    }
    room_ = std::max<int64_t>(length_, 1);  // a result of nothing needs a place, too
    for (uint32_t d = rank; d-- > 0;) {
      if (!is_reduced(d)) strides_[d] = kept_strides_[d] = count_ * room_;
      count_ *= kept_dims[d];
    }
  }

  // The memory is there for a run only: all reductions of a program at once would need much.
  void begin() { elements_.reset(new std::byte[static_cast<size_t>(count_ * room_ * size_)]); }
  void end() { elements_.reset(); }

  void add(const Row& row, const std::byte* x) {
    copy(size_, row.n, at(place(0, strides_, row, rank_)), strides_[rank_ - 1], x, 1);
  }
  void close() {
    for (int64_t i = 0; i < count_; ++i) close(at(i * room_));
  }
  void read(const Row& row, std::byte* result) const {
    const std::byte* from = at(place(0, kept_strides_, row, rank_));
    copy(size_, row.n, result, 1, from, kept_strides_[rank_ - 1]);
  }

  static uint32_t combining(uint32_t kind) {
    constexpr uint32_t opcodes[] = {0,          ASG_EW_ADD, ASG_EW_MUL, ASG_EW_MAX,
                                    ASG_EW_MIN, ASG_EW_OR,  ASG_EW_AND};
    return opcodes[kind];
  }
  int64_t kept_dims[ASG_MAX_RANK];

 private:
  std::byte* at(int64_t element) const { return elements_.get() + element * size_; }

  static uint64_t neutral(uint32_t kind, uint32_t dtype) {
    return dispatch_dtype(dtype, [&](auto zero) {
      using T = decltype(zero);
      using Limits = std::numeric_limits<T>;
      T value{};
      if (kind == ASG_REDUCE_PROD || kind == ASG_REDUCE_ALL) value = 1;
      if (kind == ASG_REDUCE_MAX)
        value = Limits::has_infinity ? T(-Limits::infinity()) : Limits::lowest();
      if (kind == ASG_REDUCE_MIN) value = Limits::has_infinity ? Limits::infinity() : Limits::max();
      uint64_t bits = 0;
      std::memcpy(&bits, &value, sizeof value);
      return bits;
    });
  }

  void close(std::byte* x) const {
    const auto element = [&](int64_t i) { return x + i * size_; };
    if (length_ == 0) std::memcpy(x, &neutral_, size_);
    const int64_t blocks = (length_ + 4095) / 4096;
    for (int64_t b = 0; b < blocks; ++b) {
      alignas(8) std::byte lanes[16 * 8];
      for (int64_t i = 0; i < 16; ++i) std::memcpy(lanes + i * size_, &neutral_, size_);
      const int64_t end = std::min(length_, (b + 1) * 4096);
      for (int64_t i = b * 4096; i < end; i += 16)
        combine_(std::min<int64_t>(16, end - i), lanes, lanes, element(i), nullptr);
      for (int64_t half = 8; half > 0; half /= 2)
        combine_(half, lanes, lanes, lanes + half * size_, nullptr);
      std::memcpy(element(b), lanes, size_);
    }
    for (int64_t n = blocks; n > 1; n = (n + 1) / 2) {
      for (int64_t i = 0; i < n / 2; ++i)
        combine_(1, element(i), element(2 * i), element(2 * i + 1), nullptr);
      if (n % 2 != 0) std::memcpy(element(n / 2), element(n - 1), size_);
    }
  }

  uint32_t rank_, size_;
  Compute combine_;
  uint64_t neutral_;
  int64_t length_ = 1, room_ = 1, count_ = 1;  // of a result's elements, with room; of results
  int64_t strides_[ASG_MAX_RANK] = {}, kept_strides_[ASG_MAX_RANK] = {};
  std::unique_ptr<std::byte[]> elements_;
};

struct Register {
  alignas(64) std::byte bytes[row_size * 8];
};

class Region {
 public:
  Region(const ProgramCopy& program, const asg_step& step)
      : region_(*program.region(step)),
        insts_(region_.insts),
        rank_(std::max(region_.rank, 1u)),
        registers_(insts_.size()) {
    check_region(program, step);
    dims_[0] = 1;  // a domain without axes is a row of one point
    std::copy_n(region_.dims, region_.rank, dims_);
    for (const asg_inst& inst : insts_)
      code_.push_back(register_operands(inst.op) == 0
                          ? nullptr
                          : find_compute(inst.op, inst.dtype, insts_[inst.a].dtype));
    for (const asg_reduction& reduction : Span<asg_reduction>(region_.reductions))
      reductions_.emplace_back(reduction, dims_, rank_);
  }

  void run(const Call& call) {
    for (Reduction& reduction : reductions_) reduction.begin();
    asg_phase from{};
    for (const asg_phase& to : Span<asg_phase>(region_.phases)) {
      run_phase(from, to, call);
      from = to;
    }
    for (Reduction& reduction : reductions_) reduction.end();
  }

 private:
  void run_phase(const asg_phase& from, const asg_phase& to, const Call& call) {
    const Span<asg_reduction> reduced = region_.reductions;
    const Span<asg_store> stores = region_.stores;
    for_each_row(dims_, rank_, [&](const Row& row) {
      for (uint32_t k = from.insts_end; k < to.insts_end; ++k) execute(k, row, call);
      for (uint32_t r = from.reductions_end; r < to.reductions_end; ++r)
        reductions_[r].add(row, registers_[reduced[r].source].bytes);
      for (uint32_t s = from.stores_end; s < to.stores_end; ++s)
        if (stores[s].kind == ASG_STORE_REGISTER)
          store(stores[s].access, row, registers_[stores[s].source].bytes, call);
    });
    for (uint32_t r = from.reductions_end; r < to.reductions_end; ++r) reductions_[r].close();
    for (uint32_t s = from.stores_end; s < to.stores_end; ++s) {
      if (stores[s].kind != ASG_STORE_REDUCTION) continue;
      const Reduction& reduction = reductions_[stores[s].source];
      for_each_row(reduction.kept_dims, rank_, [&](const Row& row) {
        Register results;
        reduction.read(row, results.bytes);
        store(stores[s].access, row, results.bytes, call);
      });
    }
  }

  void execute(uint32_t k, const Row& row, const Call& call) {
    const asg_inst& inst = insts_[k];
    std::byte* result = registers_[k].bytes;
    if (inst.op == ASG_EW_LOAD) {
      const Place from = at(inst.a, row, call);
      copy(from.size, row.n, result, 1, from.first, from.step);
    } else if (inst.op == ASG_EW_REDUCED) {
      reductions_[inst.a].read(row, result);
    } else if (inst.op == ASG_EW_IMM) {
      copy(dtype_size(inst.dtype), row.n, result, 1, &inst.imm, 0);
    } else {
      const auto reg = [&](uint32_t i) { return i < k ? registers_[i].bytes : result; };
      code_[k](row.n, result, reg(inst.a), reg(inst.b), reg(inst.c));
    }
  }
  void store(uint32_t access, const Row& row, const std::byte* source, const Call& call) const {
    const Place to = at(access, row, call);
    copy(to.size, row.n, to.first, to.step, source, 1);
  }

  struct Place {
    std::byte* first;  // the element of the row's first point
    int64_t step;
    uint32_t size;
  };
  Place at(uint32_t index, const Row& row, const Call& call) const {
    const asg_access& access = Span<asg_access>(region_.accesses)[index];
    const Tensor value = call.value(access.value);
    const uint32_t size = dtype_size(value.dtype());
    return {value.data + place(access.offset, access.strides, row, rank_) * size,
            access.strides[rank_ - 1], size};
  }

  const asg_region& region_;
  Span<asg_inst> insts_;
  uint32_t rank_;
  int64_t dims_[ASG_MAX_RANK];
  std::vector<Compute> code_;
  std::vector<Reduction> reductions_;
  std::vector<Register> registers_;
};

// One row for each type, with the instructions and reductions that there is code for.
std::vector<Capability> region_rows() {
  std::vector<Capability> rows;
  for (const uint32_t dtype : dtypes) {
    Capability row{
        ASG_OP_REGION, ASG_CAP_FIXED_TREE | ASG_CAP_PHASES, ASG_MAX_RANK, {ASG_DTYPE_BIT(dtype)}};
    for (uint32_t opcode = ASG_EW_LOAD; opcode < ASG_EW_COUNT; ++opcode)
      if (opcode <= ASG_EW_REDUCED || find_compute(opcode, dtype, dtype) != nullptr)
        row.instructions[opcode / 64] |= uint64_t{1} << (opcode % 64);
    for (uint32_t kind = ASG_REDUCE_SUM; kind <= ASG_REDUCE_ALL; ++kind)
      if (find_compute(Reduction::combining(kind), dtype, dtype) != nullptr)
        row.reductions |= uint64_t{1} << kind;
    rows.push_back(row);
  }
  return rows;
}

}  // namespace

Kernel region_kernel() {
  return {region_rows(), [](const ProgramCopy& program, const asg_step& step) -> Run {
            return [region = std::make_shared<Region>(program, step)](const Call& call) {
              region->run(call);
            };
          }};
}

}  // namespace example
