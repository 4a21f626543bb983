// dy, moved to the first of the largest elements of each window, or to its last NaN.
#include <limits>

#include <asg/sdk/composites.hpp>

#include "claimed/pooling/pooling.hpp"
#include "kernels.hpp"

namespace asg::cpu {

namespace {

namespace max_pool2d_backward = sdk::composites::max_pool2d_backward;

using pooling::Plane;

/// Adds one row of dy.  The padding takes no part, be all of the window -inf.
void spread_row(const pooling::Windows<3>& windows, const Plane<float>& x, int64_t row,
                const float* dy, int64_t dy_column, const Plane<float>& dx) {
  const convolution::Axis &height = windows.height, &width = windows.width;
  for (int64_t j = 0; j < width.result; ++j) {
    float champion = -std::numeric_limits<float>::infinity();
    float* winner = nullptr;
    for (int64_t p = 0; p < height.kernel; ++p) {
      const int64_t h = row * height.stride + p * height.dilation - height.pad;
      for (int64_t q = 0; q < width.kernel; ++q) {
        const int64_t w = j * width.stride + q * width.dilation - width.pad;
        if (h < 0 || h >= height.source || w < 0 || w >= width.source) continue;
        const float candidate = x.at(h)[w * x.column];
        if (winner != nullptr && !pooling::beats(candidate, champion)) continue;
        champion = candidate;
        winner = dx.at(h) + w * dx.column;
      }
    }
    if (winner != nullptr) *winner += dy[j * dy_column];
  }
}

void spread_plane(const pooling::Windows<3>& windows, const pooling::Pairs& pairs,
                  const Plane<float>& x, const Plane<float>& dy, const Plane<float>& dx) {
  const convolution::Axis &height = windows.height, &width = windows.width;
  const bool fast = pooling::is_pairs(height) && pooling::is_pairs(width) && x.column == 1 &&
                    dy.column == 1 && dx.column == 1;
  for (int64_t i = 0; i < height.source; ++i) {
    float* row = dx.at(i);
    if (dx.column == 1)
      std::fill_n(row, width.source, 0.0f);
    else
      for (int64_t j = 0; j < width.source; ++j) row[j * dx.column] = 0;
  }
  for (int64_t i = 0; i < height.result; ++i) {
    if (!fast || !pairs.spread(x.at(2 * i), x.at(2 * i + 1), dy.at(i), width.result, dx.at(2 * i),
                               dx.at(2 * i + 1)))
      spread_row(windows, x, i, dy.at(i), dy.column, dx);
  }
}

}  // namespace

sdk::Kernel make_max_pool2d_backward(Context* context) {
  sdk::Kernel kernel;
  kernel.claimed_op = "max_pool2d_backward";
  kernel.claim = [](const asg_claim_request& request, asg_claim_reply& reply) {
    reply.accepted = convolution::fits(request) ? 1 : 0;
    reply.strided_inputs = 3;
  };
  kernel.prepare = [context](const sdk::ProgramCopy& program, const asg_step& step) -> sdk::Run {
    require_arity(step, 2, 1);
    const asg_value &dy = program.input(step, max_pool2d_backward::dy),
                    &x = program.input(step, max_pool2d_backward::x);
    const asg_value& dx = program.output(step, max_pool2d_backward::dx);
    return [context, windows = pooling::Windows<3>(step, dy, {&x, &dy, &dx}),
            pairs = pooling::find_pairs()](const sdk::Call& call) {
      const int64_t count = windows.planes.count();
      const int64_t work = windows.height.result * windows.width.result * windows.height.kernel *
                               windows.width.kernel +
                           windows.height.source * windows.width.source / 8;
      context->share(count, work, [&](int64_t begin, int64_t end, uint32_t) {
        windows.planes.for_each(begin, end, [&](const auto& at) {
          spread_plane(windows, pairs,
                       pooling::plane_of<float>(call.input(max_pool2d_backward::x), at[0]),
                       pooling::plane_of<float>(call.input(max_pool2d_backward::dy), at[1]),
                       pooling::plane_of<float>(call.output(max_pool2d_backward::dx), at[2]));
        });
      });
    };
  };
  return kernel;
}

}  // namespace asg::cpu
