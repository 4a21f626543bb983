// What a device limits of a region holds for every region of a program, however it came about.
#include <algorithm>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include <boost/test/unit_test.hpp>

#include <fmt/format.h>

#include <asg/asg.hpp>

#include "passes/differential.hpp"
#include "passes/fit_region.hpp"
#include "passes/shapes.hpp"
#include "passes/wrapped_target.hpp"
#include "support/gpt_step.hpp"

namespace {

using namespace asg;
using namespace passes_test;

// The CPU backend, were its regions limited.
class SmallTarget final : public WrappedTarget {
 public:
  explicit SmallTarget(RegionLimits limits) : limits_(limits) {}
  RegionLimits region_limits() const override { return limits_; }

 private:
  RegionLimits limits_;
};

// What one step asks of a device.
struct Need {
  std::size_t values = 0, insts = 0;
  int rank = 0;
  bool phases = false, bounds = false, instances = false;
};

Need need_of(const Program& program, const Step& step) {
  Need need;
  if (step.region < 0) return need;
  const Region& region = program.regions[static_cast<std::size_t>(step.region)];
  need.insts = region.insts.size();
  need.rank = region.dims.rank();
  need.instances = !region.instances.empty();
  for (const asg_inst& inst : region.insts) need.phases |= inst.op == ASG_EW_REDUCED;
  for (const Access& access : region.accesses) need.bounds |= !access.bounds.empty();
  std::set<std::uint32_t> values;
  if (need.instances) {
    values.insert(region.instances[0].values.begin(), region.instances[0].values.end());
  } else {
    values.insert(step.inputs.begin(), step.inputs.end());
    values.insert(step.outputs.begin(), step.outputs.end());
  }
  need.values = values.size() + region.reductions.size();
  return need;
}

// Programs by what became of them.
int within = 0, refused = 0;

// The program for the target, if each node by itself is within the limits: then all of it must be.
std::optional<Program> compile_within(TracedView traced, const Target& target) {
  try {
    static_cast<void>(compile_program(traced, target, without_passes()));
  } catch (const TypeError&) {
    ++refused;
    return {};
  }
  ++within;
  return compile_program(traced, target);
}

// What is beyond the limits in the program.
std::string beyond(TracedView traced, const RegionLimits& limits) {
  const SmallTarget target(limits);
  const std::optional<Program> program = compile_within(traced, target);
  if (!program) return {};
  const auto above = [](std::size_t asked, std::size_t limit) {
    return limit > 0 && asked > limit;
  };
  for (const Step& step : program->steps) {
    const Need need = need_of(*program, step);
    if (above(need.values, limits.buffers))
      return fmt::format("{} touches {} values, {} are allowed", step.name, need.values,
                         limits.buffers);
    if (above(need.insts, limits.insts))
      return fmt::format("{} has {} instructions, {} are allowed", step.name, need.insts,
                         limits.insts);
    if (need.rank > limits.rank)
      return fmt::format("{} has {} axes, {} are allowed", step.name, need.rank, limits.rank);
    if (need.phases && !limits.phases) return step.name + " has phases";
    if (need.bounds && !limits.bounds) return step.name + " has bounds";
    if (need.instances && !limits.instances) return step.name + " has instances";
  }
  return {};
}

const std::vector<RegionLimits> all_limits{
    {.buffers = 4},
    {.buffers = 5, .instances = true},
    {.buffers = 7, .phases = false},
    {.buffers = 10, .insts = 40},
    {.buffers = 20, .instances = true},
    {.insts = 12},
    {.insts = 64, .bounds = false},
    {.rank = 2, .buffers = 12},
    {.rank = 3, .phases = false, .instances = true},
    {.rank = 1, .insts = 100, .bounds = false},
};

void keeps_limits(TracedView traced, const std::string& what) {
  for (const RegionLimits& limits : all_limits) {
    const std::string fault = beyond(traced, limits);
    BOOST_TEST(fault.empty(), what << ", limits " << limits.rank << "/" << limits.buffers << "/"
                                   << limits.insts << ": " << fault);
  }
}

// One weight, used at every step of an unrolled network, whose gradient is a sum of products.
Grown unrolled(int steps, bool updates) {
  Grown g;
  const Tensor w = g.graph.variable("w", f32, {4, 4});
  Tensor h = g.graph.input("h", f32, {2, 4});
  for (int i = 0; i < steps; ++i)
    h = tanh(matmul(h, w) + g.graph.input("x" + std::to_string(i), f32, {2, 4}));
  const Tensor loss = mean(square(h));
  if (updates)
    (void)optim::AdamW().minimize(loss, g.graph.input("rate", f32, {}));
  else
    g.outputs = gradients(loss, {w});
  g.outputs.push_back(loss);
  return g;
}

BOOST_AUTO_TEST_CASE(a_weight_that_is_used_often_keeps_the_limits) {
  for (const int steps : {2, 7, 22, 40})
    for (const bool updates : {false, true}) {
      const Grown g = unrolled(steps, updates);
      keeps_limits({g.graph, g.outputs}, "unrolled " + std::to_string(steps));
    }
}

BOOST_AUTO_TEST_CASE(growing_graphs_keep_the_limits) {
  for (const passes_test::Shape& shape : shapes) {
    const Grown g = shape.make(300);
    keeps_limits({g.graph, g.outputs}, shape.name);
  }
}

// Many sums of the same rows in one expression: their results are values, too.
BOOST_AUTO_TEST_CASE(many_reductions_keep_the_limits) {
  Grown g;
  const Tensor x = g.graph.input("x", f32, {6, 8});
  Tensor y = x;
  for (int i = 0; i < 30; ++i) y = y + sum(x * (1.0 + i), -1, true) * max(x - y, -1, true);
  g.outputs = {y};
  keeps_limits({g.graph, g.outputs}, "many reductions");
}

// A product with everything behind it that can be: bias, masks, residuals, more and more of them.
BOOST_AUTO_TEST_CASE(epilogues_keep_the_limits) {
  for (const int more : {1, 3, 9, 30}) {
    Grown g;
    Tensor y = matmul(g.graph.input("a", f32, {3, 5, 7}), g.graph.input("b", f32, {3, 7, 4}));
    for (int i = 0; i < more; ++i) {
      const Tensor r = g.graph.input("r" + std::to_string(i), f32, {3, 5, 4});
      y = i % 3 == 0 ? where(r > 0.0, y, r * 0.5) : i % 3 == 1 ? tanh(y) * r : y + r;
    }
    g.outputs = {y};
    keeps_limits({g.graph, g.outputs}, "epilogue " + std::to_string(more));
  }
}

// The product reads it as a matrix, what follows as a row of elements: two values.
BOOST_AUTO_TEST_CASE(what_follows_a_product_and_reads_its_operand_keeps_the_limits) {
  Grown g;
  const Tensor x = g.graph.input("x", f32, {5, 2, 3});
  const Tensor y = matmul(reshape(x, {10, 3}), g.graph.input("w", f32, {3, 3}));
  g.outputs = {where(g.graph.input("m", boolean, {5, 2, 3}), x, reshape(y, {5, 2, 3}))};
  keeps_limits({g.graph, g.outputs}, "a product's operand");
}

// The gradient of a tensor that is cut in three is put together from three results of one node.
BOOST_AUTO_TEST_CASE(several_outputs_of_a_node_keep_the_limits) {
  Grown g;
  const Tensor x = g.graph.input("x", f32, {2, 4, 9});
  const Tensors parts = chunk(x, 3, -1);
  const Tensor y = scaled_dot_product_attention(parts[0], parts[1], parts[2]);
  const Tensors d = gradients(y, {x}, g.graph.input("dy", f32, {2, 4, 3}));
  g.outputs = {matmul(d[0], g.graph.input("w", f32, {9, 2})), sum(d[0], {0, 1})};
  keeps_limits({g.graph, g.outputs}, "three results");
}

BOOST_AUTO_TEST_CASE(a_training_step_keeps_the_limits) {
  const TracedFunction traced = test_support::trace_gpt_step();
  keeps_limits({traced.graph, traced.outputs}, "a training step");
}

BOOST_AUTO_TEST_CASE(random_programs_keep_the_limits) {
  for (const std::uint64_t seed : seeds(60)) {
    const std::string fault = fault_of(seed, random_case(seed), [](const Case& p) -> std::string {
      for (const RegionLimits& limits : all_limits)
        if (std::string text = beyond({p.graph, p.outputs}, limits); !text.empty()) return text;
      return {};
    });
    BOOST_TEST(fault.empty(), fault);
  }
}

// The rows of a softmax: what a reduction takes together is no part of what it keeps.
BOOST_AUTO_TEST_CASE(axes_are_joined_within_a_reduction_or_outside_of_it) {
  Region region;
  region.dims = {2, 3, 4, 5};
  region.accesses = {{0, 7, {60, 20, 5, 1}, {}, 0}, {1, 0, {60, 20, 5, 1}, {}, 0}};
  region.insts = {{ASG_EW_LOAD, ASG_F32, 0, 0, 0, 0, 0}, {ASG_EW_REDUCED, ASG_F32, 0, 0, 0, 0, 0}};
  region.reductions = {{ASG_REDUCE_SUM, ASG_F32, 0, 0b1100}};
  region.stores = {{ASG_STORE_REGISTER, 1, 1, 0}};
  region.phases = {{1, 1, 0, 0}, {2, 1, 1, 0}};
  const std::vector<Region> joined = fit_rank(region, 2);
  BOOST_TEST_REQUIRE(joined.size() == 1u);
  BOOST_TEST((joined[0].dims == asg::Shape{6, 20}));
  BOOST_TEST((joined[0].accesses[0].strides == asg::Shape{20, 1}));
  BOOST_TEST(joined[0].reductions[0].axes == 0b10u);
  const std::vector<Region> parts = fit_rank(region, 1);
  BOOST_TEST_REQUIRE(parts.size() == 6u);
  BOOST_TEST((parts[5].dims == asg::Shape{20}));
  BOOST_TEST(parts[5].accesses[0].offset == 107);
  BOOST_TEST(parts[5].reductions[0].axes == 1u);
  BOOST_TEST(fit_rank(region, 4)[0].dims.rank() == 4);
}

// The CPU backend, were there a row that reads products' operands with any strides, another that
// applies regions to them, and none that does both.
class EitherTarget final : public WrappedTarget {
 public:
  bool accepts_kernel(std::uint32_t kernel, const Types& types,
                      std::uint32_t flags) const override {
    return flags != (ASG_CAP_STRIDED | ASG_CAP_EPILOGUE) &&
           WrappedTarget::accepts_kernel(kernel, types, flags);
  }
};

BOOST_AUTO_TEST_CASE(one_row_has_all_that_a_product_asks_for) {
  const EitherTarget target;
  Graph graph;
  const Tensor x = graph.input("x", f32, {4, 3}), w = graph.input("w", f32, {5, 3});
  const Program program = compile_program(
      {graph, {relu(matmul(x, transpose(w))), relu(matmul(transpose(x), x))}}, target);
  const Program plain = compile_program({graph, {relu(matmul(x, reshape(w, {3, 5})))}}, target);
  const auto epilogues = [](const Program& of) {
    return std::count_if(of.steps.begin(), of.steps.end(), [](const Step& step) {
      return step.op == ASG_OP_MATMUL && step.region >= 0;
    });
  };
  BOOST_TEST(epilogues(program) == 0);
  BOOST_TEST(epilogues(plain) == 1);
}

// The cases above, counted: the last one.
BOOST_AUTO_TEST_CASE(limits_leave_something_to_run) {
  fmt::print("{} programs within the limits, {} refused\n", within, refused);
  BOOST_TEST(within > 4 * refused);
}

}  // namespace
