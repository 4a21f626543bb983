// What may be left out, by name.
#include <cstdlib>
#include <set>
#include <string>

#include <boost/test/unit_test.hpp>

#include <asg/asg.hpp>
#include <asg/passes/passes.hpp>

namespace {

using namespace asg;

PassOptions options_with(const std::string& disable) {
  ::setenv("ASG_DISABLE", disable.c_str(), 1);
  struct Unset {
    ~Unset() { ::unsetenv("ASG_DISABLE"); }
  } const unset;
  return PassOptions::from_environment();
}

BOOST_AUTO_TEST_CASE(each_name_leaves_out_its_pass) {
  std::set<std::string_view> names;
  for (const Pass pass : optional_passes()) {
    names.insert(name(pass));
    const PassOptions options = options_with(std::string(name(pass)));
    for (const Pass other : optional_passes())
      BOOST_TEST(options.has(other) == (other != pass), name(pass) << ", " << name(other));
  }
  BOOST_TEST(names.size() == optional_passes().size());
  BOOST_TEST(options_with("fuse,merge").disabled.size() == 2u);
  BOOST_TEST(options_with("").disabled.empty());
}

BOOST_AUTO_TEST_CASE(every_optional_pass_of_graphs_is_in_the_list) {
  for (const GraphPass& pass : graph_passes())
    if (pass.optional) BOOST_TEST(pass.name == name(*pass.optional));
}

BOOST_AUTO_TEST_CASE(a_name_that_is_none_is_an_error_which_tells_all_there_are) {
  for (const char* wrong : {"fuze", "fuse,,merge", "Fuse", "decompose", "fuse merge"})
    BOOST_CHECK_EXCEPTION(options_with(wrong), FormatError, [](const FormatError& error) {
      const std::string text = error.what();
      for (const Pass pass : optional_passes())
        if (text.find(name(pass)) == std::string::npos) return false;
      return true;
    });
}

}  // namespace
