// What steps compute and move, on programs written by hand.
#include <boost/test/unit_test.hpp>

#include <asg/asg.hpp>
#include <asg/passes/cost.hpp>

namespace {

using namespace asg;

struct Hand {
  Program program;
  Hand() { program.slots.push_back({ASG_SLOT_ARENA, "arena", {}, 1 << 20, {}}); }

  std::uint32_t value(DType dtype, const Shape& shape, Shape strides = {}) {
    Placed placed;
    placed.dtype = dtype;
    placed.shape = shape;
    placed.strides = strides.empty() ? row_major_strides(shape) : strides;
    placed.offset = placed.extent_begin = end_;
    std::uint64_t elements = 1;
    for (int d = 0; d < shape.rank(); ++d)
      elements += static_cast<std::uint64_t>((shape[d] - 1) * placed.strides[d]);
    end_ += elements * size_of(dtype);
    placed.extent_end = end_;
    program.values.push_back(placed);
    return static_cast<std::uint32_t>(program.values.size()) - 1;
  }
  Cost cost(std::uint32_t op, std::vector<std::uint32_t> inputs, std::vector<std::uint32_t> outputs,
            int region = -1, std::string name = "kernel", Attributes attributes = {}) {
    Step step;
    step.op = op;
    step.name = std::move(name);
    step.inputs = std::move(inputs);
    step.outputs = std::move(outputs);
    step.attributes = std::move(attributes);
    step.region = region;
    program.steps.push_back(step);
    return cost_of(program, program.steps.back());
  }

 private:
  std::uint64_t end_ = 0;
};

asg_inst inst(std::uint32_t op, std::uint32_t a = 0, std::uint32_t b = 0) {
  return {op, ASG_F32, a, b, 0, 0, 0};
}

BOOST_AUTO_TEST_CASE(a_product_counts_two_for_each_pair) {
  Hand h;
  const auto a = h.value(f32, {5, 8, 16}), b = h.value(f32, {5, 16, 4}, {0, 4, 1});
  const Cost cost = h.cost(ASG_OP_MATMUL, {a, b}, {h.value(f32, {5, 8, 4})});
  BOOST_TEST(cost.flops == 2.0 * 5 * 8 * 4 * 16);
  BOOST_TEST(cost.bytes_read == 4.0 * (5 * 8 * 16 + 16 * 4));  // the batch of b is one matrix
  BOOST_TEST(cost.bytes_written == 4.0 * 5 * 8 * 4);
  BOOST_TEST(cost.bytes() == cost.bytes_read + cost.bytes_written);
}

BOOST_AUTO_TEST_CASE(an_epilogue_counts_beside_its_product) {
  Hand h;
  const auto a = h.value(f32, {8, 16}), b = h.value(f32, {16, 4}), bias = h.value(f32, {4});
  const auto y = h.value(f32, {8, 4});
  Region region;
  region.dims = {8, 4};
  region.insts = {inst(ASG_EW_PRODUCT), inst(ASG_EW_LOAD, 0), inst(ASG_EW_ADD, 0, 1)};
  region.accesses = {{bias, 0, {0, 1}, {}, 0}, {y, 0, {4, 1}, {}, 0}};
  region.stores = {{ASG_STORE_REGISTER, 2, 1, 0}};
  region.phases = {{3, 0, 1, 0}};
  h.program.regions.push_back(region);
  const Cost cost = h.cost(ASG_OP_MATMUL, {a, b, bias}, {y}, 0);
  BOOST_TEST(cost.flops == 2.0 * 8 * 4 * 16 + 8 * 4);
  BOOST_TEST(cost.bytes_read == 4.0 * (8 * 16 + 16 * 4 + 4));
  BOOST_TEST(cost.bytes_written == 4.0 * 8 * 4);
}

BOOST_AUTO_TEST_CASE(a_region_counts_arithmetic_and_reads_once) {
  Hand h;
  const auto x = h.value(f32, {8, 32}), scale = h.value(f32, {32}), y = h.value(f32, {8, 32});
  const auto sum = h.value(f32, {8});
  Region region;
  region.dims = {8, 32};
  region.insts = {inst(ASG_EW_LOAD, 0),    inst(ASG_EW_EXP, 0),  inst(ASG_EW_LOAD, 1),
                  inst(ASG_EW_REDUCED, 0), inst(ASG_EW_LOAD, 2), inst(ASG_EW_DIV, 2, 3),
                  inst(ASG_EW_MUL, 5, 4)};
  // The second load has the map of the first: one read of memory.
  region.accesses = {{x, 0, {32, 1}, {}, 0},
                     {x, 0, {32, 1}, {}, 0},
                     {scale, 0, {0, 1}, {}, 0},
                     {y, 0, {32, 1}, {}, 0},
                     {sum, 0, {1, 0}, {}, 0}};
  region.reductions = {{ASG_REDUCE_SUM, ASG_F32, 1, 2}};
  region.stores = {{ASG_STORE_REDUCTION, 0, 4, 0}, {ASG_STORE_REGISTER, 6, 3, 0}};
  region.phases = {{2, 1, 1, 0}, {7, 1, 2, 0}};
  h.program.regions.push_back(region);
  const Cost cost = h.cost(ASG_OP_REGION, {x, scale}, {y, sum}, 0);
  BOOST_TEST(cost.flops == 8.0 * 32 * (3 + 1));
  BOOST_TEST(cost.bytes_read == 4.0 * (8 * 32 + 32));
  BOOST_TEST(cost.bytes_written == 4.0 * (8 * 32 + 8));
}

BOOST_AUTO_TEST_CASE(overlapping_windows_read_no_more_than_there_is) {
  Hand h;
  const auto x = h.value(f32, {34}), y = h.value(f32, {32, 3});
  Region region;
  region.dims = {32, 3};
  region.insts = {inst(ASG_EW_LOAD, 0)};
  region.accesses = {{x, 0, {1, 1}, {}, 0}, {y, 0, {3, 1}, {}, 0}};
  region.stores = {{ASG_STORE_REGISTER, 0, 1, 0}};
  region.phases = {{1, 0, 1, 0}};
  h.program.regions.push_back(region);
  const Cost cost = h.cost(ASG_OP_REGION, {x}, {y}, 0);
  BOOST_TEST(cost.flops == 0);
  BOOST_TEST(cost.bytes_read == 4.0 * 34);
}

BOOST_AUTO_TEST_CASE(instances_add_up) {
  Hand h;
  const auto a = h.value(f32, {10}), b = h.value(f32, {7});
  Region region;
  region.dims = {10};
  region.insts = {inst(ASG_EW_LOAD, 0), inst(ASG_EW_NEG, 0)};
  region.accesses = {{a, 0, {1}, {}, 0}, {a, 0, {1}, {}, 0}};
  region.stores = {{ASG_STORE_REGISTER, 1, 1, 0}};
  region.phases = {{2, 0, 1, 0}};
  region.instances = {{10, {a, a}}, {7, {b, b}}};
  h.program.regions.push_back(region);
  const Cost cost = h.cost(ASG_OP_REGION, {a, b}, {a, b}, 0);
  BOOST_TEST(cost.flops == 17);
  BOOST_TEST(cost.bytes_read == 4.0 * 17);
  BOOST_TEST(cost.bytes_written == 4.0 * 17);
}

BOOST_AUTO_TEST_CASE(gathers_read_the_rows_they_take) {
  Hand h;
  const auto table = h.value(f32, {1000, 8}), rows = h.value(i32, {3}), y = h.value(f32, {3, 8});
  const Cost cost = h.cost(ASG_OP_GATHER, {table, rows}, {y});
  BOOST_TEST(cost.bytes_read == 4.0 * (3 + 3 * 8));
  BOOST_TEST(cost.bytes_written == 4.0 * 3 * 8);
  const Cost whole = h.cost(ASG_OP_SCATTER, {table, rows, y}, {h.value(f32, {1000, 8})});
  BOOST_TEST(whole.flops == 3 * 8);
  BOOST_TEST(whole.bytes_written == 4.0 * 1000 * 8);
  const Cost in_place = h.cost(ASG_OP_SCATTER, {table, rows, y}, {table});
  BOOST_TEST(in_place.bytes_read == 4.0 * (3 * 8 + 3 + 3 * 8));
  BOOST_TEST(in_place.bytes_written == 4.0 * 3 * 8);
}

BOOST_AUTO_TEST_CASE(a_claimed_composite_counts_its_body) {
  Hand h;
  const auto x = h.value(f32, {6, 10}), w = h.value(f32, {4, 10}), y = h.value(f32, {6, 4});
  const Cost cost = h.cost(ASG_OP_CLAIMED, {x, w}, {y}, -1, "linear");
  BOOST_TEST(cost.flops == 2.0 * 6 * 4 * 10);
  BOOST_TEST(cost.bytes() == 4.0 * (6 * 10 + 4 * 10 + 6 * 4));
  BOOST_TEST(h.cost(ASG_OP_CLAIMED, {x}, {y}, -1, "an op of a user").flops == 0);
}

BOOST_AUTO_TEST_CASE(the_program_is_the_sum_of_its_steps) {
  Hand h;
  const auto a = h.value(f32, {8, 16}), b = h.value(f32, {16, 4}), y = h.value(f32, {8, 4});
  Cost sum = h.cost(ASG_OP_MATMUL, {a, b}, {y});
  sum += h.cost(ASG_OP_CUMULATIVE, {y}, {h.value(f32, {8, 4})});
  BOOST_TEST(cost_of(h.program).flops == sum.flops);
  BOOST_TEST(cost_of(h.program).bytes() == sum.bytes());
}

}  // namespace
