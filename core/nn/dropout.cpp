#include <asg/nn/dropout.hpp>

#include <asg/ops/random.hpp>

#include "nn/sizes.hpp"

namespace asg::nn {

Dropout::Dropout(double p, Where where) : p_(p) { check_probability("Dropout", p, where); }
Tensor Dropout::forward(const Tensor& x) const { return dropout(x, p_); }

DropoutOf::DropoutOf(std::string_view layer, Function function, double p, Where where)
    : function_(function), p_(p) {
  check_probability(layer, p, where);
}

Dropout1d::Dropout1d(double p, Where where) : DropoutOf("Dropout1d", dropout1d, p, where) {}
Dropout2d::Dropout2d(double p, Where where) : DropoutOf("Dropout2d", dropout2d, p, where) {}
Dropout3d::Dropout3d(double p, Where where) : DropoutOf("Dropout3d", dropout3d, p, where) {}
AlphaDropout::AlphaDropout(double p, Where where)
    : DropoutOf("AlphaDropout", alpha_dropout, p, where) {}
FeatureAlphaDropout::FeatureAlphaDropout(double p, Where where)
    : DropoutOf("FeatureAlphaDropout", feature_alpha_dropout, p, where) {}

DropPath::DropPath(double p, bool scale_by_keep, Where where)
    : p_(p), scale_by_keep_(scale_by_keep) {
  check_probability("DropPath", p, where);
}
Tensor DropPath::forward(const Tensor& x) const { return drop_path(x, p_, scale_by_keep_); }

}  // namespace asg::nn
