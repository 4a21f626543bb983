// Losses against PyTorch.
#include <asg/ops/loss.hpp>

#include "pytorch/support.hpp"

namespace {

using namespace asg;
using namespace pytorch_test;

BOOST_AUTO_TEST_CASE(mean_squared_error) {
  for (const std::string reduction : {"none", "mean", "sum"})
    agrees("mse_loss_" + reduction, [&](const Inputs& in) -> Tensors {
      return {mse_loss(in("input"), in("target"), reduction)};
    });
}

}  // namespace
