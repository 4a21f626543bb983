// A plugin that crashes.
#pragma once

namespace asg::cli {

/// From now on a signal that ends the process within a call into a plugin is preceded by a message
/// that names the plugin. The process ends as it would have. The run-times of sanitizers, which have
/// handlers of their own, keep them.
void guard_against_crashes();

}  // namespace asg::cli
