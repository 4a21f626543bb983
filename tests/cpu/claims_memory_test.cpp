// What claimed composites touch: nothing of the heap once a program has run, and of their operands
// nothing outside - each has a buffer of its own here, which the address sanitizer watches.
#include <boost/test/unit_test.hpp>

#include "allocations.hpp"
#include "differential.hpp"

namespace asg::testing {
namespace {

BOOST_AUTO_TEST_SUITE(claims_memory)

Attrs window(int64_t stride, int64_t padding) {
  return Attrs{}
      .ints("stride", {stride, stride})
      .ints("padding", {padding, padding})
      .ints("dilation", {1, 1});
}

struct Sizes {
  int64_t heads, queries, keys, size, value_size;
  int64_t channels, height, width, filters, kernel, padding;
};

/// Everything that is claimed, with the contents of the inputs.
struct Claimed {
  ProgramBuilder p;
  std::vector<ValueId> inputs, outputs;

  ValueId input(const Shape& shape) {
    inputs.push_back(p.input(ASG_F32, shape));
    return inputs.back();
  }
  ValueId output(const Shape& shape) {
    outputs.push_back(p.output(ASG_F32, shape));
    return outputs.back();
  }

  /// A result of [heads, rows, columns]; `turned`: in memory that is [rows, heads, columns].
  ValueId result(int64_t heads, int64_t rows, int64_t columns, bool turned) {
    if (!turned) return output({heads, rows, columns});
    return p.view(output({rows, heads, columns}), {heads, rows, columns},
                  {columns, heads * columns, 1});
  }

  void attention(const Sizes& s, int64_t causal, bool turned = false) {
    const Attrs attrs = Attrs{}.set("causal", causal).set("scale", 0.25);
    const Shape queries = {s.heads, s.queries, s.size}, keys = {s.heads, s.keys, s.size};
    const Shape values = {s.heads, s.keys, s.value_size}, rows = {s.heads, s.queries};
    const ValueId q = input(queries), k = input(keys), v = input(values), delta = input(rows);
    const ValueId y = result(s.heads, s.queries, s.value_size, turned), lse = output(rows);
    p.step(ASG_OP_CLAIMED, "scaled_dot_product_attention", {q, k, v}, {y, lse}, attrs);
    const ValueId dq = result(s.heads, s.queries, s.size, turned);
    const ValueId dk = result(s.heads, s.keys, s.size, turned);
    const ValueId dv = result(s.heads, s.keys, s.value_size, turned);
    p.step(ASG_OP_CLAIMED, "scaled_dot_product_attention_backward", {y, q, k, v, lse, delta},
           {dq, dk, dv}, attrs);
  }

  void images(const Sizes& s) {
    const int64_t height = s.height + 2 * s.padding - s.kernel + 1;
    const int64_t width = s.width + 2 * s.padding - s.kernel + 1;
    const Attrs convolution = window(1, s.padding).set("groups", 1);
    const Attrs pooling = window(2, 0).ints("kernel", {2, 2});
    const Shape filters = {s.filters, s.channels, s.kernel, s.kernel};
    const Shape images = {3, s.channels, s.height, s.width}, maps = {3, s.filters, height, width};
    const ValueId x = input(images), w = input(filters), z = output(maps), dz = output(maps);
    const ValueId pooled = output({3, s.filters, height / 2, width / 2});
    p.step(ASG_OP_CLAIMED, "conv2d", {x, w}, {z}, convolution);
    p.step(ASG_OP_CLAIMED, "max_pool2d", {z}, {pooled}, pooling);
    p.step(ASG_OP_CLAIMED, "max_pool2d_backward", {pooled, z}, {dz}, pooling);
    p.step(ASG_OP_CLAIMED, "conv2d_input_backward", {dz, w}, {output(images)},
           Attrs(convolution).ints("image", {s.height, s.width}));
    sums = p.scratch(ASG_BOOL, {1 << 22});
    by_weight = p.step(ASG_OP_CLAIMED, "conv2d_weight_backward", {dz, x}, {output(filters)},
                       Attrs(convolution).ints("kernel", {s.kernel, s.kernel}));
  }

  /// Three steps of each kind of layer and their gradients, which take results for cotangents.
  void layers(const Sizes& s, int64_t reverse) {
    const int64_t batch = s.heads, hidden = s.size;
    const Attrs how = Attrs{}.set("reverse", reverse),
                tanh = Attrs(how).set("nonlinearity", "tanh");
    const auto sequence = [&](int64_t width) { return Shape{3, batch, width * hidden}; };
    const auto weight = [&](int64_t gates) { return input({gates * hidden, hidden}); };
    const Shape state = {batch, hidden};
    const ValueId h = input(state), c = input(state), w = weight(1), w3 = weight(3), w4 = weight(4);
    const ValueId y = output(sequence(1)), last = output(state), cells = output(sequence(1));
    const ValueId gates = output(sequence(4)), of_gru = output(sequence(4));
    p.step(ASG_OP_CLAIMED, "rnn_scan", {input(sequence(1)), h, w}, {output(sequence(1))}, tanh);
    p.step(ASG_OP_CLAIMED, "lstm_scan", {input(sequence(4)), h, c, w4}, {y, last, cells, gates},
           how);
    p.step(ASG_OP_CLAIMED, "gru_scan", {input(sequence(3)), h, w3, input({3 * hidden})},
           {output(sequence(1)), of_gru}, how);
    p.step(ASG_OP_CLAIMED, "rnn_scan_backward", {y, w, y}, {output(sequence(1)), output(state)},
           tanh);
    p.step(ASG_OP_CLAIMED, "lstm_scan_backward", {y, last, c, w4, cells, gates},
           {output(sequence(4)), output(state), output(state)}, how);
    p.step(ASG_OP_CLAIMED, "gru_scan_backward", {y, h, w3, y, of_gru},
           {output(sequence(3)), output(sequence(3)), output(state)}, how);
  }

  const asg_program& build() {
    const asg_program& program = p.build();
    const_cast<asg_step*>(ASG_AT(asg_step, program.steps, by_weight))->scratch = 1 + sums.index;
    return program;
  }

 private:
  ValueId sums{};
  uint32_t by_weight = 0;
};

std::vector<Bytes> results(const Claimed& c, Execution& run) {
  std::vector<Bytes> all;
  for (const ValueId id : c.outputs) all.push_back(run.get<uint8_t>(id));
  return all;
}

BOOST_AUTO_TEST_CASE(operands_are_left_alone_outside_and_the_heap_in_later_runs) {
  for (const Sizes& s :
       {Sizes{24, 70, 70, 16, 16, 16, 20, 20, 24, 3, 1}, Sizes{1, 1, 1, 1, 1, 1, 2, 2, 1, 1, 0},
        Sizes{2, 33, 47, 5, 7, 3, 7, 11, 5, 3, 1}, Sizes{3, 17, 130, 33, 64, 2, 9, 5, 13, 2, 2},
        Sizes{1, 65, 16, 64, 31, 5, 33, 37, 33, 5, 0}})
    for (const int64_t causal : {0, 1}) {
      std::vector<Bytes> first;
      for (std::size_t k = 0; k < 3; ++k) {
        Claimed c;
        c.attention(s, causal);
        c.images(s);
        c.layers(s, causal);
        Execution run(backends().cpu(k), c.build());
        Random random(7);
        for (const ValueId id : c.inputs)
          run.set(id, random_data(random, ASG_F32, sdk::element_count(c.p.value(id)), false));
        run.execute();
        const std::vector<Bytes> got = results(c, run);
        if (k == 0) first = got;
        BOOST_CHECK_MESSAGE(got == first, "another result with another number of threads");
        for (std::size_t o = 0; o < got.size(); ++o)
          for (std::size_t i = 0; i < got[o].size() / sizeof(float); ++i)
            BOOST_REQUIRE(std::isfinite(element<float>(got[o], i)));
        const long before = allocations;
        run.execute();
        BOOST_CHECK_EQUAL(allocations - before, 0);
      }
    }
}

BOOST_AUTO_TEST_CASE(results_of_attention_in_another_order_of_rows) {
  for (const Sizes& s :
       {Sizes{3, 33, 47, 5, 7, 1, 2, 2, 1, 1, 0}, Sizes{20, 64, 64, 32, 32, 1, 2, 2, 1, 1, 0}}) {
    std::vector<std::vector<float>> plain;
    for (const bool turned : {false, true}) {
      Claimed c;
      c.attention(s, 1, turned);
      c.images(s);
      Execution run(backends().cpu(1), c.build());
      Random random(7);
      for (const ValueId id : c.inputs)
        run.set(id, random_data(random, ASG_F32, sdk::element_count(c.p.value(id)), false));
      run.execute();
      // y, lse, dq, dk, dv
      for (const std::size_t o : {0, 2, 3, 4}) {
        const std::vector<float> got = run.get<float>(c.outputs[o]);
        if (!turned) {
          plain.push_back(got);
          continue;
        }
        const std::vector<float>& expected = plain[o == 0 ? 0 : o - 1];
        const int64_t rows = o == 0 || o == 2 ? s.queries : s.keys;
        const int64_t columns = o == 0 || o == 4 ? s.value_size : s.size;
        for (int64_t i = 0; i < s.heads * rows * columns; ++i) {
          const int64_t head = i / columns % s.heads, row = i / columns / s.heads;
          BOOST_REQUIRE_EQUAL(
              got[static_cast<std::size_t>(i)],
              expected[static_cast<std::size_t>((head * rows + row) * columns + i % columns)]);
        }
      }
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace asg::testing
