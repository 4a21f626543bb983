#!/usr/bin/env bash
# Training: what it prints, and that the same command gives the same numbers.
source "$(dirname "$0")/lib.sh"
write_text text

# Lines of JSON with the keys that scripts rely on.
run 0 train "${small[@]}" --data text --steps 6 --eval-every 3 --eval-iters 2 --json
grep '"lr"' out >steps
json_lines steps step loss lr grad_norm steps_per_s tokens_per_s
# Both rates are of the same time: 4 sequences of 8 tokens a step.
sed 's/.*"steps_per_s":\([^,]*\),"tokens_per_s":\([^}]*\)}/\1 \2/' steps |
  awk '{ r = $2 / $1 / 32; if (r < 0.999999 || r > 1.000001) bad = 1 } END { exit bad || NR != 6 }' ||
  fail "tokens/s is not 32 steps/s"
grep '"train_loss"' out >evaluations
json_lines evaluations step train_loss val_loss
tail -1 out >last
json_lines last step done
holds last '"done":true'
(($(wc -l <steps) == 6)) || fail "6 steps give $(wc -l <steps) lines"
(($(wc -l <evaluations) == 3)) || fail "evaluations at 0, 3 and the end give $(wc -l <evaluations)"
[[ ! -s err ]] || fail "stderr is not empty: $(<err)"

# The log holds the same lines.
run 0 train "${small[@]}" --data text --steps 6 --eval-every 3 --eval-iters 2 --log log.jsonl
prints "done after 6 steps"
says "step 6/6"
json_lines log.jsonl step
losses steps >a
losses log.jsonl >b
same a b "two runs with one seed"

run 0 train --model mlp --batch 8 --steps 4 --lr 1e-3 --eval-iters 1 --json --seed 1
json_lines out step
grep -q '"images_per_s"' out || fail "an mlp counts no images"
grep -q '"val_accuracy"' out || fail "an mlp has no accuracy"
run 0 train --model cnn --batch 2 --steps 2 --lr 1e-3 --eval-every 0 --seed 1
prints "done after 2 steps"
run 0 train --model transformer-block --embd 4 --heads 2 --block 1 --batch 1 --steps 15 --lr 1e-2 \
  --optimizer sgd --momentum 0 --eval-every 0 --seed 1 --json
losses out >a
(($(wc -l <a) == 15)) && sort -gr a | cmp -s - a || fail "transformer-block: the loss does not fall"

# Other seeds, options and types do change the numbers.
run 0 train "${small[@]}" --data text --steps 3 --eval-every 0 --json
losses out >base
for change in "--seed 4" "--lr 2e-2" "--dropout 0.1" "--tie" "--no-bias" "--optimizer sgd" \
              "--weight-decay 1" "--clip 0.1" "--warmup 2" "--beta1 0.5"; do
  # shellcheck disable=SC2086
  run 0 train "${small[@]}" --data text --steps 3 --eval-every 0 --json $change
  losses out >changed
  (($(wc -l <changed) == 3)) || fail "$change: no losses"
  ! cmp -s base changed || fail "$change changes nothing"
done
run 0 train "${small[@]}" --data text --steps 3 --eval-every 0 --json --dtype f64
losses out >f64
paste base f64 | awk '{ d = $1 - $2; if (d < 0) d = -d; if (d > 1e-4 || $1 == $2) bad = 1 }
                      END { exit bad || NR != 3 }' || fail "f64 is not f32 with more digits"

# The threads do not change a bit, the backend hardly anything. Wide enough to be divided.
medium=(--model gpt --layers 2 --heads 4 --embd 64 --block 32 --batch 8 --lr 1e-3 --seed 5)
run 0 train "${medium[@]}" --data text --steps 10 --eval-every 0 --json --threads 1
losses out >one
run 0 train "${medium[@]}" --data text --steps 10 --eval-every 0 --json --threads 2
losses out >two
same one two "--threads 1 and 2"
for backend in reference cpu; do
  run 0 train "${small[@]}" --data text --steps 50 --eval-every 0 --json --backend $backend
  losses out >$backend
done
paste reference cpu | awk '{ d = $1 - $2; if (d < 0) d = -d; if (d > 1e-4) bad = 1 }
                           END { exit bad || NR != 50 }' || fail "reference and cpu disagree"
awk 'NR == 1 { first = $1 } END { exit !($1 < 0.8 * first) }' cpu || fail "the loss does not fall"
finish
