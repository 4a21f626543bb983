#!/usr/bin/env bash
# Breaks each rule of the locale once, in a tree of its own, and sees that locale.sh says so, and says no more.
set -euo pipefail
here="$(cd "$(dirname "$0")" && pwd)"
tree="$(mktemp -d)"
trap 'rm -rf "$tree"' EXIT
cd "$tree"
mkdir -p core plugins sdk

cat > core/allowed.cpp << 'TEXT'
// std::to_string(0.5) and printf("%f") are not for us.
std::snprintf(text, sizeof text, "%02x", byte);
auto a = fmt::format("{:.4f} {}", loss, 0.5);
auto b = std::to_string(axis) + std::to_string(static_cast<int>(x));
std::ostringstream out;
out.imbue(std::locale::classic());
std::ifstream bytes(path, std::ios::binary);
for (std::ifstream* file : {&one}) use(file);
std::ostream& operator<<(std::ostream& out, const Graph& graph) { return out << to_text(graph); }
const auto number = to_chars(begin, end, x);
TEXT
if ! "$here/locale.sh" "$tree"; then
  echo "a tree that keeps the rules was refused" >&2
  exit 1
fi

fails=0
number=0
while IFS= read -r breach; do
  number=$((number + 1))
  file="plugins/breach.cpp"
  printf '%b\n' "$breach" > "$file"
  if "$here/locale.sh" "$tree" > found; then
    echo "not found: $breach" >&2
    fails=1
  elif [[ $(wc -l < found) != 1 || $(< found) != $file:* ]]; then
    echo "not one line for: $breach" >&2
    cat found >&2
    fails=1
  fi
  rm "$file"
done << 'TEXT'
std::snprintf(text, sizeof text, "%.9g", x);
fprintf(stderr, "%s took %5.2f s", name, seconds);
std::snprintf(text, sizeof text,\\n              "%le", x);
const double x = std::strtod(text, &end);
const float y = std::stof(text);
const double z = atof(text);
sscanf(text, "%d", &n);
auto text = std::to_string(static_cast<double>(n));
auto text = std::to_string(0.5 * n);
auto text = fmt::format("{:L}", n);
auto text = boost::lexical_cast<std::string>(n);
std::cout << n;
std::setlocale(LC_ALL, "C");
std::locale::global(std::locale::classic());
std::ostringstream out;\\nout << n;
std::ifstream("/proc/self/limits") >> n;
std::strftime(text, sizeof text, "%c", &now);
TEXT
exit $fails
