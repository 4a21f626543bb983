// Attention without the matrix of scores: blocks of queries against blocks of keys.
#pragma once

#include <cstddef>
#include <cstdint>

#include "region/tile_ops.hpp"

namespace asg::cpu::attention {

/// Element (i, j) at data[i * row + j * column]; strides in elements.
struct Matrix {
  const float* data;
  int64_t row, column;
};

struct Mask {
  enum class Kind { none, flags, scores } kind = Kind::none;
  const void* data = nullptr;
  int64_t row = 0, column = 0;
};

/// A weight whose random word is below the threshold becomes 0, another is multiplied.
struct Dropout {
  bool on = false;
  uint32_t threshold = 0;
  float factor = 1;
  uint64_t stream = 0;
};
/// Where the random words of a head stand: element i of its scores has word first + i.
struct Words {
  RandomStream random{};
  int64_t first = 0;
};

struct Sizes {
  int64_t queries = 0, keys = 0, size = 0, value_size = 0;
  bool causal = false;
  float scale = 1;
  Dropout dropout = {};
};

/// What one head reads and writes.  Rows of results are dense.
struct ForwardHead {
  Matrix query, key, value;
  Mask mask;
  float* y;
  int64_t y_row;
  float* lse;
  int64_t lse_step;
  Words words = {};
};

struct BackwardHead {
  Matrix dy, query, key, value;
  const float* lse;
  const float* delta;
  int64_t lse_step, delta_step;
  Mask mask;
  float *dquery, *dkey, *dvalue;
  int64_t dquery_row, dkey_row, dvalue_row;
  Words words = {};
};

/// The loops for the processor's vectors.
struct Forward {
  int64_t block;  // queries that one call answers
  /// Floats of scratch that a call needs.
  std::size_t (*scratch)(const Sizes&);
  void (*run)(const Sizes&, const ForwardHead&, int64_t first_query, float* scratch);
};
struct Backward {
  std::size_t (*scratch)(const Sizes&);
  /// Queries [first, end).  Writes their rows of dquery, and to dkey and dvalue their share of all
  /// rows.
  void (*run)(const Sizes&, const BackwardHead&, int64_t first, int64_t end, float* scratch);
  int64_t block;  // queries that are worked on together
};
Forward find_forward();
Backward find_backward();

}  // namespace asg::cpu::attention
