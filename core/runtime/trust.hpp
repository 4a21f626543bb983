// Whom to trust: whose files may become part of the process, and whose environment steers it.
#pragma once
#include <filesystem>
#include <string>

struct stat;

namespace asg::loader {

/// The value of an environment variable, or "" when it is unset or the process runs with raised
/// privileges.
[[nodiscard]] std::string trusted_environment(const char* name);

/// Why plugins of a directory must not be loaded; empty when they may: it belongs to root or to the
/// user, and not everybody may write to it. ASG_ALLOW_INSECURE_PLUGINS=1 lifts this.
[[nodiscard]] std::string distrust_directory(const std::filesystem::path& directory);

/// The same for a regular file of which the caller has the status.
[[nodiscard]] std::string distrust_file(const struct stat& status);

/// The same for what asg has written itself, which nothing makes acceptable when others may write.
[[nodiscard]] std::string distrust_own(const struct stat& status);

/// The same for the directory of a file that is trusted itself: it may be one like /tmp, where
/// everybody may write but to his own files only.
[[nodiscard]] std::string distrust_directory_of_file(const std::filesystem::path& directory);

/// Whether another user but root could put something else where a trusted file stands, in its
/// directory or in one above. `path` must be absolute and without links.
[[nodiscard]] bool others_may_replace(const std::filesystem::path& path);

}  // namespace asg::loader
