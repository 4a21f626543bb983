// The passes take time in proportion to the graph, whatever its shape.
#include <algorithm>
#include <ctime>
#include <limits>

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <asg/passes/passes.hpp>
#include <asg/runtime/target.hpp>

#include "passes/differential.hpp"
#include "passes/shapes.hpp"

namespace passes_test {

inline std::ostream& operator<<(std::ostream& out, const Shape& shape) { return out << shape.name; }

namespace {

double processor_ms() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) * 1e3 + static_cast<double>(now.tv_nsec) * 1e-6;
}

// Per node, the best of several: other processes may take the caches.
double ms_per_node(const Shape& shape, std::int64_t nodes, const asg::Target& target) {
  const Grown grown = shape.make(nodes);
  double best = std::numeric_limits<double>::max();
  for (int i = 0; i < 3; ++i) {
    const double begin = processor_ms();
    const asg::Program program = compile_program({grown.graph, grown.outputs}, target);
    best = std::min(best, processor_ms() - begin);
    BOOST_TEST(!program.steps.empty());
  }
  // Composites count as what they are made of.
  const asg::Traced opened = optimize({grown.graph, grown.outputs}, target);
  return best / static_cast<double>(opened.graph.size());
}

BOOST_DATA_TEST_CASE(time_grows_with_the_graph, shapes, shape) {
  const auto target = asg::target_of(cpu(2));
  const double small = ms_per_node(shape, 1000, *target);
  const double large = ms_per_node(shape, 8000, *target);
  BOOST_TEST_MESSAGE(shape.name << ": " << small * 1000 << " and " << large * 1000
                                << " ms per 1000 nodes");
  // Large graphs leave the caches; a quadratic pass would take eight times as long for each node.
  BOOST_TEST(large <= 2 * small);
}

}  // namespace
}  // namespace passes_test
