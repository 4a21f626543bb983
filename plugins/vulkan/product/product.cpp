#include "product/product.hpp"

#include <algorithm>

#include "glsl/loops.hpp"
#include "gpu.hpp"

namespace asg::vulkan {
namespace {

Tile tile_in_shared_memory(const Product& product) {
  const auto m = static_cast<uint64_t>(product.m), n = static_cast<uint64_t>(product.n),
             batch = static_cast<uint64_t>(product.batch);
  const auto fills = [&](const gpu::SquareTile& tile) {
    return std::min(m, n) >= tile.least &&
           ceil_div(m, tile.least) * ceil_div(n, tile.least) * batch >= tile.groups;
  };
  gpu::SquareTile best = gpu::least_tile;
  if (product.dtype == ASG_F32 && product.context.traits.max_invocations >= gpu::threads)
    if (const auto* found = std::find_if(std::begin(gpu::tiles), std::end(gpu::tiles), fills);
        found != std::end(gpu::tiles))
      best = *found;
  return {best.side, best.side, best.each, best.each, gpu::tile_depth};
}

// On llvmpipe a load takes as long as 22 products, for it goes from lane to lane; a broadcast as
// long as one.  Tiles of many rows take the driver long to compile, so small products have none.
Tile tile_of_lanes(const Product& product, uint32_t lanes) {
  const auto work = static_cast<uint64_t>(product.m * product.n * product.batch * product.k);
  const uint32_t most_rows = work < uint64_t{1} << 22 ? 16 : 32;
  Tile best{};
  uint64_t least = UINT64_MAX;
  for (uint32_t rows = most_rows; rows > 0; rows /= 2)
    for (uint32_t columns = 4; columns > 0; columns /= 2) {
      const uint64_t groups = ceil_div(static_cast<uint64_t>(product.m), rows) *
                              ceil_div(static_cast<uint64_t>(product.n), columns * lanes);
      const uint64_t cost =
          groups * (22 * (ceil_div(rows, lanes) + columns) + rows + rows * columns);
      if (cost >= least) continue;
      least = cost;
      best = {rows, columns * lanes, rows, columns, 0};
    }
  return best;
}

// Where tiles are few and long, the sums are cut so that more workgroups share them.
uint64_t choose_slices(const Product& product, uint64_t groups, bool lanes) {
  const uint64_t wanted = lanes ? 16 : gpu::wanted_groups, depth = lanes ? 512 : gpu::slice_depth,
                 most = 32;
  constexpr uint64_t most_bytes = uint64_t{64} << 20;
  const uint64_t bytes = static_cast<uint64_t>(product.m * product.n * product.batch) *
                         std::max<uint64_t>(sdk::dtype_size(product.dtype), 4);
  const uint64_t room = std::min(most_bytes, product.context.traits.max_range) / bytes;
  return std::max<uint64_t>(
      1, std::min({wanted / groups, static_cast<uint64_t>(product.k) / depth, most, room}));
}

// A run takes whole tiles.
void set_depth(const Product& product, Cut& cut, uint64_t wanted) {
  const uint64_t step = std::max(cut.tile.k, 1u), k = static_cast<uint64_t>(product.k);
  const uint64_t depth = ceil_div(wanted, step) * step;
  cut.depth = static_cast<int64_t>(depth);
  cut.slices = depth == 0 ? 1 : std::max<uint64_t>(1, ceil_div(k, depth * cut.runs));
}

}  // namespace

Product::Product(const StepContext& of)
    : context(of), a(of.input(0)), b(of.input(1)), rank(a.rank), dtype(a.dtype) {
  const sdk::MatmulForm form(of.program, of.step);
  m = form.m;
  k = form.k;
  n = form.n;
  batch = sdk::product(a.shape, rank - 2);
}

Cut choose_cut(const Product& product) {
  const Traits& traits = product.context.traits;
  // GLSL has no broadcast of 64-bit integers without another extension.
  const bool lanes = traits.software && traits.lanes > 0 && product.dtype != ASG_I64;
  Cut cut{
      lanes ? tile_of_lanes(product, traits.lanes) : tile_in_shared_memory(product), 0, 0, 0, 0, 1};
  cut.tiles_m = ceil_div(static_cast<uint64_t>(product.m), cut.tile.m);
  cut.tiles_n = ceil_div(static_cast<uint64_t>(product.n), cut.tile.n);
  const uint64_t groups = cut.tiles_m * cut.tiles_n * static_cast<uint64_t>(product.batch);
  set_depth(product, cut,
            ceil_div(static_cast<uint64_t>(product.k), choose_slices(product, groups, lanes)));
  return cut;
}

Cut more_runs(const Product& product, const Cut& cut) {
  Cut more = cut;
  more.runs = 2 * cut.runs;
  set_depth(product, more, ceil_div(static_cast<uint64_t>(cut.depth) * cut.runs, more.runs));
  return more;
}

}  // namespace asg::vulkan
