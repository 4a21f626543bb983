#!/usr/bin/env bash
# check.sh ROOT: prints each place below ROOT that breaks a rule of the layers; fails if there is one.
set -euo pipefail
rules="$(cd "$(dirname "$0")" && pwd)/rules.awk"
cd "$1"

mapfile -t files < <(
  find core sdk plugins examples tests cmake -type f \
    \( -name '*.c' -o -name '*.h' -o -name '*.cpp' -o -name '*.hpp' -o -name '*.glsl' -o -name '*.comp' \
    -o -name '*.cmake' -o -name 'CMakeLists.txt' -o -name '*.sh' -o -name '*.py' -o -name '*.md' \) |
    sort)
if [ "${#files[@]}" -eq 0 ]; then
  echo "no sources below $1" >&2
  exit 2
fi
awk -f "$rules" "${files[@]}"
