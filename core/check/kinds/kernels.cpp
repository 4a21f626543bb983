// Random steps of the kernels that the rows promise: shapes, strides, sizes of 0, attributes. Sums
// and products are of numbers that no order of the terms rounds, so every result is exact; how
// exact others are, the samples of ops say.
#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include <fmt/format.h>

#include <asg/sdk/host_kernel.hpp>
#include <asg/sdk/program.hpp>

#include "check/kernel_forms.hpp"
#include "check/kind.hpp"
#include "check/offer.hpp"
#include "check/session.hpp"
#include "check/verdict.hpp"
#include "passes/abi_names.hpp"

namespace asg::proof {
namespace {

// The largest of what a row says that takes the operands.
KernelOffer offer_of(const BareDevice& device, const KernelForm& form) {
  KernelOffer offer{0, false, false, true};
  for (const Capabilities::Row& row : device.rows()) {
    if (row.op != form.op) continue;
    bool takes = true;
    for (std::size_t i = 0; i < form.operands.size(); ++i)
      takes = takes && (row.dtypes[std::min(i, row.dtypes.size() - 1)] &
                        ASG_DTYPE_BIT(form.operands[i])) != 0;
    if (!takes || row.max_rank < offer.max_rank) continue;
    offer.max_rank = row.max_rank;
    offer.strided = (row.flags & ASG_CAP_STRIDED) != 0;
  }
  return offer;
}

void try_kernel(Session& session, const KernelForm& form, std::uint32_t dtype,
                std::uint32_t index) {
  if (!has_kernel(session.bare_reference(), form.op, form.operands)) return;
  const std::string name = fmt::format("{} of {}", abi::op_name(form.op), sdk::dtype_name(dtype));
  if (!has_kernel(session.bare(), form.op, form.operands)) return session.refused();
  const KernelOffer offer = offer_of(session.bare(), form);
  if (offer.max_rank < form.least_rank) return session.refused();
  for (std::uint64_t seed = 1; seed <= session.effort(20, 3); ++seed)
    session.attempt(fmt::format("{}, indices {}, seed {}", name, sdk::dtype_name(index), seed),
                    [&] {
                      Random random(seed);
                      Case c;
                      RandomKernel kernel(random, c, offer);
                      form.build(kernel, dtype, index);
                      judge_case(session, c, name);
                    });
}

void check_all_kernels(Session& session) {
  for (const std::uint32_t dtype : sdk::all_dtypes)
    for (const std::uint32_t index : {ASG_I32, ASG_I64})
      for (const KernelForm& form : forms_of(dtype, index)) {
        const bool indexed = form.op == ASG_OP_GATHER || form.op == ASG_OP_SCATTER;
        if (indexed || index == ASG_I64) try_kernel(session, form, dtype, index);
      }
}

}  // namespace

Kind check_kernels() {
  return {"random steps of every kernel, to the bit", Kind::Phase::numbers, check_all_kernels};
}

}  // namespace asg::proof
