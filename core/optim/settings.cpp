#include "optim/settings.hpp"

#include <cmath>

#include <fmt/format.h>

#include <asg/graph/error.hpp>
#include <asg/graph/graph.hpp>

namespace asg::optim {

void require(bool holds, std::string_view who, const std::string& rule, Where where) {
  if (!holds)
    throw TypeError(fmt::format("{}: {}\n  at {}", who, rule,
                                to_string(Origin{where.file, where.line, {}, false})));
}

void require_betas(std::string_view who, double beta1, double beta2, double eps, Where where) {
  const auto is_beta = [](double beta) { return beta >= 0 && beta < 1; };
  require(is_beta(beta1) && is_beta(beta2) && eps >= 0, who,
          fmt::format("the betas must be in [0, 1) and eps not negative, not {}, {} and {}", beta1,
                      beta2, eps),
          where);
}

void require_not_negative(std::string_view who, std::string_view option, double number,
                          Where where) {
  require(number >= 0 && std::isfinite(number), who,
          fmt::format("{} must not be negative, and is {}", option, number), where);
}

}  // namespace asg::optim
