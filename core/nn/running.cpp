#include "nn/running.hpp"

#include <fmt/format.h>

#include <asg/ops/elementwise.hpp>

#include "nn/sizes.hpp"

namespace asg::nn {

void check_channels(std::string_view layer, const Tensor& x, std::int64_t channels, int least_rank,
                    int most_rank) {
  if (x.rank() < least_rank || x.rank() > most_rank)
    fail_at(layer, x,
            least_rank == most_rank
                ? fmt::format("x must have {} axes", least_rank)
                : fmt::format("x must have {} or {} axes", least_rank, most_rank));
  if (x.size(1) != channels)
    fail_at(layer, x, fmt::format("x must have {} channels on axis 1", channels));
}

void move_towards(const Parameter& buffer, const Tensor& value, const Operand& share) {
  Graph& graph = value.graph();
  const Tensor held = buffer.in(graph);
  const Tensor before = graph.pending(held);
  graph.reassign(held, before + share * (stop_gradient(value) - before));
}

}  // namespace asg::nn
