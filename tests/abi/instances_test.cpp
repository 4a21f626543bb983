// Regions that run once for each entry of a table, on every backend that has them.
#include <boost/test/unit_test.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "every_backend.hpp"
#include "support/messages.hpp"

using namespace asg::testing;
using test_support::contains;

namespace {

const std::vector<NamedBackend>& backends() {
  static const std::vector<NamedBackend> all = backends_with(ASG_OP_REGION, ASG_CAP_INSTANCES);
  return all;
}

std::vector<float> numbers(int64_t count, float first) {
  std::vector<float> values(static_cast<std::size_t>(count));
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = first + static_cast<float>(i % 1000);
  return values;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(instances)

BOOST_AUTO_TEST_CASE(the_reference_has_them) { BOOST_TEST(backends().size() >= 1u); }

// As an optimizer updates its parameters: each where it is, with one rate for all.
BOOST_AUTO_TEST_CASE(parameters_of_many_sizes) {
  const std::vector<int64_t> lengths = {5, 1, 100000, 0, 256, 257, 33};
  for (const auto& [name, backend] : backends()) {
    ProgramBuilder p;
    const ValueId rate = p.input(ASG_F32, {});
    std::vector<ValueId> weights, gradients, places;
    for (const int64_t length : lengths) {
      weights.push_back(p.state(ASG_F32, {length}));
      gradients.push_back(p.input(ASG_F32, {length}));
      places.push_back(p.output(ASG_I64, {length}));
    }
    RegionBuilder& r = p.region({lengths[0]});
    const Register w = r.load(weights[0], {{1}}), g = r.load(gradients[0], {{1}});
    const Register step = r.op(ASG_EW_MUL, g, r.load(rate, {{0}}));
    r.store(r.op(ASG_EW_SUB, w, step), weights[0], {{1}});
    const Register place = r.iota(ASG_I64, {3}, 2);
    r.store(place, places[0], {{1}});
    std::vector<RegionBuilder::Instance> table;
    for (std::size_t i = 0; i < lengths.size(); ++i)
      table.push_back({lengths[i], {weights[i], gradients[i], rate, weights[i], rate, places[i]}});
    r.set_instances(table);

    Execution run(*backend, p.build());
    run.set(rate, std::vector<float>{0.5f});
    for (std::size_t i = 0; i < lengths.size(); ++i)
      run.set(weights[i], numbers(lengths[i], 3)).set(gradients[i], numbers(lengths[i], 8));
    run.execute().execute();
    BOOST_TEST_INFO_SCOPE(name);
    for (std::size_t i = 0; i < lengths.size(); ++i) {
      auto expected = numbers(lengths[i], 3);
      const auto gradient = numbers(lengths[i], 8);
      std::vector<int64_t> counted;
      for (std::size_t k = 0; k < expected.size(); ++k) {
        for (int repeat = 0; repeat < 2; ++repeat) expected[k] -= 0.5f * gradient[k];
        counted.push_back(2 + 3 * static_cast<int64_t>(k));
      }
      BOOST_TEST_INFO_SCOPE("instance " << i << " of " << lengths[i] << " points");
      BOOST_CHECK(run.get<float>(weights[i]) == expected);
      BOOST_CHECK(run.get<int64_t>(places[i]) == counted);
    }
  }
}

// Parts of one arena, walked backwards.
BOOST_AUTO_TEST_CASE(views_and_offsets) {
  for (const auto& [name, backend] : backends()) {
    ProgramBuilder p;
    const ValueId x = p.input(ASG_I32, {12}), y = p.output(ASG_I32, {12});
    RegionBuilder& r = p.region({4});
    const Register loaded = r.load(x, {{-1}, 3});
    r.store(r.op(ASG_EW_ADD, loaded, r.imm(int32_t{100})), y, {{1}});
    r.set_instances({{4, {p.view(x, {4}, {1}, 0), p.view(y, {4}, {1}, 8)}},
                     {4, {p.view(x, {4}, {1}, 4), p.view(y, {4}, {1}, 0)}},
                     {3, {p.view(x, {4}, {1}, 8), p.view(y, {4}, {1}, 4)}}});
    Execution run(*backend, p.build());
    std::vector<int32_t> input;
    for (int32_t i = 0; i < 12; ++i) input.push_back(i);
    run.set(x, input).set(y, std::vector<int32_t>(12, -1)).execute();
    const std::vector<int32_t> expected{107, 106, 105, 104, 111, 110, 109, -1, 103, 102, 101, 100};
    BOOST_TEST_INFO_SCOPE(name);
    BOOST_CHECK(run.get<int32_t>(y) == expected);
  }
}

BOOST_AUTO_TEST_CASE(instances_are_checked) {
  struct Table {
    ProgramBuilder p;
    ValueId x = p.input(ASG_F32, {4}), y = p.output(ASG_F32, {4}), wide = p.input(ASG_F64, {4});
    RegionBuilder& r = p.region({4});
  };
  const auto refused = [](const std::string& text, const std::function<void(Table&)>& spoil) {
    for (const auto& [name, backend] : backends()) {
      Table t;
      spoil(t);
      BOOST_TEST_INFO("backend " << name);
      // An access may be refused when the program is compiled or when it runs.
      BOOST_CHECK_EXCEPTION(Execution(*backend, t.p.build()).execute(), Failure,
                            [&](const Failure& e) {
                              BOOST_TEST_INFO("message: " << e.what());
                              return e.status == ASG_INVALID_ARGUMENT && contains(e.what(), text);
                            });
    }
  };
  const auto copy = [](Table& t) { t.r.store(t.r.load(t.x), t.y); };
  refused("has a negative length", [&](Table& t) {
    copy(t);
    t.r.set_instances({{-1, {t.x, t.y}}});
  });
  refused("touches a value that does not exist", [&](Table& t) {
    copy(t);
    t.r.set_instances({{4, {t.x, t.y}}, {4, {ValueId{9}, t.y}}});
  });
  refused("another type than the value", [&](Table& t) {
    copy(t);
    t.r.set_instances({{4, {t.x, t.y}}, {4, {t.wide, t.y}}});
  });
  refused("outside", [&](Table& t) {
    copy(t);
    t.r.set_instances({{4, {t.x, t.y}}, {4, {t.p.view(t.x, {2}, {1}, 2), t.y}}});
  });
  refused("not one axis and one phase", [&](Table& t) {
    copy(t);
    t.r.next_phase();
    t.r.imm(1.0f);
    t.r.set_instances({{4, {t.x, t.y}}});
  });
  refused("not one axis and one phase", [&](Table& t) {
    copy(t);
    t.r.reduce(ASG_REDUCE_SUM, t.r.imm(1.0f), {0});
    t.r.set_instances({{4, {t.x, t.y}}});
  });
  refused("an access with bounds", [&](Table& t) {
    t.r.store(t.r.load(t.x, {{1}, 0, {{0, 4, {1}}}}), t.y);
    t.r.set_instances({{4, {t.x, t.y}}});
  });
}

// A host that knows no instances has shorter regions; what follows them is not a table.
BOOST_AUTO_TEST_CASE(an_older_host_has_none) {
  for (const auto& [name, backend] : backends()) {
    ProgramBuilder p;
    const ValueId x = p.input(ASG_F32, {4}), y = p.output(ASG_F32, {4});
    RegionBuilder& r = p.region({4});
    r.store(r.load(x), y);
    asg_program program = p.build();
    asg_region region = *ASG_AT(asg_region, program.regions, 0);
    region.struct_size = offsetof(asg_region, instances);
    region.instances = {&region, 7, 1};
    program.regions.data = &region;
    Execution run(*backend, program);
    BOOST_TEST_INFO_SCOPE(name);
    BOOST_CHECK(run.set(x, numbers(4, 1)).execute().get<float>(y) == numbers(4, 1));
  }
}

BOOST_AUTO_TEST_SUITE_END()
