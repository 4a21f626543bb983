#!/usr/bin/env bash
# locale.sh ROOT: prints each place of the product below ROOT that depends on the program's locale; fails if there is one.
set -euo pipefail
rules="$(cd "$(dirname "$0")" && pwd)/locale.awk"
cd "$1"
mapfile -t files < <(find core sdk plugins -type f \
  \( -name '*.c' -o -name '*.h' -o -name '*.cpp' -o -name '*.hpp' -o -name '*.in' \) | sort)
if [ "${#files[@]}" -eq 0 ]; then
  echo "no sources below $1" >&2
  exit 2
fi
awk -f "$rules" "${files[@]}"
