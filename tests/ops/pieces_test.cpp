// Gradients of values that are read piece by piece: slices of any kind, rows at computed positions,
// and all of it mixed.
#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <asg/ops/indexing.hpp>
#include <asg/ops/movement.hpp>

#include "ops/support.hpp"

namespace {

using namespace asg;
using namespace ops_test;
using Ints = std::vector<std::int64_t>;
using Read = std::function<Tensor(const Tensor&)>;

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

// What the gradient of the sum of all reads, each times its weights, must be: weights added to
// where they were read. The reads of a tensor of positions say where that is.
Array expected(const std::vector<Read>& reads, const Shape& shape) {
  Array place(f64, shape);
  for (std::int64_t i = 0; i < place.numel(); ++i) place.set(i, static_cast<double>(i));
  const Arrays found = run(
      [&](Graph&, const Tensors& x) {
        Tensors results;
        for (const Read& read : reads) results.push_back(reshape(read(x[0]), {-1}));
        return results;
      },
      {place});
  Array result = Array::zeros(f64, shape);
  for (std::size_t k = 0; k < found.size(); ++k) {
    const Array weights = spread(found[k].shape(), -1, 1, static_cast<int>(k));
    for (std::int64_t i = 0; i < found[k].numel(); ++i) {
      const auto at = static_cast<std::int64_t>(found[k].get(i));
      result.set(at, result.get(at) + weights.get(i));
    }
  }
  return result;
}

Array gradient(const std::vector<Read>& reads, const Shape& shape) {
  return run(
      [&](Graph& graph, const Tensors& x) {
        Tensor loss;
        for (std::size_t k = 0; k < reads.size(); ++k) {
          const Tensor y = reshape(reads[k](x[0]), {-1});
          const Tensor part =
              sum(y * graph.constant(spread(y.shape(), -1, 1, static_cast<int>(k))));
          loss = loss.defined() ? loss + part : part;
        }
        return gradients(loss, {x[0]});
      },
      {spread(shape)})[0];
}

void expect_right(const std::vector<Read>& reads, const Shape& shape) {
  BOOST_TEST(difference(gradient(reads, shape), expected(reads, shape), 1e-12) == "");
}

Read sliced(int axis, std::int64_t start, std::int64_t end, std::int64_t step = 1) {
  return [=](const Tensor& x) { return slice(x, axis, start, end, step); };
}
Read selected(int axis, std::int64_t at) {
  return [=](const Tensor& x) { return select(x, axis, at); };
}
Read then(const Read& first, const Read& second) {
  return [=](const Tensor& x) { return second(first(x)); };
}
Read at(const Ints& indices, int axis) {
  return [=](const Tensor& x) {
    const Array places({static_cast<std::int64_t>(indices.size())}, indices);
    return gather(x, x.graph().constant(places), axis);
  };
}

std::vector<Read> each(std::int64_t count, const std::function<Read(std::int64_t)>& read) {
  std::vector<Read> reads;
  for (std::int64_t i = 0; i < count; ++i) reads.push_back(read(i));
  return reads;
}

BOOST_AUTO_TEST_CASE(every_position_of_an_axis) {
  for (int axis = 0; axis < 3; ++axis)
    expect_right(each(7, [&](std::int64_t i) { return selected(axis, i); }), {7, 7, 7});
}
BOOST_AUTO_TEST_CASE(positions_with_gaps_and_in_any_order) {
  expect_right(each(6, [](std::int64_t i) { return selected(0, (i * 7) % 13); }), {15, 2});
  expect_right(each(6, [](std::int64_t i) { return selected(1, (i * 5) % 12); }), {2, 13});
}
BOOST_AUTO_TEST_CASE(the_same_piece_many_times) {
  expect_right(each(9, [](std::int64_t i) { return sliced(0, i % 2 * 3, i % 2 * 3 + 2); }), {6, 2});
}
BOOST_AUTO_TEST_CASE(windows_that_overlap) {
  expect_right(each(8, [](std::int64_t i) { return sliced(0, i, i + 3); }), {10, 2});
  expect_right(each(6, [](std::int64_t i) { return sliced(1, 0, i + 1); }), {2, 6});
}
BOOST_AUTO_TEST_CASE(steps_that_interleave) {
  expect_right(each(5, [](std::int64_t i) { return sliced(0, i, 20, 5); }), {20, 3});
  expect_right(each(6, [](std::int64_t i) { return sliced(1, i, 13, i + 1); }), {2, 13});
}
BOOST_AUTO_TEST_CASE(tiles_of_two_axes) {
  expect_right(each(12,
                    [](std::int64_t i) {
                      return then(sliced(0, i / 4 * 2, i / 4 * 2 + 2),
                                  sliced(1, i % 4 * 3, i % 4 * 3 + 3));
                    }),
               {6, 12});
}
BOOST_AUTO_TEST_CASE(pieces_along_a_diagonal_and_anywhere) {
  expect_right(
      each(7, [](std::int64_t i) { return then(sliced(0, i, i + 1), sliced(1, i, i + 1)); }),
      {7, 7});
  expect_right(each(8,
                    [](std::int64_t i) {
                      return then(sliced(0, i % 3, i % 3 + 4, 1 + i % 2),
                                  sliced(2, i / 2, i / 2 + 3));
                    }),
               {7, 2, 8});
}
BOOST_AUTO_TEST_CASE(pieces_of_pieces) {
  expect_right(
      each(15, [](std::int64_t i) { return then(selected(0, i / 3), selected(0, i % 3)); }),
      {5, 3});
  expect_right(each(6, [](std::int64_t i) { return then(sliced(0, 1, 20, 3), selected(0, i)); }),
               {21, 2});
}
// The first row, then the same of the rest.
BOOST_AUTO_TEST_CASE(a_rest_that_grows_shorter) {
  const auto peeled = [](std::int64_t i) {
    return [i](const Tensor& x) {
      Tensor rest = x;
      for (std::int64_t k = 0; k < i; ++k) rest = slice(rest, 0, 1, rest.size(0));
      return select(rest, 0, 0);
    };
  };
  expect_right(each(9, peeled), {9, 2});
}
BOOST_AUTO_TEST_CASE(nothing_at_all) {
  expect_right(each(6, [](std::int64_t) { return sliced(0, 2, 2); }), {4, 2});
  expect_right(each(6, [](std::int64_t i) { return sliced(0, i, i + 1); }), {6, 0});
}
BOOST_AUTO_TEST_CASE(rows_at_computed_positions) {
  expect_right(each(6, [](std::int64_t i) { return at({i, (i * 5) % 7, i}, 0); }), {7, 2});
  expect_right(each(3, [](std::int64_t i) { return at({6 - i}, 1); }), {2, 7, 2});
  // A position without an axis, and one of each batch.
  expect_right(each(4,
                    [](std::int64_t i) -> Read {
                      return [i](const Tensor& x) {
                        if (i < 2) return gather(x, x.graph().constant(Array(i)), 1);
                        const Tensor places = x.graph().constant(Array({2, 1}, Ints{i, 3 - i}));
                        return take_along_dim(select(x, 2, 0), places, 1);
                      };
                    }),
               {2, 4, 3});
}
BOOST_AUTO_TEST_CASE(rows_of_a_table_word_by_word) {
  expect_right(each(6,
                    [](std::int64_t i) -> Read {
                      return [i](const Tensor& x) {
                        const Array word(i % 2 == 0 ? Array({2}, Ints{i % 3, 3})
                                                    : Array({1}, Ints{2}).to(i32));
                        return embedding(x.graph().constant(word), x);
                      };
                    }),
               {4, 3});
}

// Any chain of reads.
Read random_read(Random& random, Shape shape) {
  Read read = [](const Tensor& x) { return x; };
  for (std::int64_t links = 1 + random.below(2); links > 0 && shape.rank() > 0; --links) {
    const int axis = static_cast<int>(random.below(shape.rank()));
    const std::int64_t size = shape[axis];
    const std::int64_t start = random.below(size), end = start + random.below(size - start + 1);
    switch (random.below(4)) {
      case 0:
        read = then(read, selected(axis, start));
        shape.erase(axis);
        break;
      case 1:
        read = then(read, at({start, size - 1, start}, axis));
        shape[axis] = 3;
        break;
      default: {
        const std::int64_t step = 1 + random.below(3);
        read = then(read, sliced(axis, start, end, step));
        shape[axis] = (end - start + step - 1) / step;
        if (shape[axis] == 0) return read;
      }
    }
  }
  return read;
}

BOOST_DATA_TEST_CASE(any_mix_of_reads, boost::unit_test::data::xrange(60), seed) {
  Random random(static_cast<std::uint64_t>(seed));
  const Shape shapes[] = {{23}, {5, 7}, {4, 3, 6}};
  const Shape shape = shapes[random.below(3)];
  const std::int64_t count = 1 + random.below(12);
  expect_right(each(count, [&](std::int64_t) { return random_read(random, shape); }), shape);
}

// The gradient is differentiated again: by the values read, and by what they are multiplied with.
BOOST_DATA_TEST_CASE(second_derivatives, boost::unit_test::data::xrange(12), seed) {
  Random random(static_cast<std::uint64_t>(seed) + 100);
  const Shape shape = seed % 2 == 0 ? Shape{11} : Shape{4, 5};
  const std::vector<Read> reads =
      each(3 + random.below(6), [&](std::int64_t) { return random_read(random, shape); });
  const Build build = [&](Graph&, const Tensors& x) {
    Tensors results;
    for (const Read& read : reads) results.push_back(sin(read(x[0]) * sum(read(x[0]))));
    return results;
  };
  BOOST_TEST(check_derivative(build, {spread(shape, -1, 1, seed)}, 1) == "");
}

// What is asked for on the way keeps its own gradient.
BOOST_AUTO_TEST_CASE(a_piece_that_is_asked_for_itself) {
  const Arrays found = run(
      [](Graph&, const Tensors& x) {
        const Tensor rest = slice(x[0], 0, 2, 8), same = slice(x[0], 0, 2, 8);
        Tensor loss = sum(same * 100);
        for (int i = 0; i < 6; ++i) loss = loss + select(rest, 0, i) * (i + 1);
        return gradients(loss, {rest, x[0]});
      },
      {spread({9})});
  BOOST_TEST(difference(found[0], Array({6}, {1.0, 2.0, 3.0, 4.0, 5.0, 6.0}), 0) == "");
  BOOST_TEST(difference(found[1],
                        Array({9}, {0.0, 0.0, 101.0, 102.0, 103.0, 104.0, 105.0, 106.0, 0.0}),
                        0) == "");
}

}  // namespace
