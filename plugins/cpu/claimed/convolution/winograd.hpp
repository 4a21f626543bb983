// Convolutions of 3 by 3 by Winograd's F(2x2, 3x3): tiles of 4 by 4 elements of the images and the
// kernels are transformed, multiplied element by element, summed over the channels, and give 2 by 2
// results with 16 products instead of 36.
//
// With so small tiles the transforms are sums, and halves, of a few elements: the error is that of
// direct sums, which are longer, or less.  Larger tiles save more and lose digits: F(4x4, 3x3) was
// tried, at points chosen for it, and had 2 to 10 times the error of direct sums.  The gradient of
// the kernels, F(3x3, 2x2), was no faster than direct sums but for 512 channels.  What is not finite
// spreads over a tile, as does the rounding error of one element that is far larger than the others:
// whoever meets a result that is not finite computes it again by direct sums.
#pragma once

#include <cstdint>

#include "claimed/convolution/convolution.hpp"

namespace asg::cpu::convolution {

/// Whether so few products are worth the transforms.  The one place that decides it, from sizes.
bool winograd_pays(const Axis& height, const Axis& width, int64_t images, int64_t channels,
                   int64_t filters);

/// One group of such a convolution, between arrays whose places strides give.
struct Winograd {
  static constexpr int64_t tile = 2, taken = 4;  // results and sources along an axis
  static constexpr int64_t elements = taken * taken;
  static constexpr int64_t longest_unit = 32;  // tiles

  Winograd(const Axis& height, const Axis& width, int64_t images, int64_t channels,
           int64_t filters);

  int64_t source_height = 0, source_width = 0, pad_height = 0, pad_width = 0;
  int64_t height = 0, width = 0;  // of the results
  int64_t images = 0, channels = 0, filters = 0;
  int64_t tall = 0, wide = 0;     // in tiles
  int64_t lines = 0, strips = 0;  // channels in whole vectors, filters in whole strips
  int64_t segments = 1;           // of a row of tiles

  int64_t tiles() const { return images * tall * wide; }
  int64_t units() const { return images * tall * segments; }
};

/// Tiles that are transformed together: a part of a row of them.
struct Unit {
  int64_t image, row, first, tiles;
  int64_t at;  // of the first tile, counted through all images
};
Unit unit_of(const Winograd& w, int64_t unit);

/// The kernels' side; `back`: turned around.
struct Kernels {
  const float* data;
  int64_t filter, channel, row, column;
  bool back;
};
/// The results' side; channels are dense.
struct Results {
  float* y;           // of the unit's image and the first filter
  const float* bias;  // of the first filter, or nullptr
  int64_t bias_step, filters;
};

/// From one element's matrix of so many floats to the next one's: an odd number of cache lines, as
/// all elements are written at a time, which a power of two would send to one place of the cache.
constexpr int64_t element_stride(int64_t floats) { return (divide_up(floats, 16) | 1) * 16; }

/// Where transformed images go: from one tile, vector of channels or element to the next.
struct Places {
  int64_t tile, vector, element;
};
/// Transformed images are [elements][tiles][lines], `all` tiles in each; kernels are
/// [elements][strips][channels][strip]; products [elements][strips][tiles][strip], element_stride
/// apart.
struct WinogradLoops {
  int64_t strip, lanes;
  /// Elements of scratch for the sources of a unit.
  int64_t (*sources)(const Winograd&, int64_t tiles);
  /// `source`: of the unit's image, at the first channel.
  void (*transform_images)(const Winograd&, const Unit&, const float* source, const Strides&,
                           float* scratch, const Places&, float* to);
  /// One strip out of so many at `to`.
  void (*transform_kernels)(const Winograd&, const Kernels&, int64_t filters, int64_t strips,
                            float* to);
  void (*multiply)(const Winograd&, const float* images, int64_t all, int64_t tiles,
                   const float* kernels, int64_t strips, float* products);
  /// Writes a unit's results; returns whether all are finite.
  bool (*transform_back)(const Winograd&, const Unit&, const float* products, int64_t all,
                         int64_t strips, const Results&);
};
WinogradLoops find_winograd_loops();

/// The operands of a step's run.
struct WinogradCall {
  const float* source;
  Strides strides;
  Kernels kernels;
  int64_t kernels_of_group;  // from the kernels of a group to those of the next
  const float* bias;         // or nullptr
  int64_t bias_step;
  float* y;
  int64_t image;        // from one image of y to the next
  float* shared;        // shared_floats()
  uint8_t* not_finite;  // of each image: set where a result is not
};

/// All groups of a convolution.  The sum over the channels is one chain of products for each
/// element of a tile, so that results depend neither on the threads nor on how the work is cut.
class WinogradStep {
 public:
  WinogradStep(const Winograd& sizes, int64_t groups, Context& context);
  int64_t shared_floats() const;
  int64_t thread_floats() const;
  void run(const WinogradCall& call) const;

 private:
  int64_t blocks() const { return divide_up(w_.units(), block_units_); }
  void transform_unit(const WinogradCall& call, int64_t unit, int64_t first_tile, int64_t all,
                      float* scratch, float* to) const;
  void transform_strip(const WinogradCall& call, int64_t at, int64_t strips, float* to) const;
  void finish_block(const WinogradCall& call, int64_t block, int64_t first_strip,
                    const float* images, int64_t all, const float* kernels, float* products) const;
  void run_by_tiles(const WinogradCall& call) const;
  void run_by_filters(const WinogradCall& call) const;

  Context& context_;
  WinogradLoops loops_;
  Winograd w_;
  int64_t groups_;
  bool by_filters_;  // each thread transforms filters, where they are more than
                     // tiles
  int64_t block_units_, block_tiles_;
  int64_t images_, kernels_, products_;  // floats of what is there at a time
};

}  // namespace asg::cpu::convolution
