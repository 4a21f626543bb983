// What a device says that it can do, as the checks ask.
#pragma once
#include <cstdint>
#include <span>
#include <vector>

#include "check/bare_device.hpp"
#include "check/random_region.hpp"

namespace asg::proof {

/// Every element type that regions compute with on some backend.
[[nodiscard]] std::span<const std::uint32_t> region_dtypes();
/// The opcodes of instructions, without those that only read (LOAD, IMM, REDUCED) and PRODUCT.
[[nodiscard]] std::vector<std::uint32_t> opcodes();

/// As rows have it: of comparisons `dtype` is that of the operands, of IS_FINITE BOOL.
[[nodiscard]] bool has_instruction(const BareDevice& device, std::uint32_t opcode,
                                   std::uint32_t dtype);
[[nodiscard]] bool has_reduction(const BareDevice& device, std::uint32_t kind, std::uint32_t dtype);
[[nodiscard]] bool regions_have(const BareDevice& device, std::uint32_t flag);
/// Whether values of the type come into a region and out of it.
[[nodiscard]] bool can_load(const BareDevice& device, std::uint32_t dtype);
/// Whether a row takes operands of these types, inputs first.
[[nodiscard]] bool has_kernel(const BareDevice& device, std::uint32_t op,
                              std::span<const std::uint32_t> dtypes);

/// What random regions that both devices compute to the bit may be made of.
[[nodiscard]] RegionOffer common_offer(const BareDevice& device, const BareDevice& reference);
/// Whether the only region of a case is within the device's numbers of instructions and buffers.
[[nodiscard]] bool fits(const BareDevice& device, Case& c);

}  // namespace asg::proof
