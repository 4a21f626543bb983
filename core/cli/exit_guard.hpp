// A program that ends before its command is done has failed, whoever ends it.
#pragma once

namespace asg::cli {

/// From here on a call of exit or _exit ends the program with a message and, where it would claim
/// success, with exit_failed.
void guard_exit();

/// The command has ended, with the status that it gives.
void command_is_done();

}  // namespace asg::cli
