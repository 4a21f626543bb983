// safetensors: named tensors in one file, shared with Python.
#pragma once
#include <filesystem>
#include <map>
#include <string>
#include <string_view>

#include <asg/graph/array.hpp>

namespace asg::io {

/// Named tensors and free text beside them.
struct TensorFile {
  std::map<std::string, Array> tensors;
  std::map<std::string, std::string> metadata;
};

/// Reads a file, or the bytes of one (`name` is for messages). Trusts nothing in it: all that the
/// header says is judged by the file's size before memory is taken for it.
/// Types    BOOL, I32, I64, U32, F32 and F64; the others are refused by name. A byte of BOOL other
///          than 0 is true.
/// Errors   FormatError with the file, the tensor and the reason: a header that is cut off or too
///          long, damaged or deeply nested, overlapping or missing ranges, sizes that do not match
///          the shape, no memory; also not a regular file.
/// Cost     the tensors are read once, into their own memory.
/// Source   https://github.com/huggingface/safetensors, the format's description
[[nodiscard]] TensorFile load_safetensors(const std::filesystem::path& path);
[[nodiscard]] TensorFile parse_safetensors(std::string_view bytes, const std::string& name);

/// Writes the file under a temporary name and renames it.
/// Errors   WriteError when it cannot be written; then an old file of that name is unchanged. Also
///          for what could not be read again: a tensor called __metadata__ or without elements,
///          names and texts that are no UTF-8.
void save_safetensors(const std::filesystem::path& path, const TensorFile& file);
[[nodiscard]] std::string serialize_safetensors(const TensorFile& file);

}  // namespace asg::io
