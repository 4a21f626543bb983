#!/usr/bin/env bash
# Sizes that no machine has end at once, in one message with the numbers.
source "$(dirname "$0")/lib.sh"
write_text text

# Sanitizers need more addresses than any limit would leave.
limit=(ulimit -v 8000000)
("${limit[@]}"; exec "$asg" --version) >/dev/null 2>&1 || limit=(:)

refused() {  # ARGUMENT...: in a second or two, and with no more memory than an asg needs anyway
  local before=$SECONDS
  ("${limit[@]}"; exec timeout 60 "$asg" "$@" >out 2>err </dev/null)
  expect_status 2 $? "asg $*"
  ((SECONDS - before < 30)) || fail "asg $* takes $((SECONDS - before)) seconds"
  grep -qE '[0-9.]+ (GiB|TiB|PiB|EiB)' err || fail "asg $*: no numbers: $(<err)"
  (($(wc -l <err) == 1)) || fail "asg $*: $(wc -l <err) lines"
}
train=(train --model gpt --data text --steps 1 --block 8)
refused "${train[@]}" --layers 100000000
says "--layers"
refused "${train[@]}" --layers 1 --heads 1 --embd 10000000
says "parameters"
refused "${train[@]}" --layers 1 --heads 1 --embd 1099511627776
refused "${train[@]}" --batch 1000000000000
says "--batch"
refused train --model mlp --steps 1 --batch 1000000000
refused train --model transformer-block --heads 1 --embd 1000000 --steps 1
refused plan --model gpt --vocab 10 --layers 100000000
refused graph --model gpt --vocab 10 --layers 100000000
# Layers are no part of an mlp.
run 0 train --model mlp --layers 100000000 --steps 1 --batch 2 --eval-every 0

# What the step needs between its parameters is known when it is compiled.
if [[ ${limit[0]} != : ]]; then
  (ulimit -v 2000000; exec "$asg" "${train[@]}" --layers 2 --embd 64 --batch 200000 >out 2>err)
  expect_status 1 $? "an arena beyond the memory"
  (($(wc -l <err) == 1)) || fail "an arena beyond the memory: $(<err)"
fi
finish
