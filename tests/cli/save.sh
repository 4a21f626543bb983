#!/usr/bin/env bash
# Saving, generating from what was saved, going on from it, and Ctrl-C.
source "$(dirname "$0")/lib.sh"
write_text text
train=(train "${small[@]}" --data text --eval-every 4 --eval-iters 2 --json)

run 0 "${train[@]}" --steps 12 --out whole
cp out whole.jsonl
files="checkpoints config.json latest model.safetensors training.safetensors"
leaves() { (cd "$1" && echo *); }
[[ $(leaves whole) == "$files" ]] || fail "a run leaves $(leaves whole)"
[[ $(one_step whole) == 12 && $(ls -A whole/checkpoints) == 12 ]] || fail "a run of 12 steps leaves $(find whole)"
json whole/config.json model vocabulary

# The same drawing from the same weights; another from another seed.
run 0 generate --from whole --prompt "the quick" --tokens 40 --seed 7
mv out a
run 0 generate --from whole --prompt "the quick" --tokens 40 --seed 7 --backend reference
cp out b
same a b "generate twice, on two backends"
head -c 9 a | grep -q "the quick" || fail "the prompt does not come first"
(($(wc -c <a) == 50)) || fail "9 characters, 40 drawn and a line end are not $(wc -c <a)"
run 0 generate --from whole --prompt "the quick" --tokens 40 --seed 8
! cmp -s a out || fail "another seed draws the same"
run 0 generate --from whole --prompt "l" --tokens 20 --temperature 0 --seed 1
mv out a
run 0 generate --from whole --prompt "l" --tokens 20 --top-k 1 --seed 2
cp out b
same a b "the likeliest in two ways"
run 0 generate --from whole --prompt "l" --tokens 0
[[ $(<out) == l ]] || fail "--tokens 0 prints $(<out)"
run 2 generate --from whole --prompt ""
run 2 generate --from whole --prompt "é"
says "é"

# A run in two parts has the curve of the whole one, its evaluations included.
run 0 "${train[@]}" --steps 5 --out parts
cp out parts.jsonl
run 0 "${train[@]}" --steps 12 --out parts --resume
cat out >>parts.jsonl
for key in '"lr"' '"val_loss"'; do
  grep -- "$key" whole.jsonl | grep -v '"done"\|"step":5,"train' | sed 's/,"steps_per_s.*//' >a
  grep -- "$key" parts.jsonl | grep -v '"done"\|"step":5,"train' | sed 's/,"steps_per_s.*//' >b
  same a b "a resumed run's $key"
done
cmp -s whole/model.safetensors parts/model.safetensors || fail "a resumed run has other weights"
cmp -s whole/training.safetensors parts/training.safetensors || fail "... or another state"

# What does not fit is refused.
run 2 train "${small[@]}" --data text --steps 20 --resume
run 3 "${train[@]}" --steps 20 --out nosuch --resume
[[ ! -e nosuch ]] || fail "--resume makes a folder"
run 2 "${train[@]}" --steps 20 --out whole --resume --heads 4
says "heads"
echo "ÄÖÜ" | cat - text >other
run 2 train "${small[@]}" --data other --steps 20 --out whole --resume
run 0 "${train[@]}" --steps 12 --out whole --resume
holds out '"done":true'

# Ctrl-C: saves, says so, and the run can be used and gone on with.
: >stopped.jsonl
"$asg" train "${small[@]}" --data text --steps 100000000 --eval-every 0 --json --out stopped \
  >stopped.jsonl 2>err </dev/null &
pid=$!
for _ in $(seq 1 300); do
  (($(wc -l <stopped.jsonl) >= 5)) && break
  sleep 0.1
done
kill -INT $pid
wait $pid
expect_status 130 $? "Ctrl-C"
says "saved to stopped"
json_lines stopped.jsonl step loss
[[ $(leaves stopped) == "$files" ]] || fail "Ctrl-C leaves $(leaves stopped)"
one_step stopped >/dev/null
run 0 generate --from stopped --prompt "the" --tokens 10
last=$(tail -1 stopped.jsonl | sed 's/.*"step":\([0-9]*\).*/\1/')
run 0 train "${small[@]}" --data text --steps $((last + 3)) --eval-every 0 --json --out stopped --resume
(($(losses out | wc -l) == 2)) || fail "after step $last of $((last + 3)) come $(losses out | wc -l)"

# The newest checkpoints beside the last one, and no more; each can be used.
run 0 "${train[@]}" --steps 8 --checkpoint-every 2 --keep 3 --out kept
(cd kept/checkpoints && ls | sort -n | tr '\n' ' ') >names
[[ $(<names) == "4 6 8 " ]] || fail "--keep 3 of 2 4 6 8 keeps $(<names)"
for file in model.safetensors config.json training.safetensors; do
  same kept/$file kept/checkpoints/8/$file "the newest checkpoint"
done
! cmp -s kept/model.safetensors kept/checkpoints/6/model.safetensors || fail "all checkpoints are one"
run 0 generate --from kept/checkpoints/4 --prompt "the" --tokens 3
mkdir kept/checkpoints/mine
run 0 "${train[@]}" --steps 10 --checkpoint-every 1 --keep 2 --out kept --resume
[[ $(cd kept/checkpoints && echo *) == "10 9 mine" ]] || fail "later: $(cd kept/checkpoints && echo *)"
# A run that replaces another one keeps none of its checkpoints.
run 0 "${train[@]}" --steps 3 --checkpoint-every 1 --keep 3 --out kept --overwrite
[[ $(cd kept/checkpoints && echo *) == "1 2 3 mine" ]] || fail "again: $(cd kept/checkpoints && echo *)"
run 2 "${train[@]}" --steps 3 --keep 2
says "--keep"

# Bytes that are no text are characters, too.
printf 'caf\xe9 \xff\xfe \xed\xa0\x80 and so on, and so on; %.0s' 1 2 3 4 5 6 7 8 9 >bytes
run 0 train "${small[@]}" --data bytes --steps 2 --eval-every 0 --out bytes.d
json bytes.d/config.json vocabulary
run 0 generate --from bytes.d --prompt "$(printf 'caf\xe9')" --tokens 30
finish
