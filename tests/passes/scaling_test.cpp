// The passes take time in proportion to the graph, whatever its shape, and look at as much of it.
#include <algorithm>
#include <ctime>
#include <iterator>
#include <limits>
#include <map>
#include <string>

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

// What the passes look at is the same on every machine: nodes and edges for forming groups, edges
// for keeping their order, kernels for the schedule, buffers for the plan, ranges for the stages.
struct Part {
  const char* name;
  std::int64_t extra;  ///< that may be looked at for better results, whatever the graph's size
};
constexpr Part parts[] = {{"grouping", 1000},
                          {"order", 1000},
                          {"schedule", 1 << 18},
                          {"plan", 1 << 20},
                          {"stages", 1000}};

std::map<std::string, std::int64_t> visits(const Shape& shape, std::int64_t nodes,
                                           const asg::Target& target) {
  const Grown grown = shape.make(nodes);
  asg::Report report;
  (void)compile_program({grown.graph, grown.outputs}, target, {}, &report);
  std::map<std::string, std::int64_t> counts;
  for (const asg::Visits& visits : report.visits) counts[visits.part] += visits.count;
  for (const asg::PassTime& pass : report.passes)
    counts["nodes"] += static_cast<std::int64_t>(pass.nodes);
  return counts;
}

BOOST_DATA_TEST_CASE(visits_grow_with_the_graph, shapes, shape) {
  const auto target = asg::target_of(cpu(2));
  const auto few = visits(shape, 4000, *target), many = visits(shape, 16000, *target);
  BOOST_TEST(few.size() == std::size(parts) + 1);
  BOOST_TEST(many.at("nodes") <= 4.5 * static_cast<double>(few.at("nodes")));
  std::int64_t sum = 0;
  for (const Part& part : parts) {
    const auto linear = 4.5 * static_cast<double>(few.at(part.name));
    BOOST_TEST(static_cast<double>(many.at(part.name)) <= linear + static_cast<double>(part.extra),
               part.name << ": " << many.at(part.name) << " after " << few.at(part.name));
    sum += many.at(part.name);
  }
  // The counts are of this graph: each of its nodes has been looked at, and none a thousand times.
  BOOST_TEST(sum >= 16000);
  BOOST_TEST(sum <= 1000 * many.at("nodes"));
}

}  // namespace
}  // namespace passes_test
