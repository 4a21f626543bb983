// softmax(query key^T scale + mask) value, block by block.
#include "claimed/attention/exact.hpp"
#include "claimed/attention/plan.hpp"
#include "kernels.hpp"

namespace asg::cpu {

namespace {

struct Plan {
  attention::Sizes sizes;
  attention::Forward loops;
  Loop<6> heads;  // offsets in query, key, value, mask if there is one, y, lse
  uint32_t inputs = 3;
  int64_t y_row = 0, blocks = 0, work = 0;
};

Plan make_plan(const sdk::ProgramCopy& program, const asg_step& step) {
  require(step.n_inputs >= 3 && step.n_inputs <= 4 && step.n_outputs == 2,
          std::string(step.name) + ": wrong number of inputs or outputs");
  Plan plan;
  plan.sizes = attention::sizes_of(program, step, 0);
  plan.loops = attention::find_forward();
  plan.heads = attention::heads_of<6>(program, step, 0);
  plan.inputs = step.n_inputs;
  plan.y_row = attention::result_row(step, program.output(step, 0));
  const attention::Sizes& s = plan.sizes;
  plan.blocks = (s.queries + plan.loops.block - 1) / plan.loops.block;
  plan.work = std::min(plan.loops.block, s.queries) * s.keys * (s.size + s.value_size + 8) / 8;
  return plan;
}

void run(const Plan& plan, Context& context, const sdk::Call& call) {
  const int64_t tasks = plan.heads.count() * plan.blocks;
  const sdk::Tensor query = call.input(0), key = call.input(1), value = call.input(2);
  const sdk::Tensor y = call.output(0), lse = call.output(1);
  context.pool.parallel(
      tasks, grain_for(tasks, plan.work, context.pool.threads()),
      [&](int64_t begin, int64_t end, uint32_t thread) {
        auto* scratch = reinterpret_cast<float*>(context.workspace.thread(thread));
        for (int64_t task = begin; task < end; ++task) {
          const int64_t head = task / plan.blocks, block = task % plan.blocks;
          plan.heads.for_each(head, head + 1, [&](const auto& at) {
            attention::ForwardHead h{
                attention::matrix_of(query, at[0]),    attention::matrix_of(key, at[1]),
                attention::matrix_of(value, at[2]),    {},
                y.as<float>() + at[plan.inputs],       plan.y_row,
                lse.as<float>() + at[plan.inputs + 1], attention::last_stride(lse)};
            if (plan.inputs > 3) h.mask = attention::mask_of(call.input(3), at[3]);
            const attention::Sizes& s = plan.sizes;
            const int64_t first = block * plan.loops.block,
                          last = std::min(first + plan.loops.block, s.queries);
            plan.loops.run(s, h, first, scratch);
            if (attention::hides(s, h.mask) &&
                !attention::all_finite(h.y + first * h.y_row, last - first, s.value_size, h.y_row))
              attention::exact_forward(s, h, first, last);
          });
        }
      });
}

}  // namespace

sdk::Kernel make_scaled_dot_product_attention(Context* context) {
  sdk::Kernel kernel;
  kernel.claimed_op = "scaled_dot_product_attention";
  kernel.claim = [](const asg_claim_request& request, asg_claim_reply& reply) {
    if (attention::fits(request, 0, 3)) attention::accept(request, reply);
  };
  kernel.prepare = [context](const sdk::ProgramCopy& program, const asg_step& step) -> sdk::Run {
    const Plan plan = make_plan(program, step);
    context->workspace.reserve(plan.loops.scratch(plan.sizes) * sizeof(float), 0);
    return [context, plan](const sdk::Call& call) { run(plan, *context, call); };
  };
  return kernel;
}

}  // namespace asg::cpu
