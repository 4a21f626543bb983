// MNIST from its two files, wherever their bytes are.
#pragma once
#include <asg/data/images.hpp>

#include "io/input.hpp"

namespace asg::data {

/// Errors   as load_mnist's.
[[nodiscard]] LabelledImages read_mnist(const io::Input& images, const io::Input& labels);

}  // namespace asg::data
