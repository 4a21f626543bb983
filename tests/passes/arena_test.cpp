// Places in the arena for buffers of any sizes and lives.
#include <algorithm>

#include <boost/test/unit_test.hpp>

#include "passes/plan.hpp"
#include "passes/random_graph.hpp"

namespace {

using namespace asg;
using passes_test::Random;

std::vector<PlannedBuffer> random_buffers(Random& random, int steps, std::int64_t count) {
  std::vector<PlannedBuffer> buffers;
  for (std::int64_t i = 0; i < count; ++i) {
    PlannedBuffer buffer;
    buffer.bytes = static_cast<std::uint64_t>(64 * (1 + random.below(random.one_in(4) ? 100 : 8)));
    buffer.first = static_cast<int>(random.below(steps));
    const std::int64_t life = random.below(random.one_in(4) ? steps : 6);
    buffer.last = std::min(steps - 1, buffer.first + static_cast<int>(life));
    buffers.push_back(buffer);
  }
  return buffers;
}

BOOST_AUTO_TEST_CASE(buffers_alive_at_once_have_places_apart) {
  constexpr int steps = 40;
  double bounds = 0, ends = 0, worst = 1;
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    Random random(seed);
    std::vector<PlannedBuffer> buffers = random_buffers(random, steps, 1 + random.below(120));
    Program program;
    program.slots.emplace_back();
    program.steps.resize(steps);
    std::int64_t visits = 0;
    plan_arena(program, buffers, 64, visits);
    BOOST_REQUIRE(program.arena.size() == buffers.size());
    BOOST_TEST(visits > 0);
    std::uint64_t most = 0;
    for (std::uint32_t step = 0; step < steps; ++step) {
      std::uint64_t alive = 0;
      for (const ArenaBuffer& b : program.arena)
        if (b.first <= step && step <= b.last) alive += b.bytes;
      most = std::max(most, alive);
    }
    BOOST_TEST(program.liveness_bound_bytes == most);
    for (std::size_t a = 0; a < buffers.size(); ++a) {
      const ArenaBuffer& x = program.arena[a];
      BOOST_REQUIRE(x.offset + x.bytes <= program.slots[0].size_bytes);
      for (std::size_t b = 0; b < a; ++b) {
        const ArenaBuffer& y = program.arena[b];
        const bool together = x.first <= y.last && y.first <= x.last;
        const bool apart = x.offset + x.bytes <= y.offset || y.offset + y.bytes <= x.offset;
        BOOST_REQUIRE((!together || apart));
      }
    }
    const auto bound = static_cast<double>(most),
               end = static_cast<double>(program.slots[0].size_bytes);
    bounds += bound;
    ends += end;
    worst = std::max(worst, end / bound);
  }
  BOOST_TEST_MESSAGE("arenas: " << ends / bounds << " of the bounds, at worst " << worst);
  BOOST_TEST(ends <= 1.01 * bounds);
  BOOST_TEST(worst <= 1.1);
}

// Many more than are tried in every way, and none with a second at its side.
BOOST_AUTO_TEST_CASE(one_place_is_enough_for_what_lives_one_after_the_other) {
  constexpr int steps = 5000;
  std::vector<PlannedBuffer> buffers(steps);
  for (int i = 0; i < steps; ++i) {
    buffers[static_cast<std::size_t>(i)].bytes = static_cast<std::uint64_t>(64 * (1 + i % 7));
    buffers[static_cast<std::size_t>(i)].first = buffers[static_cast<std::size_t>(i)].last = i;
  }
  Program program;
  program.slots.emplace_back();
  program.steps.resize(steps);
  std::int64_t visits = 0;
  plan_arena(program, buffers, 64, visits);
  BOOST_TEST(program.slots[0].size_bytes == 7u * 64);
}

}  // namespace
