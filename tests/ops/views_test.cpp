// Chains of ops that a backend sees as one view of memory give what the same ops give one by one.
#include <cstdint>

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <asg/ops/movement.hpp>

#include "ops/support.hpp"

namespace {

using namespace asg;
using namespace ops_test;
using Move = std::function<Tensor(const Tensor&)>;
using Ints = std::vector<std::int64_t>;

// A small generator: the standard's distributions differ between libraries.
class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed * 0x9e3779b97f4a7c15ULL + 1) {}
  std::int64_t below(std::int64_t n) {
    state_ = state_ * 6364136223846793005ULL + 1442695040888963407ULL;
    return static_cast<std::int64_t>((state_ >> 33) % static_cast<std::uint64_t>(n));
  }

 private:
  std::uint64_t state_;
};

Move random_permute(Random& random, const Shape& shape) {
  Axes order;
  for (int i = 0; i < shape.rank(); ++i) order.push_back(i);
  for (std::size_t i = order.size(); i > 1; --i)
    std::swap(order[i - 1],
              order[static_cast<std::size_t>(random.below(static_cast<std::int64_t>(i)))]);
  return [order](const Tensor& x) { return permute(x, order); };
}

Move random_slice(Random& random, const Shape& shape) {
  const int axis = static_cast<int>(random.below(shape.rank()));
  const std::int64_t start = random.below(shape[axis] + 1);
  const std::int64_t end = start + random.below(shape[axis] - start + 1);
  const std::int64_t step = 1 + random.below(3);
  return [=](const Tensor& x) { return slice(x, axis, start, end, step); };
}

Move random_pad(Random& random, const Shape& shape) {
  Ints low, high;
  for (int i = 0; i < shape.rank(); ++i) {
    low.push_back(random.below(3));
    high.push_back(random.below(2));
  }
  const double value = random.below(2) == 0 ? 0.0 : 7.5;
  return [=](const Tensor& x) { return pad(x, low, high, value); };
}

Move random_unfold(Random& random, const Shape& shape) {
  const int n = shape.rank() <= 4 && shape.rank() >= 2 ? 1 + static_cast<int>(random.below(2)) : 1;
  Window w;
  for (int i = shape.rank() - n; i < shape.rank(); ++i) {
    w.size.push_back(1 + random.below(2));
    w.stride.push_back(1 + random.below(2));
    w.dilation.push_back(1 + random.below(2));
    w.pad_low.push_back(random.below(2));
    w.pad_high.push_back(std::max<std::int64_t>(
        random.below(2),
        w.dilation.back() * (w.size.back() - 1) + 1 - shape[i] - w.pad_low.back()));
  }
  const double value = random.below(2) == 0 ? 0.0 : 7.5;
  return [=](const Tensor& x) { return unfold(x, w, value); };
}

// Splits an axis, joins two neighbours, or adds and removes axes of size 1.
Move random_reshape(Random& random, Shape shape) {
  const int axis = static_cast<int>(random.below(shape.rank()));
  const std::int64_t what = random.below(4);
  if (what == 0 && axis + 1 < shape.rank()) {
    shape[axis] *= shape[axis + 1];
    shape.erase(axis + 1);
  } else if (what == 1 && shape[axis] % 2 == 0 && shape[axis] > 0 && shape.rank() < 6) {
    shape[axis] /= 2;
    shape.insert(axis + static_cast<int>(random.below(2)), 2);
  } else if (what == 2 && shape.rank() < 6) {
    shape.insert(axis, 1);
  } else {
    shape = Shape{shape.numel()};
  }
  return [=](const Tensor& x) { return reshape(x, shape); };
}

Move random_move(Random& random, const Shape& shape) {
  if (shape.rank() == 0) return [](const Tensor& x) { return broadcast_to(x, {2, 3}); };
  switch (random.below(7)) {
    case 0:
      return random_permute(random, shape);
    case 1:
      return random_slice(random, shape);
    case 2: {
      const int axis = static_cast<int>(random.below(shape.rank()));
      return [=](const Tensor& x) { return flip(x, axis); };
    }
    case 3: {
      Shape wide = shape;
      for (std::int64_t& size : wide)
        if (size == 1) size = 2;
      if (wide.rank() < 5) wide.insert(0, 2);
      return [=](const Tensor& x) { return broadcast_to(x, wide); };
    }
    case 4:
      return random_pad(random, shape);
    case 5:
      if (shape.rank() <= 5) return random_unfold(random, shape);
      [[fallthrough]];
    default:
      return random_reshape(random, shape);
  }
}

BOOST_DATA_TEST_CASE(chains, boost::unit_test::data::xrange(300), seed) {
  Random random(static_cast<std::uint64_t>(seed));
  Shape start;
  for (std::int64_t rank = 1 + random.below(4); rank > 0; --rank)
    start.push_back(1 + random.below(4));
  const Array x = spread(start);
  std::vector<Move> chain;
  std::vector<std::string> shapes = {to_string(start)};
  Array step_by_step = x;
  for (int length = 0; length < 6; ++length) {
    const Move move = random_move(random, step_by_step.shape());
    const Array next =
        run([&](Graph&, const Tensors& t) { return Tensors{move(t[0])}; }, {step_by_step})[0];
    if (next.numel() > 4000) break;
    chain.push_back(move);
    step_by_step = next;
    shapes.push_back(to_string(next.shape()));
  }
  std::string way;
  for (const std::string& shape : shapes) way += shape + " ";
  BOOST_TEST_CONTEXT(way) {
    const Build whole = [&](Graph&, const Tensors& t) {
      Tensor y = t[0];
      for (const Move& move : chain) y = move(y);
      return Tensors{y};
    };
    BOOST_TEST(difference(run(whole, {x})[0], step_by_step, 0) == "");
    if (step_by_step.numel() < 200) BOOST_TEST(check_derivative(whole, {x}, 0) == "");
  }
}

}  // namespace
