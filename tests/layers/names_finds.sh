#!/usr/bin/env bash
# names_finds.sh ROOT: names.sh finds two classes of one name, and takes none for two that are not.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
mkdir -p "$scratch"/{core,sdk,plugins/none}
printf 'namespace asg {\nstruct Twice {\n};\nnamespace {\nstruct Hidden {\n};\n}  // namespace\n}  // namespace asg\n' >"$scratch/core/a.hpp"
printf 'namespace asg {\nnamespace {\nstruct Twice {\n};\nstruct Hidden {\n};\n}  // namespace\nstruct Twice;\n}  // namespace asg\n' >"$scratch/core/b.cpp"
bash "$here/names.sh" "$scratch" || { echo "two that are hidden are taken for one"; exit 1; }
printf 'namespace asg {\nclass Twice final : public Base {\n};\n}  // namespace asg\n' >"$scratch/core/c.hpp"
bash "$here/names.sh" "$scratch" >"$scratch/out" && { echo "two of one name are not found"; exit 1; }
grep -q 'core/c.hpp:2: asg::Twice is also in core/a.hpp' "$scratch/out" || { cat "$scratch/out"; exit 1; }
