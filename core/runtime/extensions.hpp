// The services that this host offers to plugins beyond the contract (asg/sdk/extensions.h).
#pragma once
#include <asg/sdk/types.h>

namespace asg::loader {

/// The get_extension of an asg_host whose ctx is the Plugin; NULL for ids that are not known.
/// Threads  any.
const void* ASG_CALL host_extension(void* plugin, const char* id) ASG_NOEXCEPT;

}  // namespace asg::loader
