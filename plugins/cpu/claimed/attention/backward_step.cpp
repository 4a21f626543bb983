// The gradients of attention's query, key and value.  The sums for a key run over the queries in
// one order, by one thread.  Where heads are few, the queries are cut into chunks that follow from
// the shapes alone, and their sums are added up in their order.
#include <asg/sdk/composites.hpp>

#include "claimed/attention/exact.hpp"
#include "claimed/attention/steps.hpp"

namespace asg::cpu {

namespace {

// The operands with fixed places; those of the mask and of dropout differ.
namespace sdpa_backward = sdk::composites::scaled_dot_product_attention_backward;

constexpr int64_t attention_tasks = 16;
constexpr int64_t most_attention_bytes = 16 << 20;  // of the chunks' sums

/// Chunks of at least four blocks of queries: each goes over all keys.
int64_t attention_chunks(int64_t heads, const attention::Sizes& s, int64_t block) {
  const int64_t sums = heads * s.keys * (s.size + s.value_size) * 4;
  return std::max<int64_t>(
      std::min({attention_tasks / heads, s.queries / (4 * block), most_attention_bytes / sums}), 1);
}
int64_t sums_of_head(const attention::Sizes& s) { return s.keys * (s.size + s.value_size); }

struct AttentionBackward {
  AttentionBackward(const sdk::ProgramCopy& program, const asg_step& step, Context& device,
                    const attention::Operands& places);
  void run(const sdk::Call& call) const;
  void run_chunk(const sdk::Call& call, int64_t task, float* sums, float* scratch) const;

  Context& context;
  attention::Operands operands;
  attention::Sizes sizes;
  attention::Backward loops;
  Loop<12> heads;  // offsets in dy, query, key, value, lse, delta, what else there is, results
  uint32_t inputs = 0;
  int64_t rows[3] = {};
  int64_t chunks = 1, work = 0;
};

AttentionBackward::AttentionBackward(const sdk::ProgramCopy& program, const asg_step& step,
                                     Context& device, const attention::Operands& places)
    : context(device), operands(places), loops(attention::find_backward()), inputs(step.n_inputs) {
  require(inputs >= operands.mask && inputs <= operands.mask + 1 && step.n_outputs == 3,
          std::string(step.name) + ": wrong number of inputs or outputs");
  sizes = attention::sizes_of(program, step, operands);
  heads = attention::heads_of<12>(program, step, operands);
  for (uint32_t i = 0; i < 3; ++i) rows[i] = attention::result_row(step, program.output(step, i));
  chunks = attention_chunks(heads.count(), sizes, loops.block);
  work = sizes.queries / chunks * sizes.keys * (3 * sizes.size + 2 * sizes.value_size + 8) / 8;
  context.workspace.reserve(loops.scratch(sizes) * sizeof(float), 0);
}

attention::BackwardHead head_at(const AttentionBackward& step, const sdk::Call& call,
                                int64_t number, const std::array<int64_t, 12>& at) {
  const auto matrix = [&](uint32_t i) { return attention::matrix_of(call.input(i), at[i]); };
  const auto result = [&](uint32_t i) { return call.output(i).as<float>() + at[step.inputs + i]; };
  attention::BackwardHead head{
      matrix(sdpa_backward::dy),
      matrix(sdpa_backward::query),
      matrix(sdpa_backward::key),
      matrix(sdpa_backward::value),
      call.input(sdpa_backward::lse).as<float>() + at[sdpa_backward::lse],
      call.input(sdpa_backward::delta).as<float>() + at[sdpa_backward::delta],
      attention::last_stride(call.input(sdpa_backward::lse)),
      attention::last_stride(call.input(sdpa_backward::delta)),
      {},
      result(sdpa_backward::dquery),
      result(sdpa_backward::dkey),
      result(sdpa_backward::dvalue),
      step.rows[sdpa_backward::dquery],
      step.rows[sdpa_backward::dkey],
      step.rows[sdpa_backward::dvalue]};
  const uint32_t mask = step.operands.mask;
  if (step.inputs > mask) head.mask = attention::mask_of(call.input(mask), at[mask]);
  head.words = attention::words_of(call, step.operands, step.sizes, number);
  return head;
}

/// Adds the chunks of one head up.
void add_chunks(const AttentionBackward& step, const attention::BackwardHead& head,
                const float* sums) {
  const attention::Sizes& s = step.sizes;
  const int64_t size = sums_of_head(s);
  const auto add_up = [&](const float* from, int64_t columns, float* to, int64_t to_row) {
    for (int64_t r = 0; r < s.keys; ++r, from += columns, to += to_row) {
      std::copy_n(from, columns, to);
      for (int64_t chunk = 1; chunk < step.chunks; ++chunk)
        for (int64_t c = 0; c < columns; ++c) to[c] += from[chunk * size + c];
    }
  };
  add_up(sums, s.size, head.dkey, head.dkey_row);
  add_up(sums + s.keys * s.size, s.value_size, head.dvalue, head.dvalue_row);
}

/// Whether what queries [first, end) gave is.
bool chunk_is_finite(const attention::Sizes& s, const attention::BackwardHead& head, int64_t first,
                     int64_t end) {
  using attention::all_finite;
  return all_finite(head.dkey, s.keys, s.size, head.dkey_row) &&
         all_finite(head.dvalue, s.keys, s.value_size, head.dvalue_row) &&
         all_finite(head.dquery + first * head.dquery_row, end - first, s.size, head.dquery_row);
}

void AttentionBackward::run_chunk(const sdk::Call& call, int64_t task, float* sums,
                                  float* scratch) const {
  const int64_t head = task / chunks, chunk = task % chunks;
  const int64_t blocks = divide_up(sizes.queries, loops.block);
  const auto border = [&](int64_t number) {
    return std::min(blocks * number / chunks * loops.block, sizes.queries);
  };
  const auto at = heads.at(head);
  attention::BackwardHead h = head_at(*this, call, head, at);
  if (chunks > 1) {
    h.dkey = sums + task * sums_of_head(sizes);
    h.dkey_row = sizes.size;
    h.dvalue = h.dkey + sizes.keys * sizes.size;
    h.dvalue_row = sizes.value_size;
  }
  const int64_t first = border(chunk), last = border(chunk + 1);
  loops.run(sizes, h, first, last, scratch);
  if (attention::hides(sizes, h.mask) && !chunk_is_finite(sizes, h, first, last))
    attention::exact_backward(sizes, h, first, last);
}

void AttentionBackward::run(const sdk::Call& call) const {
  const int64_t count = heads.count(), tasks = count * chunks;
  auto* sums = chunks > 1 ? call.scratch().as<float>() : nullptr;
  context.share_items(tasks, work, [&](int64_t task, uint32_t thread) {
    run_chunk(call, task, sums, reinterpret_cast<float*>(context.workspace.thread(thread)));
  });
  if (chunks == 1) return;
  const int64_t size = sums_of_head(sizes);
  context.share_items(count, size * chunks, [&](int64_t head, uint32_t) {
    const auto at = heads.at(head);
    add_chunks(*this, head_at(*this, call, head, at), sums + head * chunks * size);
  });
}

}  // namespace

sdk::Kernel attention::backward_kernel(Context* context, const char* op, const Operands& operands) {
  sdk::Kernel kernel;
  kernel.claimed_op = op;
  kernel.claim = [operands](const asg_step_request& request, asg_claim_reply& reply) {
    if (!fits(request, operands)) return;
    accept(request, reply);
    const Sizes s = sizes_of(request, operands);
    const int64_t heads = sdk::element_count(sdk::type_of(request, sdpa_backward::lse)) / s.queries;
    const int64_t chunks = attention_chunks(heads, s, find_backward().block);
    if (chunks > 1)
      reply.scratch_bytes = static_cast<uint64_t>(chunks * heads * sums_of_head(s)) * 4;
  };
  kernel.prepare = [context, operands](const sdk::ProgramCopy& program,
                                       const asg_step& step) -> sdk::Run {
    const auto made = std::make_shared<const AttentionBackward>(program, step, *context, operands);
    return [made](const sdk::Call& call) { made->run(call); };
  };
  return kernel;
}

}  // namespace asg::cpu
