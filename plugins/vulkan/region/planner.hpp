// Cuts a region into dispatches.
#pragma once

#include "kernel.hpp"
#include "region/form.hpp"

namespace asg::vulkan {

/// Plans the region of the step.
/// Errors: ASG_INVALID_ARGUMENT when it breaks the contract, ASG_UNSUPPORTED for 2^31 points.
void plan_region(const StepContext& context, StepPlan& plan);

/// Errors: ASG_UNSUPPORTED for 2^31 points and more.
void check_points(const Form& form);

// The ways to do it.  One dispatch for all runs of a region:
void plan_instances(const StepContext& context, const asg_region& region, Form& form,
                    StepPlan& plan);
// All phases of a result in one workgroup; false where they do not fit one shader:
bool plan_fused(const StepContext& context, const Form& form, StepPlan& plan);
// A dispatch for each reduction and for the stores of each phase:
void plan_split(const StepContext& context, const Form& form, StepPlan& plan);

}  // namespace asg::vulkan
