// Element types in GLSL: in registers, in buffers, as constants.  Small integers and bool are held
// in 32-bit registers, in the range of their type.
#pragma once

#include <cstdint>
#include <string>

#include "traits.hpp"

namespace asg::vulkan {

/// Whether registers may have the dtype on that device.
bool has_registers(const Traits& traits, uint32_t dtype);

std::string register_type(uint32_t dtype);
std::string storage_type(uint32_t dtype);
/// The register value of an element of a buffer.
std::string from_storage(uint32_t dtype, const std::string& element);
std::string to_storage(uint32_t dtype, const std::string& value);
/// The constant whose bits are the low ones of `bits`.
std::string literal(uint32_t dtype, uint64_t bits);
/// The value, of a kind that drivers know nothing of.  Some fold what IEEE 754 does not let them,
/// whatever is asked of them: llvmpipe takes 0 for 0 * x and for x - x, and x for x + 0, also where
/// x is infinite, NaN or -0.  They do it where they see a zero, or one value twice.
std::string unseen(uint32_t dtype, const std::string& value);
/// The constant as `literal` prints it, `unseen` where it is a float that is not a normal number.
std::string opaque_literal(uint32_t dtype, uint64_t bits);
/// An I8 or U8 result of 32-bit arithmetic brought back into its range; others as they are.
std::string wrapped(uint32_t dtype, const std::string& value);
std::string one(uint32_t dtype);
/// What a reduction starts with; drivers do not see that it is a zero.
std::string neutral(uint32_t kind, uint32_t dtype);
/// One step of a reduction.
std::string reduced(uint32_t kind, uint32_t dtype, const std::string& a, const std::string& b);
/// Words of 32 bits that an element takes in temporary memory.
uint32_t word_count(uint32_t dtype);
/// An element of temporary memory, an array of words, at index `word`.
std::string from_words(uint32_t dtype, const std::string& array, const std::string& word);
/// Statements that store one.
std::string to_words(uint32_t dtype, const std::string& array, const std::string& word,
                     const std::string& value);

}  // namespace asg::vulkan
