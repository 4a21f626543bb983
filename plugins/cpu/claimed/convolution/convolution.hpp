// Convolutions without the matrix of patches.  Images are laid out in padded planes, one for each
// phase of the stride; there a patch's element is at a fixed distance for all positions, so that
// planes are read as that matrix.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "kernel.hpp"
#include "rounding.hpp"

namespace asg::cpu::convolution {

/// One axis of the window.
struct Axis {
  int64_t source = 0, result = 0;  // sizes
  int64_t kernel = 1, stride = 1, dilation = 1;
  int64_t pad = 0;  // before the source; below 0 what is cut off

  /// Where element k of the window is: the phase of its plane, and how far along.
  int64_t phase(int64_t k) const { return k * dilation % stride; }
  int64_t step(int64_t k) const { return k * dilation / stride; }
  int64_t reach() const { return step(kernel - 1); }
};

struct Strides {
  int64_t image = 0, channel = 0, row = 0, column = 0;
};
Strides strides_of(const asg_value& value);

/// One group of one convolution: its results are the products of the weights [depth][filters] with
/// the patches [depth][positions].
struct Layout {
  Layout(const Axis& height, const Axis& width, int64_t channels, int64_t filters);

  Axis height, width;
  int64_t channels, filters;
  int64_t depth;                // channels * kernel
  int64_t wide;                 // elements of a plane's row
  int64_t block_rows;           // of the result, computed from planes that are in the cache
  int64_t tall;                 // rows of a plane
  std::vector<int64_t> places;  // of each element of a patch

  int64_t blocks() const { return divide_up(height.result, block_rows); }
  int64_t rows_of(int64_t block) const;
  /// From the first position to the last; positions between the end of a row and the beginning of
  /// the next one are computed, too, and dropped.
  int64_t positions(int64_t rows) const { return (rows - 1) * wide + width.result; }
  std::size_t planes_size() const;

  /// Lays out what the rows of a block need.  `source` is the group's first channel.
  void lay_out(const float* source, const Strides& strides, int64_t block, float* planes) const;
};

/// The loops for the processor's vectors.
struct Products {
  std::size_t (*convolve_scratch)(const Layout&);
  /// Filters [first, end) of a block's rows; y is row-major, at channel 0 of the group.
  void (*convolve)(const Layout&, int64_t block, const float* weights, const float* planes,
                   const float* bias, int64_t bias_step, int64_t first, int64_t end, float* y,
                   float* scratch);
  /// Filters in whole strips.
  int64_t (*padded)(int64_t filters);
  std::size_t (*gradient_scratch)(const Layout&);
  /// Adds the products of a block's patches, elements [first, end), with dy to sums
  /// [depth][padded filters].  `turned`: scratch.
  void (*add_gradient)(const Layout&, int64_t block, const float* dy, const Strides& strides,
                       const float* planes, int64_t first, int64_t end, float* sums, float* turned);
};
Products find_products();

/// The axes that conv2d's attributes describe; sizes as of the forward pass.
void read_axes(const asg_attr* stride, const asg_attr* padding, const asg_attr* dilation,
               Axis& height, Axis& width);
template <class Owner>
void read_axes(const Owner& owner, Axis& height, Axis& width) {
  read_axes(&sdk::get_attr(owner.attrs, "stride", ASG_ATTR_INTS),
            &sdk::get_attr(owner.attrs, "padding", ASG_ATTR_INTS),
            &sdk::get_attr(owner.attrs, "dilation", ASG_ATTR_INTS), height, width);
}

/// Whether all values are f32 and none is empty.
bool fits(const asg_claim_request& request);

/// A step that is a convolution of `source` with weights in another order: the forward pass, and
/// the gradient of the images.
class Convolution {
 public:
  /// `transposed`: the kernel is turned around, and leads from the results to the images.
  Convolution(const sdk::ProgramCopy& program, const asg_step& step, const Layout& layout,
              bool transposed, Context& context);
  void run(const sdk::Call& call) const;

 private:
  void arrange_weights(const float* from, float* to) const;

  Context& context_;
  Layout layout_;
  Products loops_;
  bool transposed_;
  int64_t images_, groups_, parts_;  // parts: of the filters, where there are few images
  Strides source_, weight_;
  int64_t bias_step_ = 0;
};

}  // namespace asg::cpu::convolution
