// asg bench: times the workloads on which frameworks are compared.
#include <algorithm>
#include <chrono>
#include <cmath>
#include <functional>
#include <memory>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <asg/data/random.hpp>
#include <asg/nn/activation.hpp>
#include <asg/nn/initialize.hpp>
#include <asg/nn/recurrent.hpp>
#include <asg/nn/sequential.hpp>
#include <asg/ops/activation.hpp>
#include <asg/ops/attention.hpp>
#include <asg/ops/elementwise.hpp>
#include <asg/ops/linalg.hpp>
#include <asg/ops/loss.hpp>
#include <asg/ops/normalization.hpp>
#include <asg/optim/adamw.hpp>
#include <asg/optim/sgd.hpp>
#include <asg/passes/program.hpp>
#include <asg/runtime/compile.hpp>

#include "cli/command.hpp"
#include "cli/memory.hpp"
#include "cli/model.hpp"
#include "cli/numbers.hpp"
#include "cli/profile.hpp"
#include "io/json.hpp"

namespace asg::cli {
namespace {

struct BenchFlags {
  DeviceFlags device;
  std::vector<std::string> workloads;
  std::int64_t runs = 15;
  bool list = false, json = false, profile = false;
};

// Something to time, and what one run of it computes and moves.
struct Workload {
  Function function;
  std::vector<Argument> arguments;
  State state;
  double flops = 0;
  double bytes = 0;
};

Array noise(const TensorType& type, std::uint64_t seed, std::int64_t below = 0) {
  Array array(type.dtype, type.shape);
  data::Random random(seed);
  for (std::int64_t i = 0; i < array.numel(); ++i)
    array.set(
        i, below > 0 ? random.below(static_cast<std::uint64_t>(below)) : 4 * random.uniform() - 2);
  return array;
}

// Arrays stay in the State: the workload is the computation, not the copy to the device.
Workload kernel(const Device& device, const std::vector<Shape>& shapes,
                const std::function<Tensor(const Tensors&)>& compute, double flops, double bytes) {
  State state(device);
  for (std::size_t i = 0; i < shapes.size(); ++i)
    state.set(fmt::format("operand{}", i), noise({f32, shapes[i]}, i + 1));
  Shape result;
  {
    Graph graph;
    Tensors in;
    for (const Shape& shape : shapes)
      in.push_back(graph.input(fmt::format("x{}", in.size()), f32, shape));
    result = compute(in).shape();
  }
  state.set("result", Array::zeros(f32, result));
  const auto build = [=](Graph& graph, const Tensors&) -> Tensors {
    Tensors in;
    for (std::size_t i = 0; i < shapes.size(); ++i)
      in.push_back(graph.variable(fmt::format("operand{}", i), f32, shapes[i]));
    graph.assign(graph.variable("result", f32, result), compute(in));
    return {};
  };
  return {Function(device, build, {.name = "bench"}), {}, std::move(state), flops, bytes};
}

Workload training_workload(const Device& device, const ModelFlags& flags,
                           const optim::Optimizer& optimizer, const Model& model) {
  const auto build = [loss_of = model.loss, &optimizer](Graph&, const Tensors& in) -> Tensors {
    const Tensor loss = loss_of({in.begin(), in.end() - 1});
    optimizer.minimize(loss, in.back());
    return {loss};
  };
  std::vector<Argument> arguments;
  for (const TensorType& type : model.inputs)
    arguments.emplace_back(noise(type, 7 + arguments.size(),
                                 is_float(type.dtype)   ? 0
                                 : flags.model == "gpt" ? flags.vocab
                                                        : 10));
  arguments.emplace_back(flags.model == "transformer-block" ? 0.01f : 3e-4f);
  return {Function(device, build, {.name = flags.model}), arguments,
          initialize(*model.module, device, 1), 0, 0};
}

// The transformer formula: 6 per weight and token, and full attention.
Workload gpt_steps(const Device& device, std::int64_t vocab, std::int64_t block, std::int64_t embd,
                   std::int64_t heads, std::int64_t layers, std::int64_t batch) {
  static const optim::AdamW adamw;
  ModelFlags flags;
  flags.model = "gpt";
  flags.vocab = vocab;
  flags.block = block;
  flags.embd = embd;
  flags.heads = heads;
  flags.layers = layers;
  flags.batch = batch;
  const Model model = make_model(flags);
  Workload workload = training_workload(device, flags, adamw, model);
  const auto weights = static_cast<double>(model.module->numel() - (vocab + block) * embd);
  const auto tokens = static_cast<double>(batch * block);
  workload.flops =
      6 * weights * tokens + 12 * static_cast<double>(layers * batch * block * block * embd);
  return workload;
}

Workload image_steps(const Device& device, const char* name, const optim::Optimizer& optimizer) {
  ModelFlags flags;
  flags.model = name;
  flags.batch = 64;
  return training_workload(device, flags, optimizer, make_model(flags));
}

// The predecessor's demonstration: overhead is all there is.
Workload seed_block(const Device& device) {
  static const optim::SGD sgd;
  ModelFlags flags;
  flags.model = "transformer-block";
  flags.embd = 4;
  flags.heads = 2;
  flags.block = 1;
  flags.batch = 1;
  return training_workload(device, flags, sgd, make_model(flags));
}

// All states of the last layer are compared with others. 6 FLOPs per weight and token.
Workload lstm_steps(const Device& device) {
  static const optim::AdamW adamw;
  constexpr std::int64_t steps = 64, batch = 32, size = 256;
  const auto lstm = std::make_shared<nn::LSTM>(size, size, nn::RecurrentOptions{.num_layers = 2});
  Model model;
  model.module = lstm;
  model.inputs = {{f32, {steps, batch, size}}, {f32, {steps, batch, size}}};
  model.loss = [lstm](const Tensors& in) { return mse_loss((*lstm)(in[0]), in[1]); };
  ModelFlags flags;
  flags.model = "lstm";
  Workload workload = training_workload(device, flags, adamw, model);
  workload.flops = 6 * static_cast<double>(lstm->numel() * steps * batch);
  return workload;
}

struct Entry {
  std::string name;
  std::function<Workload(const Device&)> make;
};

std::vector<Entry> workloads() {
  static const optim::AdamW adamw;
  static const optim::SGD sgd{{.momentum = 0.9}};
  std::vector<Entry> list;
  for (const std::int64_t n : {256, 512, 1024, 2048, 4096})
    list.push_back({fmt::format("gemm{}", n), [n](const Device& d) {
                      const double cube =
                          static_cast<double>(n) * static_cast<double>(n) * static_cast<double>(n);
                      return kernel(
                          d, {{n, n}, {n, n}}, [](const Tensors& t) { return matmul(t[0], t[1]); },
                          2 * cube, 0);
                    }});
  constexpr std::int64_t many = 1 << 24, rows = 4096, columns = 1024;
  constexpr double row_bytes = 8.0 * rows * columns;
  list.push_back({"chain16M", [](const Device& d) {
                    return kernel(
                        d, {{many}, {many}},
                        [](const Tensors& t) { return tanh(t[0] * t[1] + 0.5) * t[0] - t[1]; }, 0,
                        12.0 * many);
                  }});
  list.push_back({"copy16M", [](const Device& d) {
                    return kernel(
                        d, {{many}}, [](const Tensors& t) { return t[0]; }, 0, 8.0 * many);
                  }});
  const auto by_rows = [&](const char* name, Tensor (*f)(const Tensors&),
                           std::vector<Shape> shapes) {
    list.push_back({name, [=](const Device& d) { return kernel(d, shapes, f, 0, row_bytes); }});
  };
  by_rows("softmax4096x1024", [](const Tensors& t) { return softmax(t[0], -1); },
          {{rows, columns}});
  by_rows("layernorm4096x1024",
          [](const Tensors& t) { return layer_norm(t[0], {columns}, t[1], t[2]); },
          {{rows, columns}, {columns}, {columns}});
  by_rows("gelu4096x1024", [](const Tensors& t) { return gelu(t[0]); }, {{rows, columns}});
  list.push_back({"attention64x512x64", [](const Device& d) {
                    const Shape heads = {64, 512, 64};
                    return kernel(
                        d, {heads, heads, heads},
                        [](const Tensors& t) {
                          return scaled_dot_product_attention(t[0], t[1], t[2], {.causal = true});
                        },
                        4.0 * 64 * 512 * 512 * 64, 0);
                  }});
  list.push_back({"mlp", [](const Device& d) { return image_steps(d, "mlp", adamw); }});
  list.push_back({"gpt-nano", [](const Device& d) { return gpt_steps(d, 65, 64, 128, 4, 4, 12); }});
  list.push_back({"gpt-tiny", [](const Device& d) { return gpt_steps(d, 65, 64, 128, 4, 4, 16); }});
  list.push_back(
      {"gpt-small", [](const Device& d) { return gpt_steps(d, 256, 256, 384, 6, 6, 8); }});
  list.push_back({"cnn", [](const Device& d) { return image_steps(d, "cnn", sgd); }});
  list.push_back({"lstm", lstm_steps});
  list.push_back({"seed-block", seed_block});
  // What a kernel costs beside its work.
  list.push_back({"tiny1000", [](const Device& d) {
                    return kernel(
                        d, {{4, 4}},
                        [](const Tensors& t) {
                          Tensor product = t[0];
                          for (int i = 0; i < 1000; ++i) product = matmul(product, t[0]);
                          return product;
                        },
                        0, 0);
                  }});
  return list;
}

double seconds_of(Workload& workload) {
  const auto begin = std::chrono::steady_clock::now();
  workload.function.call(workload.state, workload.arguments);
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

struct Timed {
  std::vector<double> seconds;  // sorted
  double peak_mb = 0;
  [[nodiscard]] double median() const { return seconds[seconds.size() / 2]; }
};

Timed time_of(Workload& workload, std::int64_t runs) {
  for (int warm = 0; warm < 3; ++warm) seconds_of(workload);
  Timed timed;
  // Short ones are repeated until their times mean something.
  double total = 0;
  while (std::ssize(timed.seconds) < runs || (total < 0.2 && timed.seconds.size() < 10000))
    total += timed.seconds.emplace_back(seconds_of(workload));
  std::sort(timed.seconds.begin(), timed.seconds.end());
  timed.peak_mb = static_cast<double>(peak_memory()) / (1 << 20);
  return timed;
}

std::vector<KernelTime> profile_of(Workload& workload, CompiledGraph& program, std::int64_t runs) {
  std::vector<Array> inputs;
  for (const Argument& argument : workload.arguments) inputs.push_back(argument.array());
  return profile(program, workload.state, inputs, runs);
}

CompiledGraph program_of(Workload& workload) {
  Types types;
  for (const Argument& argument : workload.arguments) types.push_back(argument.array().type());
  return workload.function.specialize(types);
}

void run_entry(const Entry& entry, const Device& device, const BenchFlags& flags) {
  reset_peak_memory();
  Workload workload = entry.make(device);
  const Timed timed = time_of(workload, flags.runs);
  const double gflops = workload.flops / timed.median() / 1e9;
  const double gb = workload.bytes / timed.median() / 1e9;
  CompiledGraph program = program_of(workload);
  const std::size_t kernel_count = program.program().steps.size();
  const double arena_mb = static_cast<double>(program.program().slots[0].size_bytes) / (1 << 20);
  const auto kernels =
      flags.profile ? profile_of(workload, program, flags.runs) : std::vector<KernelTime>{};
  if (flags.json) {
    const auto known = [](double value) {
      return value > 0 ? nlohmann::ordered_json(value) : nlohmann::ordered_json();
    };
    nlohmann::ordered_json line{{"workload", entry.name},
                                {"backend", device.backend_name()},
                                {"threads", device.description().threads},
                                {"min", timed.seconds.front()},
                                {"median", timed.median()},
                                {"max", timed.seconds.back()},
                                {"gflops", known(gflops)},
                                {"gb_per_s", known(gb)},
                                {"peak_rss_mb", timed.peak_mb},
                                {"arena_mb", arena_mb},
                                {"kernels", kernel_count}};
    if (flags.profile) line["profile"] = profile_to_json(program.program(), kernels);
    fmt::print("{}\n", io::json_text(line));
  } else {
    fmt::print("{:<20} {:>10.3f} {:>10.3f} {:>10.3f} {:>9} {:>8} {:>9.0f} {:>9.2f} {:>7}\n",
               entry.name, timed.seconds.front() * 1e3, timed.median() * 1e3,
               timed.seconds.back() * 1e3, gflops > 0 ? fmt::format("{:.1f}", gflops) : "",
               gb > 0 ? fmt::format("{:.1f}", gb) : "", timed.peak_mb, arena_mb, kernel_count);
    if (flags.profile) print_profile(program.program(), kernels);
  }
  flush_output();
}

int bench(const BenchFlags& flags) {
  const auto list = workloads();
  for (const std::string& name : flags.workloads)
    if (std::none_of(list.begin(), list.end(), [&](const Entry& e) { return e.name == name; })) {
      std::string known;
      for (const Entry& entry : list) known += " " + entry.name;
      throw UsageError(fmt::format("there is no workload '{}'; there are{}", name, known));
    }
  if (flags.list) {
    for (const Entry& entry : list) fmt::print("{}\n", entry.name);
    return exit_done;
  }
  const Device device = flags.device.open();
  // A device that is not the host's processor has none of its threads.
  const auto threads = device.description().threads;
  if (!flags.json)
    fmt::print(
        "{} on {}, {}{} runs\n{:<20} {:>10} {:>10} {:>10} {:>9} {:>8} {:>9} {:>9} "
        "{:>7}\n",
        device.backend_name(), device.description().name,
        threads > 0 ? fmt::format("{} threads, ", threads) : "", flags.runs, "workload", "min ms",
        "median ms", "max ms", "GFLOP/s", "GB/s", "peak MB", "arena MB", "kernels");
  for (const Entry& entry : list)
    if (flags.workloads.empty() || std::find(flags.workloads.begin(), flags.workloads.end(),
                                             entry.name) != flags.workloads.end())
      run_entry(entry, device, flags);
  return exit_done;
}

}  // namespace

Run add_bench(CLI::App& command) {
  auto flags = std::make_shared<BenchFlags>();
  command.description("time the workloads on which frameworks are compared");
  command.add_option("--workload", flags->workloads, "only this one (may be repeated)")
      ->type_name("NAME")
      ->take_all();
  add_count(command, "--runs", flags->runs, "timed runs of each, after 3 others");
  command.add_flag("--list", flags->list, "print the names of the workloads and stop");
  command.add_flag("--profile", flags->profile, "also time every kernel, the slowest first");
  command.add_flag("--json", flags->json, "print JSON lines");
  flags->device.add(command);
  return [flags] { return bench(*flags); };
}

}  // namespace asg::cli
