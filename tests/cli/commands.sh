#!/usr/bin/env bash
# Every command that shows something, and the statuses of a wrong command line.
source "$(dirname "$0")/lib.sh"

run 0 --version
grep -qE '^asg [0-9]+\.[0-9]+\.[0-9]+$' out || fail "--version prints $(<out)"
run 0 --help
# Each file is a command: none is named in a list.
sources=$here/../../core/cli/commands
[[ -f $sources/train.cpp ]] || fail "no commands in $sources"
for source in "$sources"/*.cpp; do
  command=$(basename "$source" .cpp)
  grep -qE "^  $command +[a-z]" out || fail "--help does not describe $command"
  "$asg" "$command" --help >help 2>err || fail "asg $command --help"
  grep -q 'Usage' help || fail "asg $command --help says nothing"
done

run 2
run 2 nosuch
run 2 train
run 2 train --model gpt --nosuch 1
run 2 backends --threads 2

# The same variables in both places.
run 0 --help
grep -oE '^  ASG_[A-Z_]+' out | sort >known
grep -q ASG_FUEL known && grep -q ASG_DISABLE known || fail "--help does not know ASG_FUEL"
run 0 doctor
grep -oE '^ASG_[A-Z_]+' out | sed 's/^/  /' | sort >shown
same known shown "the environment of --help and doctor"
# What the library asks for is among them.
grep -rhoE '"ASG_[A-Z_]+"' "$here/../../core" --include='*.cpp' | tr -d '"' | sed 's/^/  /' | sort -u >asked
comm -23 asked known >missing
[[ -s asked && ! -s missing ]] || fail "--help does not know $(tr '\n' ' ' <missing)"
prints "asg $("$asg" --version | cut -d' ' -f2)"
prints "ASG_PLUGIN_PATH"
prints "reference"

run 0 backends
grep -qE '^cpu +[0-9]' out || fail "backends does not list cpu"
grep -qE '^reference +[0-9]' out || fail "backends does not list reference"
run 0 backends --json
json out

for backend in reference cpu; do
  run 0 ops --backend $backend
  (($(wc -l <out) > 100)) || fail "ops lists only $(wc -l <out) lines"
  grep -qE '^matmul +primitive +rule +native: .*f32' out || fail "ops does not know matmul"
  grep -qE '^softmax +composite' out || fail "ops does not know softmax"
  prints "$backend"
  ! grep -qE '^[a-z0-9_]+ +composite +[a-z ]+ (unless|claimed)' out || fail "$backend: nobody asked it"
done
# What a backend has an instruction for or claims is native, the rest is opened.
"$asg" ops --backend cpu >out
grep -qE '^erf +composite +rule +native: f32' out || fail "cpu: $(grep '^erf' out)"
grep -qE '^scaled_dot_product_attention +composite +rule +native: f32' out ||
  fail "cpu: $(grep '^scaled_dot' out)"
grep -qE '^dropout +composite .*decomposed$' out || fail "cpu: $(grep '^dropout' out)"
ASG_BACKEND=reference "$asg" ops >out 2>err || fail "ASG_BACKEND=reference asg ops"
grep -qE '^op .* reference$' out || fail "ASG_BACKEND is not followed"

run 0 bench --list
printf '%s\n' gemm256 gemm512 gemm1024 gemm2048 gemm4096 chain16M copy16M softmax4096x1024 \
  layernorm4096x1024 gelu4096x1024 attention64x512x64 mlp gpt-nano gpt-tiny gpt-small cnn \
  resnet18 lstm llama-small encoder-decoder seed-block tiny1000 | cmp -s - out ||
  fail "the workloads are $(tr '\n' ' ' <out)"
run 0 bench --workload seed-block --runs 1 --json
json_lines out workload backend threads min median max gflops gb_per_s peak_rss_mb arena_mb kernels
run 0 bench --workload gemm256 --runs 1 --threads 1 --json
json_lines out gflops
holds out '"threads":1'
run 0 bench --workload seed-block --runs 1
prints seed-block
run 2 bench --workload nosuch
says "seed-block"
run 2 bench --runs 0

graph=(graph --layers 1 --heads 2 --embd 16 --block 8 --batch 2)
for model in gpt mlp cnn transformer-block; do
  run 0 "${graph[@]}" --model $model
  grep -qE 'f32\[' out || fail "the text of $model shows no types"
done
run 0 "${graph[@]}" --model gpt --vocab 10
prints "cross_entropy"
run 0 "${graph[@]}" --model gpt --stage gradient
prints "blocks.0.attn.qkv.weight"
run 0 "${graph[@]}" --model gpt --format json
json out
run 0 "${graph[@]}" --model gpt --format dot
head -1 out | grep -q '^digraph' || fail "dot begins with $(head -1 out)"
run 0 "${graph[@]}" --model mlp --format dot -o model.dot
[[ -s model.dot && ! -s out ]] || fail "-o does not write the file alone"
if command -v dot >/dev/null; then
  run 0 "${graph[@]}" --model transformer-block --format svg
  prints "<svg"
fi
PATH=/nonexistent "$asg" "${graph[@]}" --model mlp --format svg >out 2>err
expect_status 1 $? "svg without Graphviz"
says "--format dot"
run 1 "${graph[@]}" --model mlp -o nosuch/model.txt
says "nosuch/model.txt"
run 2 "${graph[@]}" --model mlp --format pdf
finish
