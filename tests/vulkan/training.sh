#!/usr/bin/env bash
# Trains every kind of model on the Vulkan backend and on the CPU: the first 50 losses are the same
# to 0.001. With dropout they can be so only if the masks are the same.
set -euo pipefail
: "${ASG:?the program asg}"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
for i in {1..400}; do echo "line $i: the quick brown fox jumps over the lazy dog $((i * i))"; done >"$work/text"

losses() { sed -n 's/.*"loss": *\([0-9.eE+-]*\).*/\1/p' "$1"; }
status=0
compare() {
  local name=$1 backend
  shift
  for backend in cpu vulkan; do
    "$ASG" train "$@" --steps 50 --eval-every 0 --eval-iters 1 --seed 1 --backend "$backend" \
      --out "$work/$name-$backend" --log "$work/$name-$backend.jsonl" >"$work/log" 2>&1 ||
      { echo "FAILED: $name on $backend"; cat "$work/log"; status=1; return; }
  done
  paste <(losses "$work/$name-cpu.jsonl") <(losses "$work/$name-vulkan.jsonl") | awk -v name="$name" '
    { d = $1 - $2; if (d < 0) d = -d; if (d > most) most = d; ++n }
    END { printf "%s: %d losses, at most %g apart\n", name, n, most; exit !(n >= 50 && most <= 1e-3) }' ||
    { echo "FAILED: $name"; status=1; }
}
small=(--layers 2 --heads 2 --embd 32 --block 16 --batch 4)
compare gpt --model gpt "${small[@]}" --dropout 0.2 --tie --clip 1 --data "$work/text"
compare gpt-sgd --model gpt "${small[@]}" --no-bias --optimizer sgd --momentum 0.9 --data "$work/text"
compare transformer-block --model transformer-block "${small[@]}"
compare mlp --model mlp --batch 8
compare cnn --model cnn --batch 4
"$ASG" generate --from "$work/gpt-vulkan" --prompt "line" --tokens 10 --seed 1 --backend vulkan >/dev/null 2>"$work/log" ||
  { echo "FAILED: generate"; cat "$work/log"; status=1; }
exit "$status"
