// The commonest shape of a shader: one thread for each element of something.
#pragma once

#include <string>
#include <vector>

#include "glsl/shader.hpp"

namespace asg::vulkan {

/// Prints the number of the thread's element, `name`, and leaves main where there is none.
/// Errors: ASG_UNSUPPORTED for 2^31 elements and more.
void begin_elements(Shader& shader, uint64_t count, const char* name = "p");
/// Ends such a shader and appends it to the plan.
void end_elements(Shader& shader, StepPlan& plan, uint64_t count, bool barrier);

/// Prints `int <prefix><d> = ...` for every axis from a row-major number; returns the names.
std::vector<std::string> print_coordinates(Shader& shader, const std::vector<int64_t>& dims,
                                           const std::string& number, const std::string& prefix);
/// Element of a value at coordinates of its shape.
std::string element_of(const asg_value& value, const Shader::Elements& buffer,
                       const std::vector<std::string>& coordinates);

std::vector<int64_t> shape_of(const asg_value& value);

/// The line that opens a loop of a workgroup's threads over `count` things, `name` each.
std::string each(const std::string& name, uint64_t count, uint32_t threads);
/// The line that opens a loop which goes on while `condition` holds and leaves at most half of
/// `count` each time.
std::string halving(const std::string& condition, uint64_t count);

inline uint64_t ceil_div(uint64_t a, uint64_t b) { return (a + b - 1) / b; }

/// A row for each dtype that registers may have, with D where `operands` has `same`.
std::vector<sdk::Capability> rows_per_dtype(const Traits& traits, uint32_t op, bool bools,
                                            const std::vector<uint64_t>& operands);
/// The masks of I32 and I64 that the device has.
uint64_t index_dtypes(const Traits& traits);

}  // namespace asg::vulkan
