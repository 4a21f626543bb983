// Attention as the Vulkan backend claims it, with the workgroups of GPUs and of software devices,
// against its definition in double precision.
#include <boost/test/unit_test.hpp>

#include "cpu/differential.hpp"

namespace asg::testing {
namespace {

using Numbers = std::vector<double>;

enum class Mask { none, flags, padding, scores, scores_of_heads };
constexpr Mask masks[] = {Mask::none, Mask::flags, Mask::padding, Mask::scores,
                          Mask::scores_of_heads};

struct Sizes {
  int64_t batch, heads, queries, keys, size, value_size;
};
const std::vector<Sizes> all_sizes = {
    {1, 1, 1, 1, 1, 1},       {1, 2, 1, 1, 2, 2},      {2, 3, 5, 5, 4, 4},
    {1, 2, 33, 33, 17, 5},    {2, 1, 64, 64, 32, 32},  {1, 3, 77, 77, 40, 48},
    {1, 1, 130, 70, 64, 1},   {1, 2, 31, 145, 16, 65}, {1, 1, 100, 100, 128, 127},
    {1, 1, 17, 40, 256, 256}, {3, 1, 2, 16, 129, 7}};

/// One program with both passes, and what it is to give.
struct Problem {
  Sizes s;
  bool causal;
  Mask mask;
  double scale;
  // [batch, length, heads, size], as a model's projections give them
  Numbers query, key, value, dy, bias;
  Numbers y, lse, delta, dquery, dkey, dvalue;

  Problem(const Sizes& sizes, bool is_causal, Mask kind, double range = 2)
      : s(sizes), causal(is_causal), mask(kind), scale(1 / std::sqrt(double(sizes.size))) {
    Random random(static_cast<uint64_t>(s.queries * 31 + s.keys));
    const auto fill = [&](Numbers& to, int64_t count, double most) {
      for (int64_t i = 0; i < count; ++i)
        to.push_back(static_cast<float>((random.real() * 2 - 1) * most));
    };
    fill(query, s.batch * s.queries * s.heads * s.size, range);
    fill(key, s.batch * s.keys * s.heads * s.size, range);
    fill(value, s.batch * s.keys * s.heads * s.value_size, 2);
    fill(dy, s.batch * s.queries * s.heads * s.value_size, 2);
    fill(bias, sdk::product(mask_shape().data(), static_cast<uint32_t>(mask_shape().size())), 1);
    solve();
  }

  bool flags() const { return mask == Mask::flags || mask == Mask::padding; }
  Shape mask_shape() const {
    if (mask == Mask::padding) return {s.batch, 1, 1, s.keys};
    if (mask == Mask::scores_of_heads) return {s.heads, s.queries, s.keys};
    return {s.queries, s.keys};
  }
  double masked(double score, int64_t b, int64_t h, int64_t i, int64_t j) const {
    if (causal && j > i) return -INFINITY;
    const int64_t at = mask == Mask::padding           ? b * s.keys + j
                       : mask == Mask::scores_of_heads ? (h * s.queries + i) * s.keys + j
                                                       : i * s.keys + j;
    if (mask == Mask::none) return score;
    const double x = bias[static_cast<std::size_t>(at)];
    return !flags() ? score + x : x > -0.3 ? score : -INFINITY;
  }

  void solve() {
    const auto at = [&](int64_t b, int64_t row, int64_t rows, int64_t h, int64_t size, int64_t c) {
      return static_cast<std::size_t>(((b * rows + row) * s.heads + h) * size + c);
    };
    y.resize(dy.size());
    dquery.resize(query.size());
    dkey.resize(key.size());
    dvalue.resize(value.size());
    for (int64_t b = 0; b < s.batch; ++b)
      for (int64_t h = 0; h < s.heads; ++h)
        for (int64_t i = 0; i < s.queries; ++i) {
          Numbers p(static_cast<std::size_t>(s.keys));
          double most = -INFINITY, total = 0, d = 0;
          for (int64_t j = 0; j < s.keys; ++j) {
            double dot = 0;
            for (int64_t c = 0; c < s.size; ++c)
              dot += query[at(b, i, s.queries, h, s.size, c)] * key[at(b, j, s.keys, h, s.size, c)];
            most = std::max(most, p[static_cast<std::size_t>(j)] = masked(dot * scale, b, h, i, j));
          }
          const double shift = most == -INFINITY ? 0 : most;
          for (double& x : p) total += x = std::exp(x - shift);
          for (double& x : p) x /= total == 0 ? 1 : total;
          lse.push_back(std::log(total) + shift);
          for (int64_t c = 0; c < s.value_size; ++c) {
            double& sum = y[at(b, i, s.queries, h, s.value_size, c)];
            for (int64_t j = 0; j < s.keys; ++j)
              sum += p[static_cast<std::size_t>(j)] * value[at(b, j, s.keys, h, s.value_size, c)];
            d += sum * dy[at(b, i, s.queries, h, s.value_size, c)];
          }
          delta.push_back(d);
          for (int64_t j = 0; j < s.keys; ++j) {
            const double pj = p[static_cast<std::size_t>(j)];
            double dp = 0;
            for (int64_t c = 0; c < s.value_size; ++c) {
              const double g = dy[at(b, i, s.queries, h, s.value_size, c)];
              dp += g * value[at(b, j, s.keys, h, s.value_size, c)];
              dvalue[at(b, j, s.keys, h, s.value_size, c)] += pj * g;
            }
            const double ds = pj * (dp - d) * scale;
            for (int64_t c = 0; c < s.size; ++c) {
              dquery[at(b, i, s.queries, h, s.size, c)] += ds * key[at(b, j, s.keys, h, s.size, c)];
              dkey[at(b, j, s.keys, h, s.size, c)] += ds * query[at(b, i, s.queries, h, s.size, c)];
            }
          }
        }
  }
};

template <class T>
Bytes bytes_of(const Numbers& numbers, bool flags = false) {
  Bytes bytes;
  for (const double x : numbers) {
    const T element = static_cast<T>(flags ? x > -0.3 : x);
    const auto* begin = reinterpret_cast<const uint8_t*>(&element);
    bytes.insert(bytes.end(), begin, begin + sizeof element);
  }
  return bytes;
}

/// The worst difference from what is expected, relative to its largest finite element.
double error(const Bytes& got, const Numbers& expected) {
  double scale = 0, worst = 0;
  for (const double x : expected)
    if (std::isfinite(x)) scale = std::max(scale, std::abs(x));
  for (std::size_t i = 0; i < expected.size(); ++i) {
    const double a = element<float>(got, i), b = expected[i];
    if (a == b) continue;
    if (!std::isfinite(a) || !std::isfinite(b)) return INFINITY;
    worst = std::max(worst, std::abs(a - b) / scale);
  }
  return worst;
}

/// What both passes give on a backend: y, lse, dquery, dkey, dvalue.
std::vector<Bytes> run(const LoadedBackend& backend, const Problem& problem) {
  const Sizes& s = problem.s;
  Case c;
  ProgramBuilder& p = c.program;
  const auto by_heads = [&](ValueId id, int64_t rows, int64_t size) {
    return p.view(id, {s.batch, s.heads, rows, size},
                  {rows * s.heads * size, size, s.heads * size, 1});
  };
  const auto input = [&](const Numbers& numbers, const Shape& shape) {
    const ValueId id = p.input(ASG_F32, shape);
    c.inputs.emplace_back(id, bytes_of<float>(numbers));
    return id;
  };
  const auto projected = [&](const Numbers& numbers, int64_t rows, int64_t size) {
    return by_heads(input(numbers, {s.batch, rows, s.heads, size}), rows, size);
  };
  const auto result = [&](int64_t rows, int64_t size) {
    return by_heads(c.output(ASG_F32, {s.batch, rows, s.heads, size}), rows, size);
  };
  const ValueId query = projected(problem.query, s.queries, s.size),
                key = projected(problem.key, s.keys, s.size),
                value = projected(problem.value, s.keys, s.value_size),
                dy = projected(problem.dy, s.queries, s.value_size),
                lse = input(problem.lse, {s.batch, s.heads, s.queries}),
                delta = input(problem.delta, {s.batch, s.heads, s.queries});
  std::vector<ValueId> forward = {query, key, value},
                       backward = {dy, query, key, value, lse, delta};
  if (problem.mask != Mask::none) {
    const ValueId mask = p.input(problem.flags() ? ASG_BOOL : ASG_F32, problem.mask_shape());
    c.inputs.emplace_back(mask, problem.flags() ? bytes_of<uint8_t>(problem.bias, true)
                                                : bytes_of<float>(problem.bias));
    forward.push_back(mask);
    backward.push_back(mask);
  }
  const Attrs attrs = Attrs{}.set("causal", int64_t{problem.causal}).set("scale", problem.scale);
  const ValueId y = result(s.queries, s.value_size);
  p.step(ASG_OP_CLAIMED, "scaled_dot_product_attention", forward,
         {y, c.output(ASG_F32, {s.batch, s.heads, s.queries})}, attrs);
  const ValueId dquery = result(s.queries, s.size), dkey = result(s.keys, s.size),
                dvalue = result(s.keys, s.value_size);
  p.step(ASG_OP_CLAIMED, "scaled_dot_product_attention_backward", backward, {dquery, dkey, dvalue},
         attrs);
  return run_on(backend, c);
}

const LoadedBackend& backend(bool gpu) {
  const auto open = [](const char* profile) -> const LoadedBackend& {
    return kept<LoadedBackend>(ASG_TEST_VULKAN, std::vector<asg_option>{{"profile", profile}});
  };
  static const LoadedBackend &on_gpu = open("gpu"), &on_software = open("cpu");
  return gpu ? on_gpu : on_software;
}

void check(const LoadedBackend& backend, const Problem& problem, double tolerance) {
  const std::vector<Bytes> got = run(backend, problem);
  const Numbers* expected[] = {&problem.y, &problem.lse, &problem.dquery, &problem.dkey,
                               &problem.dvalue};
  static const char* const names[] = {"y", "lse", "dquery", "dkey", "dvalue"};
  for (std::size_t i = 0; i < 5; ++i) {
    const double off = error(got[i], *expected[i]);
    BOOST_CHECK_MESSAGE(off <= tolerance, names[i] << " is off by " << off);
  }
}

void check(bool gpu, const Problem& problem, double tolerance) {
  check(backend(gpu), problem, tolerance);
}

// Shaders take the driver long: every size has one kind of mask, and every kind has some sizes.
BOOST_AUTO_TEST_CASE(as_it_is_defined) {
  for (std::size_t n = 0; n < all_sizes.size(); ++n) {
    const Mask mask = masks[n % std::size(masks)];
    const bool causal = n / 2 % 2 != 0, gpu = n % 3 != 0;
    BOOST_TEST_CONTEXT("sizes " << n << " causal " << causal << " mask " << static_cast<int>(mask))
    check(gpu, {all_sizes[n], causal, mask}, 5e-6);
  }
}

// What a workgroup has so far goes on from run to run, as where the keys are too many for one.
BOOST_AUTO_TEST_CASE(loops_that_are_cut) {
  const LoadedBackend gpu(ASG_TEST_VULKAN, {{"profile", "gpu"}, {"loops", "1500"}}),
      software(ASG_TEST_VULKAN, {{"profile", "cpu"}, {"loops", "1500"}});
  for (const bool causal : {false, true}) {
    check(gpu, {{1, 2, 300, 230, 17, 40}, causal, Mask::none}, 5e-6);
    check(software, {{2, 1, 100, 333, 40, 17}, causal, Mask::flags}, 5e-6);
  }
}

/// Queries of 0 look at all keys alike: how far the mean of those a query sees is off, where the
/// value of key j is j % 7 in all columns.
double off_from_the_mean(int64_t queries, int64_t keys, int64_t size, bool causal) {
  ProgramBuilder p;
  const ValueId query = p.input(ASG_F32, {1, queries, size}),
                key = p.input(ASG_F32, {1, keys, size}), value = p.input(ASG_F32, {1, keys, size}),
                y = p.output(ASG_F32, {1, queries, size}), lse = p.output(ASG_F32, {1, queries});
  p.step(ASG_OP_CLAIMED, "scaled_dot_product_attention", {query, key, value}, {y, lse},
         Attrs{}.set("causal", int64_t{causal}).set("scale", 1.0));
  std::vector<float> values;
  for (int64_t i = 0; i < keys * size; ++i) values.push_back(static_cast<float>(i / size % 7));
  Execution run(backend(false), p.build());
  run.set(query, std::vector<float>(static_cast<std::size_t>(queries * size)))
      .set(key, std::vector<float>(static_cast<std::size_t>(keys * size), 1))
      .set(value, values);
  const std::vector<float> got = run.execute().get<float>(y), sums = run.get<float>(lse);
  double worst = 0, sum = 0;
  int64_t seen = 0;
  for (int64_t i = 0; i < queries; ++i) {
    for (; seen < (causal ? i + 1 : keys); ++seen) sum += static_cast<double>(seen % 7);
    const auto count = static_cast<double>(seen);
    for (int64_t c = 0; c < size; ++c)
      worst = std::max(worst, std::abs(got[static_cast<std::size_t>(i * size + c)] - sum / count));
    worst = std::max(worst, std::abs(sums[static_cast<std::size_t>(i)] - std::log(count)));
  }
  return worst;
}

BOOST_AUTO_TEST_CASE(more_keys_than_one_run_takes) {
  BOOST_TEST(off_from_the_mean(4200, 4200, 128, true) < 1e-4);
  BOOST_TEST(off_from_the_mean(600, 70'001, 8, false) < 1e-4);
}

// The logsumexp of such scores has lost what lies between equal ones; the gradients must not.
BOOST_AUTO_TEST_CASE(large_scores) {
  check(true, {{1, 2, 40, 40, 24, 24}, true, Mask::none, 30}, 1e-4);
  Problem problem({1, 1, 1, 3, 1, 1}, false, Mask::none);
  for (const double size : {1e4, 1e15}) {
    problem.query = {size};
    problem.key = {size, size, -size};
    problem.value = {1, 3, 100};
    problem.dy = {1};
    problem.scale = 1;
    problem.delta = {2};
    problem.lse = {static_cast<float>(size) * static_cast<float>(size)};
    const std::vector<Bytes> got = run(backend(true), problem);
    BOOST_TEST(element<float>(got[0], 0) == 2);
    BOOST_TEST(element<float>(got[4], 0) == 0.5f);
    BOOST_TEST(element<float>(got[4], 1) == 0.5f);
    BOOST_TEST(element<float>(got[4], 2) == 0);
  }
}

BOOST_AUTO_TEST_CASE(the_same_again) {
  const Problem problem({2, 2, 70, 90, 33, 20}, false, Mask::none);
  BOOST_TEST((run(backend(true), problem) == run(backend(true), problem)));
}

/// Whether a backend accepts the forward pass.
bool accepts(const LoadedBackend& backend, const Sizes& s, uint32_t dtype = ASG_F32) {
  const auto type = [&](Shape shape) {
    asg_type t{};
    t.dtype = dtype;
    t.rank = static_cast<uint32_t>(shape.size());
    std::copy(shape.begin(), shape.end(), t.shape);
    return t;
  };
  const asg_type types[] = {
      type({s.batch, s.heads, s.queries, s.size}), type({s.batch, s.heads, s.keys, s.size}),
      type({s.batch, s.heads, s.keys, s.value_size}),
      type({s.batch, s.heads, s.queries, s.value_size}), type({s.batch, s.heads, s.queries})};
  asg_step_request request{};
  request.struct_size = sizeof request;
  request.n_inputs = 3;
  request.version = 1;
  request.op = ASG_OP_CLAIMED;
  request.name = "scaled_dot_product_attention";
  request.types = {types, static_cast<uint32_t>(std::size(types)), sizeof types[0]};
  asg_claim_reply reply{};
  reply.struct_size = sizeof reply;
  checked([&](asg_error* e) { return backend.api().claim(backend.device(), &request, &reply, e); });
  return reply.accepted != 0;
}

BOOST_AUTO_TEST_CASE(what_is_claimed) {
  BOOST_TEST(accepts(backend(true), {2, 3, 20, 20, 64, 64}));
  BOOST_TEST(accepts(backend(true), {1, 1, 1, 1, 1, 1}));
  BOOST_TEST(!accepts(backend(true), {2, 3, 20, 20, 64, 64}, ASG_F64));
  BOOST_TEST(!accepts(backend(true), {2, 3, 0, 20, 64, 64}));
  BOOST_TEST(!accepts(backend(true), {0, 3, 20, 20, 64, 64}));
  BOOST_TEST(!accepts(backend(true), {2, 3, 20, 20, 257, 64}));
  BOOST_TEST(!accepts(backend(true), {2, 3, 20, 20, 64, 257}));
  BOOST_TEST(!accepts(backend(true), {2, 3, 15, 20, 64, 64}));
  // Software devices take what would leave large scores.
  BOOST_TEST(!accepts(backend(false), {2, 3, 20, 20, 64, 64}));
  BOOST_TEST(accepts(backend(false), {12, 4, 1024, 1024, 32, 32}));
}

}  // namespace
}  // namespace asg::testing
