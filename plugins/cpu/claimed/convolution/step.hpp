// Steps that are convolutions of images with weights in some order: the forward pass, and the
// gradient of the images.
#pragma once

#include <optional>

#include "claimed/convolution/winograd.hpp"

namespace asg::cpu::convolution {

class Convolution {
 public:
  /// The axes are those of the forward pass; `transposed`: the kernel leads from its results to the
  /// images.
  Convolution(const sdk::ProgramCopy& program, const asg_step& step, const Axis& height,
              const Axis& width, bool transposed, Context& context);
  void run(const sdk::Call& call) const;

 private:
  void arrange_weights(const float* from, float* to) const;
  void arrange_tile(const Piece& piece, const float* from, int64_t filters, float* to) const;
  bool run_winograd(const sdk::Call& call) const;
  void run_task(const sdk::Call& call, int64_t task, float* planes) const;
  uint8_t* not_finite() const {
    return reinterpret_cast<uint8_t*>(context_.workspace.shared()) + flags_;
  }

  Context& context_;
  Products loops_;
  bool transposed_;
  int64_t groups_;
  Layout layout_;
  Tiles tiles_;
  int64_t images_, parts_;  // parts: of the filters, where there are few images
  Strides source_, weight_;
  int64_t bias_step_ = 0;
  int64_t product_ = 0;  // elements of a tile's rows
  std::optional<WinogradStep> winograd_;
  std::size_t flags_ = 0;  // where those of the images are in the shared memory
};

/// The Convolution as the run of a step.
sdk::Run prepare(const sdk::ProgramCopy& program, const asg_step& step, const Axis& height,
                 const Axis& width, bool transposed, Context& context);

}  // namespace asg::cpu::convolution
