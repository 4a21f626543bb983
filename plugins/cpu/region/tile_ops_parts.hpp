// The files that find_tile_fn looks through.
#pragma once

#include "region/tile_ops.hpp"

namespace asg::cpu {

TileFn find_float_fn(const TileOp& op);    // float arithmetic and functions
TileFn find_integer_fn(const TileOp& op);  // integer arithmetic, bits, logic
TileFn find_select_fn(const TileOp& op);   // comparisons, WHERE, IS_FINITE, REM and POW of floats
TileFn find_cast_fn(const TileOp& op);     // CAST, BITCAST

}  // namespace asg::cpu
