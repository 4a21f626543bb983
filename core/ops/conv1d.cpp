// A signal is an image of one row, so that whoever claims conv2d runs this one, too.
#include <asg/ops/convolution.hpp>

#include "ops/conv_rules.hpp"

namespace asg {
namespace {

Types conv1d_infer(const Signature& call) { return conv::infer(call, 1); }

Tensors conv1d_body(const OpCall& call) {
  Tensors operands = call.inputs;
  for (const std::size_t i : {0, 1}) operands[i] = unsqueeze(operands[i], 2);
  return {squeeze(apply(find_op("conv2d"), operands, windows::over_two_axes(call.attributes)), 2)};
}

std::vector<Sample> conv1d_samples() {
  return conv::samples({{{1, 1, 1}, {1, 1, 1}, conv::options({1}, {0}, {1}, 1)},
                        {{2, 4, 7}, {6, 2, 3}, conv::options({2}, {2}, {1}, 2)},
                        {{1, 3, 6}, {3, 1, 2}, conv::options({1}, {0}, {3}, 3)},
                        {{0, 2, 3}, {1, 2, 2}, conv::options({1}, {0}, {1}, 1)},
                        {{2, 2, 5}, {3, 2, 4}, conv::options({1}, {1}, {1}, 1)}});
}

}  // namespace

namespace ops {
std::vector<OpDef> conv1d() {
  return {{
      .name = "conv1d",
      .summary = "The scalar products of a kernel with all stretches of the signals, plus bias.",
      .inputs = {{"x", "[N, C, L]", "float"},
                 {"weight", "[O, C / groups, K]", "as x"},
                 {"bias", "[O]", "as x", true}},
      .outputs = {{"y", "[N, O, OL]", "as x"}},
      .attributes = conv::attributes(),
      .infer = conv1d_infer,
      .decompose = conv1d_body,
      .source = "https://pytorch.org/docs/stable/generated/torch.nn.functional.conv1d.html",
      .samples = conv1d_samples,
  }};
}
}  // namespace ops

}  // namespace asg
