// Bytes that are read by their place, of a regular file or in memory: what a header promises is
// judged before anything of it is read.
#pragma once
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

namespace asg::io {

/// Threads  any number may read at once.
class Input {
 public:
  /// Opens a file; what is not regular may never end, and is refused without waiting for it.
  /// Errors   FormatError with the path and the reason.
  explicit Input(const std::filesystem::path& path);
  /// Bytes that outlive this object; `name` is for messages.
  Input(std::string_view bytes, std::string name);
  ~Input();
  Input(const Input&) = delete;
  Input& operator=(const Input&) = delete;

  [[nodiscard]] const std::string& name() const { return name_; }
  [[nodiscard]] std::uint64_t size() const { return size_; }

  /// Bytes [offset, offset + count).
  /// Errors   FormatError when they cannot be read or lie beyond the end.
  void read(void* to, std::uint64_t offset, std::uint64_t count) const;
  [[nodiscard]] std::string text(std::uint64_t offset, std::uint64_t count) const;
  /// Everything, also what has come since the file was opened.
  /// Errors   FormatError when that is more than `most` bytes.
  [[nodiscard]] std::string all(std::uint64_t most) const;

  /// Errors   FormatError when so many bytes of it have no room in this machine's memory.
  void check_room(std::uint64_t bytes) const;

 private:
  [[nodiscard]] std::size_t read_some(char* to, std::uint64_t offset, std::size_t count) const;
  [[noreturn]] void fail(const std::string& why) const;

  std::string name_;
  std::string_view bytes_;  // in memory
  int descriptor_ = -1;     // of a file
  std::uint64_t size_ = 0;
};

}  // namespace asg::io
