// Whose files may become part of the process.
#pragma once
#include <filesystem>
#include <string>

struct stat;

namespace asg::loader {

/// Why plugins of a directory must not be loaded; empty when they may: it belongs to root or to the
/// user, and not everybody may write to it. ASG_ALLOW_INSECURE_PLUGINS=1 lifts this.
[[nodiscard]] std::string distrust_directory(const std::filesystem::path& directory);

/// The same for a regular file of which the caller has the status.
[[nodiscard]] std::string distrust_file(const struct stat& status);

}  // namespace asg::loader
