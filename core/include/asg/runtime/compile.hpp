// compile: from a graph, or a function that builds one, to something that runs on a device.
#pragma once
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include <asg/graph/graph.hpp>
#include <asg/runtime/device.hpp>
#include <asg/runtime/state.hpp>

namespace asg {

class ProgramMemory;
struct Program;
struct PassOptions;
struct Report;

/// A run that was submitted and may not be over. It keeps the arrays that it reads and writes; one
/// that goes before it was asked for waits.
/// Threads  one at a time.
class PendingRun {
 public:
  /// Of nothing.
  PendingRun() = default;
  /// Waits, and gives the outputs; once.
  /// Errors   those of CompiledGraph::run. What a run that fails has not done does not keep later
  ///          ones, which were submitted already, from being done.
  std::vector<Array> get();

 private:
  friend class CompiledGraph;
  struct Parts {
    std::vector<Array> inputs, outputs;
    std::vector<Work> works;  // goes first, and waits
  };
  std::unique_ptr<Parts> parts_;
};

/// A graph compiled for a device, with the memory it runs in.
/// Errors   DeviceError from every function of one that is empty: made without a graph, or moved
///          from.
/// Threads  one at a time: Error when a thread comes while another is at it.
/// Memory   copies share one program; its arena is allocated once, when it is compiled.
class CompiledGraph {
 public:
  /// Empty.
  CompiledGraph() = default;

  /// False for an empty one.
  [[nodiscard]] explicit operator bool() const { return impl_ != nullptr; }

  /// Runs with one array for each input of the graph, in the order of their making, and gives one
  /// for each output. Variables are read from and assigned to the state. A variable that the
  /// state lacks begins with VariableInfo::initial.
  /// Errors   ShapeError when an array does not fit its input; StateError when the state lacks a
  ///          variable without an initial value, has another type, or is on another device;
  ///          DeviceError when the device fails or an index is out of range; with
  ///          PassOptions::check_nan (ASG_CHECK_NAN=1) NumericError, before anything is changed,
  ///          when an output or a variable would hold NaN or an infinity. After an error the state
  ///          is as it was before the run, on every backend, unless the device was lost or did not
  ///          answer: then what it holds may be neither the old nor the new.
  std::vector<Array> run(State& state, const std::vector<Array>& inputs);
  /// For graphs without variables.
  std::vector<Array> run(const std::vector<Array>& inputs);
  /// As run, into arrays that are there already, for loops: those of an output's type are written
  /// (whoever holds a copy sees it), others are replaced.
  /// Memory   from the second run on with the same list nothing is allocated.
  void run(State& state, const std::vector<Array>& inputs, std::vector<Array>& outputs);
  /// As run, but a backend that can finishes later: other work, the next run of this program too,
  /// may be submitted meanwhile, and is done after this. The arrays given must not be written until
  /// then.
  [[nodiscard]] PendingRun submit(State& state, const std::vector<Array>& inputs);
  /// As run, keeping nothing: when each step of the program began and ended.
  std::vector<StepTime> profile(State& state, const std::vector<Array>& inputs);
  /// As run, and says in `times` when each step began and ended.
  std::vector<Array> profile(State& state, const std::vector<Array>& inputs,
                             std::vector<StepTime>& times);

  [[nodiscard]] const Program& program() const;
  /// What the passes did to make it.
  [[nodiscard]] const Report& report() const;

 private:
  friend class Function;
  friend CompiledGraph compile(const Device&, const Graph&, const Tensors&, const std::string&,
                               const PassOptions&);
  struct Impl;
  [[nodiscard]] static CompiledGraph make(std::shared_ptr<ProgramMemory> memory, const Graph& graph,
                                          const Tensors& outputs, const std::string& name,
                                          const PassOptions& options);
  [[nodiscard]] Impl& impl() const;
  std::shared_ptr<Impl> impl_;
};

/// Compiles the graph for the given outputs and for all of its assigns. The graph may be changed or
/// destroyed afterwards.
/// Errors   TypeError when the backend cannot execute an op; DeviceError when memory is short.
[[nodiscard]] CompiledGraph compile(const Device& device, const Graph& graph,
                                    const Tensors& outputs, const std::string& name = "graph");
/// The same with passes left out or limited; without options the environment decides.
[[nodiscard]] CompiledGraph compile(const Device& device, const Graph& graph,
                                    const Tensors& outputs, const std::string& name,
                                    const PassOptions& options);

struct CompileOptions {
  std::string name = "function";
  /// Whether dropout and its like are active. By default they are in functions that call an
  /// optimizer's minimize, and in no others.
  std::optional<bool> training = {};
  /// How many programs a function keeps: one more, and the one that was not run for the longest
  /// time is forgotten, to be compiled anew when it is asked for.
  std::size_t max_programs = 64;
};

/// An argument of a compiled function: an array, or a number. An integer is i64, a bool bool, a
/// float f32. A double has the type of what it is used with: f64 when one of the arrays or a
/// variable of the State is f64, so that a learning rate reaches an f64 model whole, else f32.
class Argument {
 public:
  Argument(Array array) : array_(std::move(array)) {}  // NOLINT(google-explicit-constructor)
  template <class T>
  requires std::is_arithmetic_v<T> Argument(T number)
      : array_(scalar(number)) {  // NOLINT(google-explicit-constructor)
    if constexpr (std::is_floating_point_v<T> && !std::is_same_v<T, float>)
      fraction_ = static_cast<double>(number);
  }
  /// The array; of a double in f32.
  [[nodiscard]] const Array& array() const { return array_; }
  /// The double that was given, if one was.
  [[nodiscard]] const std::optional<double>& fraction() const { return fraction_; }

 private:
  template <class T>
  static Array scalar(T number) {
    if constexpr (std::is_same_v<T, bool>)
      return Array(number);
    else if constexpr (std::is_floating_point_v<T>)
      return Array(static_cast<float>(number));
    else
      return Array(static_cast<std::int64_t>(number));
  }
  Array array_;
  std::optional<double> fraction_;
};

/// A function of tensors that is traced once for each combination of argument types it meets.
/// Errors   Error from every function of one that was moved from.
/// Threads  one at a time: Error when a thread comes while another is at it. The same where `build`
///          calls the function that it builds.
/// Memory   copies share their programs. These run in one block of memory, as large as the largest
///          of them needs it. At most CompileOptions::max_programs are kept; when that is not
///          enough for the first time, a warning in the log says what varies.
class Function {
 public:
  using Build = std::function<Tensors(Graph&, const Tensors&)>;
  /// Errors   Error when there is no `build`, or CompileOptions::max_programs is 0.
  Function(Device device, Build build, CompileOptions options);

  std::vector<Array> call(State& state, const std::vector<Argument>& arguments);
  std::vector<Array> call(const std::vector<Argument>& arguments);
  /// The program for these types, traced and compiled when it is new. It works on when the function
  /// has forgotten it.
  [[nodiscard]] CompiledGraph specialize(const Types& types);
  /// How many programs it keeps.
  [[nodiscard]] std::size_t programs() const;
  /// Forgets all programs and gives back the memory they ran in.
  void clear();
  [[nodiscard]] const Device& device() const;

 private:
  struct Impl;
  [[nodiscard]] Impl& impl() const;
  std::shared_ptr<Impl> impl_;
};

/// A graph as `build` makes it for arguments of the given types, with its outputs; what Function
/// compiles. When `build` turns training on after parts of the graph were built for evaluation, it
/// is called a second time.
struct TracedFunction {
  Graph graph;
  Tensors outputs;
};
[[nodiscard]] TracedFunction trace(const Function::Build& build, const Types& types,
                                   std::optional<bool> training = {});

namespace detail {

template <class T>
struct Result;
template <>
struct Result<void> {
  using type = void;
  static void take(const std::vector<Array>&) {}
};
template <>
struct Result<Tensor> {
  using type = Array;
  static Array take(std::vector<Array>&& arrays) { return std::move(arrays[0]); }
  static Tensors list(const Tensor& t) { return {t}; }
};
template <>
struct Result<Tensors> {
  using type = std::vector<Array>;
  static std::vector<Array> take(std::vector<Array>&& arrays) { return std::move(arrays); }
  static Tensors list(const Tensors& t) { return t; }
};
template <class... T>
struct Result<std::tuple<T...>> {
  static_assert((std::is_same_v<T, Tensor> && ...), "a compiled function returns Tensors");
  template <class>
  using Each = Array;
  using type = std::tuple<Each<T>...>;
  template <std::size_t... I>
  static type take(std::vector<Array>&& arrays, std::index_sequence<I...>) {
    return {std::move(arrays[I])...};
  }
  static type take(std::vector<Array>&& arrays) {
    return take(std::move(arrays), std::index_sequence_for<T...>{});
  }
  static Tensors list(const std::tuple<T...>& t) {
    return std::apply([](const auto&... each) { return Tensors{each...}; }, t);
  }
};

template <class F>
struct Callable : Callable<decltype(&F::operator())> {};
template <class C, class R, class... A>
struct Callable<R (C::*)(A...) const> {
  using Return = R;
  static constexpr bool takes_graph = (std::is_same_v<A, Graph&> || ...);
  static constexpr std::size_t tensors = sizeof...(A) - (takes_graph ? 1 : 0);
};
template <class C, class R, class... A>
struct Callable<R (C::*)(A...)> : Callable<R (C::*)(A...) const> {};

template <class F, std::size_t... I>
Tensors build(F& function, Graph& graph, const Tensors& t, std::index_sequence<I...>) {
  using R = typename Callable<F>::Return;
  const auto call = [&]() -> R {
    if constexpr (Callable<F>::takes_graph)
      return function(graph, t[I]...);
    else
      return function(t[I]...);
  };
  if constexpr (std::is_void_v<R>) {
    call();
    return {};
  } else {
    return Result<R>::list(call());
  }
}

template <std::size_t, class T>
using Repeat = T;

}  // namespace detail

/// A compiled function with the parameters of the lambda it was made from.
template <class R, class Indices>
class TypedFunction;
template <class R, std::size_t... I>
class TypedFunction<R, std::index_sequence<I...>> {
 public:
  explicit TypedFunction(Function function) : function_(std::move(function)) {}
  typename detail::Result<R>::type operator()(State& state,
                                              const detail::Repeat<I, Argument>&... arguments) {
    return detail::Result<R>::take(function_.call(state, {arguments...}));
  }
  typename detail::Result<R>::type operator()(const detail::Repeat<I, Argument>&... arguments) {
    return detail::Result<R>::take(function_.call(std::vector<Argument>{arguments...}));
  }
  [[nodiscard]] Function& function() { return function_; }

 private:
  Function function_;
};

/// Compiles a function of tensors: `compile(device, [&](Tensor x, Tensor y) { return ...; })`.
/// The lambda may take a `Graph&` first, and returns nothing, a Tensor, a tuple of Tensors or
/// Tensors. The result is called with a State and one array or number for each Tensor. The lambda
/// runs when the function meets new types, not when it is compiled; what it captures by reference
/// must live as long.
/// Errors   of tracing and of CompiledGraph::run, at the call.
template <class F>
[[nodiscard]] auto compile(const Device& device, F function, CompileOptions options = {}) {
  using Callable = detail::Callable<F>;
  using Indices = std::make_index_sequence<Callable::tensors>;
  Function::Build build = [function](Graph& graph, const Tensors& t) mutable {
    return detail::build(function, graph, t, Indices{});
  };
  return TypedFunction<typename Callable::Return, Indices>(
      Function(device, std::move(build), std::move(options)));
}

}  // namespace asg
