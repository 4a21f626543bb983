// Programs as the core plans them, forward and backward: memory that is used again and again,
// values at any place of it. What it holds before decides about nothing, and nothing beside what
// steps give is written.
#include <functional>
#include <string>
#include <vector>

#include <fmt/format.h>

#include <asg/autodiff/gradients.hpp>
#include <asg/graph/error.hpp>
#include <asg/graph/op.hpp>
#include <asg/ops/activation.hpp>
#include <asg/ops/creation.hpp>
#include <asg/ops/elementwise.hpp>
#include <asg/ops/indexing.hpp>
#include <asg/ops/linalg.hpp>
#include <asg/ops/loss.hpp>
#include <asg/ops/movement.hpp>
#include <asg/ops/normalization.hpp>
#include <asg/ops/reduction.hpp>

#include "check/kind.hpp"
#include "check/planned.hpp"
#include "check/samples.hpp"
#include "check/session.hpp"

namespace asg::proof {
namespace {

struct WholeProgram {
  const char* name;
  std::vector<asg::Shape> inputs;
  Tensor (*loss)(const Tensors& x);
};

// Odd sizes, so that values end in the middle of whatever a device moves at once.
const std::vector<WholeProgram>& whole_programs() {
  static const std::vector<WholeProgram> all = {
      {"a perceptron of two layers",
       {{5, 7}, {7, 13}, {13}, {13, 3}},
       [](const Tensors& x) {
         const Tensor hidden = tanh(matmul(x[0], x[1]) + x[2]);
         return mean(square(matmul(hidden, x[3])));
       }},
      {"attention",
       {{2, 5, 6}, {2, 5, 6}, {2, 5, 6}},
       [](const Tensors& x) {
         const Tensor scores = softmax(matmul(x[0], permute(x[1], {0, 2, 1})) * 0.4, -1);
         return sum(square(matmul(scores, x[2])));
       }},
      {"a normalised chain",
       {{9, 11}, {11}, {11}},
       [](const Tensors& x) {
         const Tensor y = layer_norm(x[0], {11}, x[1], x[2]);
         return sum(gelu(y) * sigmoid(y) + exp(-square(y)));
       }},
      {"padded and cut pieces", {{3, 5}, {4, 5}}, [](const Tensors& x) {
         const Tensor joined = concat({x[0], x[1], x[0] * 2.0}, 0);
         const Tensor padded = pad(joined, {1, 2}, {0, 3}, 0.5);
         return sum(square(padded * flip(padded, {0})));
       }}};
  return all;
}

void try_program(Session& session, const WholeProgram& whole, DType dtype) {
  Graph graph;
  Arrays inputs;
  for (std::size_t i = 0; i < whole.inputs.size(); ++i)
    inputs.push_back(spread(whole.inputs[i], -1, 1, static_cast<int>(i)).to(dtype));
  const Tensors x = inputs_for(graph, inputs);
  Tensors outputs = {whole.loss(x)};
  for (const Tensor& slope : gradients(outputs[0], x)) outputs.push_back(slope);
  Program planned;
  try {
    planned = plan_for(session.device(), graph, outputs);
  } catch (const TypeError&) {
    return session.refused();
  }
  const std::string what = fmt::format("{} in {}", whole.name, name(dtype));
  const Arrays got = judge_planned(session, planned, inputs, what);
  if (const auto fault = first_fault(got, graph, outputs, inputs, session.reference()))
    session.wrong("a planned program gives wrong results", *fault);
}

void check_planned_programs(Session& session) {
  for (const WholeProgram& whole : whole_programs())
    for (const DType dtype : {f32, f64})
      session.attempt(fmt::format("{} in {}", whole.name, name(dtype)),
                      [&] { try_program(session, whole, dtype); });
}

}  // namespace

Kind check_arena() {
  return {"planned programs in poisoned memory with guards around it", Kind::Phase::behaviour,
          check_planned_programs};
}

}  // namespace asg::proof
