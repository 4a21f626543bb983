// softmax(query key^T scale + mask) value, block by block.
#include <asg/sdk/composites.hpp>

#include "claimed/attention/exact.hpp"
#include "claimed/attention/steps.hpp"

namespace asg::cpu {

namespace {

// The operands with fixed places; those of the mask and of dropout differ.
namespace sdpa = sdk::composites::scaled_dot_product_attention;

struct Attention {
  Attention(const sdk::ProgramCopy& program, const asg_step& step, Context& device,
            const attention::Operands& places);
  void run(const sdk::Call& call) const;
  void run_block(const sdk::Call& call, int64_t head, int64_t block, float* scratch) const;

  Context& context;
  attention::Operands operands;
  attention::Sizes sizes;
  attention::Forward loops;
  Loop<8> heads;  // offsets in query, key, value, what else there is, y, lse
  uint32_t inputs = 0;
  int64_t y_row = 0, blocks = 0, work = 0;
};

Attention::Attention(const sdk::ProgramCopy& program, const asg_step& step, Context& device,
                     const attention::Operands& places)
    : context(device), operands(places), loops(attention::find_forward()), inputs(step.n_inputs) {
  require(inputs >= operands.mask && inputs <= operands.mask + 1 && step.n_outputs == 2,
          std::string(step.name) + ": wrong number of inputs or outputs");
  sizes = attention::sizes_of(program, step, operands);
  heads = attention::heads_of<8>(program, step, operands);
  y_row = attention::result_row(step, program.output(step, sdpa::y));
  blocks = divide_up(sizes.queries, loops.block);
  work =
      std::min(loops.block, sizes.queries) * sizes.keys * (sizes.size + sizes.value_size + 8) / 8;
  context.workspace.reserve(loops.scratch(sizes) * sizeof(float), 0);
}

void Attention::run_block(const sdk::Call& call, int64_t head, int64_t block,
                          float* scratch) const {
  const sdk::Tensor lse = call.output(sdpa::lse);
  const auto at = heads.at(head);
  const auto matrix = [&](uint32_t i) { return attention::matrix_of(call.input(i), at[i]); };
  attention::ForwardHead h{matrix(sdpa::query),
                           matrix(sdpa::key),
                           matrix(sdpa::value),
                           {},
                           call.output(sdpa::y).as<float>() + at[inputs + sdpa::y],
                           y_row,
                           lse.as<float>() + at[inputs + sdpa::lse],
                           attention::last_stride(lse)};
  if (inputs > operands.mask)
    h.mask = attention::mask_of(call.input(operands.mask), at[operands.mask]);
  h.words = attention::words_of(call, operands, sizes, head);
  const int64_t first = block * loops.block, last = std::min(first + loops.block, sizes.queries);
  loops.run(sizes, h, first, scratch);
  if (attention::hides(sizes, h.mask) &&
      !attention::all_finite(h.y + first * h.y_row, last - first, sizes.value_size, h.y_row))
    attention::exact_forward(sizes, h, first, last);
}

void Attention::run(const sdk::Call& call) const {
  const int64_t tasks = heads.count() * blocks;
  context.share_items(tasks, work, [&](int64_t task, uint32_t thread) {
    run_block(call, task / blocks, task % blocks,
              reinterpret_cast<float*>(context.workspace.thread(thread)));
  });
}

}  // namespace

sdk::Kernel attention::forward_kernel(Context* context, const char* op, const Operands& operands) {
  sdk::Kernel kernel;
  kernel.claimed_op = op;
  kernel.claim = [operands](const asg_step_request& request, asg_claim_reply& reply) {
    if (fits(request, operands)) accept(request, reply);
  };
  kernel.prepare = [context, operands](const sdk::ProgramCopy& program,
                                       const asg_step& step) -> sdk::Run {
    const auto made = std::make_shared<const Attention>(program, step, *context, operands);
    return [made](const sdk::Call& call) { made->run(call); };
  };
  return kernel;
}

}  // namespace asg::cpu
