// The fixed reduction tree of the ABI.
#pragma once

#include <cstdint>
#include <memory>

namespace asg::reference {

/// Reduces `reduced` elements for each of `kept` results; both are numbered in row-major order.
class ReductionTree {
 public:
  virtual ~ReductionTree() = default;
  /// Starts anew; results of nothing are the neutral element.
  virtual void begin() = 0;
  /// Takes source[i] as element index[i] of result kept[i].  Elements of one result come in order.
  virtual void add(const void* source, const int64_t* kept, const int64_t* index,
                   int64_t count) = 0;
  /// result[i] = result number kept[i].
  virtual void read(const int64_t* kept, int64_t count, void* result) const = 0;
};

/// nullptr when the kind is not defined for the dtype.  `sequential`: the elements of one result
/// come all before those of the next, so that one set of lanes serves them all.
std::unique_ptr<ReductionTree> make_reduction_tree(uint32_t kind, uint32_t dtype, int64_t kept,
                                                   int64_t reduced, bool sequential);

}  // namespace asg::reference
