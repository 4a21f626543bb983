#include "pool.hpp"

#include <boost/test/unit_test.hpp>

#include <atomic>
#include <chrono>
#include <numeric>
#include <stdexcept>
#include <thread>
#include <vector>

namespace asg::cpu {
namespace {

BOOST_AUTO_TEST_SUITE(pool)

BOOST_AUTO_TEST_CASE(every_item_runs_once) {
  for (const uint32_t threads : {1u, 2u, 3u, 8u}) {
    Pool pool(threads);
    BOOST_CHECK_EQUAL(pool.threads(), threads);
    for (int64_t count = 0; count < 300; count += 7) {
      // Not atomic: that each item has one thread, and that its writes are seen, is the claim.
      std::vector<int> seen(static_cast<std::size_t>(count), 0);
      std::atomic<bool> known_threads{true};
      pool.parallel(count, 1 + count % 5, [&](int64_t begin, int64_t end, uint32_t thread) {
        if (thread >= threads) known_threads = false;
        for (int64_t i = begin; i < end; ++i) ++seen[static_cast<std::size_t>(i)];
      });
      BOOST_CHECK(known_threads);
      BOOST_CHECK_EQUAL(std::accumulate(seen.begin(), seen.end(), int64_t{0}), count);
    }
  }
}

BOOST_AUTO_TEST_CASE(loops_follow_each_other) {
  Pool pool(4);
  std::vector<int64_t> data(64, 0);
  for (int round = 0; round < 20000; ++round)
    pool.parallel(64, 4, [&](int64_t begin, int64_t end, uint32_t) {
      for (int64_t i = begin; i < end; ++i) data[static_cast<std::size_t>(i)] += i;
    });
  for (int64_t i = 0; i < 64; ++i) BOOST_CHECK_EQUAL(data[static_cast<std::size_t>(i)], i * 20000);
}

BOOST_AUTO_TEST_CASE(wakes_from_sleep) {
  Pool pool(3);
  for (int round = 0; round < 20; ++round) {
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
    std::atomic<int64_t> sum{0};
    pool.parallel(1000, 10, [&](int64_t begin, int64_t end, uint32_t) { sum += end - begin; });
    BOOST_CHECK_EQUAL(sum, 1000);
  }
}

BOOST_AUTO_TEST_CASE(an_exception_reaches_the_caller) {
  Pool pool(4);
  for (int round = 0; round < 200; ++round) {
    BOOST_CHECK_THROW(pool.parallel(1000, 1,
                                    [](int64_t begin, int64_t, uint32_t) {
                                      if (begin % 100 == 99) throw std::runtime_error("item");
                                    }),
                      std::runtime_error);
    std::atomic<int64_t> sum{0};
    pool.parallel(100, 1, [&](int64_t, int64_t, uint32_t) { ++sum; });
    BOOST_CHECK_EQUAL(sum, 100);
  }
}

BOOST_AUTO_TEST_CASE(starts_and_stops) {
  for (int round = 0; round < 200; ++round) {
    Pool pool(1 + round % 5);
    if (round % 2 == 0) pool.parallel(10, 1, [](int64_t, int64_t, uint32_t) {});
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace asg::cpu
