// Type rules that several primitives share. A node neither broadcasts nor promotes: the functions
// that users call have done so before.
#pragma once
#include <cstdint>
#include <vector>

#include <asg/graph/build.hpp>
#include <asg/graph/op.hpp>

namespace asg {

using Ints = std::vector<std::int64_t>;

namespace rules {

/// Operands of one type, which is the result's; the functions differ in what elements they allow.
Types numbers(const Signature& call);
Types floats(const Signature& call);
Types integers(const Signature& call);
Types booleans(const Signature& call);
/// Operands of one type, a bool for each element.
Types comparison(const Signature& call);

/// What every op with dropout has: the attributes `p` and `stream`, and from operand `seed` on the
/// seed and the step.
void dropout(const Signature& call, std::size_t seed);

/// The attribute `axis`, which must be an axis of operand 0.
int axis(const Signature& call);
/// A list attribute with one entry for each axis of operand 0.
const Ints& per_axis(const Signature& call, std::string_view attribute);
/// The attribute `shape`, sizes that are not negative.
Shape shape(const Signature& call);
/// A shape of at most max_rank axes from any number of sizes.
Shape checked_shape(const Signature& call, const Ints& sizes);

}  // namespace rules

/// The bits of one element, in the low bytes: how views hold what lies outside of them.
std::uint64_t element_bits(DType dtype, double value);

}  // namespace asg
