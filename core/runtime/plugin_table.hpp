// The checks between a plugin's entry point and the first use of its functions.
#pragma once
#include <runtime/plugin.hpp>

namespace asg::loader {

/// Copies table and info into `plugin`, whose file and name are set (the name is "" when the file's
/// name does not say it).
/// Errors   Refusal naming what is missing or wrong.
void adopt_table(Plugin& plugin, const asg_backend_api* table);

}  // namespace asg::loader
