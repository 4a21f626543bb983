// What a training step asks of the heap and of the system once it has run: nothing. Everything in
// the process is counted, the C library's users, the core and the plugin with its BLAS.
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstddef>
#include <cstdint>

#include <boost/test/unit_test.hpp>

#include <asg/asg.hpp>

#include "passes/bound_program.hpp"

// The C library's own functions under the names that it keeps for those who replace them.
extern "C" {
void* __libc_malloc(std::size_t);                 // NOLINT(bugprone-reserved-identifier)
void* __libc_calloc(std::size_t, std::size_t);    // NOLINT(bugprone-reserved-identifier)
void* __libc_realloc(void*, std::size_t);         // NOLINT(bugprone-reserved-identifier)
void* __libc_memalign(std::size_t, std::size_t);  // NOLINT(bugprone-reserved-identifier)

std::atomic<long> asg_test_allocations{0};

void* malloc(std::size_t size) noexcept {
  ++asg_test_allocations;
  return __libc_malloc(size);
}
void* calloc(std::size_t count, std::size_t size) noexcept {
  ++asg_test_allocations;
  return __libc_calloc(count, size);
}
void* realloc(void* old, std::size_t size) noexcept {
  ++asg_test_allocations;
  return __libc_realloc(old, size);
}
void* memalign(std::size_t alignment, std::size_t size) noexcept {
  ++asg_test_allocations;
  return __libc_memalign(alignment, size);
}
void* aligned_alloc(std::size_t alignment, std::size_t size) noexcept {
  return memalign(alignment, size);
}
int posix_memalign(void** result, std::size_t alignment, std::size_t size) noexcept {
  *result = memalign(alignment, size);
  return *result != nullptr || size == 0 ? 0 : ENOMEM;
}
void* mmap(void* at, std::size_t size, int access, int flags, int file, off_t offset) noexcept {
  ++asg_test_allocations;
  return reinterpret_cast<void*>(syscall(SYS_mmap, at, size, access, flags, file, offset));
}
}

namespace {

using namespace asg;

// What `f` asks for.
template <class F>
long allocations_of(F&& f) {
  const long before = asg_test_allocations;
  f();
  return asg_test_allocations - before;
}

struct Training {
  TracedFunction traced;
  std::vector<Array> inputs;
  std::map<std::string, Array> state;
};

// Weights spread around 0, whatever the names.
void fill(Training& training) {
  int seed = 0;
  Graph& graph = training.traced.graph;
  for (const VariableInfo& info : graph.variables()) {
    if (info.initial) continue;
    const TensorType& type = graph.type({info.node, 0});
    training.state[info.name] = spread(type.shape, -0.2, 0.2, ++seed).to(type.dtype);
  }
}

Training mlp() {
  const nn::Sequential model{nn::Linear{64, 128}, nn::ReLU{}, nn::Linear{128, 10}};
  const auto build = [&](Graph&, const Tensors& x) -> Tensors {
    const Tensor loss = cross_entropy(model(x[0]), x[1]);
    optim::AdamW().minimize(loss, x[2]);
    return {loss};
  };
  Training result{trace(build, {{f32, {96, 64}}, {i64, {96}}, {f32, {}}}), {}, {}};
  result.inputs = {spread({96, 64}).to(f32), Array::full(i64, {96}, 3), Array(0.01f)};
  fill(result);
  return result;
}

Training gpt() {
  const nn::GPT model(
      {.vocab = 65, .block = 32, .layers = 2, .heads = 2, .embd = 32, .dropout = 0.1});
  const auto build = [&](Graph&, const Tensors& x) -> Tensors {
    const Tensor loss = cross_entropy(reshape(model(x[0]), {-1, 65}), reshape(x[1], {-1}));
    optim::AdamW({.clip_norm = 1.0}).minimize(loss, x[2]);
    return {loss};
  };
  const TensorType tokens{i32, {4, 32}};
  Training result{trace(build, {tokens, tokens, {f32, {}}}), {}, {}};
  result.inputs = {Array::full(i32, {4, 32}, 7), Array::full(i32, {4, 32}, 9), Array(0.01f)};
  fill(result);
  return result;
}

passes_test::Case as_case(Training training) {
  return {std::move(training.traced.graph), std::move(training.traced.outputs),
          std::move(training.inputs), std::move(training.state)};
}

BOOST_AUTO_TEST_CASE(allocations_of_the_plugin_are_seen) {
  const Device device = open_device("cpu");
  const passes_test::BoundProgram bound(device, as_case(mlp()));
  BOOST_TEST(allocations_of([&] { (void)bound.executable(); }) > 100);
}

BOOST_AUTO_TEST_CASE(steps_after_the_first_allocate_nothing) {
  for (const int threads : {1, 2})
    for (Training (*make)() : {mlp, gpt}) {
      const Device device = open_device("cpu", {.threads = threads, .search = {}});
      const passes_test::BoundProgram bound(device, as_case(make()));
      const Executable executable = bound.executable();
      executable.run(bound.bindings());
      BOOST_TEST(allocations_of([&] {
                   for (int i = 0; i < 5; ++i) executable.run(bound.bindings());
                 }) == 0);
    }
}

// The outputs come in host arrays of their own: two allocations for each, its memory and what
// counts its owners, and one for the list; or in arrays that are there already.
BOOST_AUTO_TEST_CASE(a_run_allocates_only_its_results) {
  const Device device = open_device("cpu");
  for (Training (*make)() : {mlp, gpt}) {
    const Training training = make();
    CompiledGraph compiled = compile(device, training.traced.graph, training.traced.outputs);
    State state(device);
    for (const auto& [name, value] : training.state) state.set(name, value);
    (void)compiled.run(state, training.inputs);
    const long count = allocations_of([&] { (void)compiled.run(state, training.inputs); });
    BOOST_TEST_MESSAGE("CompiledGraph::run: " << count);
    BOOST_TEST(count <= 3);

    std::vector<Array> outputs;
    compiled.run(state, training.inputs, outputs);
    const float before = outputs[0].item<float>();
    BOOST_TEST(allocations_of([&] {
                 for (int i = 0; i < 5; ++i) compiled.run(state, training.inputs, outputs);
               }) == 0);
    BOOST_TEST(outputs[0].item<float>() != before);
  }
}

}  // namespace
