// The programs that a function keeps: how many, which, and what it says when they are too many.
#include <algorithm>

#include <boost/test/unit_test.hpp>

#include <asg/asg.hpp>

#include "support/messages.hpp"

namespace {

using namespace asg;
using test_support::contains;

const Device& device() {
  static const Device opened = open_device("reference");
  return opened;
}

// What is said while it lives.
struct Warnings {
  Warnings() {
    set_log_handler([this](LogLevel level, std::string_view source, std::string_view message) {
      if (level == LogLevel::warn)
        texts.push_back(std::string(source) + ": " + std::string(message));
    });
  }
  ~Warnings() { set_log_handler({}); }
  std::vector<std::string> texts;
};

struct Counted {
  explicit Counted(CompileOptions options)
      : function(
            device(),
            [this](Graph&, const Tensors& in) {
              ++traced;
              return Tensors{sum(in[0])};
            },
            std::move(options)) {}
  float call(const Shape& shape) {
    return static_cast<float>(function.call({Array::full(f32, shape, 1)})[0].get(0));
  }
  // Whether a call makes a new program.
  bool traces(const Shape& shape) {
    const int before = traced;
    BOOST_TEST(call(shape) == static_cast<float>(shape.numel()));
    return traced != before;
  }
  int traced = 0;
  Function function;
};

BOOST_AUTO_TEST_CASE(no_more_programs_are_kept_than_the_limit_says) {
  Counted few({.name = "few", .max_programs = 3});
  Counted many({.name = "many"});
  for (std::int64_t size = 1; size <= 100; ++size) {
    few.call({size});
    many.call({size});
    BOOST_TEST(few.function.programs() == std::min<std::size_t>(size, 3));
  }
  BOOST_TEST(many.function.programs() == CompileOptions{}.max_programs);
  BOOST_CHECK_THROW(Counted({.name = "none", .max_programs = 0}), Error);
}

BOOST_AUTO_TEST_CASE(the_program_that_was_not_run_for_the_longest_time_is_forgotten) {
  Counted f({.name = "f", .max_programs = 3});
  for (const std::int64_t size : {1, 2, 3}) BOOST_TEST(f.traces({size}));
  BOOST_TEST(!f.traces({1}));
  BOOST_TEST(f.traces({4}));  // forgets 2
  for (const std::int64_t size : {1, 3, 4}) BOOST_TEST(!f.traces({size}));
  BOOST_TEST(f.traces({2}));
  BOOST_TEST(f.traces({1}));
}

BOOST_AUTO_TEST_CASE(a_program_that_was_forgotten_runs_on_for_who_has_it) {
  Counted f({.name = "f", .max_programs = 1});
  CompiledGraph two = f.function.specialize({{f32, {2}}});
  BOOST_TEST(f.call({4000}) == 4000);
  BOOST_TEST(two.run({Array::full(f32, {2}, 1)})[0].item<float>() == 2);
  f.function.clear();
  BOOST_TEST(two.run({Array::full(f32, {2}, 1)})[0].item<float>() == 2);
}

BOOST_AUTO_TEST_CASE(a_full_cache_says_once_what_varies) {
  const Warnings warnings;
  Counted f({.name = "my step", .max_programs = 4});
  for (std::int64_t size = 10; size < 14; ++size) f.call({7, size});
  BOOST_TEST(warnings.texts.empty());
  for (std::int64_t size = 14; size < 20; ++size) f.call({7, size});
  BOOST_TEST_REQUIRE(warnings.texts.size() == 1u);
  BOOST_TEST(contains(warnings.texts[0],
                      "my step: 4 programs are kept and one more is needed, "
                      "since axis 1 of argument 0 varies from 10 to 14;"),
             warnings.texts[0]);
  BOOST_TEST(contains(warnings.texts[0], "CompileOptions::max_programs"), warnings.texts[0]);
}

BOOST_AUTO_TEST_CASE(what_varies_may_be_ranks_types_or_several_axes) {
  const auto said = [](const std::vector<std::vector<Argument>>& calls) {
    const Warnings warnings;
    Function f(device(), [](Graph&, const Tensors& in) { return Tensors{in[0]}; },
               {.name = "f", .max_programs = calls.size() - 1});
    for (const auto& arguments : calls) f.call(arguments);
    return warnings.texts.empty() ? std::string("nothing") : warnings.texts.back();
  };
  const auto of = [](const Shape& shape) { return Argument(Array::full(f32, shape, 1)); };
  const std::string both = said({{of({2, 8}), of({3})}, {of({4, 8}), of({5})}});
  BOOST_TEST(contains(both,
                      "axis 0 of argument 0 varies from 2 to 4 and axis 0 of argument 1 "
                      "varies from 3 to 5;"),
             both);
  const std::string rank = said({{of({})}, {of({1})}, {of({1, 1})}});
  BOOST_TEST(contains(rank, "the rank of argument 0 varies from 0 to 2;"), rank);
  const std::string type = said({{1.f}, {1}});
  BOOST_TEST(contains(type, "the element type of argument 0 varies;"), type);
  const std::string count = said({{1.f}, {1.f, 1.f}});
  BOOST_TEST(contains(count, "the number of arguments varies"), count);
}

BOOST_AUTO_TEST_CASE(clear_forgets_all_programs) {
  const Warnings warnings;
  Counted f({.name = "f", .max_programs = 2});
  for (const std::int64_t size : {1, 2, 3}) f.call({size});
  f.function.clear();
  BOOST_TEST(f.function.programs() == 0u);
  BOOST_TEST(f.traces({3}));
  for (const std::int64_t size : {1, 2}) f.call({size});
  BOOST_TEST(warnings.texts.size() == 2u);  // what is full anew is told anew
}

BOOST_AUTO_TEST_CASE(copies_of_a_function_share_its_programs) {
  Counted f({.name = "f"});
  Function copy = f.function;
  copy.call({Array::full(f32, {2}, 1)});
  BOOST_TEST(!f.traces({2}));
  copy.clear();
  BOOST_TEST(f.function.programs() == 0u);
}

}  // namespace
