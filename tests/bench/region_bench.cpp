// Fused regions on the CPU backend, with one thread and with two: each reports the bytes that it
// must at least move.  With one thread the column "CPU" is the one to look at on a busy machine.
#include <benchmark/benchmark.h>

#include <cmath>
#include <functional>
#include <string>

#include "abi/loaded_backend.hpp"

namespace asg::testing {
namespace {

/// A program's inputs hold small numbers that are neither equal nor denormal.
void fill(Execution& run, const asg_program& program, const LoadedBackend& backend) {
  const sdk::Span<asg_slot> slots = program.slots;
  for (const asg_value& value : sdk::Span<asg_value>(program.values)) {
    const uint32_t role = slots[value.slot].role;
    if ((role != ASG_SLOT_INPUT && role != ASG_SLOT_STATE) || value.extent_end == 0) continue;
    const asg_binding& binding = run.bindings[value.slot];
    std::vector<uint8_t> bytes(binding.size, 0);
    if (value.dtype == ASG_F32) {
      for (std::size_t i = 0; i * 4 < bytes.size(); ++i) {
        const float x = 0.1f + static_cast<float>(i * 2654435761u % 4096) / 1024;
        std::memcpy(bytes.data() + i * 4, &x, sizeof x);
      }
    } else if (value.dtype == ASG_I64) {
      for (std::size_t i = 0; i * 8 < bytes.size(); ++i) bytes[i * 8] = i * 37 % 101;
    }
    backend.upload(binding.buffer, 0, bytes.data(), binding.size);
  }
}

using Build = std::function<void(ProgramBuilder&)>;

void measure(benchmark::State& state, const Build& build, double bytes) {
  const std::string threads = std::to_string(state.range(0));
  const LoadedBackend backend(ASG_BENCH_CPU, {{"threads", threads.c_str()}});
  ProgramBuilder p;
  build(p);
  Execution run(backend, p.build());
  fill(run, p.build(), backend);
  run.execute();
  for (auto _ : state) run.execute();
  state.SetBytesProcessed(static_cast<int64_t>(bytes) * state.iterations());
}

constexpr int64_t large = int64_t{1} << 24, rows = 4096, columns = 1024;
constexpr double matrix_bytes = 4.0 * rows * columns;

void copy(ProgramBuilder& p) {
  RegionBuilder& r = p.region({large});
  r.store(r.load(p.input(ASG_F32, {large})), p.output(ASG_F32, {large}));
}
void add(ProgramBuilder& p) {
  RegionBuilder& r = p.region({large});
  const Register x = r.load(p.input(ASG_F32, {large})), y = r.load(p.input(ASG_F32, {large}));
  r.store(r.op(ASG_EW_ADD, x, y), p.output(ASG_F32, {large}));
}
// tanh(x y + 0.5) x - y
void chain(ProgramBuilder& p) {
  RegionBuilder& r = p.region({large});
  const Register x = r.load(p.input(ASG_F32, {large})), y = r.load(p.input(ASG_F32, {large}));
  const Register t = r.op(ASG_EW_TANH, r.op(ASG_EW_ADD, r.op(ASG_EW_MUL, x, y), r.imm(0.5f)));
  r.store(r.op(ASG_EW_SUB, r.op(ASG_EW_MUL, t, x), y), p.output(ASG_F32, {large}));
}
void gelu(ProgramBuilder& p) {
  RegionBuilder& r = p.region({rows * columns});
  const Register x = r.load(p.input(ASG_F32, {rows * columns}));
  const Register e = r.op(ASG_EW_ERF, r.op(ASG_EW_MUL, x, r.imm(0.70710678f)));
  const Register half = r.op(ASG_EW_MUL, x, r.imm(0.5f));
  r.store(r.op(ASG_EW_MUL, half, r.op(ASG_EW_ADD, e, r.imm(1.0f))),
          p.output(ASG_F32, {rows * columns}));
}
void softmax(ProgramBuilder& p) {
  const ValueId x = p.input(ASG_F32, {rows, columns}), y = p.output(ASG_F32, {rows, columns});
  RegionBuilder& r = p.region({rows, columns});
  const ReductionId top = r.reduce(ASG_REDUCE_MAX, r.load(x), {1});
  const auto power = [&] { return r.op(ASG_EW_EXP, r.op(ASG_EW_SUB, r.load(x), r.reduced(top))); };
  r.next_phase();
  const ReductionId sum = r.reduce(ASG_REDUCE_SUM, power(), {1});
  r.next_phase();
  r.store(r.op(ASG_EW_DIV, power(), r.reduced(sum)), y);
}

/// Stored once for each row: where the index along the row is 0.
Access first_of_row() {
  asg_bound bound{};
  bound.coef[1] = 1;
  bound.extent = 1;
  return {{1, 0}, 0, {bound}};
}
void layer_norm(ProgramBuilder& p) {
  const ValueId x = p.input(ASG_F32, {rows, columns}), y = p.output(ASG_F32, {rows, columns});
  const ValueId weight = p.input(ASG_F32, {columns}), bias = p.input(ASG_F32, {columns});
  const ValueId mean = p.output(ASG_F32, {rows}), rstd = p.output(ASG_F32, {rows});
  RegionBuilder& r = p.region({rows, columns});
  const ReductionId sum = r.reduce(ASG_REDUCE_SUM, r.load(x), {1});
  const auto mean_of = [&] { return r.op(ASG_EW_MUL, r.reduced(sum), r.imm(1.0f / columns)); };
  r.next_phase();
  const Register centred = r.op(ASG_EW_SUB, r.load(x), mean_of());
  const ReductionId squares = r.reduce(ASG_REDUCE_SUM, r.op(ASG_EW_MUL, centred, centred), {1});
  r.next_phase();
  const Register m = mean_of();
  const Register variance = r.op(ASG_EW_MUL, r.reduced(squares), r.imm(1.0f / columns));
  const Register s = r.op(ASG_EW_RSQRT, r.op(ASG_EW_ADD, variance, r.imm(1e-5f)));
  const Register normal = r.op(ASG_EW_MUL, r.op(ASG_EW_SUB, r.load(x), m), s);
  const Register scaled = r.op(ASG_EW_MUL, normal, r.load(weight, {{0, 1}}));
  r.store(r.op(ASG_EW_ADD, scaled, r.load(bias, {{0, 1}})), y);
  r.store(m, mean, first_of_row());
  r.store(s, rstd, first_of_row());
}
// dx, and the gradients of weight and bias, which are sums over the rows.
void layer_norm_backward(ProgramBuilder& p) {
  const ValueId x = p.input(ASG_F32, {rows, columns}), dy = p.input(ASG_F32, {rows, columns});
  const ValueId mean = p.input(ASG_F32, {rows}), rstd = p.input(ASG_F32, {rows});
  const ValueId weight = p.input(ASG_F32, {columns}), dx = p.output(ASG_F32, {rows, columns});
  const ValueId dweight = p.output(ASG_F32, {columns}), dbias = p.output(ASG_F32, {columns});
  RegionBuilder& r = p.region({rows, columns});
  const auto normal = [&] {
    return r.op(ASG_EW_MUL, r.op(ASG_EW_SUB, r.load(x), r.load(mean, {{1, 0}})),
                r.load(rstd, {{1, 0}}));
  };
  const Register g = r.load(dy), n = normal();
  const Register scaled = r.op(ASG_EW_MUL, g, r.load(weight, {{0, 1}}));
  const ReductionId a = r.reduce(ASG_REDUCE_SUM, scaled, {1});
  const ReductionId b = r.reduce(ASG_REDUCE_SUM, r.op(ASG_EW_MUL, scaled, n), {1});
  r.store(r.reduce(ASG_REDUCE_SUM, r.op(ASG_EW_MUL, g, n), {0}), dweight);
  r.store(r.reduce(ASG_REDUCE_SUM, g, {0}), dbias);
  r.next_phase();
  const Register again = r.op(ASG_EW_MUL, r.load(dy), r.load(weight, {{0, 1}}));
  const Register share = r.imm(1.0f / columns);
  const Register centred = r.op(ASG_EW_SUB, again, r.op(ASG_EW_MUL, r.reduced(a), share));
  const Register slope = r.op(ASG_EW_MUL, normal(), r.op(ASG_EW_MUL, r.reduced(b), share));
  r.store(r.op(ASG_EW_MUL, r.op(ASG_EW_SUB, centred, slope), r.load(rstd, {{1, 0}})), dx);
}
void cross_entropy(ProgramBuilder& p) {
  const ValueId x = p.input(ASG_F32, {rows, columns}), label = p.input(ASG_I64, {rows});
  const ValueId loss = p.output(ASG_F32, {rows}), total = p.output(ASG_F32, {rows});
  RegionBuilder& r = p.region({rows, columns});
  const ReductionId top = r.reduce(ASG_REDUCE_MAX, r.load(x), {1});
  r.next_phase();
  const Register shifted = r.op(ASG_EW_SUB, r.load(x), r.reduced(top));
  const ReductionId sum = r.reduce(ASG_REDUCE_SUM, r.op(ASG_EW_EXP, shifted), {1});
  const Register chosen = r.op(ASG_EW_EQ, r.load(label, {{1, 0}}), r.iota(ASG_I64, {0, 1}));
  const ReductionId own = r.reduce(ASG_REDUCE_SUM, r.where(chosen, shifted, r.imm(0.0f)), {1});
  r.next_phase();
  const Register l = r.op(ASG_EW_LOG, r.reduced(sum));
  r.store(r.op(ASG_EW_SUB, l, r.reduced(own)), loss, first_of_row());
  r.store(r.op(ASG_EW_ADD, l, r.reduced(top)), total, first_of_row());
}
void adamw_step(RegionBuilder& r, ValueId w, ValueId m, ValueId v, ValueId g) {
  const Register weight = r.load(w), gradient = r.load(g);
  const auto mix = [&](Register old, Register now, float keep) {
    return r.op(ASG_EW_ADD, r.op(ASG_EW_MUL, old, r.imm(keep)),
                r.op(ASG_EW_MUL, now, r.imm(1 - keep)));
  };
  const Register mean = mix(r.load(m), gradient, 0.9f);
  const Register square = mix(r.load(v), r.op(ASG_EW_MUL, gradient, gradient), 0.999f);
  const Register root =
      r.op(ASG_EW_ADD, r.op(ASG_EW_SQRT, r.op(ASG_EW_MUL, square, r.imm(1.1f))), r.imm(1e-8f));
  const Register step =
      r.op(ASG_EW_DIV, r.op(ASG_EW_MUL, r.op(ASG_EW_MUL, mean, r.imm(1.2f)), r.imm(1e-3f)), root);
  const Register decayed = r.op(ASG_EW_MUL, weight, r.imm(0.999f));
  r.store(r.op(ASG_EW_SUB, decayed, step), w);
  r.store(mean, m);
  r.store(square, v);
}
constexpr int64_t weights = int64_t{1} << 23;
void adamw(ProgramBuilder& p) {
  const ValueId w = p.state(ASG_F32, {weights}), m = p.state(ASG_F32, {weights});
  const ValueId v = p.state(ASG_F32, {weights}), g = p.input(ASG_F32, {weights});
  adamw_step(p.region({weights}), w, m, v, g);
}
// 1000 small parameters of 1 to 64 weights in one step.
void adamw_instances(ProgramBuilder& p) {
  constexpr int64_t longest = 64;
  std::vector<RegionBuilder::Instance> instances;
  std::vector<ValueId> first;
  for (int64_t i = 0; i < 1000; ++i) {
    std::vector<ValueId> ids;
    for (int k = 0; k < 4; ++k)
      ids.push_back(k == 1 ? p.input(ASG_F32, {longest}) : p.state(ASG_F32, {longest}));
    if (i == 0) first = ids;
    // In the order of the region's accesses: w, g, m, v are loaded, w, m, v stored.
    instances.push_back(
        {1 + i % longest, {ids[0], ids[1], ids[2], ids[3], ids[0], ids[2], ids[3]}});
  }
  RegionBuilder& r = p.region({longest});
  adamw_step(r, first[0], first[2], first[3], first[1]);
  r.set_instances(instances);
}
void dropout(ProgramBuilder& p) {
  constexpr int64_t n = rows * columns;
  RegionBuilder& r = p.region({n});
  const Register bits = r.random(r.imm(int64_t{7}), r.imm(int64_t{3}), {1}, 0, 5);
  const Register keep = r.op(ASG_EW_GT, bits, r.imm(uint32_t{429496730}));
  const Register x = r.load(p.input(ASG_F32, {n}));
  r.store(r.where(keep, r.op(ASG_EW_MUL, x, r.imm(1.1111112f)), r.imm(0.0f)),
          p.output(ASG_F32, {n}));
}
// Of images: what relu passes back, and the gradient of the bias before it.
constexpr int64_t images = 64, channels = 32, pixels = 784;
void bias_gradient(ProgramBuilder& p) {
  const Shape shape{images, channels, pixels};
  const ValueId h = p.input(ASG_F32, shape), dy = p.input(ASG_F32, shape);
  RegionBuilder& r = p.region(shape);
  const Register zero = r.imm(0.0f);
  const Register g = r.where(r.op(ASG_EW_GT, r.load(h), zero), r.load(dy), zero);
  r.store(g, p.output(ASG_F32, shape));
  r.store(r.reduce(ASG_REDUCE_SUM, g, {0, 2}), p.output(ASG_F32, {channels}));
}
void reduce(ProgramBuilder& p, Shape shape, uint32_t axis) {
  const ValueId x = p.input(ASG_F32, shape), y = p.output(ASG_F32, {shape[1 - axis]});
  RegionBuilder& r = p.region(shape);
  r.store(r.reduce(ASG_REDUCE_SUM, r.load(x), {axis}), y);
}
// Every step needs the one before: what is measured is what a step costs beside its work.
void tiny_steps(ProgramBuilder& p, int64_t count) {
  ValueId x = p.input(ASG_F32, {1});
  for (int64_t i = 0; i < count; ++i) {
    const ValueId y = i + 1 == count ? p.output(ASG_F32, {1}) : p.scratch(ASG_F32, {1});
    RegionBuilder& r = p.region({1});
    r.store(r.op(ASG_EW_ADD, r.load(x), r.imm(1.0f)), y);
    x = y;
  }
}

void add_benchmark(const char* name, Build build, double bytes) {
  benchmark::RegisterBenchmark(name, [=](benchmark::State& state) { measure(state, build, bytes); })
      ->Arg(1)
      ->Arg(2)
      ->ArgName("threads")
      ->UseRealTime()
      ->Unit(benchmark::kMicrosecond);
}

const bool added = [] {
  add_benchmark("copy_16M", copy, 8.0 * large);
  add_benchmark("add_16M", add, 12.0 * large);
  add_benchmark("chain_16M", chain, 12.0 * large);
  add_benchmark("gelu_4096x1024", gelu, 2 * matrix_bytes);
  add_benchmark("softmax_4096x1024", softmax, 2 * matrix_bytes);
  add_benchmark("layer_norm_4096x1024", layer_norm, 2 * matrix_bytes);
  add_benchmark("layer_norm_backward_4096x1024", layer_norm_backward, 3 * matrix_bytes);
  add_benchmark("cross_entropy_4096x1024", cross_entropy, matrix_bytes);
  add_benchmark("dropout_4096x1024", dropout, 2 * matrix_bytes);
  add_benchmark("adamw_8M", adamw, 28.0 * weights);
  add_benchmark("adamw_1000_instances", adamw_instances, 28.0 * 32500);
  add_benchmark("bias_gradient_64x32x784", bias_gradient, 12.0 * images * channels * pixels);
  const auto add_reduce = [](const char* name, Shape shape, uint32_t axis) {
    add_benchmark(
        name, [=](ProgramBuilder& p) { reduce(p, shape, axis); },
        4.0 * static_cast<double>(shape[0] * shape[1]));
  };
  add_reduce("sum_rows_4096x1024", {rows, columns}, 1);
  add_reduce("sum_columns_4096x1024", {rows, columns}, 0);
  add_reduce("sum_columns_2048x1536", {2048, 1536}, 0);
  add_reduce("sum_rows_4x1M", {4, 1 << 20}, 1);
  add_benchmark(
      "1000_steps_of_one_element", [](ProgramBuilder& p) { tiny_steps(p, 1000); }, 8000);
  return true;
}();

}  // namespace
}  // namespace asg::testing
