// How a run is asked to end before its last step.
#pragma once

namespace asg::cli {

/// From here on Ctrl-C, a request to end and a terminal that hangs up ask the run to save and stop.
/// A second Ctrl-C or request ends the process at once; a second hang-up, which shells and the
/// kernel both send, does not.
void stop_at_signals();
[[nodiscard]] bool stop_requested();

/// Makes readers that go away an error of the next write, as a full disk is.
void ignore_broken_pipes();

}  // namespace asg::cli
