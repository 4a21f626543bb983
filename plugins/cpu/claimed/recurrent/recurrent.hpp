// Recurrent layers as loops over the steps.  A row of the batch depends on no other row: each
// thread takes some of them through all steps, and none waits for another.  In a step the products
// with weight_hh are made for a strip of hidden columns, all gates of it, and go through the gates'
// functions while they are in the first cache.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "kernel.hpp"

namespace asg::cpu::recurrent {

enum class Cell { tanh, relu, lstm, gru };
inline constexpr int64_t gates_of(Cell cell) {
  return cell == Cell::lstm ? 4 : cell == Cell::gru ? 3 : 1;
}

struct Sizes {
  int64_t steps = 0, batch = 0, hidden = 0;
  bool reverse = false;

  /// The step that is taken as number `place`.
  int64_t at(int64_t place) const { return reverse ? steps - 1 - place : place; }
};

/// Rows [first, end) of the batch through all steps.
struct Rows {
  Sizes sizes;
  const void* const* inputs;  // row-major, at the places that asg/sdk/composites.hpp names
  void* const* outputs;
  uint32_t n_inputs;
  const void* packed;  // weight_hh
  int64_t first, end;
  void* scratch;
};

/// The loops for the processor's vectors.
struct Loops {
  int64_t strip;  // hidden columns that are worked on together
  /// Packs weight_hh for one strip of them.
  void (*pack)(const Sizes& sizes, const void* weight, int64_t block, void* packed);
  void (*run)(const Rows& rows);
};
Loops find_forward(Cell cell, uint32_t dtype);
Loops find_backward(Cell cell, uint32_t dtype);

/// The kernel of an op: of a whole layer in one direction, or of its gradients.
struct Op {
  const char* name;
  Cell cell;  // tanh: or relu, as the attribute says
  bool backward;
  uint32_t weight, state;  // the places of weight_hh [gates * H, H] and of what is [T, B, H]
  uint32_t least_inputs, most_inputs;
  bool state_is_output;
};
sdk::Kernel make_kernel(const Op& op, Context* context);

}  // namespace asg::cpu::recurrent
