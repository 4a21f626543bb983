// The largest element of each window.
#include <limits>

#include <asg/sdk/composites.hpp>

#include "claimed/pooling/pooling.hpp"
#include "kernels.hpp"

namespace asg::cpu {

namespace {

namespace max_pool2d = sdk::composites::max_pool2d;

using pooling::Plane;

/// One row of results.
void pool_row(const pooling::Windows<2>& windows, const Plane<float>& x, int64_t row, float* y,
              int64_t y_column) {
  const convolution::Axis &height = windows.height, &width = windows.width;
  for (int64_t j = 0; j < width.result; ++j) {
    float champion = -std::numeric_limits<float>::infinity();
    for (int64_t p = 0; p < height.kernel; ++p) {
      const int64_t h = row * height.stride + p * height.dilation - height.pad;
      if (h < 0 || h >= height.source) continue;
      const float* line = x.at(h);
      for (int64_t q = 0; q < width.kernel; ++q) {
        const int64_t w = j * width.stride + q * width.dilation - width.pad;
        if (w < 0 || w >= width.source) continue;
        const float candidate = line[w * x.column];
        if (pooling::beats(candidate, champion)) champion = candidate;
      }
    }
    y[j * y_column] = champion;
  }
}

void pool_planes(const pooling::Windows<2>& windows, const pooling::Pairs& pairs, Context& context,
                 const sdk::Call& call) {
  const int64_t count = windows.planes.count();
  const convolution::Axis &height = windows.height, &width = windows.width;
  const int64_t work = height.result * width.result * height.kernel * width.kernel;
  const bool by_pairs = pooling::is_pairs(height) && pooling::is_pairs(width);
  context.share(count, work, [&](int64_t begin, int64_t end, uint32_t) {
    windows.planes.for_each(begin, end, [&](const std::array<int64_t, 2>& at) {
      const auto x = pooling::plane_of<float>(call.input(max_pool2d::x), at[0]);
      const auto y = pooling::plane_of<float>(call.output(max_pool2d::y), at[1]);
      const bool fast = by_pairs && x.column == 1 && y.column == 1;
      for (int64_t i = 0; i < height.result; ++i) {
        if (!fast || !pairs.largest(x.at(2 * i), x.at(2 * i + 1), width.result, y.at(i)))
          pool_row(windows, x, i, y.at(i), y.column);
      }
    });
  });
}

}  // namespace

sdk::Kernel make_max_pool2d(Context* context) {
  sdk::Kernel kernel;
  kernel.claimed_op = "max_pool2d";
  kernel.claim = [](const asg_claim_request& request, asg_claim_reply& reply) {
    reply.accepted = convolution::fits(request) ? 1 : 0;
    reply.strided_inputs = 1;
  };
  kernel.prepare = [context](const sdk::ProgramCopy& program, const asg_step& step) -> sdk::Run {
    require_arity(step, 1, 1);
    const asg_value &x = program.input(step, max_pool2d::x),
                    &y = program.output(step, max_pool2d::y);
    return [context, windows = pooling::Windows<2>(step, y, {&x, &y}),
            pairs = pooling::find_pairs()](const sdk::Call& call) {
      pool_planes(windows, pairs, *context, call);
    };
  };
  return kernel;
}

}  // namespace asg::cpu
