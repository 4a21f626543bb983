// Elements of bool from outside: C++ and the backends know the bytes 0 and 1 only, and compute
// anything with others.
#pragma once
#include <asg/graph/array.hpp>

namespace asg {

/// The array itself where each of its bools is the byte 0 or 1, or it is of another type; else a
/// copy in which each byte but 0 is 1.
[[nodiscard]] Array with_clean_booleans(const Array& array);

}  // namespace asg
