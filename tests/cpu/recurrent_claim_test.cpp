// Recurrent layers as the CPU backend claims them, against their bodies.
#include <boost/test/unit_test.hpp>

#include <asg/autodiff/gradients.hpp>
#include <asg/ops/elementwise.hpp>
#include <asg/ops/movement.hpp>
#include <asg/ops/recurrent.hpp>
#include <asg/ops/reduction.hpp>

#include "cpu/claims.hpp"

namespace {

using namespace asg;
using namespace claims_test;

struct Sizes {
  std::int64_t steps, batch, hidden;

  [[nodiscard]] Shape sequence(std::int64_t width) const { return {steps, batch, width * hidden}; }
  [[nodiscard]] Shape state() const { return {batch, hidden}; }
  [[nodiscard]] Shape weight(std::int64_t gates) const { return {gates * hidden, hidden}; }
};

// Weights as layers have them: of the size 1 / sqrt(hidden).
Array weight_of(const Sizes& s, std::int64_t gates) {
  const double bound = 1 / std::sqrt(static_cast<double>(std::max<std::int64_t>(s.hidden, 1)));
  return spread(s.weight(gates), -bound, bound, 7);
}

Attributes options_of(const std::string& op, bool reverse, bool relu) {
  Attributes how = {{"reverse", static_cast<std::int64_t>(reverse)}};
  if (op.starts_with("rnn")) how.set("nonlinearity", std::string(relu ? "relu" : "tanh"));
  return how;
}

Case forward(const std::string& op, const Sizes& s, bool reverse, bool relu = false) {
  Case c{.op = op, .attributes = options_of(op, reverse, relu)};
  const std::int64_t gates = op == "lstm_scan" ? 4 : op == "gru_scan" ? 3 : 1;
  c.inputs = {spread(s.sequence(gates), -2, 2, 1), spread(s.state(), -1, 1, 2)};
  if (op == "lstm_scan") c.inputs.push_back(spread(s.state(), -1, 1, 3));
  c.inputs.push_back(weight_of(s, gates));
  if (op == "gru_scan" && !reverse) c.inputs.push_back(spread({3 * s.hidden}, -1, 1, 4));
  return c;
}

Case backward(const std::string& op, const Sizes& s, bool reverse, bool relu = false) {
  Case c{.op = op, .attributes = options_of(op, reverse, relu)};
  const Array dy = spread(s.sequence(1), -1, 1, 1), y = spread(s.sequence(1), -0.9, 0.9, 2);
  const Array gates = spread(s.sequence(4), 0.05, 0.95, 3);
  if (op == "rnn_scan_backward") c.inputs = {dy, weight_of(s, 1), y};
  if (op == "gru_scan_backward")
    c.inputs = {dy, spread(s.state(), -1, 1, 4), weight_of(s, 3), y, gates};
  if (op == "lstm_scan_backward")
    c.inputs = {dy,   spread(s.state(), -1, 1, 5), spread(s.state(), -1, 1, 4), weight_of(s, 4), y,
                gates};
  return c;
}

std::vector<Case> all_cases(const Sizes& s) {
  std::vector<Case> cases;
  for (const bool reverse : {false, true}) {
    for (const bool relu : {false, true}) {
      cases.push_back(forward("rnn_scan", s, reverse, relu));
      cases.push_back(backward("rnn_scan_backward", s, reverse, relu));
    }
    for (const std::string op : {"lstm_scan", "gru_scan"}) {
      cases.push_back(forward(op, s, reverse));
      cases.push_back(backward(op + "_backward", s, reverse));
    }
  }
  return cases;
}

std::string text(const Case& c, const Sizes& s) {
  return fmt::format("{}: {} steps, batch {}, hidden {}, reverse {}", c.op, s.steps, s.batch,
                     s.hidden, c.attributes.flag("reverse"));
}

// One of everything, sizes that are no multiple of a vector, more rows than go together.
const std::vector<Sizes> all_sizes = {{1, 1, 1},  {3, 1, 5},  {4, 2, 16},  {5, 3, 33},
                                      {2, 50, 7}, {6, 5, 64}, {3, 100, 40}};

BOOST_AUTO_TEST_CASE(as_their_bodies) {
  for (const Sizes& s : all_sizes)
    for (const Case& c : all_cases(s)) BOOST_TEST_CONTEXT(text(c, s)) BOOST_TEST(check(c) == "");
}

BOOST_AUTO_TEST_CASE(as_their_bodies_in_f64) {
  for (const Sizes& s : all_sizes)
    for (const Case& c : all_cases(s)) BOOST_TEST_CONTEXT(text(c, s)) {
        const Arrays exact =
            compiled(c, claims_test::reference(), As::body, c.inputs).run(c.inputs);
        for (int threads = 1; threads <= 3; ++threads) {
          CompiledGraph op = compiled(c, cpu(threads), As::op, c.inputs);
          BOOST_TEST(takes(op, c.op));
          const Arrays got = op.run(c.inputs);
          const Arrays first = compiled(c, cpu(1), As::op, c.inputs).run(c.inputs);
          for (std::size_t i = 0; i < got.size(); ++i) {
            BOOST_TEST(error(got[i], exact[i]) < 1e-13);
            BOOST_TEST(identical(got[i], first[i]));
          }
        }
      }
}

// As many steps as an unrolled program would be long for.
BOOST_AUTO_TEST_CASE(many_steps) {
  for (Case c : all_cases({300, 2, 3})) BOOST_TEST_CONTEXT(c.op) BOOST_TEST(check(c) == "");
}

BOOST_AUTO_TEST_CASE(operands_that_are_views) {
  Case c = forward("lstm_scan", {4, 3, 5}, false);
  c.inputs[0] = spread({3, 4, 20}, -2, 2, 1);
  c.inputs[1] = spread({1, 1}, -1, 1, 2);
  c.inputs[3] = spread({5, 20}, -0.4, 0.4, 3);
  c.operands = [](const Tensors& in) {
    return Tensors{transpose(in[0], 0, 1), broadcast_to(in[1], {3, 5}), in[2], transpose(in[3])};
  };
  BOOST_TEST(check(c) == "");
}

BOOST_AUTO_TEST_CASE(far_gates_and_what_is_no_number_stay_in_their_rows) {
  for (const std::string op : {"rnn_scan", "lstm_scan", "gru_scan"}) {
    Case c = forward(op, {3, 4, 6}, false);
    const std::int64_t row = c.inputs[0].shape()[2];
    c.inputs[0].set(row, NAN);
    for (std::int64_t i = 0; i < row; ++i) c.inputs[0].set(2 * row + i, i % 2 == 0 ? 1e30 : -1e30);
    BOOST_TEST_CONTEXT(op) BOOST_TEST(check(c) == "");
  }
}

// Nothing to compute, and the gradients of second derivatives.
BOOST_AUTO_TEST_CASE(what_is_not_taken) {
  for (const Sizes& s : {Sizes{0, 2, 3}, Sizes{2, 0, 3}, Sizes{2, 2, 0}})
    for (Case c : all_cases(s)) BOOST_TEST_CONTEXT(text(c, s)) {
        c.claimed = false;
        BOOST_TEST(check(c) == "");
      }
  const Sizes s = {3, 2, 4};
  Case lstm = backward("lstm_scan_backward", s, false);
  lstm.inputs.push_back(spread(s.sequence(1), -1, 1, 8));
  lstm.inputs.push_back(spread(s.sequence(4), -1, 1, 9));
  Case gru = backward("gru_scan_backward", s, true);
  gru.inputs.push_back(spread(s.sequence(4), -1, 1, 9));
  for (Case c : {lstm, gru}) BOOST_TEST_CONTEXT(c.op) {
      c.claimed = false;
      BOOST_TEST(check(c) == "");
    }
}

using Scan = std::function<Tensor(const Tensors&)>;

// What a scan gives, its gradients, and those of the sum of their squares.
Arrays derivatives(const Device& device, const Scan& scan, const Arrays& arrays,
                   const std::string& op) {
  Graph graph;
  Tensors in;
  for (const Array& array : arrays)
    in.push_back(graph.input(fmt::format("x{}", in.size()), array.dtype(), array.shape()));
  const Tensor y = scan(in);
  Tensors outputs = {y};
  Tensor squares;
  for (const Tensor& slope : gradients(sum(y * y), in)) {
    outputs.push_back(slope);
    const Tensor part = sum(slope * slope);
    squares = squares.defined() ? squares + part : part;
  }
  for (const Tensor& slope : gradients(squares, in)) outputs.push_back(slope);
  CompiledGraph program = compile(device, graph, outputs);
  if (device.backend_name() == "cpu") {
    BOOST_TEST(takes(program, op));
    BOOST_TEST(takes(program, op + "_backward"));
  }
  return program.run(arrays);
}

BOOST_AUTO_TEST_CASE(second_derivatives) {
  const Sizes s = {4, 3, 5};
  const std::vector<std::pair<std::string, Scan>> scans = {
      {"rnn_scan", [](const Tensors& x) { return rnn_scan(x[0], x[1], x[2]).y; }},
      {"lstm_scan",
       [](const Tensors& x) {
         const LstmScan scan = lstm_scan(x[0], x[1], x[2], x[3]);
         return scan.y * 2 + scan.c;
       }},
      {"gru_scan", [](const Tensors& x) { return gru_scan(x[0], x[1], x[2], x[3]).y; }}};
  for (const auto& [op, scan] : scans) BOOST_TEST_CONTEXT(op) {
      const Arrays arrays = in_type(forward(op, s, false).inputs, f64);
      const Arrays got = derivatives(cpu(2), scan, arrays, op);
      const Arrays expected = derivatives(claims_test::reference(), scan, arrays, op);
      for (std::size_t i = 0; i < got.size(); ++i) BOOST_TEST(error(got[i], expected[i]) < 1e-12);
    }
}

}  // namespace
