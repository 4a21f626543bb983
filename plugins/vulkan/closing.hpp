// What is to be closed before the process's static objects are destroyed.
#pragma once

namespace asg::vulkan {

/// With validation layers, an instance and its devices: at the end of the process a layer's static
/// objects take apart what is still open, and with it what they themselves have already destroyed.
/// Without layers nothing needs that, and threads that still compute are left alone.
class ClosedAtExit {
 public:
  ClosedAtExit() = default;
  ClosedAtExit(const ClosedAtExit&) = delete;
  ClosedAtExit& operator=(const ClosedAtExit&) = delete;
  virtual ~ClosedAtExit();

  /// Has `close` called when the process ends, of the latest first.
  void close_at_exit();
  /// Gives all handles back; later calls do nothing.
  virtual void close() = 0;
};

}  // namespace asg::vulkan
