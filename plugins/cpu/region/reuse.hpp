// How long what a step writes stays unread.
#pragma once

#include <asg/sdk/program_copy.hpp>

namespace asg::cpu {

/// Whether so much memory is touched before anything reads the value that the step writes, that
/// it would have left the caches by then.
bool leaves_caches(const sdk::ProgramCopy& program, const asg_step& step, uint32_t value);

}  // namespace asg::cpu
