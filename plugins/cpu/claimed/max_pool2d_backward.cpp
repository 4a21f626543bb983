// dy, moved to the first of the largest elements of each window of 2 by 2, or to its last NaN.
#include <asg/sdk/composites.hpp>

#include "claimed/pooling/pooling.hpp"
#include "kernels.hpp"

namespace asg::cpu {

namespace {

namespace max_pool2d_backward = sdk::composites::max_pool2d_backward;

using pooling::Plane;

/// One row of dy, where it is too short for vectors.
void spread_row(const Plane<float>& x, int64_t row, int64_t count, const float* dy,
                int64_t dy_column, const Plane<float>& dx) {
  for (int64_t j = 0; j < count; ++j) {
    const auto offset = [&](const Plane<float>& plane, int64_t k) {
      return plane.at(2 * row + k / 2) + (2 * j + k % 2) * plane.column;
    };
    int64_t winner = 0;
    for (int64_t k = 1; k < 4; ++k)
      if (pooling::beats(*offset(x, k), *offset(x, winner))) winner = k;
    for (int64_t k = 0; k < 4; ++k) *offset(dx, k) = k == winner ? dy[j * dy_column] : 0;
  }
}

/// What no window sees gets nothing.
void clear(const pooling::Planes<3>& planes, const Plane<float>& dx) {
  for (int64_t i = 0; i < planes.height; ++i)
    for (int64_t j = i < 2 * planes.rows ? 2 * planes.columns : 0; j < planes.width; ++j)
      dx.at(i)[j * dx.column] = 0;
}

void spread_plane(const pooling::Planes<3>& planes, const pooling::Pairs& pairs,
                  const Plane<float>& x, const Plane<float>& dy, const Plane<float>& dx) {
  const bool dense = x.column == 1 && dy.column == 1 && dx.column == 1;
  for (int64_t i = 0; i < planes.rows; ++i) {
    if (!dense || !pairs.spread(x.at(2 * i), x.at(2 * i + 1), dy.at(i), planes.columns,
                                dx.at(2 * i), dx.at(2 * i + 1)))
      spread_row(x, i, planes.columns, dy.at(i), dy.column, dx);
  }
  clear(planes, dx);
}

}  // namespace

sdk::Kernel make_max_pool2d_backward(Context* context) {
  sdk::Kernel kernel;
  kernel.claimed_op = "max_pool2d_backward";
  kernel.claim = [](const asg_step_request& request, asg_claim_reply& reply) {
    const asg_type &x = sdk::type_of(request, max_pool2d_backward::x),
                   &dy = sdk::type_of(request, max_pool2d_backward::dy);
    reply.accepted = pooling::are_pairs(request, x, dy) ? 1 : 0;
    reply.strided_inputs = 3;
  };
  kernel.prepare = [context](const sdk::ProgramCopy& program, const asg_step& step) -> sdk::Run {
    require_arity(step, 2, 1);
    const asg_value &dy = program.input(step, max_pool2d_backward::dy),
                    &x = program.input(step, max_pool2d_backward::x);
    const asg_value& dx = program.output(step, max_pool2d_backward::dx);
    return [context, planes = pooling::Planes<3>(dy, {&x, &dy, &dx}),
            pairs = pooling::find_pairs()](const sdk::Call& call) {
      const auto spread = [&](const std::array<int64_t, 3>& at) {
        spread_plane(planes, pairs,
                     pooling::plane_of<float>(call.input(max_pool2d_backward::x), at[0]),
                     pooling::plane_of<float>(call.input(max_pool2d_backward::dy), at[1]),
                     pooling::plane_of<float>(call.output(max_pool2d_backward::dx), at[2]));
      };
      context->share(
          planes.loop.count(), planes.rows * planes.columns * 4 + planes.height * planes.width / 8,
          [&](int64_t begin, int64_t end, uint32_t) { planes.loop.for_each(begin, end, spread); });
    };
  };
  return kernel;
}

}  // namespace asg::cpu
