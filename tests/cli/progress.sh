#!/usr/bin/env bash
# The line of progress on a terminal: no wider than that, also when its width changes.
source "$(dirname "$0")/lib.sh"
write_text text
if ! script -qec true /dev/null >/dev/null 2>&1; then
  echo "there is no script(1) that gives a program a terminal"
  exit 77
fi
export TERM=xterm asg

# on_terminal COLUMNS STEPS: what a run writes to a terminal, one drawing of the line on each line.
on_terminal() {
  export columns=$1 steps=$2
  script -qec 'stty cols $columns; exec "$asg" train --model gpt --layers 1 --heads 2 --embd 16 --block 8 \
    --batch 4 --data text --steps $steps --eval-every 0 --no-save' typescript >/dev/null </dev/null
  expect_status 0 $? "a terminal of $columns columns"
  drawings typescript
}
drawings() { tr '\r' '\n' <"$1" | sed 's/\x1b\[[0-9;?]*[A-Za-z]//g' | grep -E '(^|\] )step [0-9]' ; }
widest() { awk '{ if (length > most) most = length } END { print most + 0 }'; }

for columns in 400 100 96 95 80 61 40 30 21 10 2 1; do
  on_terminal $columns 300 >shown
  (($(wc -l <shown) > 0)) || { ((columns < 10)) || fail "$columns columns show nothing"; continue; }
  (($(widest <shown) < columns)) || fail "$columns columns get $(widest <shown): $(tail -1 shown)"
done
# The whole line where there is room, with a bar that takes what is left; then less and less.
on_terminal 100 300 | tail -1 >shown
grep -qE '^\[#+\] step 300/300  loss [0-9.]+  [0-9.]+ steps/s  [0-9]+ tokens/s  0:00 left$' shown ||
  fail "100 columns: $(<shown)"
on_terminal 60 300 | tail -1 >shown
grep -qE '^step 300/300  loss [0-9.]+  [0-9.]+ steps/s  0:00 left$' shown || fail "60 columns: $(<shown)"
on_terminal 32 300 | tail -1 >shown
grep -qE '^step 300/300  loss [0-9.]+$' shown || fail "32 columns: $(<shown)"

# The width changes while a run lasts.
script -qec 'stty cols 120; "$asg" train --model gpt --layers 1 --heads 2 --embd 16 --block 8 --batch 4 \
  --data text --steps 100000000 --eval-every 0 --no-save & pid=$!; sleep 2; stty cols 40; sleep 2
  kill -INT $pid; wait $pid' typescript >/dev/null </dev/null
drawings typescript >shown
(($(head -3 shown | widest) > 80)) || fail "120 columns: $(head -3 shown)"
# One may be drawn before it is noticed.
(($(tail -5 shown | widest) < 40)) || fail "after a change to 40 columns: $(tail -5 shown)"
# What is told in the end stands on a line of its own.
tr '\r' '\n' <typescript | sed 's/\x1b\[[0-9;?]*[A-Za-z]//g' | grep -q '^asg: interrupted' ||
  fail "told on the line of progress: $(tail -2 typescript)"
finish
