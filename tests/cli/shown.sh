#!/usr/bin/env bash
# What others wrote does not reach the terminal as its commands, and who mistypes is told what is near.
source "$(dirname "$0")/lib.sh"

hostile=$'\e]0;owned\a\e[31m\x7f'
written='\x1b]0;owned\x07\x1b[31m\x7f'
clean() {  # WHAT: neither out nor err has a control character but newlines and tabs
  ! LC_ALL=C grep -qP '[\x00-\x08\x0b-\x1f\x7f]' out err ||
    fail "$1 is not written out: $(cat -v out err | head -5)"
}
shows() { clean "$1"; LC_ALL=C grep -qF -- "$written" out err || fail "$1 is not shown: $(cat -v out err)"; }

run 2 "$hostile"; shows "a command"
run 2 train "--$hostile"; shows "an option"
run 2 ops --threads "$hostile"; shows "a number"
run 2 train --model "$hostile"; shows "a model"
run 4 ops --backend "$hostile"; shows "a backend"
run 4 ops --backend "./$hostile.so"; shows "a plugin's path"
run 4 ops --backend "reference:$hostile"; shows "a device"
run 0 backends --plugin-dir "$hostile"; shows "a directory"
mkdir plugins
echo text >"plugins/asg-backend-$hostile.so"
run 0 backends --plugin-dir plugins; shows "a file's name"
run 4 ops --plugin-dir plugins --backend none; shows "a file's name in a search"
ASG_NUM_THREADS=$hostile run 2 ops; shows "a variable"
ASG_CACHE_DIR=$hostile run 0 doctor; shows "a variable in asg doctor"
run 3 generate --from "$hostile"; shows "a folder"
run 3 train "${small[@]}" --steps 1 --data "$hostile"; shows "a file"
{ write_text text; for i in {1..40}; do printf 'a%s\n' "$hostile"; done >>text; }
run 0 train "${small[@]}" --data text --steps 2 --eval-every 0 --out model; clean "training"
run 0 generate --from model --prompt "a$hostile" --tokens 200 --temperature 50; shows "a vocabulary"

near() {  # TEXT ARGUMENT...
  local text=$1
  shift
  run 2 "$@"
  says "$text"
}
near "there is no command 'trian'; did you mean 'train'?" trian --model gpt
near "there is no command 'nosuch'; the commands are backends, bench, check, completion, doctor" nosuch
near "there is no option '--modle'; did you mean '--model'?" train --modle gpt
near "there is no option '--modle'; did you mean '--model'?" train --modle=gpt
near "there is no option '--xyzzyx'" train --model gpt --xyzzyx 1
near "'more' was not expected after 'asg backends'" backends more
near "--model" train

near "--plugin-dir: a directory must have a name" backends --plugin-dir ""
near "1 to 1024" ops --threads 1025
for number in x 0 -1 1.5 99999999999999999999; do
  ASG_NUM_THREADS=$number near "ASG_NUM_THREADS: '$number' is not a whole number from 1 to 1024" ops
done
ASG_NUM_THREADS=x run 0 ops --threads 1
run 0 ops --backend reference --threads 2
says "has no option 'threads', the number is ignored"
near "'0' is not a whole number" bench --runs 0
(($(wc -c <err) < 200)) || fail "a bad number of runs takes $(wc -c <err) characters"
finish
