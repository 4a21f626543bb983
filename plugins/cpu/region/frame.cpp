#include "region/frame.hpp"

#include "region/memory.hpp"

namespace asg::cpu {

// What follows is called for each operation of each tile, of which small steps have few: inline.
inline std::byte* Frame::address(const MemoryMap& map) const {
  if (map.place == Access::Place::value) return memory_.values[map.index];
  return map.place == Access::Place::scratch ? memory_.shared + memory_.results[map.index]
                                             : nullptr;
}

inline void Frame::compute(const Op& op, const Tile& tile) {
  if (!op.by_rows)
    return op.fn(registers_[op.dst], registers_[op.a], registers_[op.b], registers_[op.c],
                 tile.count(op.varies));
  const uint32_t regs[] = {op.dst, op.a, op.b, op.c};
  std::byte* at[4];
  int64_t step[4];
  for (int k = 0; k < 4; ++k) {
    const Register& reg = tape_.registers[regs[k]];
    at[k] = static_cast<std::byte*>(registers_[regs[k]]);
    step[k] = (reg.varies & vary_high) == 0  ? 0
              : (reg.varies & vary_low) != 0 ? tile.n_low * reg.element_size
                                             : reg.element_size;
  }
  for (int64_t row = 0; row < tile.n_high; ++row) {
    op.fn(at[0], at[1], at[2], at[3], tile.n_low);
    for (int k = 0; k < 4; ++k) at[k] += step[k];
  }
}

inline void Frame::point_to_memory(const Op& op, const Tile& tile, Ahead& ahead) {
  const MemoryMap& map = tape_.maps[op.map];
  std::byte* place = address(map) + map.offset(tile) * map.element_size;
  registers_[op.dst] = place;
  if (op.parts != 0)
    ahead.add(place + map.ahead, tile.count(op.varies) * map.element_size, op.parts);
}

inline void Frame::point_to_product(const Op& op, const Tile& tile) {
  const int64_t element =
      (tile.high - product_->row) * product_->stride + tile.low - product_->column;
  registers_[op.dst] =
      const_cast<std::byte*>(product_->data + element * tape_.registers[op.dst].element_size);
}

inline void Frame::load(const Op& op, const Tile& tile) {
  const MemoryMap& map = tape_.maps[op.map];
  load_tile(map, address(map), tile, registers_[op.dst]);
}

inline void Frame::random(const Op& op, const Tile& tile) {
  random_tile(tape_.maps[op.map], op.stream, tile, static_cast<uint32_t*>(registers_[op.dst]),
              static_cast<const int64_t*>(registers_[op.a]),
              static_cast<const int64_t*>(registers_[op.b]), tape_.registers[op.a].varies == 0);
}

void Frame::store(const TapeStore& s, const Tile& tile) {
  const MemoryMap& map = tape_.maps[s.map];
  store_tile(map, address(map), tile, registers_[s.reg]);
}

void Frame::run_ops(uint32_t begin, uint32_t end, const Tile& tile) {
  Ahead ahead;
  for (uint32_t i = begin; i < end; ++i) {
    const Op& op = tape_.ops[i];
    switch (op.kind) {
      case Op::Kind::compute:
        ahead.step();
        compute(op, tile);
        break;
      case Op::Kind::point:
        point_to_memory(op, tile, ahead);
        break;
      case Op::Kind::product:
        point_to_product(op, tile);
        break;
      case Op::Kind::load:
        load(op, tile);
        break;
      case Op::Kind::expand:
        expand_tile(tape_.registers[op.dst].element_size, tape_.registers[op.a].varies, op.varies,
                    tile, registers_[op.dst], registers_[op.a]);
        break;
      case Op::Kind::number:
        number_tile(tape_.maps[op.map], tape_.registers[op.dst].dtype, tile, registers_[op.dst]);
        break;
      case Op::Kind::random:
        random(op, tile);
        break;
    }
  }
}

void Frame::run_invariants() {
  const int64_t origin[ASG_MAX_RANK] = {};
  run_ops(0, tape_.invariant_ops, Tile{0, 1, 0, tape_.tiling.tile_low, origin});
}

void Frame::run_sweep(const TapeSweep& sweep, const Tile& tile) {
  if (tile.n_high == 0 || tile.n_low == 0) return;
  run_ops(sweep.ops_begin, sweep.ops_end, tile);
  for (const TapeStore& s : sweep.stores) {
    if (s.first == 0)
      store(s, tile);
    else if (s.first == vary_low && tile.low == 0)
      store(s, Tile{tile.high, tile.n_high, 0, 1, tile.outer});
    else if (s.first == vary_high && tile.high == 0)
      store(s, Tile{0, 1, tile.low, tile.n_low, tile.outer});
  }
}

}  // namespace asg::cpu
