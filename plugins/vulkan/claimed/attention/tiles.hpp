// Tiles of scores: rows, which a workgroup keeps, against columns, over which it goes.  The forward
// pass and the gradient of the queries keep queries; the gradients of keys and values keep keys.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "glsl/parts.hpp"

namespace asg::vulkan::attention {

/// The element of a matrix at a row and a column.
using Element = std::function<std::string(const std::string& row, const std::string& column)>;

/// A matrix of which a tile's rows or columns are rows.
struct Side {
  Element element;
  int64_t count;  ///< of rows
  int64_t width;
};

class Tiles {
 public:
  /// Whether a device has room for the tiles.
  static bool available(const Traits& traits);

  /// `widest`: of the matrices that are added up; `hides`: whether masks may hide pairs.
  Tiles(const Traits& traits, int64_t widest, bool hides);

  uint32_t threads() const { return across * down_; }
  uint32_t rows() const { return down_ * per_thread_; }
  uint32_t rows_of_thread() const { return per_thread_; }

  static constexpr uint32_t columns = 32;
  static constexpr uint32_t columns_of_thread = 4;

  /// Prints the shared arrays and the thread's place: r0, the first row, has to be there.
  void begin(Shader& shader) const;
  /// Prints `name`<i>_<j> = the products of rows of `a` (from r0) and of `b` (from c0).
  void multiply(Shader& shader, const std::string& name, const Side& a, const Side& b) const;
  /// The names `name`<i>_<j> of the sums of rows of `width`.
  std::vector<std::string> sums(const std::string& name, int64_t width) const;
  /// Prints: to the sums are added the products of the weights in shared memory and the rows of b
  /// (from c0); what has the weight `hidden` plays no part, whatever stands there.
  void add_products(Shader& shader, const std::string& name, const Side& b) const;
  /// Prints the store of `value` as the weight of row i and column j of the thread.
  void keep_weight(Shader& shader, uint32_t i, uint32_t j, const std::string& value) const;
  /// Prints `name`<i> = the reduction of `of`<i> over the threads of a row, in their order.
  void over_row(Shader& shader, const std::string& name, const std::string& of,
                uint32_t kind) const;
  /// Calls with row and column expressions of every element of the sums that is inside.
  void for_sums(
      Shader& shader, const std::string& name, const Side& like,
      const std::function<void(uint32_t i, const std::string& row, const std::string& column,
                               const std::string& sum)>& use) const;

  /// Calls with every score of the thread, s<i>_<j>.
  template <class Use>
  void for_scores(const Use& use) const {
    for (uint32_t i = 0; i < per_thread_; ++i)
      for (uint32_t j = 0; j < columns_of_thread; ++j) use(i, j, fmt::format("s{}_{}", i, j));
  }

  std::string row(uint32_t i) const;
  static std::string column(uint32_t j);

 private:
  static constexpr uint32_t across = 8;  // threads of a row
  static constexpr uint32_t depth = 32;  // of what lies in shared memory at a time
  static constexpr uint32_t part = 64;   // columns of the added matrix, likewise

  void print_products(Shader& shader, const std::string& name, uint32_t first, uint32_t count,
                      bool only_seen) const;
  uint32_t sums_of_row(int64_t width) const { return static_cast<uint32_t>((width + 7) / 8); }
  std::string local_row(uint32_t i) const;
  uint32_t staged_floats() const;
  // GPUs' compilers know best; llvmpipe's takes minutes over long code with barriers.
  std::string unroll() const { return software_ ? "[[dont_unroll]] " : ""; }

  bool software_, hides_;
  uint32_t down_, per_thread_;
};

}  // namespace asg::vulkan::attention
