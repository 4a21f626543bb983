#!/usr/bin/env bash
# What a README shows as printed is what is printed:
#   compare.sh README FIRST TOLERANCE LINES COMMAND...
# takes the indented block of README whose first line begins with FIRST, runs the command, and compares the first LINES
# lines ("all": every one). Words must be equal; numbers with a point may differ by TOLERANCE, relative, since
# another compiler or processor rounds in other places; TOLERANCE "form" lets all numbers differ and names in brackets.
set -euo pipefail
readme=$1 first=$2 tolerance=$3 lines=$4
shift 4

shown=$(awk -v first="$first" '
  { text = substr($0, 5) }
  !inside && /^    / && index(text, first) == 1 { inside = 1 }
  inside && !/^    / { exit }
  inside { print text }' "$readme")
[[ -n $shown ]] || { echo "$readme shows no output that begins with '$first'" >&2; exit 1; }
printed=$("$@" 2>&1) || { echo "the command failed: $*"; echo "$printed"; exit 1; } >&2
if [[ $lines != all ]]; then
  shown=$(head -n "$lines" <<< "$shown")
  printed=$(head -n "$lines" <<< "$printed")
fi

awk -v tolerance="$tolerance" '
  function form(line) {
    gsub(/\(.*\)/, "(...)", line)
    gsub(/[0-9]+(\.[0-9]+)?/, "N", line)
    gsub(/ +/, " ", line)
    return line
  }
  function near(a, b) { return (a - b) ^ 2 <= (tolerance * b) ^ 2 }
  function alike(a, b,  i, count, left, right) {
    if (tolerance == "form") return form(a) == form(b)
    count = split(a, left, /[ ]+/)
    if (count != split(b, right, /[ ]+/)) return 0
    for (i = 1; i <= count; ++i) {
      if (left[i] == right[i]) continue
      if (left[i] !~ /^[0-9]+\.[0-9]+$/ || right[i] !~ /^[0-9]+\.[0-9]+$/) return 0
      if (!near(left[i] + 0, right[i] + 0)) return 0
    }
    return 1
  }
  NR == FNR { printed[FNR] = $0; count = FNR; next }
  { ++seen }
  !alike(printed[FNR], $0) {
    print "line " FNR " is shown as \"" $0 "\", printed is \"" printed[FNR] "\""
    wrong = 1
  }
  END {
    if (seen != count) { print seen " lines are shown, " count " are printed"; wrong = 1 }
    exit wrong
  }' <(printf '%s\n' "$printed") <(printf '%s\n' "$shown") || { echo "in $readme" >&2; exit 1; }
