// The gradients of attention's query, key and value.  The sums for a key run over the queries in
// one order: each head is the business of one thread.
#include "claimed/attention/plan.hpp"
#include "kernels.hpp"

namespace asg::cpu {

namespace {

struct Plan {
  attention::Sizes sizes;
  attention::Backward loops;
  Loop<10> heads;  // offsets in dy, query, key, value, lse, delta, mask if there is one, results
  uint32_t inputs = 6;
  int64_t rows[3] = {};
  int64_t work = 0;
};

Plan make_plan(const sdk::ProgramCopy& program, const asg_step& step) {
  require(step.n_inputs >= 6 && step.n_inputs <= 7 && step.n_outputs == 3,
          std::string(step.name) + ": wrong number of inputs or outputs");
  Plan plan;
  plan.sizes = attention::sizes_of(program, step, 1);
  plan.loops = attention::find_backward();
  plan.heads = attention::heads_of<10>(program, step, 1);
  plan.inputs = step.n_inputs;
  for (uint32_t i = 0; i < 3; ++i)
    plan.rows[i] = attention::result_row(step, program.output(step, i));
  const attention::Sizes& s = plan.sizes;
  plan.work = s.queries * s.keys * (3 * s.size + 2 * s.value_size + 8) / 8;
  return plan;
}

void run(const Plan& plan, Context& context, const sdk::Call& call) {
  const int64_t tasks = plan.heads.count();
  const auto result = [&](uint32_t i) { return call.output(i).as<float>(); };
  context.pool.parallel(tasks, grain_for(tasks, plan.work, context.pool.threads()),
                        [&](int64_t begin, int64_t end, uint32_t thread) {
                          auto* scratch =
                              reinterpret_cast<float*>(context.workspace.thread(thread));
                          plan.heads.for_each(begin, end, [&](const auto& at) {
                            const int64_t* to = at.data() + plan.inputs;
                            attention::BackwardHead h{attention::matrix_of(call.input(0), at[0]),
                                                      attention::matrix_of(call.input(1), at[1]),
                                                      attention::matrix_of(call.input(2), at[2]),
                                                      attention::matrix_of(call.input(3), at[3]),
                                                      call.input(4).as<float>() + at[4],
                                                      call.input(5).as<float>() + at[5],
                                                      attention::last_stride(call.input(4)),
                                                      attention::last_stride(call.input(5)),
                                                      {},
                                                      result(0) + to[0],
                                                      result(1) + to[1],
                                                      result(2) + to[2],
                                                      plan.rows[0],
                                                      plan.rows[1],
                                                      plan.rows[2]};
                            if (plan.inputs > 6) h.mask = attention::mask_of(call.input(6), at[6]);
                            plan.loops.run(plan.sizes, h, scratch);
                          });
                        });
}

}  // namespace

sdk::Kernel make_scaled_dot_product_attention_backward(Context* context) {
  sdk::Kernel kernel;
  kernel.claimed_op = "scaled_dot_product_attention_backward";
  kernel.claim = [](const asg_claim_request& request, asg_claim_reply& reply) {
    if (attention::fits(request, 1, 6)) attention::accept(request, reply);
  };
  kernel.prepare = [context](const sdk::ProgramCopy& program, const asg_step& step) -> sdk::Run {
    const Plan plan = make_plan(program, step);
    context->workspace.reserve(plan.loops.scratch(plan.sizes) * sizeof(float), 0);
    return [context, plan](const sdk::Call& call) { run(plan, *context, call); };
  };
  return kernel;
}

}  // namespace asg::cpu
