// interpolate, pixel_shuffle and its inverse against PyTorch.
#include <asg/ops/resize.hpp>

#include "pytorch/support.hpp"

namespace {

using namespace asg;
using namespace pytorch_test;

BOOST_AUTO_TEST_CASE(interpolation) {
  const std::vector<std::pair<std::string, InterpolateOptions>> cases = {
      {"nearest_1d_size", {.size = {8}}},
      {"nearest_1d_whole_factor", {.scale_factor = {3}}},
      {"nearest_1d_fraction", {.scale_factor = {1.3}}},
      {"nearest_1d_fraction_recomputed", {.scale_factor = {1.3}, .recompute_scale_factor = true}},
      {"nearest_1d_smaller", {.scale_factor = {0.45}}},
      {"nearest_2d_factor", {.scale_factor = {2}}},
      {"nearest_2d_sizes", {.size = {4, 3}}},
      {"nearest_3d", {.size = {3, 3, 5}}},
      {"nearest_exact_1d", {.size = {3}, .mode = "nearest-exact"}},
      {"nearest_exact_2d", {.scale_factor = {1.7, 0.6}, .mode = "nearest-exact"}},
      {"linear_1d_size", {.size = {8}, .mode = "linear"}},
      {"linear_1d_corners", {.size = {8}, .mode = "linear", .align_corners = true}},
      {"linear_1d_one", {.size = {1}, .mode = "linear"}},
      {"linear_1d_one_corners", {.size = {1}, .mode = "linear", .align_corners = true}},
      {"linear_1d_of_one", {.size = {4}, .mode = "linear", .align_corners = true}},
      {"linear_1d_fraction", {.scale_factor = {1.3}, .mode = "linear"}},
      {"linear_1d_same_size", {.scale_factor = {1.1}, .mode = "linear"}},
      {"linear_1d_recomputed",
       {.scale_factor = {1.3}, .mode = "linear", .recompute_scale_factor = true}},
      {"bilinear_factor", {.scale_factor = {2}, .mode = "bilinear"}},
      {"bilinear_factor_corners", {.scale_factor = {2}, .mode = "bilinear", .align_corners = true}},
      {"bilinear_factors", {.scale_factor = {0.5, 1.7}, .mode = "bilinear"}},
      {"bilinear_sizes", {.size = {3, 9}, .mode = "bilinear"}},
      {"bilinear_sizes_corners", {.size = {3, 9}, .mode = "bilinear", .align_corners = true}},
      {"trilinear", {.size = {3, 5, 3}, .mode = "trilinear"}},
      {"trilinear_corners", {.size = {3, 5, 3}, .mode = "trilinear", .align_corners = true}}};
  for (const auto& [name, options] : cases)
    agrees(name,
           [how = options](const Inputs& in) -> Tensors { return {interpolate(in("x"), how)}; });
}

BOOST_AUTO_TEST_CASE(shuffled_pixels) {
  for (const std::string name : {"pixel_shuffle_4d", "pixel_shuffle_5d"})
    agrees(name, [](const Inputs& in) -> Tensors { return {pixel_shuffle(in("x"), 2)}; });
  agrees("pixel_unshuffle_4d",
         [](const Inputs& in) -> Tensors { return {pixel_unshuffle(in("x"), 2)}; });
  agrees("pixel_unshuffle_3d",
         [](const Inputs& in) -> Tensors { return {pixel_unshuffle(in("x"), 3)}; });
}

}  // namespace
