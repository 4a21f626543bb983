#include "passes/random_graph.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include <fmt/format.h>

#include <asg/asg.hpp>

namespace passes_test {
namespace {

using namespace asg;
using Ints = std::vector<std::int64_t>;

// What is known of a value without running the program.
struct Entry {
  Tensor tensor;
  bool exact;    // the same bits in every float type: functions with jumps may take it
  double bound;  // on its elements, roughly: keeps chains from overflowing
};

class Generator {
 public:
  explicit Generator(std::uint64_t seed) : random_(seed), dtype_(random_.one_in(3) ? f64 : f32) {
    static constexpr std::int64_t sizes[] = {1, 2, 3, 4, 5, 6, 7, 8, 12, 16, 33};
    for (int i = 0; i < 3; ++i) sizes_.push_back(sizes[random_.below(std::size(sizes))]);
    if (random_.one_in(6)) sizes_.push_back(1);
    if (random_.one_in(25)) sizes_.push_back(0);
    if (random_.one_in(8)) sizes_.push_back(65 + random_.below(100));
  }

  Case run() {
    for (int i = 0; i < 2; ++i) keep(leaf({dtype_, shape()}));
    hub_ = static_cast<std::size_t>(random_.below(2));
    const std::int64_t moves = 4 + random_.below(26);
    for (std::int64_t i = 0; i < moves; ++i) move();
    if (random_.one_in(2)) differentiate();
    if (random_.one_in(3)) minimize();
    if (random_.one_in(3)) assign_variables();
    choose_outputs();
    return std::move(case_);
  }

 private:
  Graph& graph() { return case_.graph; }

  // ---- leaves ------------------------------------------------------------------

  Shape shape() {
    Shape result;
    for (std::int64_t rank = random_.below(5); rank > 0; --rank) {
      const std::int64_t size = sizes_[static_cast<std::size_t>(random_.below(std::ssize(sizes_)))];
      if (result.numel() * size <= most_elements) result.push_back(size);
    }
    return result;
  }

  // Multiples of an eighth, so that a few sums and products are exact.
  Array numbers(const TensorType& type) {
    Array array(type.dtype, type.shape);
    for (std::int64_t i = 0; i < array.numel(); ++i) {
      const std::int64_t n = random_.below(33) - 16;
      array.set(i, is_float(type.dtype)       ? static_cast<double>(n) / 8
                   : type.dtype == boolean    ? static_cast<double>(n & 1)
                   : type.dtype == DType::u32 ? static_cast<double>(n & 15)
                                              : static_cast<double>(n / 4));
    }
    return array;
  }

  Entry leaf(const TensorType& type) {
    const Array array = numbers(type);
    const double bound = is_float(type.dtype) ? 2 : 16;
    switch (random_.below(4)) {
      case 0:
        return {graph().constant(array), true, bound};
      case 1:
        return {variable(array, random_.one_in(2)), false, bound};
      default:
        return {input(array), true, bound};
    }
  }
  Tensor input(const Array& array) {
    case_.inputs.push_back(array);
    return graph().input(fmt::format("x{}", case_.inputs.size()), array.dtype(), array.shape());
  }
  Tensor variable(const Array& array, bool trainable) {
    VariableInfo info;
    info.name = fmt::format("w{}", case_.state.size());
    info.trainable = trainable;
    case_.state[info.name] = array;
    const Tensor result = graph().variable(info, array.dtype(), array.shape());
    if (!trainable) free_variables_.push_back(result);
    return result;
  }

  // ---- the pool ----------------------------------------------------------------

  void keep(Entry entry) {
    if (entry.tensor.numel() <= most_elements) pool_.push_back(std::move(entry));
  }
  void keep(const Tensor& tensor, bool exact, double bound) { keep({tensor, exact, bound}); }

  const Entry& any_value() {
    if (random_.one_in(6)) return pool_[hub_];
    const auto size = std::ssize(pool_);
    const std::int64_t recent = std::min<std::int64_t>(size, 6);
    return pool_[static_cast<std::size_t>(random_.one_in(2) ? size - 1 - random_.below(recent)
                                                            : random_.below(size))];
  }
  // A float value of moderate size.
  Entry value(bool exact = false) {
    for (int attempt = 0; attempt < 20; ++attempt) {
      const Entry entry = any_value();
      if (!is_float(entry.tensor.dtype()) || (exact && !entry.exact)) continue;
      if (entry.bound <= 8) return entry;
      if (!exact) return {tanh(entry.tensor), false, 1};
    }
    Entry fresh{input(numbers({dtype_, shape()})), true, 2};
    keep(fresh);
    return fresh;
  }
  // One that broadcasts to the shape, without making it larger.
  Entry beside(const Tensor& tensor, bool exact = false) {
    for (int attempt = 0; attempt < 8; ++attempt) {
      const Entry entry = value(exact);
      if (broadcastable(entry.tensor.shape(), tensor.shape())) return entry;
    }
    Shape shape = tensor.shape();
    if (random_.one_in(2))
      for (auto& size : shape)
        if (random_.one_in(2)) size = 1;
    const int drop = random_.one_in(2) ? static_cast<int>(random_.below(shape.rank() + 1)) : 0;
    const TensorType type{tensor.dtype(), shape.slice(drop, shape.rank())};
    return exact ? Entry{input(numbers(type)), true, 2} : leaf(type);
  }
  int axis_of(const Tensor& x) { return static_cast<int>(random_.below(x.rank())); }

  // ---- moves ---------------------------------------------------------------------

  void move() {
    switch (random_.below(16)) {
      case 0:
      case 1:
        return unary();
      case 2:
      case 3:
        return binary();
      case 4:
        return choice();
      case 5:
      case 6:
        return reduction();
      case 7:
        return normalisation();
      case 8:
        return product();
      case 9:
      case 10:
      case 11:
        return view();
      case 12:
        return conversion();
      case 13:
        return draw();
      case 14:
        return joined();
      default:
        return sampled();
    }
  }

  void unary() {
    const Entry x = value();
    const Tensor& t = x.tensor;
    switch (random_.below(14)) {
      case 0:
        return keep(neg(t), x.exact, x.bound);
      case 1:
        return keep(abs(t), x.exact, x.bound);
      case 2:
        return keep(exp(t * 0.25), false, std::exp(x.bound / 4));
      case 3:
        return keep(log(abs(t) + 0.5), false, std::log(x.bound + 2));
      case 4:
        return keep(sqrt(abs(t) + 0.25), false, x.bound + 1);
      case 5:
        return keep(tanh(t), false, 1);
      case 6:
        return keep(sigmoid(t), false, 1);
      case 7:
        return keep(gelu(t, random_.one_in(2) ? "tanh" : "none"), false, x.bound);
      case 8:
        return keep(relu(t), x.exact, x.bound);
      case 9:
        return keep(square(t), false, x.bound * x.bound);
      case 10:
        return keep(sin(t) + cos(t), false, 2);
      case 11:
        return keep(rsqrt(abs(t) + 1), false, 1);
      case 12:
        return keep(erf(t) - expm1(t * 0.125) * log1p(abs(t)), false, 10);
      default:
        return keep(silu(t), false, x.bound);
    }
  }

  void binary() {
    const Entry x = value();
    const Entry y = beside(x.tensor);
    const bool both = x.exact && y.exact && x.bound + y.bound <= 64;
    switch (random_.below(7)) {
      case 0:
        return keep(x.tensor + y.tensor, both, x.bound + y.bound);
      case 1:
        return keep(x.tensor - y.tensor, both, x.bound + y.bound);
      case 2:
        return keep(x.tensor * y.tensor, false, x.bound * y.bound);
      case 3:
        return keep(x.tensor / (abs(y.tensor) + 0.5), false, x.bound * 2);
      case 4:
        return keep(maximum(x.tensor, y.tensor), both, std::max(x.bound, y.bound));
      case 5:
        return keep(minimum(y.tensor, x.tensor), both, std::max(x.bound, y.bound));
      default:
        return keep(y.tensor - x.tensor * 0.5, both, x.bound + y.bound);
    }
  }

  void choice() {
    const Entry x = value(true);
    const Entry y = beside(x.tensor, true);
    Tensor mask = random_.one_in(2) ? gt(x.tensor, y.tensor) : le(y.tensor, x.tensor);
    if (random_.one_in(3)) mask = logical_not(mask);
    if (random_.one_in(3)) mask = logical_or(mask, eq(x.tensor, 0.5));
    if (random_.one_in(3)) keep(mask, true, 1);
    if (random_.one_in(4)) keep(floor(x.tensor) + sign(x.tensor), true, x.bound + 1);
    const Entry a = beside(mask);
    const Entry b = beside(mask);
    keep(where(mask, a.tensor, b.tensor), false, std::max(a.bound, b.bound));
  }

  // Some axes, in any order.
  Axes some_axes(const Tensor& x) {
    Axes axes;
    const std::int64_t how = random_.below(5);
    for (int d = 0; d < x.rank(); ++d)
      if (how == 0 || (how == 1 && d == x.rank() - 1) || (how == 2 && d == 0) ||
          (how >= 3 && random_.one_in(2)))
        axes.push_back(d);
    return axes;
  }

  void reduction() {
    const Entry x = value();
    const Axes axes = some_axes(x.tensor);
    if (axes.empty()) return keep(sum(x.tensor * 0.125), false, 100);
    std::int64_t count = 1;
    for (const std::int64_t axis : axes) count *= x.tensor.size(static_cast<int>(axis));
    const bool keepdims = random_.one_in(2);
    Tensor result;
    double bound = x.bound;
    switch (random_.below(6)) {
      case 0:
        result = max(x.tensor, axes, keepdims);
        break;
      case 1:
        result = min(x.tensor, axes, keepdims);
        break;
      case 2:
        result = prod(tanh(x.tensor), axes, keepdims);
        bound = 1;
        break;
      case 3:
        result = mean(x.tensor, axes, keepdims);
        break;
      default:
        result = sum(x.tensor, axes, keepdims);
        bound *= static_cast<double>(count);
    }
    // Of no elements the neutral one is infinite.
    if (count == 0) result = tanh(result), bound = 1;
    keep(result, false, bound);
    if (keepdims && bound <= 100)
      keep(x.tensor - result, false, x.bound + bound);  // used again at the same points
    if (random_.one_in(6)) keep(any(gt(x.tensor, 0), axes), x.exact, 1);
  }

  void normalisation() {
    const Entry x = value();
    if (x.tensor.rank() == 0) return unary();
    const int axis = axis_of(x.tensor);
    switch (random_.below(6)) {
      case 0:
        return keep(softmax(x.tensor, axis), false, 1);
      case 1:
        return keep(log_softmax(x.tensor, axis), false, 16 + x.bound);
      case 2: {
        const Shape row = x.tensor.shape().slice(axis, x.tensor.rank());
        const DType dtype = x.tensor.dtype();
        const Tensor weight = random_.one_in(2) ? leaf({dtype, row}).tensor : Tensor();
        const Tensor bias = random_.one_in(2) ? leaf({dtype, row}).tensor : Tensor();
        return keep(layer_norm(x.tensor, row, weight, bias, 1e-2), false, 20);
      }
      case 3: {
        const Shape row = x.tensor.shape().slice(axis, x.tensor.rank());
        return keep(rms_norm(x.tensor, row, {}, 1e-2), false, 10);
      }
      case 4: {  // by columns, or in the middle
        const Tensor centred = x.tensor - mean(x.tensor, axis, true);
        return keep(centred * rsqrt(mean(square(centred), axis, true) + 0.1), false, 10);
      }
      default: {  // twice: over rows and over columns
        const Tensor share = abs(x.tensor) / (sum(abs(x.tensor), axis, true) + 0.5);
        keep(share, false, 1);
        return keep(share / (sum(share, axis_of(share), true) + 0.5), false, 2);
      }
    }
  }

  // A product and what may follow it at the same points.
  void product() {
    Entry x = value();
    if (x.tensor.rank() == 0) x.tensor = reshape(x.tensor, {1, 1});
    const std::int64_t k = x.tensor.size(-1);
    const std::int64_t n = 1 + random_.below(9);
    if (x.tensor.numel() / std::max<std::int64_t>(k, 1) * n > most_elements) return;
    Tensor right = leaf({x.tensor.dtype(), random_.one_in(2) ? Shape{k, n} : Shape{n, k}}).tensor;
    if (right.shape()[0] != k || (k == n && random_.one_in(2))) right = transpose(right);
    if (random_.one_in(4)) right = tanh(right);
    Tensor y = matmul(x.tensor, right);
    double bound = x.bound * 2 * static_cast<double>(std::max<std::int64_t>(k, 1));
    if (random_.one_in(4)) keep(y, false, bound);
    y = y * (1 / bound);
    for (std::int64_t i = random_.below(4); i > 0; --i) {
      switch (random_.below(5)) {
        case 0:
          y = y + leaf({y.dtype(), {n}}).tensor;
          break;
        case 1:
          y = gelu(y, "tanh");
          break;
        case 2:
          y = relu(y);
          break;
        case 3:
          y = y + beside(y).tensor;
          break;
        default:
          y = y * beside(y).tensor;
      }
      if (random_.one_in(6)) keep(y, false, 20);
    }
    keep(y, false, 20);
    if (random_.one_in(5) && x.tensor.rank() == 2)
      keep(matmul(transpose(x.tensor), x.tensor) * (1 / bound), false, x.bound);
  }

  void view() {
    const Entry& from = any_value();
    Entry x{from.tensor, from.exact, from.bound};
    for (std::int64_t i = 1 + random_.below(3); i > 0; --i) x.tensor = moved(x.tensor);
    keep(x);
  }
  Tensor moved(const Tensor& x) { return random_view(random_, x, shape()); }

  void conversion() {
    if (random_.one_in(2)) {
      const Entry x = value();
      return keep(cast(x.tensor, x.tensor.dtype() == f32 ? f64 : f32), false, x.bound);
    }
    const Entry x = value(true);
    const DType dtype = random_.one_in(2) ? i64 : i32;
    const Tensor whole = cast(x.tensor * 4.0, dtype);
    keep(whole, true, 4 * x.bound);
    if (random_.one_in(2)) keep(whole + sum(whole, {}, false), true, 1e6);
    if (random_.one_in(2) && x.tensor.rank() > 0 && x.tensor.size(-1) > 0)
      keep(argmax(x.tensor, -1, true), true, 1e3);
    if (random_.one_in(2)) keep(cast(whole, dtype_) * 0.25, true, x.bound);
    if (x.tensor.rank() > 0) {
      const Tensor place = iota(graph(), x.tensor.shape(), axis_of(x.tensor), dtype);
      keep(where(lt(place, 2), x.tensor, x.tensor * 0.5), false, x.bound);
    }
  }

  void draw() {
    const Entry x = value();
    for (const char* name : {"random.seed", "random.step"})
      case_.state[name] = Array(std::int64_t{7});
    const RandomKey key = random_key(graph());
    const auto stream = static_cast<std::uint64_t>(random_.below(1000));
    if (random_.one_in(3))
      return keep(random_uniform(key, stream, x.tensor.shape(), dtype_), false, 1);
    keep(dropout(x.tensor, 0.25, key, stream), false, 2 * x.bound);
  }

  void joined() {
    const Entry x = value();
    if (x.tensor.rank() == 0) return binary();
    const int axis = axis_of(x.tensor);
    Tensors parts{x.tensor, tanh(x.tensor)};
    if (random_.one_in(2)) parts.push_back(parts[static_cast<std::size_t>(random_.below(2))]);
    if (random_.one_in(2)) parts[0] = flip(parts[0], axis);
    const Tensor result =
        random_.one_in(3) && x.tensor.rank() < 6 ? stack(parts, axis) : concat(parts, axis);
    keep(result, false, std::max(1.0, x.bound));
  }

  // An op of the table on one of its samples, looked at through a view now and then.
  void sampled() {
    const std::span<const OpDef> table = op_table();
    const OpDef& op = table[static_cast<std::size_t>(random_.below(std::ssize(table)))];
    if (op.samples == nullptr || op.name == "bitcast") return unary();
    const std::vector<Sample> samples = op.samples();
    if (samples.empty()) return unary();
    const Sample& sample = samples[static_cast<std::size_t>(random_.below(std::ssize(samples)))];
    if (!sample.gradient && op.no_gradient.empty()) return unary();
    Tensors inputs;
    for (const Array& array : sample.inputs) {
      for (std::int64_t i = 0; i < array.numel(); ++i)
        if (is_float(array.dtype()) && !(std::abs(array.get(i)) < 100)) return unary();
      const Array given = is_float(array.dtype()) ? array.to(dtype_) : array;
      Tensor t = random_.one_in(3) ? graph().constant(given) : input(given);
      if (given.shape().rank() > 0 && random_.one_in(4)) t = flip(t, axis_of(t));
      if (is_float(t.dtype()) && random_.one_in(6)) t = t * full_like(t, 1);
      inputs.push_back(t);
    }
    for (const Tensor& output : graph().add(op, inputs, sample.attributes))
      keep(output, false, is_float(output.dtype()) ? 1e3 : 1e9);
  }

  // ---- the end -------------------------------------------------------------------

  Tensor scalar_loss() {
    Tensor loss;
    for (std::int64_t i = 1 + random_.below(3); i > 0; --i) {
      const Entry x = value();
      const Tensor part = mean(square(tanh(x.tensor) - 0.25));
      if (x.tensor.numel() == 0) continue;  // its mean is NaN
      loss = loss.defined() ? loss + cast(part, loss.dtype()) : part;
    }
    return loss.defined() ? loss : mean(square(input(numbers({dtype_, {4}}))));
  }

  void differentiate() {
    const Tensor loss = scalar_loss();
    Tensors wrt;
    for (std::int64_t i = 1 + random_.below(4); i > 0; --i) {
      const Tensor& t = pool_[static_cast<std::size_t>(random_.below(std::ssize(pool_)))].tensor;
      if (is_float(t.dtype())) wrt.push_back(t);
    }
    if (wrt.empty()) return;
    for (const Tensor& slope : gradients(loss, wrt, {}, {.allow_unused = true}))
      keep(slope, false, 1e3);
    keep(loss, false, 10);
  }

  // Many small parameters of a few shapes, as biases and scales are.
  void minimize() {
    const Entry x = value();
    Tensor y = x.tensor;
    for (std::int64_t i = 1 + random_.below(6); i > 0; --i) {
      Shape shape = y.rank() > 0 && random_.one_in(2) ? Shape{y.size(-1)} : Shape{};
      if (random_.one_in(5)) shape = y.shape();
      const Tensor w = variable(numbers({y.dtype(), shape}), true);
      y = random_.one_in(2) ? y + w : tanh(y * w);
    }
    if (y.numel() == 0) return;
    const Tensor loss = mean(square(y)) + cast(scalar_loss(), y.dtype());
    graph().set_training(true);
    if (random_.one_in(2))
      (void)optim::AdamW({.clip_norm = random_.one_in(3) ? std::optional(0.5) : std::nullopt})
          .minimize(loss, 0.01);
    else
      (void)optim::SGD({.momentum = random_.one_in(2) ? 0.9 : 0.0}).minimize(loss, 0.125);
    keep(loss, false, 50);
  }

  // Reads before and after, swaps, and views of the variables themselves.
  void assign_variables() {
    std::vector<Tensor> left = free_variables_;
    for (int i = 0; i < 2; ++i) left.push_back(variable(numbers({dtype_, shape()}), false));
    if (random_.one_in(2)) {
      const TensorType type{dtype_, shape()};
      const Tensor a = variable(numbers(type), false);
      const Tensor b = variable(numbers(type), false);
      if (random_.one_in(2)) {
        graph().assign(a, b);
        graph().assign(b, random_.one_in(2) ? a : a + 1);
      } else {
        const Tensor both = a * 0.5 + flip_first(b);
        graph().assign(a, both);
        graph().assign(b, flip_first(both) - b * 0.5);
      }
      keep(a - flip_first(b), false, 10);
    }
    for (const Tensor& v : left) {
      if (random_.one_in(4)) continue;
      if (!is_float(v.dtype())) {
        if (v.dtype() != boolean) graph().assign(v, v + v);
        continue;
      }
      Tensor next;
      switch (random_.below(5)) {
        case 0:
          next = v * 0.5 + cast(beside(v).tensor, v.dtype());
          break;
        case 1:
          next = tanh(flip_first(v)) + v;
          break;
        case 2:
          next = flip_first(v);
          break;
        case 3:
          next = cast(beside(v).tensor, v.dtype());
          break;
        default:
          next = v.rank() > 0 ? v - sum(v, axis_of(v), true) * 0.125 : v * 0.5;
      }
      graph().assign(v, broadcast_to(next, v.shape()));
      if (random_.one_in(2)) keep(exp(tanh(v)), false, 3);  // reads the old value
    }
  }
  static Tensor flip_first(const Tensor& x) { return x.rank() > 0 ? flip(x, 0) : x; }

  void choose_outputs() {
    for (std::int64_t i = 1 + random_.below(4); i > 0; --i)
      case_.outputs.push_back(any_value().tensor);
    case_.outputs.push_back(pool_.back().tensor);
    if (random_.one_in(4)) case_.outputs.push_back(case_.outputs[0]);  // twice
    if (random_.one_in(4)) {
      const Tensor x = pool_[0].tensor;  // a leaf, through a view
      case_.outputs.push_back(random_.one_in(2) ? moved(x) : x);
    }
  }

  Random random_;
  DType dtype_;
  Ints sizes_;
  Case case_;
  std::vector<Entry> pool_;
  std::size_t hub_ = 0;
  std::vector<Tensor> free_variables_;  // that no optimizer takes
};

}  // namespace

Case random_case(std::uint64_t seed) { return Generator(seed).run(); }

std::string to_text(const Case& program) {
  std::vector<Value> outputs;
  for (const Tensor& t : program.outputs) outputs.push_back(t.value());
  return asg::to_text(program.graph, outputs);
}

}  // namespace passes_test
