#include <asg/metrics/accuracy.hpp>

#include <fmt/format.h>

#include <asg/graph/build.hpp>
#include <asg/graph/error.hpp>
#include <asg/ops/elementwise.hpp>
#include <asg/ops/reduction.hpp>

namespace asg::metrics {

Tensor accuracy(const Operand& logits, const Operand& labels) {
  const Call call("accuracy", {logits, labels});
  const Tensor scores = call.tensor(logits);
  const Tensor classes = call.tensor(labels, i64);
  if (!is_integer(classes.dtype()))
    throw TypeError(fmt::format("accuracy: the labels are {}; they must be class indices\n  at {}",
                                to_string(classes.type()),
                                to_string(call.graph().origin_now(call.where()))));
  call.require(scores.rank() >= 1 && scores.shape().slice(0, scores.rank() - 1) == classes.shape(),
               "labels must have the shape of the logits without its last axis");
  return mean(cast(eq(argmax(scores, -1), classes), f32));
}

}  // namespace asg::metrics
