// Updates of many tensors at once: one dispatch for all that lie in the same buffers.
#include <boost/test/unit_test.hpp>

#include "../../plugins/vulkan/counters.hpp"
#include "pair.hpp"
#include "support.hpp"

namespace asg::testing {
namespace {

/// SGD with momentum on tensors of the given lengths.
struct Updates {
  Case c;
  std::vector<ValueId> states;

  explicit Updates(const std::vector<int64_t>& lengths) {
    Random random(11);
    ProgramBuilder& p = c.program;
    ValueId rate{};
    std::vector<RegionBuilder::Instance> table;
    const auto state = [&](int64_t length) {
      const ValueId id = p.state(ASG_F32, {length});
      c.inputs.emplace_back(id, random_data(random, ASG_F32, length, false));
      c.outputs.push_back(id);
      return id;
    };
    for (const int64_t length : lengths) {
      const ValueId w = state(length), m = state(length),
                    g = c.input(random, ASG_F32, {length}, false);
      // Between the others, so that the ranges that span them hold it.
      if (table.empty()) rate = c.input(random, ASG_F32, {}, false);
      // In the order of the accesses below: the velocity and the weight are read and written.
      table.push_back({length, {m, g, w, rate, m, w}});
    }
    RegionBuilder& r = p.region({lengths[0]}, "sgd");
    const auto& first = table[0].values;
    const Register velocity =
        r.op(ASG_EW_ADD, r.op(ASG_EW_MUL, r.load(first[0], {{1}}), r.imm(0.9f)),
             r.load(first[1], {{1}}));
    const Register weight = r.load(first[2], {{1}});
    const Register change = r.op(ASG_EW_MUL, velocity, r.load(rate, {{0}}));
    r.store(velocity, first[0], {{1}});
    r.store(r.op(ASG_EW_SUB, weight, change), first[2], {{1}});
    r.set_instances(table);
  }
};

uint64_t dispatches() {
  const LoadedBackend& backend = vulkan_pair().cpu();
  const void* found = backend.api().get_extension(backend.backend(), vulkan::counters_extension);
  BOOST_TEST_REQUIRE(found != nullptr);
  return static_cast<const vulkan::Counters*>(found)->dispatches;
}

uint64_t dispatches_of(const std::vector<int64_t>& lengths) {
  Updates updates(lengths);
  const uint64_t before = dispatches();
  BOOST_TEST(vulkan_pair().compare(updates.c) == "");
  return dispatches() - before;
}

BOOST_AUTO_TEST_CASE(small_tensors_are_one_dispatch) {
  std::vector<int64_t> lengths;
  for (int64_t i = 0; i < 60; ++i) lengths.push_back(i * i * i % 977);
  BOOST_TEST(dispatches_of(lengths) == 1u);
}

// What is large has a buffer of its own, which lies between none of the others'.
BOOST_AUTO_TEST_CASE(tensors_of_different_buffers_are_few_dispatches) {
  constexpr int64_t large = 700'000;
  BOOST_TEST(dispatches_of({5, large, 300, large + 1, 1000, 2}) == 3u);
}

BOOST_AUTO_TEST_CASE(nothing_to_update_is_no_dispatch) {
  BOOST_TEST(dispatches_of({0, 0, 0}) == 0u);
}

// More workgroups than one dispatch takes, and instances whose first is not in the first part.
BOOST_AUTO_TEST_CASE(more_workgroups_than_a_dispatch_takes) {
  constexpr int64_t count = int64_t{65535} * 128;
  ProgramBuilder p;
  const ValueId x = p.input(ASG_U8, {2 * count + 10}), y = p.output(ASG_U8, {2 * count + 10});
  RegionBuilder& r = p.region({count});
  r.store(r.op(ASG_EW_ADD, r.load(x, {{1}}), r.imm(uint8_t{3})), y, {{1}});
  std::vector<RegionBuilder::Instance> table;
  for (const auto& [begin, length] :
       {std::pair{int64_t{0}, count}, {count, count}, {2 * count, int64_t{10}}})
    table.push_back({length, {p.view(x, {length}, {1}, begin), p.view(y, {length}, {1}, begin)}});
  r.set_instances(table);
  Execution run(vulkan_pair().cpu(), p.build());
  BOOST_TEST(wrong_sums(run, x, y, 2 * count + 10, 3) == 0u);
}

}  // namespace
}  // namespace asg::testing
