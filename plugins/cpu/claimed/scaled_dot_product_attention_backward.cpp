// The gradients of attention's query, key and value.  The sums for a key run over the queries in
// one order, by one thread.  Where heads are few, the queries are cut into chunks that follow from
// the shapes alone, and their sums are added up in their order.
#include "claimed/attention/exact.hpp"
#include "claimed/attention/plan.hpp"
#include "kernels.hpp"

namespace asg::cpu {

namespace {

constexpr int64_t wanted_tasks = 16;
constexpr int64_t most_bytes = 16 << 20;  // of the chunks' sums

/// Chunks of at least four blocks of queries: each goes over all keys.
int64_t chunks_of(int64_t heads, const attention::Sizes& s, int64_t block) {
  const int64_t sums = heads * s.keys * (s.size + s.value_size) * 4;
  return std::max<int64_t>(
      std::min({wanted_tasks / heads, s.queries / (4 * block), most_bytes / sums}), 1);
}
int64_t sums_of_head(const attention::Sizes& s) { return s.keys * (s.size + s.value_size); }

struct Plan {
  attention::Sizes sizes;
  attention::Backward loops;
  Loop<10> heads;  // offsets in dy, query, key, value, lse, delta, mask if there is one, results
  uint32_t inputs = 6;
  int64_t rows[3] = {};
  int64_t chunks = 1, work = 0;
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
  plan.chunks = chunks_of(plan.heads.count(), s, plan.loops.block);
  plan.work = s.queries / plan.chunks * s.keys * (3 * s.size + 2 * s.value_size + 8) / 8;
  return plan;
}

attention::BackwardHead head_at(const Plan& plan, const sdk::Call& call,
                                const std::array<int64_t, 10>& at) {
  const auto result = [&](uint32_t i) { return call.output(i).as<float>() + at[plan.inputs + i]; };
  attention::BackwardHead head{attention::matrix_of(call.input(0), at[0]),
                               attention::matrix_of(call.input(1), at[1]),
                               attention::matrix_of(call.input(2), at[2]),
                               attention::matrix_of(call.input(3), at[3]),
                               call.input(4).as<float>() + at[4],
                               call.input(5).as<float>() + at[5],
                               attention::last_stride(call.input(4)),
                               attention::last_stride(call.input(5)),
                               {},
                               result(0),
                               result(1),
                               result(2),
                               plan.rows[0],
                               plan.rows[1],
                               plan.rows[2]};
  if (plan.inputs > 6) head.mask = attention::mask_of(call.input(6), at[6]);
  return head;
}

/// Adds the chunks of one head up.
void finish(const Plan& plan, const attention::BackwardHead& head, const float* sums) {
  const attention::Sizes& s = plan.sizes;
  const int64_t size = sums_of_head(s);
  const auto add_up = [&](const float* from, int64_t columns, float* to, int64_t to_row) {
    for (int64_t r = 0; r < s.keys; ++r, from += columns, to += to_row) {
      std::copy_n(from, columns, to);
      for (int64_t chunk = 1; chunk < plan.chunks; ++chunk)
        for (int64_t c = 0; c < columns; ++c) to[c] += from[chunk * size + c];
    }
  };
  add_up(sums, s.size, head.dkey, head.dkey_row);
  add_up(sums + s.keys * s.size, s.value_size, head.dvalue, head.dvalue_row);
}

/// Whether what queries [first, end) gave is.
bool is_finite(const attention::Sizes& s, const attention::BackwardHead& head, int64_t first,
               int64_t end) {
  using attention::all_finite;
  return all_finite(head.dkey, s.keys, s.size, head.dkey_row) &&
         all_finite(head.dvalue, s.keys, s.value_size, head.dvalue_row) &&
         all_finite(head.dquery + first * head.dquery_row, end - first, s.size, head.dquery_row);
}

void run(const Plan& plan, Context& context, const sdk::Call& call) {
  const attention::Sizes& s = plan.sizes;
  const int64_t heads = plan.heads.count(), tasks = heads * plan.chunks;
  auto* sums = plan.chunks > 1 ? call.scratch().as<float>() : nullptr;
  const int64_t blocks = (s.queries + plan.loops.block - 1) / plan.loops.block;
  const auto border = [&](int64_t chunk) {
    return std::min(blocks * chunk / plan.chunks * plan.loops.block, s.queries);
  };
  context.pool.parallel(tasks, grain_for(tasks, plan.work, context.pool.threads()),
                        [&](int64_t begin, int64_t end, uint32_t thread) {
                          auto* scratch =
                              reinterpret_cast<float*>(context.workspace.thread(thread));
                          for (int64_t task = begin; task < end; ++task) {
                            const int64_t head = task / plan.chunks, chunk = task % plan.chunks;
                            plan.heads.for_each(head, head + 1, [&](const auto& at) {
                              attention::BackwardHead h = head_at(plan, call, at);
                              if (plan.chunks > 1) {
                                h.dkey = sums + task * sums_of_head(s);
                                h.dkey_row = s.size;
                                h.dvalue = h.dkey + s.keys * s.size;
                                h.dvalue_row = s.value_size;
                              }
                              const int64_t first = border(chunk), last = border(chunk + 1);
                              plan.loops.run(s, h, first, last, scratch);
                              if (attention::hides(s, h.mask) && !is_finite(s, h, first, last))
                                attention::exact_backward(s, h, first, last);
                            });
                          }
                        });
  if (plan.chunks == 1) return;
  context.pool.parallel(heads, 1, [&](int64_t begin, int64_t end, uint32_t) {
    for (int64_t head = begin; head < end; ++head)
      plan.heads.for_each(head, head + 1, [&](const auto& at) {
        finish(plan, head_at(plan, call, at), sums + head * plan.chunks * sums_of_head(s));
      });
  });
}

}  // namespace

sdk::Kernel make_scaled_dot_product_attention_backward(Context* context) {
  sdk::Kernel kernel;
  kernel.claimed_op = "scaled_dot_product_attention_backward";
  kernel.claim = [](const asg_claim_request& request, asg_claim_reply& reply) {
    if (!attention::fits(request, 1, 6)) return;
    attention::accept(request, reply);
    const attention::Sizes s = attention::sizes_of(request.types + 1);
    const int64_t heads = sdk::element_count(request.types[4]) / s.queries;
    const int64_t chunks = chunks_of(heads, s, attention::find_backward().block);
    if (chunks > 1)
      reply.scratch_bytes = static_cast<uint64_t>(chunks * heads * sums_of_head(s)) * 4;
  };
  kernel.prepare = [context](const sdk::ProgramCopy& program, const asg_step& step) -> sdk::Run {
    const Plan plan = make_plan(program, step);
    context->workspace.reserve(plan.loops.scratch(plan.sizes) * sizeof(float), 0);
    return [context, plan](const sdk::Call& call) { run(plan, *context, call); };
  };
  return kernel;
}

}  // namespace asg::cpu
