#!/usr/bin/env bash
# Puts each fault of mutations/list.txt into a copy of the sources, one by one, and expects a test to
# fail. Prints what no test noticed.
#
#   tests/passes/mutate.sh WORK [FIRST [COUNT]]
#   tests/passes/mutate.sh --check    only looks whether each fault has its place in the sources
#
#   WORK   a folder for the copy and its build; kept, so that a second run builds little
#   FIRST  the number of the first fault, from 1; COUNT how many
#
# Exits 0 when every fault is noticed.
set -euo pipefail
source="$(cd "$(dirname "$0")/../.." && pwd)"
[[ $# -ge 1 ]] || { sed -n '2,/^set /{/^#/s/^# \{0,1\}//p}' "$0" >&2; exit 2; }
list="$source/tests/passes/mutations/list.txt"

# Splits the file's text where the old one stands, exactly once, into `before` and `after`.
find_place() {
  local file=$1 old=$2 text
  text=$(cat "$source/$file"; echo x)
  text=${text%x} before=${text%%"$old"*} after=${text#*"$old"}
  [[ $after != "$text" && $after != *"$old"* ]] ||
    { echo "$file: does not stand there exactly once: $old" >&2; return 1; }
}
# Calls a function with each fault: file, old text, new text, without the space before them.
for_each_fault() {
  local line lines=()
  while IFS= read -r line || [[ -n $line ]]; do
    [[ $line == \#* || -z $line ]] && continue
    lines+=("${line#"${line%%[! ]*}"}")
    (( ${#lines[@]} == 3 )) || continue
    "$1" "${lines[@]}"
    lines=()
  done <"$list"
}
if [[ $1 == --check ]]; then
  for_each_fault find_place
  exit
fi

mkdir -p "$1"
work="$(cd "$1" && pwd)" first=${2:-1} count=${3:-1000000}
jobs=${ASG_MUTATE_JOBS:-$(nproc)}
copy="$work/source" build="$work/build"

mkdir -p "$copy"
(cd "$source" && tar --exclude=./build --exclude=./.git -cf - .) | tar -C "$copy" --keep-newer-files -xf - 2>/dev/null || true
cmake -S "$copy" -B "$build" -G Ninja -DCMAKE_BUILD_TYPE=Release -DASG_UNITY_BUILD=OFF >/dev/null

build_all() { cmake --build "$build" --parallel "$jobs" --target asg_core tests_passes tests_autodiff; }
# The programs are linked with the shared library: for a fault nothing else is built again.
build_core() { cmake --build "$build" --parallel "$jobs" --target asg_core; }
tests() { ctest --test-dir "$build" -R '^(passes|autodiff)\.' --exclude-regex 'scaling|vulkan|long|mutations' --stop-on-failure; }

build_all >"$work/log" 2>&1 || { tail -20 "$work/log" >&2; exit 2; }
tests >"$work/log" 2>&1 || { echo "the tests fail without any fault; see $work/log" >&2; exit 2; }

number=0 lived=0 noticed=0
try() {
  local file=$1 old=$2 new=$3
  number=$(( number + 1 ))
  (( number >= first && number < first + count )) || return 0
  find_place "$file" "$old" || exit 2
  printf '%s' "$before$new$after" >"$copy/$file"
  if ! build_core >"$work/log" 2>&1; then
    echo "$number $file: does not compile: $new" >&2
    lived=$(( lived + 1 ))
  elif tests >"$work/log" 2>&1; then
    echo "$number $file: NOT NOTICED: $old  ->  $new"
    lived=$(( lived + 1 ))
  else
    echo "$number $file: noticed by $(sed -n 's/^.*Test *#[0-9]*: \([a-z_.]*\) .*\(Failed\|Timeout\|Exception\).*$/\1/p' "$work/log" | head -1)"
    noticed=$(( noticed + 1 ))
  fi
  printf '%s' "$before$old$after" >"$copy/$file"
}
for_each_fault try
echo "$noticed noticed, $lived not"
(( lived == 0 ))
