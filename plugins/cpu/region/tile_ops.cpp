#include "region/tile_ops.hpp"

#include <initializer_list>

#include "region/tile_ops_parts.hpp"

namespace asg::cpu {

TileFn find_tile_fn(const TileOp& op) {
  for (auto* find : {find_float_fn, find_integer_fn, find_select_fn, find_cast_fn})
    if (TileFn fn = find(op)) return fn;
  return nullptr;
}

}  // namespace asg::cpu
