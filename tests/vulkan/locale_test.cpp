// Programs that set a locale, as all of Qt and GTK do, compute the same: neither what is printed
// into shaders nor what glslang reads there depends on it.
#include <boost/test/unit_test.hpp>

#include <clocale>
#include <locale>

#include "pair.hpp"
#include "support.hpp"

namespace asg::testing {
namespace {

/// A German locale: commas in fractions, points between thousands.  Made for the test where the
/// system has none.
class German {
 public:
  German() {
    const std::string command = "localedef -i de_DE -f UTF-8 '" +
                                (folder_.path() / "de_DE.UTF-8").string() + "' >/dev/null 2>&1";
    // It warns, with a status of 1, and writes the locale all the same.
    [[maybe_unused]] const int status = std::system(command.c_str());
    setenv("LOCPATH", folder_.path().c_str(), 1);
    if (std::setlocale(LC_ALL, name) == nullptr) {
      unsetenv("LOCPATH");
      BOOST_REQUIRE_MESSAGE(std::setlocale(LC_ALL, name) != nullptr,
                            "there is no locale de_DE.UTF-8, and localedef makes none (it and its "
                            "sources are in Debian's packages libc-bin and locales)");
    }
  }
  ~German() {
    std::locale::global(std::locale::classic());
    std::setlocale(LC_ALL, "C");
    unsetenv("LOCPATH");
  }
  static constexpr const char* name = "de_DE.UTF-8";

 private:
  Folder folder_;
};

struct Grouped : std::numpunct<char> {
  char do_decimal_point() const override { return ','; }
  char do_thousands_sep() const override { return '.'; }
  std::string do_grouping() const override { return "\1"; }
};

/// Constants of every size, each function, large shapes and sums: shaders made anew, without the
/// cache of those that another locale saw.
std::vector<float> computed() {
  static const asg_option no_cache{"cache", "off"};
  const LoadedBackend backend(ASG_TEST_VULKAN, {no_cache});
  ProgramBuilder p;
  const int64_t n = 40;
  const ValueId in = p.input(ASG_F32, {n, 1}), out = p.output(ASG_F32, {24, n, 1234});
  RegionBuilder& r = p.region({n, 1234});
  const Register x = r.load(in, {{1, 0}});
  int64_t kept = 0;
  const auto keep = [&](Register value) { r.store(value, out, {{1234, 1}, kept++ * n * 1234}); };
  for (const float number : {-0.5f, 0.1f, 1234567.5f, 1e-30f, -3.4e38f, 1e6f, 0.75f, 100000.0f})
    keep(r.op(ASG_EW_MUL, x, r.imm(number)));
  for (const uint32_t op : {ASG_EW_EXP, ASG_EW_LOG, ASG_EW_SIN, ASG_EW_COS, ASG_EW_TANH, ASG_EW_ERF,
                            ASG_EW_EXPM1, ASG_EW_LOG1P, ASG_EW_RSQRT})
    keep(r.op(op, x));
  keep(r.op(ASG_EW_POW, x, r.imm(1.7f)));
  keep(r.op(ASG_EW_REM, x, r.imm(0.3f)));
  Execution run(backend, p.build());
  std::vector<float> values;
  for (int64_t i = 0; i < n; ++i) values.push_back(static_cast<float>(i) * 0.37f + 0.01f);
  run.set(in, values).set(out, std::vector<float>(static_cast<std::size_t>(24 * n * 1234)));
  std::vector<float> all = run.execute().get<float>(out);
  const std::vector<float> model = Model().run(backend);
  all.insert(all.end(), model.begin(), model.end());
  return all;
}

std::string text_of(double x) {
  char text[20];
  std::snprintf(text, sizeof text, "%.1f", x);
  return text;
}

BOOST_AUTO_TEST_CASE(locales_change_no_result) {
  const std::vector<float> expected = computed();
  const auto check = [&](const char* what) {
    const std::vector<float> got = computed();
    BOOST_TEST((std::memcmp(got.data(), expected.data(), got.size() * sizeof(float)) == 0), what);
  };
  const German german;
  BOOST_REQUIRE_EQUAL(text_of(0.5), "0,5");
  check("under a C locale with commas");
  std::locale::global(std::locale(German::name));
  check("under a C++ locale with commas");
  std::locale::global(std::locale(std::locale::classic(), new Grouped));
  check("under a C++ locale with groups");
}

}  // namespace
}  // namespace asg::testing
