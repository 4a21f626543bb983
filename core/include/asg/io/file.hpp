// Whole files, read and written so that a failure leaves nothing half-done.
#pragma once
#include <filesystem>
#include <string>
#include <string_view>

namespace asg::io {

/// All bytes of a regular file.
/// Errors   FormatError with the path and the reason: missing, a directory, not readable.
[[nodiscard]] std::string read_file(const std::filesystem::path& path);

/// Replaces a file: writes a temporary one beside it, flushes it to the disk and renames it. On any
/// failure the old file stays and the temporary one is gone.
/// Errors   WriteError with the path and the reason: no directory, no permission, a full disk.
void write_file(const std::filesystem::path& path, std::string_view bytes);

/// Makes a directory and its parents.
/// Errors   WriteError with the path and the reason.
void make_directory(const std::filesystem::path& path);

}  // namespace asg::io
