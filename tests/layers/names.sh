#!/usr/bin/env bash
# names.sh ROOT: prints each class of ROOT's library whose name another one has; fails if there is one.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
cd "$1"
# Each plugin, and the program, is one binary; the library and what is built on it are another.
for binary in "core sdk" plugins/*/; do
  # shellcheck disable=SC2086  # two folders
  mapfile -t files < <(find $binary -type f \( -name '*.cpp' -o -name '*.hpp' \) | sort)
  ((${#files[@]} == 0)) || awk -f "$here/names.awk" "${files[@]}"
done
