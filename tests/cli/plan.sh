#!/usr/bin/env bash
# asg plan and the compiled stages of asg graph: what the compiler made, without data or a run.
source "$(dirname "$0")/lib.sh"

number() { grep -o "\"$2\":[0-9.e+]*" "$1" | head -1 | cut -d: -f2; }

run 0 plan --model gpt --layers 12 --heads 12 --embd 768 --block 64 --batch 4 --vocab 50257 --tie --json
json out nodes kernels regions arena_bytes liveness_bound_bytes parameters state_bytes counter_bytes \
  bytes_moved flops passes peak refusals
# AdamW holds three numbers for each parameter, and counts its steps.
(($(number out parameters) == 123702528)) || fail "GPT-2 has $(number out parameters) parameters"
(($(number out state_bytes) == 12 * 123702528)) || fail "the state takes $(number out state_bytes)"
(($(number out counter_bytes) == 8)) || fail "the counters take $(number out counter_bytes)"
(($(number out arena_bytes) >= $(number out liveness_bound_bytes))) || fail "the arena is too small"
grep -q '"passes":\[{"name":"[a-z_]*","ms":[0-9.e-]*,"nodes":[0-9]*}' out || fail "no times of passes"
# 6 for each weight but the positions and, as the head is tied, all tokens; the rest is attention,
# norms and the optimizer.
awk -v f="$(number out flops)" 'BEGIN { exit !(f > 6 * 256 * 123.6e6 && f < 1.1 * 6 * 256 * 123.6e6) }' ||
  fail "a step has $(number out flops) FLOP"

# What is alive at the peak, each rounded up to the 64 bytes that buffers begin at, is the bound.
grep -o '"peak":\[[^]]*' out | grep -o '"bytes":[0-9]*' | cut -d: -f2 >alive
sort -rn alive | cmp -s - alive || fail "the largest does not come first"
(($(awk '{ s += int(($1 + 63) / 64) * 64 } END { print s }' alive) == $(number out liveness_bound_bytes))) ||
  fail "$(wc -l <alive) buffers are not the bound $(number out liveness_bound_bytes)"
grep -qE '"peak":\[\{"name":"[^"]+","bytes":[0-9]+,"origin":"[a-z_]+\.cpp:[0-9]+' out || fail "no origins"

small_plan=(plan --model gpt --layers 1 --heads 2 --embd 16 --block 8 --batch 4)
write_text text
characters=$(grep -o . text | sort -u | wc -l)
run 0 "${small_plan[@]}" --data text --json
mv out from_data
run 0 "${small_plan[@]}" --vocab $((characters + 1)) --json  # and the line end
[[ $(number out parameters) == "$(number from_data parameters)" ]] || fail "--data is another vocabulary"
run 3 "${small_plan[@]}" --data nosuch
run 0 "${small_plan[@]}" --vocab 10 --refusals
prints "kernels"
prints "parameters"
prints "fusions were refused"
run 0 "${small_plan[@]}" --vocab 10 --optimizer sgd --json
(($(number out state_bytes) == 8 * $(number out parameters))) || fail "SGD holds $(number out state_bytes)"
run 0 plan --model mlp --dtype f64 --backend reference --json
holds out '"backend":"reference"'
(($(number out state_bytes) == 24 * $(number out parameters))) || fail "f64 holds $(number out state_bytes)"
for model in cnn transformer-block; do run 0 plan --model $model --heads 2 --embd 8; done

# The kernels of the plan are the steps of the program that graph shows and train times.
run 0 "${small_plan[@]}" --vocab 10 --json
kernels=$(number out kernels)
graph=(graph "${small_plan[@]:1}" --vocab 10)
run 0 "${graph[@]}" --stage program
(($(grep -c '^step ' out) == kernels)) || fail "$kernels kernels, but $(grep -c '^step ' out) steps"
grep -qE '^ +r[0-9]+ f32 = exp r[0-9]+$' out || fail "regions are not printed"
grep -qE '^ +store v[0-9]+\[.*\] = [rq][0-9]+$' out || fail "stores are not printed"
grep -qE '^ +in +v[0-9]+ = f32\[.*\] at (arena|state[0-9]+)\+[0-9]+' out || fail "places are not printed"
run 0 "${graph[@]}" --stage program --format json
json out format version slots values steps regions arena peak_step
(($(grep -o '"stage":' out | wc -l) == kernels)) || fail "the JSON has other steps"
run 0 "${graph[@]}" --stage program --format dot
head -1 out | grep -q '^digraph' || fail "dot begins with $(head -1 out)"
run 0 "${graph[@]}" --stage optimized
prints "adamw.m.head.weight"
prints "return"
! grep -q 'cross_entropy(' out || fail "composites are left"
run 0 "${graph[@]}" --stage optimized --format json
json out format nodes outputs
run 4 "${graph[@]}" --stage program --backend nosuch

# Without a pass, and without fuel for it, the program is larger.
run 0 "${small_plan[@]}" --vocab 10 --json
mv out all
ASG_DISABLE=merge run 0 "${small_plan[@]}" --vocab 10 --json
(($(number out kernels) > $(number all kernels))) || fail "ASG_DISABLE=merge changes nothing"
ASG_FUEL=x run 2 "${small_plan[@]}" --vocab 10
says "ASG_FUEL"
ASG_FUEL=-1 run 2 ops
ASG_DISABLE=nosuch run 2 train "${small[@]}" --data text --steps 1
says "nosuch"
says "merge"
finish
