// Loaded before a test (LD_PRELOAD): what a program of Qt or GTK does in a German session, and what
// one may do with C++'s own locale. Nothing that is tested may see a difference.
#include <clocale>
#include <cstdio>
#include <cstdlib>
#include <locale>
#include <string>

namespace {

// A comma for the point, and groups of three.
template <class Char>
struct Commas : std::numpunct<Char> {
  Char do_decimal_point() const override { return ','; }
  Char do_thousands_sep() const override { return '.'; }
  std::string do_grouping() const override { return "\3"; }
};

[[gnu::constructor]] void use_commas() {
  char text[8] = "";
  if (std::setlocale(LC_ALL, "de_DE.UTF-8") != nullptr)
    std::snprintf(text, sizeof text, "%.1f", 0.5);
  if (std::string(text) != "0,5") {
    std::fprintf(stderr,
                 "the locale de_DE.UTF-8 was not found: LOCPATH must name a folder with it\n");
    std::_Exit(3);
  }
  std::locale::global(
      std::locale(std::locale(std::locale(), new Commas<char>), new Commas<wchar_t>));
}

}  // namespace
