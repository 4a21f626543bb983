// What is known of the loops of shaders before they run.
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <filesystem>
#include <fstream>

#include <asg/sdk/error.hpp>

#include "glsl/iterations.hpp"

namespace asg::vulkan {
namespace {

std::string inside_main(const std::string& body) { return "void main() {\n" + body + "}\n"; }

// With the iteration that finds the end.
BOOST_AUTO_TEST_CASE(what_stands_behind_is_added_what_stands_inside_multiplied) {
  const std::string ten = loop("int i = 0; i < 10; ++i", 10), three = loop("; k > 0; --k", 3);
  BOOST_TEST(iterations(inside_main("int x = 1;\n")) == 0u);
  BOOST_TEST(iterations(inside_main(ten + "\nx += i;\n}\n")) == 11u);
  BOOST_TEST(iterations(inside_main(ten + "\n}\n" + three + "\n}\n")) == 11u + 4u);
  BOOST_TEST(iterations(inside_main(ten + "\nif (i > 3) {\n" + three + "\n}\n}\n}\n")) ==
             11u * (1u + 4u));
}

BOOST_AUTO_TEST_CASE(functions_count_where_they_are_called) {
  const std::string functions =
      "int power(int a) {\n" + loop("; a > 0; --a", 5) + "\n}\n return a; }\n" +
      "int more(int a) { return power(a) + power(power(a)); }\n" + "int powers = 3;\n";
  BOOST_TEST(iterations(functions + inside_main("x = more(1) + powers;\n")) == 18u);
  BOOST_TEST(iterations(functions + inside_main(loop("; x > 0; x = power(x)", 2) + "\n}\n")) ==
             3u * 7u);
  // A comment calls nothing.
  BOOST_TEST(iterations(functions + inside_main("// power(x)\n")) == 0u);
}

BOOST_AUTO_TEST_CASE(what_no_number_holds_is_too_much) {
  std::string body, end;
  for (int i = 0; i < 6; ++i) {
    body += loop("; true;", UINT32_MAX) + "\n";
    end += "}\n";
  }
  BOOST_TEST(iterations(inside_main(body + end)) == UINT64_MAX);
}

BOOST_AUTO_TEST_CASE(a_loop_that_does_not_say_how_often_it_runs_is_no_loop) {
  for (const char* line : {"for (int i = 0; i < 10; ++i) {\n}\n", "for (;;) x = 1;\n",
                           "while (x > 0) {\n--x;\n}\n", "do { --x; } while (x > 0);\n"})
    BOOST_CHECK_THROW(iterations(inside_main(line)), sdk::Error);
}

BOOST_AUTO_TEST_CASE(a_watched_loop_reports_more_than_it_says) {
  const std::string source = inside_main(loop("int i = 0; i < n; ++i", 7) + "\nx += i;\n}\n");
  BOOST_TEST(watched(source, "overrun") ==
             inside_main("uint asg_n0 = 0u;\nfor (int i = 0; i < n; ++i) { if (++asg_n0 > 7u) "
                         "overrun(asg_n0, 7u);  // at most 7\nx += i;\n}\n"));
}

// Whether a line has it inside a string.
bool writes(const std::string& line, const std::string& word) {
  for (std::size_t at = 0; (at = line.find(word, at)) != std::string::npos; ++at)
    if (std::count(line.begin(), line.begin() + static_cast<std::ptrdiff_t>(at), '"') % 2 != 0)
      return true;
  return false;
}

BOOST_AUTO_TEST_CASE(no_generator_writes_a_loop_by_itself) {
  std::size_t files = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(ASG_VULKAN_SOURCES)) {
    if (entry.path().extension() != ".cpp" || entry.path().filename() == "iterations.cpp") continue;
    ++files;
    std::ifstream file(entry.path());
    std::string line;
    bool raw = false;  // inside a raw string of several lines, where a loop says how often it runs
    for (int number = 1; std::getline(file, line); ++number) {
      for (const char* word : {"for (", "while (", "do {"})
        BOOST_CHECK_MESSAGE(raw ? line.find(word) == std::string::npos ||
                                      line.find("{  // at most ") != std::string::npos
                                : !writes(line, word),
                            entry.path() << ":" << number << ": " << line);
      if (line.find("R\"(") != std::string::npos) raw = true;
      if (line.find(")\"") != std::string::npos) raw = false;
    }
  }
  BOOST_TEST(files > 30u);
}

}  // namespace
}  // namespace asg::vulkan
