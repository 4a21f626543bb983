// The largest element of each window of 2 by 2.
#include <limits>

#include <asg/sdk/composites.hpp>

#include "claimed/pooling/pooling.hpp"
#include "kernels.hpp"

namespace asg::cpu {

namespace {

namespace max_pool2d = sdk::composites::max_pool2d;

using pooling::Plane;

/// One row of results, where it is too short for vectors.
void pool_row(const Plane<float>& x, int64_t row, int64_t count, float* y, int64_t y_column) {
  for (int64_t j = 0; j < count; ++j) {
    float champion = -std::numeric_limits<float>::infinity();
    for (int64_t p = 0; p < 2; ++p)
      for (int64_t q = 0; q < 2; ++q) {
        const float candidate = x.at(2 * row + p)[(2 * j + q) * x.column];
        if (pooling::beats(candidate, champion)) champion = candidate;
      }
    y[j * y_column] = champion;
  }
}

void pool_planes(const pooling::Planes<2>& planes, const pooling::Pairs& pairs, Context& context,
                 const sdk::Call& call) {
  const int64_t rows = planes.rows, columns = planes.columns;
  const auto pool = [&](const std::array<int64_t, 2>& at) {
    const auto x = pooling::plane_of<float>(call.input(max_pool2d::x), at[0]);
    const auto y = pooling::plane_of<float>(call.output(max_pool2d::y), at[1]);
    const bool dense = x.column == 1 && y.column == 1;
    for (int64_t i = 0; i < rows; ++i)
      if (!dense || !pairs.largest(x.at(2 * i), x.at(2 * i + 1), columns, y.at(i)))
        pool_row(x, i, columns, y.at(i), y.column);
  };
  context.share(planes.loop.count(), 4 * rows * columns, [&](int64_t begin, int64_t end, uint32_t) {
    planes.loop.for_each(begin, end, pool);
  });
}

}  // namespace

sdk::Kernel make_max_pool2d(Context* context) {
  sdk::Kernel kernel;
  kernel.claimed_op = "max_pool2d";
  kernel.claim = [](const asg_step_request& request, asg_claim_reply& reply) {
    reply.accepted =
        pooling::are_pairs(request, sdk::type_of(request, 0), sdk::type_of(request, 1)) ? 1 : 0;
    reply.strided_inputs = 1;
  };
  kernel.prepare = [context](const sdk::ProgramCopy& program, const asg_step& step) -> sdk::Run {
    require_arity(step, 1, 1);
    const asg_value &x = program.input(step, max_pool2d::x),
                    &y = program.output(step, max_pool2d::y);
    return [context, planes = pooling::Planes<2>(y, {&x, &y}), pairs = pooling::find_pairs()](
               const sdk::Call& call) { pool_planes(planes, pairs, *context, call); };
  };
  return kernel;
}

}  // namespace asg::cpu
