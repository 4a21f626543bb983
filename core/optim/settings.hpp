// Checks of the options that optimizers are made with.
#pragma once
#include <string>
#include <string_view>

#include <asg/graph/tensor.hpp>

namespace asg::optim {

/// Errors   TypeError "WHO: RULE" with the user's line unless it holds.
void require(bool holds, std::string_view who, const std::string& rule, Where where);

/// Errors   TypeError unless both betas are in [0, 1) and eps is not negative.
void require_betas(std::string_view who, double beta1, double beta2, double eps, Where where);

/// Errors   TypeError unless the number is finite and not negative.
void require_not_negative(std::string_view who, std::string_view option, double number,
                          Where where);

}  // namespace asg::optim
