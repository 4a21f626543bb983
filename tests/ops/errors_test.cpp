// What is refused, and what the message says: the function, the rule, the operands, the line.
#include <limits>

#include <boost/test/unit_test.hpp>

#include <asg/graph/error.hpp>
#include <asg/ops/indexing.hpp>
#include <asg/ops/linalg.hpp>
#include <asg/ops/movement.hpp>
#include <asg/ops/ordering.hpp>
#include <asg/ops/update.hpp>

#include "ops/support.hpp"
#include "support/refusals.hpp"

namespace {

using namespace asg;
using namespace ops_test;
using test_support::refuses;

struct Inputs {
  Graph g;
  Tensor scalar = g.input("scalar", f32, {});
  Tensor row = g.input("row", f32, {3});
  Tensor table = g.input("table", f32, {2, 3});
  Tensor empty = g.input("empty", f32, {0, 3});
  Tensor flags = g.input("flags", boolean, {3});
  Tensor whole = g.input("whole", i64, {3});
  Tensor words = g.input("words", u32, {3});
};

BOOST_FIXTURE_TEST_CASE(elementwise_rules, Inputs) {
  const Tensor pair = g.input("pair", f32, {2});
  // The line is that of the user, not one of the library.
  const int line = __LINE__ + 1;
  refuses<ShapeError>([&] { (void)(row + pair); }, {"add: ", "[3]", "[2]", "do not broadcast",
                                                    "errors_test.cpp:" + std::to_string(line)});
  refuses<TypeError>([&] { (void)(flags + flags); }, {"add: ", "bool", "cast", "errors_test.cpp:"});
  refuses<TypeError>([&] { (void)logical_and(row, flags); }, {"logical_and: ", "bool"});
  refuses<TypeError>([&] { (void)bit_and(row, row); }, {"bit_and: ", "integer"});
  refuses<Error>([&] { (void)(words + whole); }, {"add: ", "u32", "cast"});
  refuses<TypeError>([&] { (void)where(row, row, row); }, {"where: ", "condition", "bool"});
  refuses<TypeError>([&] { (void)neg(1.0); }, {"neg: ", "Tensor"});
  refuses<TypeError>([&] { (void)exp(Tensor{}); }, {"exp: ", "empty Tensor"});
  refuses<TypeError>([&] { (void)concat({row, Tensor{}}, 0); }, {"concat: ", "empty Tensor"});
  refuses<TypeError>([&] { (void)stack({row, Tensor{}}, 0); }, {"stack: ", "empty Tensor"});
  refuses<TypeError>(
      [&] {
        (void)global_norm({row, Tensor{}});
      },
      {"global_norm: ", "empty Tensor"});
  refuses<TypeError>([&] { (void)Tensor{}.shape(); }, {"empty Tensor"});
  refuses<TypeError>([&] { (void)g.constant(Array()); }, {"constant: ", "only declared"});
  Graph other;
  const Tensor stranger = other.input("x", f32, {3});
  refuses<TypeError>([&] { (void)(row * stranger); }, {"mul: ", "different graphs"});
  refuses<TypeError>([&] { (void)bitcast(row, f64); }, {"bitcast: ", "one size"});
}

BOOST_FIXTURE_TEST_CASE(movement_rules, Inputs) {
  refuses<ShapeError>([&] { (void)reshape(table, {4}); }, {"reshape: ", "6 elements", "[4]"});
  refuses<ShapeError>([&] { (void)reshape(table, {-1, 4}); }, {"reshape: ", "rows of 4"});
  refuses<ShapeError>([&] { (void)reshape(table, {-1, -1}); }, {"reshape: ", "only one"});
  refuses<ShapeError>([&] { (void)reshape(table, {-2, 3}); }, {"reshape: ", "negative"});
  refuses<ShapeError>([&] { (void)reshape(empty, {-1, 0}); }, {"reshape: ", "-1"});
  refuses<ShapeError>([&] { (void)permute(table, {0}); }, {"permute: ", "each axis"});
  refuses<ShapeError>([&] { (void)permute(table, {0, 0}); }, {"permute: ", "once"});
  refuses<ShapeError>([&] { (void)permute(table, {0, 2}); }, {"permute: ", "axis 2"});
  refuses<ShapeError>([&] { (void)transpose(row); }, {"transpose: ", "axis -2"});
  refuses<ShapeError>([&] { (void)broadcast_to(table, {2, 4}); }, {"broadcast_to: ", "[2, 4]"});
  refuses<ShapeError>([&] { (void)broadcast_to(table, {3}); }, {"broadcast_to: ", "[3]"});
  refuses<ShapeError>([&] { (void)squeeze(table, 0); }, {"squeeze: ", "size 2"});
  refuses<ShapeError>([&] { (void)unsqueeze(table, 4); }, {"unsqueeze: ", "axis 4"});
  refuses<ShapeError>([&] { (void)slice(table, 2, 0, 1); }, {"slice: ", "axis 2"});
  refuses<ShapeError>([&] { (void)slice(table, 0, 0, 2, 0); }, {"slice: ", "step"});
  refuses<ShapeError>([&] { (void)select(table, 1, 3); }, {"select: ", "position 3", "size is 3"});
  refuses<ShapeError>([&] { (void)chunk(table, 2, 1); }, {"chunk: ", "size 3", "2 equal parts"});
  const std::vector<std::int64_t> one = {1}, minus = {-1, 0}, none = {0, 0};
  refuses<ShapeError>([&] { (void)pad(table, one, one); }, {"pad: ", "each of the 2 axes"});
  refuses<ShapeError>([&] { (void)pad(table, minus, none); }, {"pad: ", "negative"});
  const std::int64_t most = std::numeric_limits<std::int64_t>::max();
  const std::vector<std::int64_t> huge = {most, most};
  refuses<ShapeError>([&] { (void)pad(table, huge, huge); }, {"pad: ", "64 bits"});
  refuses<ShapeError>([&] { (void)unfold(row, {.size = {most}, .dilation = {most}}); },
                      {"unfold: ", "64 bits"});
  refuses<ShapeError>([&] { (void)reshape(table, {most, most, -1}); }, {"64 bits"});
  BOOST_TEST((slice(table, 1, 0, 3, most).shape() == Shape{2, 1}));
  refuses<ShapeError>([&] { (void)arange(g, std::numeric_limits<std::int64_t>::min(), most); },
                      {"iota: ", "negative"});
  refuses<TypeError>([&] { (void)concat({}, 0); }, {"concat: ", "at least one"});
  refuses<ShapeError>([&] { (void)concat({table, row}, 0); }, {"concat: ", "rank"});
  refuses<ShapeError>(
      [&] {
        (void)concat({table, reshape(table, {3, 2})}, 0);
      },
      {"concat: ", "joined axis"});
  refuses<ShapeError>([&] { (void)stack({row, scalar}, 0); }, {"stack: ", "one shape"});
  refuses<ShapeError>([&] { (void)flip(table, {0, 0}); }, {"flip: ", "repeated"});
  // A kernel larger than the image.
  refuses<ShapeError>(
      [&] {
        (void)unfold(table, {.size = {3, 3}});
      },
      {"unfold: ", "reaches over 3", "into 2"});
  refuses<ShapeError>([&] { (void)unfold(row, {.size = {1, 1}}); }, {"unfold: ", "more axes"});
  refuses<ShapeError>(
      [&] {
        (void)unfold(row, {.size = {2}, .stride = {1, 1}});
      },
      {"unfold: ", "stride"});
  refuses<ShapeError>([&] { (void)fold(table, {.size = {3}}, {5}); }, {"fold: ", "3 positions"});
}

BOOST_FIXTURE_TEST_CASE(sizes_beyond_64_bits, Inputs) {
  const Tensor half = g.input("half", f32, {std::int64_t{1} << 62});
  refuses<ShapeError>([&] { (void)concat({half, half}, 0); }, {"concat: ", "64 bits"});
  refuses<ShapeError>([&] { (void)(half + unsqueeze(row, 1)); }, {"64 bits", "errors_test.cpp:"});
}

BOOST_FIXTURE_TEST_CASE(reduction_rules, Inputs) {
  refuses<ShapeError>([&] { (void)sum(table, 2); }, {"sum: ", "axis 2", "rank 2"});
  refuses<ShapeError>([&] { (void)sum(table, {0, -2}); }, {"sum: ", "repeated"});
  refuses<ShapeError>([&] { (void)max(scalar, 0); }, {"max: ", "scalar"});
  refuses<ShapeError>([&] { (void)argmax(empty, 0); }, {"argmax: ", "size 0"});
  refuses<ShapeError>([&] { (void)topk(row, 4); }, {"topk: ", "4", "3 elements"});
  refuses<TypeError>([&] { (void)argmax(flags, 0); }, {"argmax: ", "bool"});
  BOOST_TEST((sum(scalar).shape() == Shape{}));
  BOOST_TEST((sum(table, -1, true).shape() == Shape{2, 1}));
}

BOOST_FIXTURE_TEST_CASE(matrix_rules, Inputs) {
  refuses<ShapeError>([&] { (void)matmul(table, table); }, {"matmul: ", "3 columns", "2 rows"});
  refuses<ShapeError>([&] { (void)matmul(scalar, row); }, {"matmul: ", "scalar"});
  const Tensor a = g.input("a", f32, {2, 4, 3});
  const Tensor b = g.input("b", f32, {5, 3, 4});
  refuses<ShapeError>([&] { (void)matmul(a, b); }, {"matmul: ", "batch axes", "[2]", "[5]"});
}

BOOST_FIXTURE_TEST_CASE(index_rules, Inputs) {
  refuses<TypeError>([&] { (void)gather(table, row, 0); }, {"gather: ", "i32 or i64"});
  refuses<ShapeError>([&] { (void)gather(table, whole, 2); }, {"gather: ", "axis 2"});
  refuses<ShapeError>([&] { (void)gather(table, whole, 1, 1); }, {"gather: ", "batch_dims"});
  refuses<ShapeError>([&] { (void)take_along_dim(table, whole, 1); }, {"take_along_dim: ", "axes"});
  refuses<ShapeError>([&] { (void)scatter(row, whole, scalar, 0, "add"); },
                      {"scatter: ", "the shape [3]"});
  refuses<TypeError>([&] { (void)scatter(row, whole, row, 0, "mul"); }, {"scatter: ", "mode"});
}

// Only the run knows the indices.
BOOST_AUTO_TEST_CASE(index_out_of_range) {
  for (const std::int64_t index : {-1, 3}) {
    const Arrays arrays = {Array({3}, {1.0, 2.0, 3.0}),
                           Array({1}, std::vector<std::int64_t>{index})};
    refuses<DeviceError>(
        [&] {
          (void)run([](Graph&, const Tensors& x) { return Tensors{gather(x[0], x[1], 0)}; },
                    arrays);
        },
        {"gather", std::to_string(index), "3", "errors_test.cpp:"});
    refuses<DeviceError>(
        [&] {
          (void)run(
              [](Graph&, const Tensors& x) { return Tensors{scatter(x[0], x[1], 0.0, 0, "set")}; },
              arrays);
        },
        {"scatter", std::to_string(index), "3", "errors_test.cpp:"});
  }
}

// A shape may be taken before the node that is added next.
BOOST_AUTO_TEST_CASE(shapes_outlive_new_nodes) {
  Graph g;
  Tensor x = g.input("x", f32, {2, 3});
  const Shape& shape = x.shape();
  for (int i = 0; i < 5000; ++i) x = neg(x);
  BOOST_TEST((shape == Shape{2, 3}));
}

}  // namespace
