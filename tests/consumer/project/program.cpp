// Multiplies two matrices on the backend given as argument.
#include <cstdio>
#include <exception>

#include <asg/graph/graph.hpp>
#include <asg/ops/linalg.hpp>
#include <asg/runtime/compile.hpp>

int main(int, char** argv) try {
  asg::Graph graph;
  const asg::Tensor a = graph.input("a", asg::f32, {2, 2});
  const asg::Tensor b = graph.input("b", asg::f32, {2, 2});
  const asg::Tensor c = asg::matmul(a, b);
  asg::CompiledGraph program = asg::compile(asg::open_device(argv[1]), graph, {c});

  const asg::Array product = program.run({asg::Array({2, 2}, {1.0F, 2.0F, 3.0F, 4.0F}),
                                          asg::Array({2, 2}, {5.0F, 6.0F, 7.0F, 8.0F})})[0];

  for (const float x : product.values<float>()) std::printf("%g ", x);
  const asg::Origin origin = graph.node(c.value().node).origin;
  std::printf("\nmade at %s:%d\n", origin.file, origin.line);
} catch (const std::exception& e) {
  std::fprintf(stderr, "%s\n", e.what());
  return 1;
}
