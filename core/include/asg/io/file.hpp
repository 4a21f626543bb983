// Whole files, read and written so that a failure leaves nothing half-done.
#pragma once
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

namespace asg::io {

/// All bytes of a regular file, links followed. Never waits: pipes and devices are refused.
/// Errors   FormatError with the path and the reason: missing, not a regular file, not readable,
///          more than `most` bytes or than the machine has memory.
[[nodiscard]] std::string read_file(const std::filesystem::path& path,
                                    std::uint64_t most = UINT64_MAX);

/// Makes a file or replaces one: writes a temporary file beside it, flushes it to the disk and
/// renames it. On any failure the old file stays and the temporary one is gone. Links are followed
/// and stay; a file that is replaced keeps its permissions. Pipes and devices are written to and
/// stay what they are, and so are the open files behind /dev/stdout and the like.
/// Errors   WriteError with the path and the reason: no directory, no permission, a full disk.
/// Threads  any; the process's umask is obeyed and left alone.
void write_file(const std::filesystem::path& path, std::string_view bytes);

/// Makes a directory and its parents.
/// Errors   WriteError with the path and the reason.
void make_directory(const std::filesystem::path& path);

}  // namespace asg::io
