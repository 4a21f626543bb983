// Pooling along one, two and three axes, its indices and its inverse.
#include <asg/nn/initialize.hpp>
#include <asg/nn/pooling.hpp>

#include "pytorch/support.hpp"

namespace {

using namespace asg;
using namespace pytorch_test;

// A function of the one input.
void check(const std::string& name, const std::function<Tensor(const Tensor&)>& function) {
  agrees(name, [&](const Inputs& in) -> Tensors { return {function(in("input"))}; });
}
void check_indices(const std::string& name, const std::function<Pooled(const Tensor&)>& function) {
  agrees(name, [&](const Inputs& in) -> Tensors {
    const Pooled pooled = function(in("input"));
    return {pooled.values, pooled.indices};
  });
}

BOOST_AUTO_TEST_CASE(largest_along_one_axis) {
  check("max_pool1d_plain", nn::MaxPool1d{3});
  check("max_pool1d_options", nn::MaxPool1d{3, {.stride = 2, .padding = 1, .dilation = 2}});
  check("max_pool1d_ceil", nn::MaxPool1d{3, {.stride = 3, .ceil_mode = true}});
  check_indices("max_pool1d_indices", [](const Tensor& x) {
    return nn::MaxPool1d{3, {.stride = 2, .padding = 1}}.with_indices(x);
  });
}

BOOST_AUTO_TEST_CASE(largest_along_two_axes) {
  check("max_pool2d_plain", nn::MaxPool2d{{2, 3}});
  check("max_pool2d_options",
        nn::MaxPool2d{3, {.stride = {{1, 2}}, .padding = 1, .dilation = {2, 1}}});
  check("max_pool2d_ceil",
        nn::MaxPool2d{2, {.stride = {{2, 3}}, .padding = {1, 0}, .ceil_mode = true}});
  check("max_pool2d_ceil_pairs", nn::MaxPool2d{2, {.ceil_mode = true}});
  check("max_pool2d_ceil_not_behind",
        nn::MaxPool2d{2, {.stride = 3, .padding = 1, .ceil_mode = true}});
  check_indices("max_pool2d_indices", [](const Tensor& x) {
    return nn::MaxPool2d{2, {.stride = {{2, 1}}, .ceil_mode = true}}.with_indices(x);
  });
}

BOOST_AUTO_TEST_CASE(largest_along_three_axes) {
  check("max_pool3d_plain", nn::MaxPool3d{2});
  check(
      "max_pool3d_options",
      nn::MaxPool3d{
          {3, 2, 2},
          {.stride = {{1, 2, 1}}, .padding = {1, 1, 0}, .dilation = {1, 2, 1}, .ceil_mode = true}});
  check_indices("max_pool3d_indices", [](const Tensor& x) {
    return nn::MaxPool3d{{2, 2, 1},
                         {.stride = {{1, 2, 1}}, .padding = {1, 0, 0}, .ceil_mode = true}}
        .with_indices(x);
  });
}

BOOST_AUTO_TEST_CASE(ties_nan_and_nothing_above_minus_infinity) {
  for (const std::string kind : {"ties", "nan", "lowest"}) {
    check_indices("max_pool1d_" + kind, [](const Tensor& x) {
      return max_pool1d_with_indices(x, 2, {.stride = 2, .padding = 1, .ceil_mode = true});
    });
    check_indices("max_pool2d_" + kind, [](const Tensor& x) {
      return max_pool2d_with_indices(x, 2, {.stride = 1, .padding = 1});
    });
    check_indices("max_pool3d_" + kind, [](const Tensor& x) {
      return max_pool3d_with_indices(x, 2, {.stride = 1, .padding = 1});
    });
    check_indices("adaptive_max_pool3d_" + kind, [](const Tensor& x) {
      return adaptive_max_pool3d_with_indices(x, {1, 2, 1});
    });
    check_indices("adaptive_max_pool2d_" + kind, [](const Tensor& x) {
      return adaptive_max_pool2d_with_indices(x, {2, 3});
    });
  }
}

BOOST_AUTO_TEST_CASE(back_to_where_the_largest_were) {
  const auto there_and_back = [](const Tensor& x, const MaxUnpool1dOptions& how) {
    const Pooled pooled = nn::MaxPool1d{2}.with_indices(x);
    return nn::MaxUnpool1d{2, how}(pooled.values, pooled.indices);
  };
  check("max_unpool1d", [&](const Tensor& x) { return there_and_back(x, {}); });
  check("max_unpool1d_size",
        [&](const Tensor& x) { return there_and_back(x, {.output_size = 7}); });
  const auto of_images = [](const Tensor& x, Pair stride, Pair padding, MaxUnpool2dOptions how) {
    const Pooled pooled = nn::MaxPool2d{2, {.stride = stride, .padding = padding}}.with_indices(x);
    how.stride = stride;
    how.padding = padding;
    return nn::MaxUnpool2d{2, how}(pooled.values, pooled.indices);
  };
  check("max_unpool2d", [&](const Tensor& x) { return of_images(x, 2, 0, {}); });
  check("max_unpool2d_options", [&](const Tensor& x) { return of_images(x, {2, 3}, 1, {}); });
  check("max_unpool2d_size", [&](const Tensor& x) {
    return of_images(x, 2, 0, {.output_size = {{5, 7}}});
  });
  const auto of_volumes = [](const Tensor& x, const MaxUnpool3dOptions& how) {
    const Pooled pooled = nn::MaxPool3d{2, {.stride = how.stride}}.with_indices(x);
    return nn::MaxUnpool3d{2, how}(pooled.values, pooled.indices);
  };
  check("max_unpool3d", [&](const Tensor& x) { return of_volumes(x, {}); });
  check("max_unpool3d_size", [&](const Tensor& x) {
    return of_volumes(x, {.stride = {{2, 1, 2}}, .output_size = {{3, 2, 5}}});
  });
}

BOOST_AUTO_TEST_CASE(means_along_one_axis) {
  check("avg_pool1d_plain", nn::AvgPool1d{3});
  check("avg_pool1d_options", nn::AvgPool1d{4, {.stride = 3, .padding = 2, .ceil_mode = true}});
  check(
      "avg_pool1d_exclude",
      nn::AvgPool1d{3, {.stride = 2, .padding = 1, .ceil_mode = true, .count_include_pad = false}});
}

BOOST_AUTO_TEST_CASE(means_along_two_axes) {
  check("avg_pool2d_plain", nn::AvgPool2d{{2, 3}});
  check("avg_pool2d_options", nn::AvgPool2d{3, {.stride = {{1, 2}}, .padding = {0, 1}}});
  for (const bool include : {true, false})
    check(include ? "avg_pool2d_ceil" : "avg_pool2d_ceil_exclude",
          nn::AvgPool2d{
              {2, 3},
              {.stride = {{2, 4}}, .padding = 1, .ceil_mode = true, .count_include_pad = include}});
  check("avg_pool2d_divisor", nn::AvgPool2d{2, {.stride = 1, .padding = 1, .divisor_override = 3}});
}

BOOST_AUTO_TEST_CASE(means_along_three_axes) {
  check("avg_pool3d_plain", nn::AvgPool3d{2});
  for (const bool include : {true, false})
    check(include ? "avg_pool3d_options" : "avg_pool3d_exclude",
          nn::AvgPool3d{{3, 2, 2},
                        {.stride = {{2, 2, 1}},
                         .padding = {1, 1, 0},
                         .ceil_mode = true,
                         .count_include_pad = include}});
  check("avg_pool3d_divisor", nn::AvgPool3d{2, {.divisor_override = 5}});
}

BOOST_AUTO_TEST_CASE(sums_of_powers) {
  check("lp_pool1d", nn::LPPool1d{2, 3, {.stride = 2}});
  check("lp_pool2d", nn::LPPool2d{4, {2, 3}});
  check("lp_pool2d_ceil", nn::LPPool2d{2, 2, {.ceil_mode = true}});
  check("lp_pool2d_zero", nn::LPPool2d{2, 2});
}

BOOST_AUTO_TEST_CASE(windows_that_divide_each_axis) {
  check("adaptive_avg_pool1d_even", nn::AdaptiveAvgPool1d{3});
  check("adaptive_avg_pool1d_uneven", nn::AdaptiveAvgPool1d{4});
  check("adaptive_avg_pool2d_global", nn::AdaptiveAvgPool2d{1});
  check("adaptive_avg_pool2d_even", nn::AdaptiveAvgPool2d{{2, 3}});
  check("adaptive_avg_pool2d_uneven", nn::AdaptiveAvgPool2d{{3, 4}});
  check("adaptive_avg_pool2d_half_even", nn::AdaptiveAvgPool2d{{3, 2}});
  check("adaptive_avg_pool2d_larger", nn::AdaptiveAvgPool2d{{5, 4}});
  check("adaptive_avg_pool3d_global", nn::AdaptiveAvgPool3d{1});
  check("adaptive_avg_pool3d_uneven", nn::AdaptiveAvgPool3d{{2, 2, 3}});
  check("adaptive_max_pool1d_even", nn::AdaptiveMaxPool1d{3});
  check("adaptive_max_pool2d_even", nn::AdaptiveMaxPool2d{{2, 3}});
  check_indices("adaptive_max_pool1d_uneven",
                [](const Tensor& x) { return nn::AdaptiveMaxPool1d{4}.with_indices(x); });
  check_indices("adaptive_max_pool2d_uneven", [](const Tensor& x) {
    return nn::AdaptiveMaxPool2d{{3, 4}}.with_indices(x);
  });
  check_indices("adaptive_max_pool3d_even", [](const Tensor& x) {
    return nn::AdaptiveMaxPool3d{{1, 2, 3}}.with_indices(x);
  });
  check_indices("adaptive_max_pool3d_uneven", [](const Tensor& x) {
    return nn::AdaptiveMaxPool3d{{2, 2, 3}}.with_indices(x);
  });
  check_indices("adaptive_max_pool2d_larger", [](const Tensor& x) {
    return nn::AdaptiveMaxPool2d{{5, 4}}.with_indices(x);
  });
}

}  // namespace
