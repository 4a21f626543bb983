#!/usr/bin/env bash
# Wrong options, data and backends: the status, and a message that names the cause.
source "$(dirname "$0")/lib.sh"
write_text text
train=(train "${small[@]}" --steps 2 --eval-every 0)

run 3 "${train[@]}" --data /nonexistent
says "/nonexistent"
: >empty
run 3 "${train[@]}" --data empty
says "empty"
printf 'abc' >short
run 3 "${train[@]}" --data short
says "short"
mkdir folder
run 3 "${train[@]}" --data folder
says "folder"
mkdir folder/inner
run 3 "${train[@]}" --data folder
run 3 train --model mlp --steps 1 --lr 1e-3 --data folder
says "folder"
run 2 train --model mlp --steps 1 --lr 1e-3 --data folder text
run 0 "${train[@]}" --data text text
for file in images-idx3 labels-idx1; do echo 'no numbers' >folder/train-$file-ubyte; done
run 3 train --model mlp --steps 1 --lr 1e-3 --data folder
says "-ubyte"
# Digits of another size, and numbers that are no digits: before the first step.
idx() {  # FILE NUMBER...: a file of these bytes
  local file=folder/$1
  shift
  printf "$(printf '\\x%02x' "$@")" >"$file"
}
for split in train t10k; do
  idx $split-images-idx3-ubyte 0 0 8 3 0 0 0 4 0 0 0 2 0 0 0 2 {1..16}
  idx $split-labels-idx1-ubyte 0 0 8 1 0 0 0 4 0 1 2 3
done
run 3 train --model cnn --steps 1 --batch 2 --lr 1e-3 --data folder
says "train-images-idx3-ubyte"
says "28x28"
for split in train t10k; do
  { idx $split-images-idx3-ubyte 0 0 8 3 0 0 0 4 0 0 0 28 0 0 0 28; head -c 3136 /dev/zero >>folder/$split-images-idx3-ubyte; }
done
run 0 train --model mlp --steps 1 --batch 2 --lr 1e-3 --eval-every 0 --data folder
idx t10k-labels-idx1-ubyte 0 0 8 1 0 0 0 4 0 1 10 3
run 3 train --model mlp --steps 1 --batch 2 --lr 1e-3 --eval-every 0 --data folder
says "t10k-labels-idx1-ubyte"
says "label 2 is 10"

for lr in abc 0 -1 nan inf "" 1e999 0,1 0x1p-3 " 1" "1 " +1 1e; do
  run 2 "${train[@]}" --data text --lr "$lr"
  says "--lr: '$lr' is not a number above 0"
done
for option in "--steps -1" "--steps x" "--steps 1.5" "--batch 0" "--embd -4" "--dropout 1.5" "--dropout nan" \
              "--clip nan" "--clip -1" "--weight-decay inf" "--beta1 1" "--optimizer nosuch" \
              "--dtype f16" "--threads 0" "--threads x" "--seed x" "--eval-iters 0" "--min-lr nan"; do
  # shellcheck disable=SC2086
  run 2 "${train[@]}" --data text $option
  says "${option%% *}"
done
# Whole numbers are decimal digits alone, and in their range.
big=99999999999999999999
for option in --steps --seed --batch --layers --warmup --eval-every --eval-iters --checkpoint-every --keep \
              --threads; do
  for value in "" -1 +1 1.5 1e3 0x10 010x " 1" "1 " $big; do
    run 2 "${train[@]}" --data text "$option" "$value"
    says "$option: '$value' is not a whole number from"
  done
done
for value in "" -1 0 $big; do
  run 2 bench --workload seed-block --runs "$value"
  says "--runs: '$value' is not a whole number from 1 to"
done
for option in --tokens --top-k --seed; do
  run 2 generate --from nosuch "$option" -1
  says "$option: '-1' is not a whole number from 0 to"
done
run 2 "${train[@]}" --data text --seed 4611686018427387904  # would draw what 0 draws
run 0 "${train[@]}" --data text --seed 4611686018427387903
run 0 "${train[@]}" --data text --seed 0010 --json
losses out >ten
run 0 "${train[@]}" --data text --seed 10 --json
losses out >again
same ten again "--seed 0010 and 10"

run 2 train --model nosuch --steps 1 --lr 1e-3
says "gpt"
run 2 "${train[@]}" --data text --embd 18 --heads 4
says "18"
says "4"
run 4 "${train[@]}" --data text --backend nosuch
says "nosuch"
says "searched"
says "reference"
run 4 "${train[@]}" --data text --backend cpu:7
run 4 "${train[@]}" --data text --backend ./nosuch.so
says "nosuch.so"
run 0 ops --backend reference:0

# Nobody reads, or the disk behind the redirection is full.
for command in --version --help ops "graph --model mlp" backends doctor \
               "bench --workload seed-block --runs 1 --json"; do
  # shellcheck disable=SC2086
  "$asg" $command >/dev/full 2>err
  expect_status 1 $? "asg $command on a full disk"
  says "standard output"
  # shellcheck disable=SC2086
  "$asg" $command >&- 2>err
  expect_status 1 $? "asg $command on a closed output"
done
"$asg" "${train[@]}" --data text --json >/dev/full 2>err
expect_status 1 $? "train --json on a full disk"
"$asg" "${train[@]}" --data text --log log.jsonl >&- 2>err
expect_status 1 $? "train on a closed output"
! grep -qs characters log.jsonl || fail "what was for standard output is in the log"
finish
