#include "capabilities.hpp"

#include <fmt/core.h>

#include <cstring>
#include <string>

#include "kernels.hpp"

namespace asg::vulkan {

std::vector<sdk::Capability> all_capabilities(const Traits& traits) {
  std::vector<sdk::Capability> rows;
  for (const KernelMaker* kernel : all_kernels())
    if (kernel->capabilities != nullptr)
      for (sdk::Capability& row : kernel->capabilities(traits)) rows.push_back(std::move(row));
  return rows;
}

void claim(const Traits& traits, const asg_step_request& request, asg_claim_reply& reply) {
  for (const KernelMaker* kernel : all_kernels())
    if (kernel->claimed_op != nullptr && std::strcmp(kernel->claimed_op, request.name) == 0)
      kernel->claim(traits, request, reply);
}

const KernelMaker& find_kernel(const std::vector<sdk::Capability>& rows,
                               const sdk::ProgramCopy& program, const asg_step& step) {
  if (step.op == ASG_OP_CLAIMED)
    for (const KernelMaker* kernel : all_kernels())
      if (kernel->claimed_op != nullptr && std::strcmp(kernel->claimed_op, step.name) == 0)
        return *kernel;
  const asg_region* region = program.region(step);
  const bool is_region = step.op == ASG_OP_REGION;
  bool accepted = is_region || sdk::accepts_operands(rows, program, step);
  if (accepted && region != nullptr) accepted = sdk::accepts_region(rows, *region, !is_region);
  if (accepted)
    for (const KernelMaker* kernel : all_kernels())
      if (kernel->op == step.op) return *kernel;
  std::string message = fmt::format("no kernel accepts '{}' (op {}) on", step.name, step.op);
  for (uint32_t i = 0; i < step.n_inputs; ++i)
    message += fmt::format(" {}", sdk::dtype_name(program.input(step, i).dtype));
  message += " ->";
  for (uint32_t i = 0; i < step.n_outputs; ++i)
    message += fmt::format(" {}", sdk::dtype_name(program.output(step, i).dtype));
  throw sdk::Error(ASG_UNSUPPORTED, message);
}

}  // namespace asg::vulkan
