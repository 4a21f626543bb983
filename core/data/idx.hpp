// The IDX format of MNIST's files: a magic number, sizes, bytes.
#pragma once
#include <cstdint>
#include <vector>

#include "io/input.hpp"

namespace asg::data {

/// An IDX file of bytes, judged by its header: the data has as many bytes as the sizes say.
/// Source   http://yann.lecun.com/exdb/mnist, "the IDX file format"
class Idx {
 public:
  /// Errors   FormatError: cut off, of other elements or another rank, more or less data than its
  ///          sizes say.
  Idx(const io::Input& input, std::size_t rank);

  [[nodiscard]] const std::vector<std::int64_t>& sizes() const { return sizes_; }
  /// Bytes [begin, begin + count) of the data.
  void read(unsigned char* to, std::uint64_t begin, std::uint64_t count) const;
  [[noreturn]] void fail(const std::string& why) const;

 private:
  const io::Input& input_;
  std::vector<std::int64_t> sizes_;
};

}  // namespace asg::data
