#!/usr/bin/env bash
# Runs that end before their last step: what was learned is saved, and the status says how it ended.
source "$(dirname "$0")/lib.sh"
write_text text
endless=(train "${small[@]}" --data text --steps 100000000)
quiet=("${endless[@]}" --eval-every 0)

started() {  # ARGUMENT...: beside the test, until its first line comes; its number is in pid
  : >lines
  "$asg" "$@" >lines 2>err </dev/null &
  pid=$!
  first_line lines
}
goes_on() {  # FOLDER: what is there is of one step, not the first one, and can be gone on with
  local step
  step=$(one_step "$1")
  ((step > 0)) || fail "$1 holds step '$step'"
  run 0 generate --from "$1" --prompt the --tokens 3
  run 0 train --out "$1" --resume --steps $((step + 2)) --json
  (($(losses out | wc -l) == 2)) || fail "$1: after step $step come $(wc -l <out) lines"
}

for signal in INT TERM HUP; do
  started "${quiet[@]}" --json --out stopped.$signal
  kill -$signal $pid
  wait $pid
  expect_status 130 $? "SIG$signal"
  says "saved to stopped.$signal"
  goes_on stopped.$signal
done
# nohup means what it says.
(trap '' HUP; exec "$asg" "${quiet[@]}" --json --out nohup >lines 2>err </dev/null) &
pid=$!
first_line lines
kill -HUP $pid
sleep 0.5
kill -TERM $pid 2>/dev/null || fail "a hang-up ends a run that is to outlive it"
wait $pid
expect_status 130 $? "SIGTERM after a hang-up that is ignored"

# Nobody waits for an evaluation.
: >lines
"$asg" "${endless[@]}" --eval-every 1 --eval-iters 1000000000 --out evaluation >lines 2>err &
pid=$!
first_line lines
for _ in $(seq 1 600); do  # until SIGTERM has a handler
  caught=$(awk '/^SigCgt/ {print $2}' /proc/$pid/status)
  ((0x${caught:-0} >> 14 & 1)) && break
  sleep 0.05
done
sleep 1
before=$SECONDS
kill -TERM $pid
wait $pid
expect_status 130 $? "SIGTERM in an evaluation"
((SECONDS - before < 20)) || fail "an evaluation goes on for $((SECONDS - before)) seconds"
[[ $(one_step evaluation) == 0 ]] || fail "an evaluation changes the step"

# Whoever reads goes away.
"$asg" "${quiet[@]}" --json --out piped 2>err | head -1 >lines
expect_status 1 "${PIPESTATUS[0]}" "| head -1"
json_lines lines step loss
says "standard output"
says "saved to piped"
goes_on piped
for option in --log --trace; do
  mkfifo pipe
  head -c 100 pipe >/dev/null &
  run 1 "${quiet[@]}" $option pipe --out cut$option
  wait
  says "cannot write pipe"
  says "saved to cut$option"
  goes_on cut$option
  rm pipe
done
# A disk that is full, where the system lets us have one.
if mknod full c 1 7 2>/dev/null && ! (: && echo >full) 2>/dev/null && [[ -c full ]]; then
  for option in --log --trace; do
    run 1 "${quiet[@]}" $option full --out full$option
    says "cannot write full: No space left"
    goes_on full$option
  done
fi

# Nothing on stderr can be told there: that changes nothing.
for stderr in full closed; do
  exec 7>&2
  if [[ $stderr == full ]]; then exec 2>/dev/full; else exec 2>&-; fi
  "$asg" train "${small[@]}" --data text --steps 40 --eval-every 10 --eval-iters 1 --out stderr.$stderr >out
  status=$?
  "$asg" nosuch >/dev/null
  usage=$?
  "$asg" train "${small[@]}" --data /nonexistent --no-save >/dev/null
  file=$?
  "$asg" train --out stderr.$stderr --resume --steps 41 --seed 9 >/dev/null
  warned=$?
  : >lines
  "$asg" "${quiet[@]}" --json --out stopped.$stderr >lines </dev/null &
  pid=$!
  first_line lines
  kill -INT $pid
  wait $pid
  interrupted=$?
  exec 2>&7 7>&-
  : >err
  expect_status 0 $status "a $stderr stderr"
  expect_status 2 $usage "a $stderr stderr and a wrong command"
  expect_status 3 $file "a $stderr stderr and no data"
  expect_status 0 $warned "a $stderr stderr and a warning"
  expect_status 130 $interrupted "a $stderr stderr and Ctrl-C"
  [[ $(one_step stderr.$stderr) == 41 ]] || fail "a $stderr stderr: $(find stderr.$stderr)"
  goes_on stopped.$stderr
done
finish
