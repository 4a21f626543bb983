#!/usr/bin/env bash
# Sourced by the tests of the program asg. They work in a folder of their own, which is removed at
# the end, and go on after a failure, so that one run shows all of them.
#
#   run STATUS ARGUMENT...   runs asg; what it prints is in the files out and err
#   prints TEXT, says TEXT   out, or err, has this text
#   finish                   the last line of every test
set -uo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
asg=${ASG:?is the program under test}
cmake=${CMAKE:-cmake}
unset ASG_BACKEND ASG_NUM_THREADS ASG_LOG XDG_DATA_HOME
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cd "$scratch" || exit 1
export HOME=$scratch

failures=0
fail() {
  local frame=0
  while [[ ${BASH_SOURCE[frame]} == */lib.sh ]]; do frame=$((frame + 1)); done
  printf '%s:%s: %s\n' "${BASH_SOURCE[frame]##*/}" "${BASH_LINENO[frame - 1]}" "$*"
  failures=$((failures + 1))
}
finish() {
  ((failures == 0)) || { echo "$failures checks failed"; exit 1; }
  exit 0
}

expect_status() {  # WANTED GOT WHAT
  (($1 == $2)) || fail "exit status $2, not $1: $3"$'\n'"$(tail -c 2000 err 2>/dev/null)"
}
run() {
  local wanted=$1
  shift
  "$asg" "$@" >out 2>err </dev/null
  expect_status "$wanted" $? "asg $*"
}
holds() {  # FILE TEXT
  grep -qF -- "$2" "$1" || fail "$1 lacks '$2':"$'\n'"$(tail -c 2000 "$1")"
}
prints() { holds out "$1"; }
says() { holds err "$1"; }

# same A B WHAT: two files with equal contents, and not empty.
same() {
  [[ -s $1 ]] && cmp -s "$1" "$2" || fail "$3: $1 and $2 differ"
}

# json FILE [KEY...]: one JSON value that has the keys. json_lines: a file with one on each line.
json() {
  local file=$1
  shift
  "$cmake" "-DFILE=$file" "-DKEYS=$(printf '%s;' "$@")" -P "$here/json.cmake" 2>problem ||
    fail "$(tail -c 1000 problem)"
}
json_lines() {
  local file=$1
  shift
  [[ -s $file ]] || fail "$file is empty"
  "$cmake" "-DFILE=$file" -DLINES=ON "-DKEYS=$(printf '%s;' "$@")" -P "$here/json.cmake" \
    2>problem || fail "$(tail -c 1000 problem)"
}

# The losses of the steps in a file of JSON lines, as they are printed: every digit.
losses() { sed -n 's/.*"loss":\([^,}]*\),"lr".*/\1/p' "$1"; }

# first_line FILE: waits until a program that runs beside the test has written one there.
first_line() {
  for _ in $(seq 1 600); do
    [[ ! -s $1 ]] || return 0
    sleep 0.05
  done
  fail "nothing comes in $1"
}

# one_step FOLDER: prints the step of a run that is whole: weights, state and configuration of one
# step, and the weights of both files the same.
one_step() {
  local step other
  step=$(step_of "$1/model.safetensors")
  other=$(step_of "$1/training.safetensors")
  [[ -n $step && $step == "$other" ]] || fail "$1: a model of step '$step', a state of '$other'"
  echo "$step"
}
step_of() { head -c 4096 "$1" | LC_ALL=C grep -ao '"step":"[0-9]*"' | tr -dc '0-9\n' | head -1; }

# The files of a folder with their checksums.
contents() { (cd "$1" && find . -type f -exec cksum {} + | sort -k3); }

# A model so small that its training is nothing but overhead.
small=(--model gpt --layers 1 --heads 2 --embd 16 --block 8 --batch 4 --lr 1e-2 --seed 3)
# A text that is the same everywhere.
write_text() {
  for i in $(seq 1 60); do
    echo "line $i: the quick brown fox jumps over the lazy dog, $((i * i)) times."
  done >"$1"
}
