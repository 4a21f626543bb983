// A plugin that does not come back from a call.
#pragma once

namespace asg::cli {

/// From now on a call into a plugin that takes much longer than device_seconds() ends the process
/// with a message and the status of a failure: nothing else can end it. What was saved before stays.
/// Errors   UsageError when ASG_DEVICE_SECONDS is no number.
void guard_against_hangs();

}  // namespace asg::cli
