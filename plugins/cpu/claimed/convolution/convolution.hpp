// Convolutions without the matrix of patches.  Images are laid out in padded planes, one for each
// phase of the stride; there a patch's element is at a fixed distance for all positions, so that
// planes are read as that matrix.  Small images are laid out side by side, elements of the same
// place next to each other, so that the weights are read once for all of them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "kernel.hpp"
#include "rounding.hpp"

namespace asg::cpu::convolution {

/// One axis of the window, sizes as of the forward pass.
struct Axis {
  int64_t source = 0, result = 0;
  int64_t kernel = 1, stride = 1, dilation = 1;
  int64_t pad = 0;  // before the source; below 0 what is cut off
};

/// Element `kernel` of the window, seen from a result: in which plane, how far from where it
/// starts.
struct Tap {
  int64_t kernel, plane, step;
};
/// The results first, first + Side::every, ...: they have the same taps.
struct Comb {
  int64_t first, count;
  std::vector<Tap> taps;
};
/// The same axis of planes, from which results are sums of products.
struct Side {
  int64_t source = 0, result = 0;  // sizes
  std::vector<int64_t> phases;  // element t of plane p: t * stride + phases[p] - pad in the source
  int64_t stride = 1, pad = 0;
  std::vector<Comb> combs;  // the longest first
  int64_t every = 1;
  int64_t reach = 0;  // by which a plane is longer than the results of the longest comb

  int64_t planes() const { return static_cast<int64_t>(phases.size()); }
  int64_t longest() const { return combs[0].count; }
};
/// The convolution itself, planes being the phases of the source.
Side forward_side(const Axis& axis);
/// From the results back to the source, of which every stride-th element has the same taps.
Side backward_side(const Axis& axis);

/// That of the convolution that leads back, with the kernel turned around, for steps of 1.
Axis turned_axis(const Axis& axis);

struct Strides {
  int64_t image = 0, channel = 0, row = 0, column = 0;
};
Strides strides_of(const asg_value& value);

/// A comb of rows and one of columns: products of the weights [depth][filters] with the patches
/// [depth][positions].
struct Piece {
  const Comb *rows, *columns;
  int64_t depth, weights;       // weights: offset, in units of all filters
  std::vector<int64_t> places;  // of each element of a patch
};

/// How the positions of a piece's rows are read: as lines that whole strips cover.
struct Lines {
  int64_t count, length;
  int64_t step;  // from one to the next in the planes
  int64_t row;   // from one row of results to the next in the product
  int64_t size;  // of the product's rows
};

/// What planes may take.
struct Limits {
  int64_t strip;       // the width of the products
  int64_t images = 1;  // that may stand side by side
  int64_t positions = int64_t{1} << 40;
};

/// One group of one convolution.
struct Layout {
  Layout(Side height, Side width, int64_t channels, int64_t filters, const Limits& limits);
  Layout(Layout&&) = default;  // pieces point to the combs of the sides
  Layout(const Layout&) = delete;

  Side height, width;
  int64_t channels, filters, strip;
  int64_t joined = 1;  // images side by side
  int64_t wide;        // elements of a plane's row, of one image
  int64_t block_rows;  // of a comb, computed from planes that are in the cache
  int64_t tall;        // rows of a plane
  std::vector<Piece> pieces;

  int64_t depth() const;  // of all pieces
  int64_t blocks() const { return divide_up(height.longest(), block_rows); }
  /// 0 or less where the comb is shorter than others.
  int64_t rows_of(const Comb& rows, int64_t block) const {
    return std::min(block_rows, rows.count - block * block_rows);
  }
  Lines lines(const Piece& piece, int64_t rows) const;
  int64_t channel_size() const { return height.planes() * width.planes() * tall * wide * joined; }
  /// Strips are read to their end, which may be behind that of the last plane.
  std::size_t planes_size(int64_t of_channels) const {
    return static_cast<std::size_t>(of_channels * channel_size() + 2 * strip);
  }

  /// Lays out what the rows of a block need, of the first channels of `source` and of so many
  /// images, at most those side by side; what the others would have is 0.
  void lay_out(const float* source, const Strides& strides, int64_t images, int64_t of_channels,
               int64_t block, float* planes) const;

 private:
  void choose_sizes(const Limits& limits);
  double cost_of_image() const;
};

/// Rows of a product cut into tiles that differ by at most one.
struct Tiles {
  Tiles(int64_t rows, int64_t most) : m(rows), count(divide_up(rows, most)) {}
  int64_t begin(int64_t tile) const { return m * tile / count; }
  int64_t m, count;
};

/// Tiles of filters of a piece of a block.
struct Part {
  int64_t block, images;
  int64_t first, end;    // of the tiles
  const float* weights;  // of the piece: for each tile [depth][filters of the tile]
  const float* planes;
  const float* bias;  // or nullptr
  int64_t bias_step;
  float* y;       // of the first image, at channel 0 of the group; its channels are dense
  int64_t image;  // from one image of y to the next
  float* scratch;
};

/// Which positions a gradient of the weights sums over.
struct Gradient {
  int64_t positions;
  const int64_t* starts;  // in the planes, of all rows of positions; one more follows
  int64_t rows;           // the first elements of a patch
};

/// The loops for the processor's vectors.
struct Products {
  int64_t strip;      // columns of a tile
  int64_t most_rows;  // of a tile
  void (*convolve)(const Layout&, const Piece&, const Part&);
  /// dy of a block of an image, [filters][positions], to positions `first` on of so many: strips
  /// [positions][strip], zeros where there is no filter.
  void (*turn)(const Layout&, int64_t block, const float* dy, const Strides&, int64_t first,
               int64_t positions, float* to);
  /// Adds products of patches with turned dy to sums [rows][filters in whole strips].
  void (*add_gradient)(const Layout&, const Gradient&, const float* planes, const float* turned,
                       float* sums);
};
Products find_products();

/// The axes that conv2d's attributes describe.
void read_axes(const asg_attr* stride, const asg_attr* padding, const asg_attr* dilation,
               Axis& height, Axis& width);
template <class Owner>
void read_axes(const Owner& owner, Axis& height, Axis& width) {
  read_axes(&sdk::get_attr(owner.attrs, "stride", ASG_ATTR_INTS),
            &sdk::get_attr(owner.attrs, "padding", ASG_ATTR_INTS),
            &sdk::get_attr(owner.attrs, "dilation", ASG_ATTR_INTS), height, width);
}

/// Whether all values are f32 and none is empty.
bool fits(const asg_step_request& request);

}  // namespace asg::cpu::convolution
