// What shaders for GPUs are made of.  None of this was ever run on a GPU: lavapipe (profile=gpu)
// shows that it computes the right numbers, and nobody has measured how fast.  tests/gpu/run.sh
// does both where there is one.
#pragma once

#include <cstdint>

namespace asg::vulkan::gpu {

/// Threads of a workgroup, on devices that allow fewer than `threads` and on others.
inline constexpr uint32_t few_threads = 128, threads = 256;

/// Tiles of products in shared memory, of f32, the best first: `side` squared, to a thread `each`
/// squared, where the product has `groups` pieces of `least` rows and columns.
struct SquareTile {
  uint32_t side, each, least, groups;
};
inline constexpr SquareTile tiles[] = {{128, 8, 128, 64}, {64, 4, 48, 16}};
/// The tile of all others, and how much of K lies in shared memory at a time.
inline constexpr SquareTile least_tile = {32, 2, 0, 0};
inline constexpr uint32_t tile_depth = 16;
/// Products are cut along K, into slices no shorter than this, until there are so many workgroups.
inline constexpr uint64_t slice_depth = 256, wanted_groups = 256;

/// Of attention: threads that have rows of a tile below each other.
inline constexpr uint32_t attention_threads_down = 16;

/// What stands before loops over registers; those of attention are left to the compiler.
inline constexpr const char* unroll = "[[unroll]] ";

}  // namespace asg::vulkan::gpu
