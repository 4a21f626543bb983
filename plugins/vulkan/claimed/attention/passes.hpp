// The steps that both passes of attention print.
#pragma once

#include <string>
#include <vector>

#include "claimed/attention/operands.hpp"
#include "claimed/attention/tiles.hpp"

namespace asg::vulkan::attention {

/// A factor that follows what it multiplies; nothing where it is 1.
std::string times(float factor);

/// Prints registers as 0, which go on from run to run.
std::vector<Carried::Register> declare_sums(Shader& shader, const std::vector<std::string>& names);

/// Input `input` of the step, of which `count` rows of `width` are read, times `factor`.
Side side_of(Shader& shader, const Operands& operands, uint32_t input, int64_t count, int64_t width,
             float factor = 1);

/// Prints the beginning of a shader whose workgroups keep tiles of `count` rows: the head, r0.
/// Returns how many workgroups there are.
uint64_t begin(Shader& shader, Operands& operands, const Tiles& tiles, int64_t count);

enum class Keeps { queries, keys };

/// How many tiles of columns there are.
uint64_t column_tiles(const Sizes& sizes, Keeps keeps);
/// Prints the loop over those of them that belong to the run, of which a causal mask leaves out
/// what nothing sees.
void begin_columns(Shader& shader, const Sizes& sizes, const Tiles& tiles, Keeps keeps,
                   const Parts& parts);

/// Prints s<i>_<j>: the scores with masks, -inf where there are none.
void scores(Shader& shader, const Operands& operands, const Tiles& tiles, const Side& query,
            const Side& key, Keeps keeps);

}  // namespace asg::vulkan::attention
