#include <algorithm>
#include <array>
#include <string_view>

#include "claimed/recurrent/recurrent.hpp"
#include "rounding.hpp"

namespace asg::cpu::recurrent {

namespace {

// Products of more rows at once would not stay in the first cache until the gates read them.
constexpr int64_t most_rows = 48;
constexpr std::size_t most_operands = 8;

struct Scan {
  Scan(const sdk::ProgramCopy& program, const asg_step& step, Context& device, const Op& op);
  void run(const sdk::Call& call) const;

  Context& context;
  Op op;
  Cell cell;
  Sizes sizes;
  Loops loops;
  int64_t blocks = 1, tasks = 1;
};

Scan::Scan(const sdk::ProgramCopy& program, const asg_step& step, Context& device, const Op& which)
    : context(device), op(which), cell(which.cell) {
  require(step.n_inputs >= op.least_inputs && step.n_inputs <= op.most_inputs &&
              step.n_inputs <= most_operands && step.n_outputs <= most_operands,
          std::string(step.name) + ": wrong number of inputs or outputs");
  if (cell == Cell::tanh && std::string_view(sdk::attr_string(step, "nonlinearity")) == "relu")
    cell = Cell::relu;
  const asg_value& state =
      op.state_is_output ? program.output(step, op.state) : program.input(step, op.state);
  sizes = {state.shape[0], state.shape[1], state.shape[2], sdk::attr_int(step, "reverse") != 0};
  loops = op.backward ? find_backward(cell, state.dtype) : find_forward(cell, state.dtype);
  blocks = divide_up(sizes.hidden, loops.strip);
  tasks = std::max(divide_up(sizes.batch, most_rows),
                   std::min<int64_t>(sizes.batch, context.pool.threads()));
  const int64_t rows = divide_up(sizes.batch, tasks);
  // The products of a strip, and behind them what is carried from step to step.
  const int64_t strips = op.backward ? 1 + blocks : gates_of(cell);
  const std::size_t element = sdk::dtype_size(state.dtype);
  context.workspace.reserve(
      static_cast<std::size_t>(strips * rows * loops.strip) * element,
      static_cast<std::size_t>(blocks * gates_of(cell) * sizes.hidden * loops.strip) * element);
}

void Scan::run(const sdk::Call& call) const {
  std::array<const void*, most_operands> inputs{};
  std::array<void*, most_operands> outputs{};
  for (uint32_t i = 0; i < call.step.n_inputs; ++i) inputs[i] = call.input(i).data;
  for (uint32_t i = 0; i < call.step.n_outputs; ++i) outputs[i] = call.output(i).data;
  void* packed = context.workspace.shared();
  const int64_t gates = gates_of(cell);
  context.share_items(blocks, gates * sizes.hidden * loops.strip, [&](int64_t block, uint32_t) {
    loops.pack(sizes, inputs[op.weight], block, packed);
  });
  const int64_t work = sizes.steps * sizes.hidden * (sizes.hidden / 8 + 8) * gates;
  context.share_items(tasks, work * divide_up(sizes.batch, tasks),
                      [&](int64_t task, uint32_t thread) {
                        loops.run({sizes, inputs.data(), outputs.data(), call.step.n_inputs, packed,
                                   sizes.batch * task / tasks, sizes.batch * (task + 1) / tasks,
                                   context.workspace.thread(thread)});
                      });
}

/// Whether the operands are floats, all of one type, and none is empty.
bool fits(const asg_step_request& request, const Op& op) {
  if (request.version != 1 || request.n_inputs < op.least_inputs ||
      request.n_inputs > op.most_inputs)
    return false;
  const uint32_t dtype = sdk::type_of(request, 0).dtype;
  bool fits = dtype == ASG_F32 || dtype == ASG_F64;
  for (const asg_type& type : sdk::Span<asg_type>(request.types))
    fits = fits && type.dtype == dtype && sdk::element_count(type) > 0;
  return fits;
}

}  // namespace

sdk::Kernel make_kernel(const Op& op, Context* context) {
  sdk::Kernel kernel;
  kernel.claimed_op = op.name;
  kernel.claim = [op](const asg_step_request& request, asg_claim_reply& reply) {
    reply.accepted = fits(request, op) ? 1 : 0;
  };
  kernel.prepare = [op, context](const sdk::ProgramCopy& program,
                                 const asg_step& step) -> sdk::Run {
    return [scan = Scan(program, step, *context, op)](const sdk::Call& call) { scan.run(call); };
  };
  return kernel;
}

}  // namespace asg::cpu::recurrent
