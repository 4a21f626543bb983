// What a device declares is kept to, whichever limit or flag it is, and whichever two: either the
// program runs on it and computes what the reference computes, bit by bit, or it is refused with
// the limit, the op and the user's line. The plugin itself refuses every breach.
#include <algorithm>
#include <cstdlib>
#include <functional>
#include <string>
#include <vector>

#include <boost/test/unit_test.hpp>

#include <fmt/format.h>

#include <asg/asg.hpp>
#include <asg/passes/passes.hpp>
#include <asg/runtime/target.hpp>

#include "passes/differential.hpp"
#include "runtime/abi_program.hpp"
#include "support/gpt_step.hpp"
#include "support/messages.hpp"

namespace {

using namespace asg;
using namespace passes_test;
using test_support::contains;
using test_support::message_of;

// A limit as the plugin reads it.
struct Limit {
  std::string text;
  // What becomes of the programs here: some are refused, none is, or all are.
  enum class Effect { some, none, all } refuses = Effect::some;
  bool composed = false;  // what it lacks is composed of other instructions, and rounds otherwise
};
using Effect = Limit::Effect;

std::string with(const char* key, std::uint64_t value) { return fmt::format("{}={}", key, value); }

const std::vector<Limit> limits{
    {with("rank", 1)},
    {with("rank", 2), Effect::none},
    {with("rank", 3), Effect::none},
    {with("kernel_rank", 2)},
    {with("kernel_rank", 3)},
    {with("buffers", 2)},
    {with("buffers", 3)},
    {with("buffers", 4), Effect::none},
    {with("buffers", 6), Effect::none},
    {with("insts", 4), Effect::none},
    {with("insts", 6), Effect::none},
    {with("insts", 42), Effect::none},
    {with("range", 1024)},
    {with("buffer", 16384)},
    {with("align", 256), Effect::none},
    {with("without", ASG_CAP_STRIDED), Effect::none},
    {with("without", ASG_CAP_BOUNDS), Effect::none},
    {with("without", ASG_CAP_PHASES), Effect::none},
    {with("without", ASG_CAP_INSTANCES), Effect::none},
    {with("without", ASG_CAP_EPILOGUE), Effect::none},
    {with("instruction", ASG_EW_IOTA), Effect::none},
    {with("instruction", ASG_EW_REDUCED), Effect::none},
    {with("instruction", ASG_EW_ERF), Effect::none, true},
    {with("instruction", ASG_EW_LOG1P), Effect::none, true},
    {with("instruction", ASG_EW_RANDOM)},
    {with("instruction", ASG_EW_RSQRT)},
    {with("instruction", ASG_EW_MUL)},
    {with("instruction", ASG_EW_TANH)},
    {with("instruction", ASG_EW_IMM)},
    {with("instruction", ASG_EW_LOAD), Effect::all},
    {with("reduction", ASG_REDUCE_MAX)},
    {with("dtype", ASG_F64)},
    {with("dtype", ASG_I64)},
    {with("kernel", ASG_OP_GATHER)},
    {with("kernel", ASG_OP_SORT)},
    {with("elements", 40)},
};

// One device for each limit, then one for each two.
std::vector<std::vector<Limit>> all_devices() {
  std::vector<std::vector<Limit>> devices;
  for (const Limit& limit : limits) devices.push_back({limit});
  for (std::size_t i = 0; i < limits.size(); ++i)
    for (std::size_t k = i + 1; k < limits.size(); ++k) devices.push_back({limits[i], limits[k]});
  return devices;
}

std::string text_of(const std::vector<Limit>& device) {
  std::string text;
  for (const Limit& limit : device) text += (text.empty() ? "" : ",") + limit.text;
  return text;
}

bool is_composed(const std::vector<Limit>& device) {
  return std::any_of(device.begin(), device.end(), [](const Limit& l) { return l.composed; });
}

// The plugin reads its devices when it is opened first; one of them stays open.
Device strict(std::size_t number) {
  static const Device first = [] {
    std::string text;
    for (const std::vector<Limit>& device : all_devices())
      text += (text.empty() ? "" : ";") + text_of(device);
    ::setenv("ASG_STRICT_DEVICES", text.c_str(), 1);
    return open_device(ASG_TEST_STRICT ":0");
  }();
  return open_device(fmt::format("{}:{}", ASG_TEST_STRICT, number));
}

// ---- programs -------------------------------------------------------------------

Array numbers(const TensorType& type, int seed) {
  if (is_float(type.dtype)) return spread(type.shape, -1, 1, seed).to(type.dtype);
  Array array(type.dtype, type.shape);
  for (std::int64_t i = 0; i < array.numel(); ++i)
    array.set(i, static_cast<double>((i * 7 + seed) % (type.dtype == boolean ? 2 : 4)));
  return array;
}

Case case_of(TracedFunction traced) {
  Case program;
  program.graph = std::move(traced.graph);
  program.outputs = std::move(traced.outputs);
  int seed = 1;
  for (const NodeId id : program.graph.inputs())
    program.inputs.push_back(numbers(program.graph.type({id, 0}), seed++));
  for (const VariableInfo& info : program.graph.variables())
    if (!info.initial)
      program.state[info.name] = numbers(program.graph.type({info.node, 0}), seed++);
  return program;
}

// A step of training: inputs x and the classes, i32[n].
template <class Model>
Case training_step(const Model& model, const TensorType& x) {
  const optim::AdamW optimizer;
  const auto build = [&](Graph&, const Tensors& in) -> Tensors {
    const Tensor loss = cross_entropy(model(in[0]), in[1]);
    optimizer.minimize(loss, in[2]);
    return {loss};
  };
  return case_of(trace(build, {x, {i32, {x.shape[0]}}, {f32, {}}}));
}

Case mlp() {
  return training_step(nn::Sequential{nn::Linear{6, 9}, nn::ReLU{}, nn::Dropout{0.2},
                                      nn::LayerNorm{9}, nn::Linear{9, 4}},
                       {f32, {5, 6}});
}

Case cnn() {
  return training_step(
      nn::Sequential{nn::Conv2d{2, 3, 3, {.padding = 1}}, nn::BatchNorm2d{3}, nn::GELU{},
                     nn::MaxPool2d{2}, [](const Tensor& x) { return flatten(x, 1); },
                     nn::Linear{27, 4}},
      {f32, {2, 2, 6, 6}});
}

Case lstm() {
  const nn::LSTM cells(3, 4, {.batch_first = true});
  const nn::Linear head(4, 4);
  return training_step([&](const Tensor& x) { return head(mean(cells(x), 1)); }, {f32, {2, 4, 3}});
}

// Every kernel that is no region, and what views there are.
Case kernels() {
  const auto build = [](Graph& graph, const Tensors& in) -> Tensors {
    const Tensor& x = in[0];
    const Tensor padded = pad(transpose(x, 1, 3), {1, 0, 0, 2}, {0, 1, 0, 0}, 0.5);
    const Tensor windows = unfold(x, {{2, 2}, {1, 2}, {1, 1}, {1, 0}, {0, 1}});
    const Tensor d = gradients(sum(square(windows)), {x})[0];
    const Tensor places = iota(graph, {2, 3, 4, 5}, 2, f32);
    return {sort(x, -1).values,
            argmax(x, 2),
            cumsum(flip(x, {1}), 1),
            gather(x, in[1], 1),
            padded * 2.0,
            matmul(x, transpose(x, 2, 3)),
            mean(where(x > 0.0, x, -x), {0, 2}),
            d + places + log1p(square(x)),
            permute(x, {3, 1, 0, 2}) * 1.5,
            cast(sum(cast(x, f64) * 3.0, {1}), f32)};
  };
  return case_of(trace(build, {{f32, {2, 3, 4, 5}}, {i32, {2}}}));
}

// What asks for next to nothing.
Case plain() {
  const auto build = [](Graph&, const Tensors& in) -> Tensors { return {neg(abs(in[0]))}; };
  return case_of(trace(build, {{f32, {2, 3}}}));
}

std::vector<std::pair<std::string, Case>> programs(std::int64_t random) {
  std::vector<std::pair<std::string, Case>> all;
  all.emplace_back("plain", plain());
  all.emplace_back("mlp", mlp());
  all.emplace_back("cnn", cnn());
  all.emplace_back("gpt", case_of(test_support::trace_gpt_step()));
  all.emplace_back("lstm", lstm());
  all.emplace_back("kernels", kernels());
  for (std::int64_t seed = 1; seed <= random; ++seed)
    all.emplace_back(fmt::format("random {}", seed), random_case(static_cast<std::uint64_t>(seed)));
  return all;
}

// ---- what becomes of them ---------------------------------------------------------

// Without a limit's name and a place a refusal is of no use.
std::string fault_of_refusal(const std::string& message) {
  static const std::vector<std::string> reasons{
      "max_rank",        "max_region_buffers", "max_region_insts", "max_value_range",
      "max_buffer_size", "ASG_CAP_BOUNDS",     "it has no ",       "elements, where "};
  bool named = false;
  for (const std::string& reason : reasons) named = named || contains(message, reason);
  const bool placed = contains(message, "\n  at ") || contains(message, "max_buffer_size");
  return named && placed && contains(message, "backend 'strict' cannot execute it")
             ? ""
             : "a refusal that says too little: " + message;
}

struct Count {
  int ran = 0, refused = 0, breaches = 0;
};

void try_program(const std::vector<Limit>& limited, const Device& device, const std::string& name,
                 const Case& program, const Outcome& expected, Count& count) {
  std::string fault;
  try {
    const Outcome got = run(device, program, {});
    if (!is_composed(limited)) fault = bit_difference(got, expected);
    ++count.ran;
  } catch (const TypeError& refusal) {
    fault = fault_of_refusal(refusal.what());
    // What runs node by node runs fused.
    if (fault.empty() && message_of<TypeError>([&] {
                           return run(device, program, without_passes());
                         }) == test_support::nothing_thrown)
      fault = fmt::format("refused with the passes only: {}", refusal.what());
    ++count.refused;
  } catch (const std::exception& error) {
    fault = fmt::format("an error: {}", error.what());
  }
  BOOST_TEST(fault.empty(), text_of(limited) << ", " << name << ": " << fault);
}

std::vector<Outcome> expected_of(const std::vector<std::pair<std::string, Case>>& all) {
  std::vector<Outcome> expected;
  for (const auto& [name, program] : all) expected.push_back(run(reference(), program, {}));
  return expected;
}

// Whether the plugin refuses what the core makes for a device without the limit.
bool is_breach(const Device& device, const Case& program) {
  const Program free =
      compile_program({program.graph, program.outputs}, *target_of(reference()), {});
  return message_of<Error>([&] { return device.compile(AbiProgram(free).get()); }) !=
         test_support::nothing_thrown;
}

BOOST_AUTO_TEST_CASE(each_limit_is_kept_to) {
  const auto all = programs(number_from_environment("ASG_TEST_GRAPHS", 24));
  const std::vector<Outcome> expected = expected_of(all);
  for (std::size_t i = 0; i < limits.size(); ++i) {
    const Device device = strict(i);
    Count count;
    for (std::size_t k = 0; k < all.size(); ++k) {
      try_program({limits[i]}, device, all[k].first, all[k].second, expected[k], count);
      count.breaches += is_breach(device, all[k].second) ? 1 : 0;
    }
    fmt::print("{:<16} {:3} ran, {:3} refused, {:3} would have been beyond it\n", limits[i].text,
               count.ran, count.refused, count.breaches);
    const Effect effect = limits[i].refuses;
    BOOST_TEST((count.ran > 0) == (effect != Effect::all), limits[i].text);
    BOOST_TEST((count.refused > 0) == (effect != Effect::none), limits[i].text);
    BOOST_TEST(count.breaches > 0, limits[i].text << " is a limit that nothing reaches");
    BOOST_TEST(count.breaches >= count.refused, limits[i].text << " refuses what is within it");
  }
}

// A quotient becomes a product where there is one, and stays what it is elsewhere.
BOOST_AUTO_TEST_CASE(rules_make_nothing_that_the_device_lacks) {
  const auto at = std::find_if(limits.begin(), limits.end(), [](const Limit& limit) {
    return limit.text == with("instruction", ASG_EW_MUL);
  });
  BOOST_TEST_REQUIRE((at != limits.end()));
  Case program;
  program.outputs = {program.graph.input("x", f32, {3}) / 4.0};
  program.inputs = {Array({3}, {1.0F, 3.0F, -5.0F})};
  const Device device = strict(static_cast<std::size_t>(at - limits.begin()));
  const std::string fault = bit_difference(run(device, program, {}), run(reference(), program, {}));
  BOOST_TEST(fault.empty(), fault);
}

// What a user reads: the op, the limit, the line, what to do.
struct Refused {
  std::string limit;
  std::function<Tensor(Graph&)> program;
  std::vector<std::string> parts;
};

const std::vector<Refused> refusals{
    {with("rank", 1),
     [](Graph& g) {
       return sum(g.input("x", f32, {2, 3, 4}), {0, 2});
     },
     {"reduce_sum: ", " axes, and the device allows 1 (max_rank); join axes with reshape"}},
    {with("buffers", 3),
     [](Graph& g) {
       return where(g.input("c", boolean, {5}), g.input("x", f32, {5}), g.input("y", f32, {5}));
     },
     {"where: ", "it needs 4 values, and the device allows 3 (max_region_buffers)"}},
    {with("range", 1024),
     [](Graph& g) { return exp(g.input("x", f32, {300})); },
     {"exp: ", "spans 1200 bytes, and the device allows 1024 (max_value_range)"}},
    {with("buffer", 16384),
     [](Graph& g) { return exp(g.input("x", f32, {5000})); },
     {"x: ", "20000 bytes, and the device allows 16384 in one buffer (max_buffer_size)"}},
    {with("dtype", ASG_F64),
     [](Graph& g) { return cast(g.input("x", f64, {5}), f32); },
     {"cast: ", "it has no load for f64"}},
    {with("instruction", ASG_EW_TANH),
     [](Graph& g) { return tanh(g.input("x", f32, {5})); },
     {"tanh: ", "it has no tanh for f32"}},
    {with("instruction", ASG_EW_RANDOM),
     [](Graph& g) { return random_uniform(g, {5}); },
     {"random_bits: ", "it has no random_bits for u32"}},
    {with("reduction", ASG_REDUCE_MAX),
     [](Graph& g) { return max(g.input("x", f32, {5}), 0); },
     {"reduce: ", "it has no reduction max for f32"}},
    {with("kernel", ASG_OP_SORT),
     [](Graph& g) {
       return sort(g.input("x", f32, {5, 4}), 1).values;
     },
     {"sort: ", "it has no kernel sort for f32 of 2 axes"}},
    {with("elements", 40),
     [](Graph& g) {
       return sort(g.input("x", f32, {5, 9}), 1).values;
     },
     {"sort: ", "sort of 45 elements, where 40 fit"}},
};

BOOST_AUTO_TEST_CASE(refusals_name_the_op_the_limit_and_the_line) {
  for (const Refused& refused : refusals) {
    const auto at = std::find_if(limits.begin(), limits.end(),
                                 [&](const Limit& limit) { return limit.text == refused.limit; });
    BOOST_TEST_REQUIRE((at != limits.end()), refused.limit);
    Graph graph;
    const Tensors outputs{refused.program(graph)};
    const Device device = strict(static_cast<std::size_t>(at - limits.begin()));
    const std::string message =
        message_of<TypeError>([&] { return compile(device, graph, outputs, "refused"); });
    for (const std::string& part : refused.parts)
      BOOST_TEST(contains(message, part), refused.limit << ": " << part << "\nin " << message);
    BOOST_TEST((contains(message, "strict_test.cpp:") || contains(message, "max_buffer_size")),
               message);
    // Where nothing is limited, it can be compiled.
    BOOST_CHECK_NO_THROW(static_cast<void>(compile(reference(), graph, outputs, "not refused")));
  }
}

BOOST_AUTO_TEST_CASE(each_two_limits_are_kept_to) {
  const auto all = programs(1);
  const std::vector<Outcome> expected = expected_of(all);
  const std::vector<std::vector<Limit>> devices = all_devices();
  int ran = 0, refused = 0;
  for (std::size_t i = limits.size(); i < devices.size(); ++i) {
    const Device device = strict(i);
    Count count;
    for (std::size_t k = 0; k < all.size(); ++k)
      try_program(devices[i], device, all[k].first, all[k].second, expected[k], count);
    // Two that refuse nothing refuse nothing together.
    const bool harmless = std::all_of(devices[i].begin(), devices[i].end(), [](const Limit& limit) {
      return limit.refuses == Effect::none;
    });
    BOOST_TEST((!harmless || count.refused == 0), text_of(devices[i]));
    ran += count.ran;
    refused += count.refused;
  }
  fmt::print("{} pairs of limits: {} programs ran, {} were refused\n",
             devices.size() - limits.size(), ran, refused);
  BOOST_TEST(ran > refused);
}

}  // namespace
