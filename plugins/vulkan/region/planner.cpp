#include "region/planner.hpp"

#include <fmt/core.h>

#include <asg/sdk/region_check.hpp>

#include "region/reach.hpp"

namespace asg::vulkan {

void check_points(const Form& form) {
  if (form.points() >= uint64_t{1} << 31)
    throw sdk::Error(
        ASG_UNSUPPORTED,
        fmt::format("a region of {} points; this backend numbers them in 31 bits", form.points()));
}

void plan_region(const StepContext& context, StepPlan& plan) {
  const asg_region& region = *context.program.region(context.step);
  sdk::check_region(context.program, context.step);
  check_reach(context, region);
  // The lengths of instances stand elsewhere, so their axis must stay, whatever its size.
  const bool has_instances = region.instances.count > 0;
  Form form(context.program, region, !has_instances);
  if (has_instances) return plan_instances(context, region, form, plan);
  check_points(form);
  if (!plan_fused(context, form, plan)) plan_split(context, form, plan);
}

}  // namespace asg::vulkan
