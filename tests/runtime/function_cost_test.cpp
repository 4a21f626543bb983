// What many programs of one function cost: memory, and time to find the one that is needed.
#include <malloc.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <fstream>

#include <boost/test/unit_test.hpp>

#include <asg/asg.hpp>

namespace {

using namespace asg;

double resident_mb() {
  std::ifstream file("/proc/self/statm");
  std::size_t all = 0, resident = 0;
  file >> all >> resident;
  return static_cast<double>(resident) * static_cast<double>(::sysconf(_SC_PAGESIZE)) / (1 << 20);
}

// Sixty lengths of up to 5 MB for the input, the product and the output each: 900 MB apart.
BOOST_AUTO_TEST_CASE(all_programs_of_a_function_run_in_the_same_memory) {
  // Arrays that grow leave no holes in the heap, which would be counted.
  BOOST_TEST_REQUIRE(::mallopt(M_MMAP_THRESHOLD, 1 << 20) == 1);
  const Device cpu = open_device("cpu");
  const Array weight = Array::zeros(f32, {64, 64});
  auto f = compile(cpu, [&](Graph& graph, Tensor x) {
    const Tensor w = graph.constant(weight);
    return matmul(tanh(matmul(x, w)), w) + x;
  });
  f(Array::full(f32, {20000, 64}, 1));
  const double one = resident_mb();
  for (std::int64_t i = 1; i < 60; ++i) {
    const Array y = f(Array::full(f32, {20000 + i, 64}, static_cast<double>(i)));
    BOOST_TEST_REQUIRE(y.get(y.numel() - 1) == static_cast<double>(i));
  }
  BOOST_TEST(f.function().programs() == 60u);
  BOOST_TEST_MESSAGE("one length: " << one << " MB, sixty: " << resident_mb() << " MB");
  BOOST_TEST(resident_mb() < one + 20);
  f.function().clear();
  BOOST_TEST(resident_mb() < one);
}

BOOST_AUTO_TEST_CASE(a_program_among_many_is_found_as_fast_as_a_single_one) {
  Function f(open_device("reference"), [](Graph&, const Tensors& in) { return Tensors{in[0]}; },
             {.name = "f", .max_programs = 4000});
  const std::vector<Argument> first{Array::full(f32, {1}, 1)};
  const auto best = [&] {
    double seconds = 1;
    for (int i = 0; i < 200; ++i) {
      const auto begin = std::chrono::steady_clock::now();
      f.call(first);
      const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
      seconds = std::min(seconds, took.count());
    }
    return seconds;
  };
  f.call(first);
  const double alone = best();
  for (std::int64_t size = 2; size <= 3000; ++size) f.call({Array::full(f32, {size}, 1)});
  BOOST_TEST(f.programs() == 3000u);
  const double among_many = best();
  BOOST_TEST_MESSAGE("alone " << alone * 1e6 << " us, among 3000 " << among_many * 1e6 << " us");
  BOOST_TEST(among_many < 4 * alone);
}

}  // namespace
