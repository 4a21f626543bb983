// Shifts by the width or more: the same from memory, from constants and on every backend.
#include <cstdint>
#include <limits>

#include <boost/test/unit_test.hpp>

#include <asg/ops/elementwise.hpp>

#include "models/support.hpp"

namespace {

using namespace asg;
using namespace models_test;

// Distances inside, at, beyond and before the width of every integer type.
template <class T>
std::vector<T> distances() {
  constexpr int width = sizeof(T) * 8;
  std::vector<T> all;
  for (const int d : {0, 1, 7, width - 1, width, width + 1, 2 * width, 127}) all.push_back(T(d));
  for (const T d : {T(-1), T(-width), std::numeric_limits<T>::min(), std::numeric_limits<T>::max()})
    all.push_back(d);
  return all;
}

// By steps of one place, as the header says it.
template <class T>
T shifted(T a, T distance, bool left) {
  constexpr T width = sizeof(T) * 8;
  const bool beyond = distance < 0 || distance >= width;
  const T places = beyond ? width : distance;
  for (T i = 0; i < places; ++i) {
    if (left)
      a = T(std::make_unsigned_t<T>(a) * 2);
    else
      a = a < 0 ? T((a - (a % 2 != 0 ? 1 : 0)) / 2) : T(a / 2);
  }
  return a;
}

template <class T>
void check_shifts() {
  const std::vector<T> values = {T(-8), T(8), T(-1), T(1), std::numeric_limits<T>::min(),
                                 std::numeric_limits<T>::max()};
  const auto count = static_cast<std::int64_t>(values.size());
  const Array a({count}, values);
  for (const T distance : distances<T>()) {
    std::vector<T> lefts, rights;
    for (const T value : values) {
      lefts.push_back(shifted(value, distance, true));
      rights.push_back(shifted(value, distance, false));
    }
    const Array left({count}, lefts), right({count}, rights);
    const Array b({count}, std::vector<T>(values.size(), distance));
    const auto both = [](const Tensor& x, const Tensor& by) {
      return Tensors{shift_left(x, by), shift_right(x, by)};
    };
    // Read from memory, one of both known while the program is compiled, and both.
    const std::vector<Arrays> results = {
        run([&](Graph&, const Tensors& t) { return both(t[0], t[1]); }, {a, b}),
        run([&](Graph& g, const Tensors& t) { return both(t[0], g.constant(b)); }, {a}),
        run([&](Graph& g, const Tensors& t) { return both(t[0], g.constant(Array(distance))); },
            {a}),
        run([&](Graph& g, const Tensors& t) { return both(g.constant(a), t[0]); }, {b}),
        run([&](Graph& g, const Tensors&) { return both(g.constant(a), g.constant(b)); }, {a})};
    for (const Arrays& result : results) BOOST_TEST_CONTEXT("by " << +distance) {
        BOOST_TEST(difference(result[0], left, 0) == "");
        BOOST_TEST(difference(result[1], right, 0) == "");
      }
  }
}

BOOST_AUTO_TEST_CASE(shifts_by_the_width_or_more_leave_what_moves_in) {
  check_shifts<std::int32_t>();
  check_shifts<std::int64_t>();
  check_shifts<std::uint32_t>();
}

}  // namespace
