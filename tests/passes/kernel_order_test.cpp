// Orders of made-up kernels: they keep what must come before, and their peak is low.
#include <algorithm>
#include <numeric>

#include <boost/test/unit_test.hpp>

#include "passes/kernel_order.hpp"
#include "passes/random_graph.hpp"

namespace {

using namespace asg;
using passes_test::Random;

// Kernels that each make one memory and read some of those before.
Survey made_of(const std::vector<std::int64_t>& bytes,
             const std::vector<std::vector<std::uint32_t>>& reads) {
  const auto count = static_cast<std::uint32_t>(bytes.size());
  std::vector<Edge> edges;
  for (std::uint32_t k = 0; k < count; ++k)
    for (const std::uint32_t from : reads[k]) edges.push_back({from, k});
  Survey work(Structure(count, std::move(edges)));
  work.reads = reads;
  for (std::uint32_t k = 0; k < count; ++k) {
    work.makes[k] = {k};
    work.memories.push_back({bytes[k], k, {}});
    for (const std::uint32_t from : reads[k]) work.memories[from].readers.push_back(k);
  }
  return work;
}

Survey random_work(Random& random, std::int64_t kernels) {
  std::vector<std::int64_t> bytes;
  std::vector<std::vector<std::uint32_t>> reads;
  for (std::int64_t k = 0; k < kernels; ++k) {
    bytes.push_back(1 + random.below(random.one_in(3) ? 100 : 10));
    std::vector<std::uint32_t>& list = reads.emplace_back();
    for (std::int64_t i = k == 0 ? 0 : random.below(4); i > 0; --i)
      list.push_back(static_cast<std::uint32_t>(random.below(k)));
    std::sort(list.begin(), list.end());
    list.erase(std::unique(list.begin(), list.end()), list.end());
  }
  return made_of(bytes, reads);
}

bool is_valid(const Survey& work, const KernelOrder& order) {
  std::vector<std::size_t> position(work.kernels.size(), order.size());
  for (std::size_t i = 0; i < order.size(); ++i) position[order[i]] = i;
  if (order.size() != position.size()) return false;
  for (std::size_t k = 0; k < position.size(); ++k) {
    if (position[k] == order.size()) return false;
    for (const std::uint32_t needed : work.kernels.operands(static_cast<std::uint32_t>(k)))
      if (position[needed] >= position[k]) return false;
  }
  return true;
}

KernelOrder as_given(const Survey& work) {
  KernelOrder order(work.kernels.size());
  std::iota(order.begin(), order.end(), 0u);
  return order;
}

// What is alive at each step, counted plainly; nothing is made in place.
std::int64_t counted_peak(const Survey& work, const KernelOrder& order) {
  std::vector<std::size_t> position(order.size());
  for (std::size_t i = 0; i < order.size(); ++i) position[order[i]] = i;
  std::int64_t peak = 0;
  for (std::size_t step = 0; step < order.size(); ++step) {
    std::int64_t alive = 0;
    for (const Survey::Memory& memory : work.memories) {
      std::size_t last = position[memory.maker];
      for (const std::uint32_t reader : memory.readers) last = std::max(last, position[reader]);
      if (position[memory.maker] <= step && step <= last) alive += memory.bytes;
    }
    peak = std::max(peak, alive);
  }
  return peak;
}

BOOST_AUTO_TEST_CASE(orders_are_valid_and_no_worse_than_the_programs_own) {
  std::int64_t given = 0, chosen = 0;
  for (std::uint64_t seed = 1; seed <= 300; ++seed) {
    Random random(seed);
    const Survey work = random_work(random, 2 + random.below(40));
    const KernelOrder order = least_peak_order(work);
    BOOST_REQUIRE(is_valid(work, order));
    const std::int64_t peak = peak_of(work, order).bytes;
    BOOST_TEST(peak == counted_peak(work, order));
    BOOST_TEST(peak <= peak_of(work, as_given(work)).bytes);
    given += peak_of(work, as_given(work)).bytes;
    chosen += peak;
  }
  BOOST_TEST_MESSAGE("peaks: " << static_cast<double>(chosen) / static_cast<double>(given)
                               << " of the program's order");
  BOOST_TEST(chosen < given * 9 / 10);
}

BOOST_AUTO_TEST_CASE(moves_lower_the_peak_and_keep_the_order_valid) {
  std::size_t lower = 0;
  for (std::uint64_t seed = 1; seed <= 300; ++seed) {
    Random random(seed);
    const Survey work = random_work(random, 2 + random.below(40));
    KernelOrder order = as_given(work);
    const Peak before = peak_of(work, order);
    lower_peak(work, order);
    const Peak after = peak_of(work, order);
    BOOST_REQUIRE(is_valid(work, order));
    BOOST_TEST(after.bytes <= before.bytes);
    lower += after.bytes < before.bytes;
  }
  BOOST_TEST(lower > 100u);
}

// A large value that is needed at the end alone is made there, and one whose reader comes late is
// read before the peak.
BOOST_AUTO_TEST_CASE(the_maker_sinks_and_the_reader_rises) {
  // 0 makes much for 4; 1, 2, 3 are the rest.
  const Survey sinks = made_of({100, 10, 60, 10, 1}, {{}, {}, {1}, {2}, {0, 3}});
  KernelOrder order = as_given(sinks);
  lower_peak(sinks, order);
  BOOST_TEST(order == (KernelOrder{1, 2, 3, 0, 4}));
  // 4 alone reads what 0 makes.
  const Survey rises = made_of({100, 10, 60, 10, 1}, {{}, {}, {1}, {2}, {0}});
  order = {1, 0, 2, 3, 4};
  lower_peak(rises, order);
  BOOST_REQUIRE(is_valid(rises, order));
  BOOST_TEST(peak_of(rises, order).bytes <= 111);
}

// Trials cost as much as the program is long: of a long one there are few.
BOOST_AUTO_TEST_CASE(the_work_is_linear) {
  const auto visits = [](std::int64_t kernels) {
    Random random(7);
    const Survey work = random_work(random, kernels);
    (void)least_peak_order(work);
    return work.visits;
  };
  BOOST_TEST(visits(80000) <= 4.5 * static_cast<double>(visits(20000)));
}

}  // namespace
