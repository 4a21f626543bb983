#!/usr/bin/env bash
# train.sh TREE PROJECT NAME COMPILER: builds a template against the installed tree with one compiler,
# drops the plugin where asg looks for a user's backends, trains with it as with the reference, and checks it.
set -uo pipefail
tree=$1 project=$2 name=$3 compiler=$4
asg=$tree/bin/asg
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cd "$scratch" || exit 1
# Only what the tree itself says may count.
unset ASG_BACKEND ASG_PLUGIN_PATH ASG_NUM_THREADS ASG_LOG LD_LIBRARY_PATH
export HOME=$scratch XDG_DATA_HOME=$scratch/data XDG_CACHE_HOME=$scratch/cache

fail() {
  echo "$*" >&2
  exit 1
}

# A copy: what a stranger gets has no sources of asg around it.
cp -r "$project" project
"${CMAKE:-cmake}" -S project -B build "-DCMAKE_PREFIX_PATH=$tree" \
  "-DCMAKE_C_COMPILER=$compiler" "-DCMAKE_CXX_COMPILER=$compiler" \
  "-DCMAKE_C_FLAGS=-Wall -Wextra -Wpedantic -Wshadow -Werror" \
  "-DCMAKE_CXX_FLAGS=-Wall -Wextra -Wpedantic -Wshadow -Werror" >log 2>&1 &&
  "${CMAKE:-cmake}" --build build >>log 2>&1 || fail "$(cat log)"
plugin=build/lib/asg/backends/asg-backend-$name.so
exported=$(nm -D --defined-only "$plugin" | awk '{ print $3 }')
[[ $exported == asg_backend_v[0-9] ]] || fail "$plugin exports: $exported"

install -D -t "$XDG_DATA_HOME/asg/backends" "$plugin"
"$asg" backends >listed 2>&1 || fail "$(cat listed)"
grep -qE "^$name +1\.0 +$XDG_DATA_HOME/asg/backends/" listed || fail "not listed: $(cat listed)"

losses() {  # BACKEND MODEL…: of each step
  local backend=$1
  shift
  "$asg" train "$@" --backend "$backend" --steps 5 --eval-every 0 --no-save --json --seed 3 >out 2>err ||
    fail "asg train $* --backend $backend: $(cat err)"
  sed -n 's/.*"step":[0-9]*,"loss":\([^,}]*\),"lr".*/\1/p' out
}
for i in $(seq 1 60); do echo "line $i: the quick brown fox, $((i * i)) times."; done >text
gpt=(--model gpt --data text --layers 2 --heads 2 --embd 16 --block 8 --batch 4 --lr 1e-2 --clip 1)
for model in "${gpt[*]}" "--model mlp --batch 8 --lr 1e-3" "--model transformer-block --batch 2"; do
  read -ra options <<<"$model"
  losses reference "${options[@]}" >expected
  losses "$name" "${options[@]}" >found
  (($(wc -l <expected) == 5)) || fail "$model: the reference took $(wc -l <expected) steps"
  [[ $(head -1 expected) != $(tail -1 expected) ]] || fail "$model: nothing is learned"
  # Both compute in f32 and round in other places.
  paste expected found | awk '
    function size(x) { return x < 0 ? -x : x }
    !($2 + 0 == $2) || size($1 - $2) > 1e-5 * size($1) { print "a loss of " $2 ", not " $1; wrong = 1 }
    END { exit wrong || NR != 5 }' || fail "$model: $name and reference differ"
  echo "$model: $(tail -1 found)"
done

"$asg" check --backend "$name" --case-seconds 300 >out 2>err || fail "asg check: $(cat out err)"
tail -1 out

# What it has not got is refused by name.
"$asg" train "${gpt[@]}" --dropout 0.1 --backend "$name" --steps 1 --no-save >out 2>err &&
  fail "$name has no random numbers and trained with dropout"
grep -q "random_bits: backend '$name' cannot execute it" err || fail "dropout: $(cat err)"
