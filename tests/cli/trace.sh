#!/usr/bin/env bash
# Times of kernels: a trace of training, and the profile of a benchmark.
source "$(dirname "$0")/lib.sh"
write_text text
train=(train "${small[@]}" --data text --steps 4 --eval-every 0 --json)

run 0 "${train[@]}"
losses out >plain
run 0 plan "${small[@]:0:10}" --vocab 10 --json
kernels=$(grep -o '"kernels":[0-9]*' out | cut -d: -f2)
run 0 "${train[@]}" --trace trace.json
losses out >traced
same plain traced "--trace"
json trace.json traceEvents
# The norm of the gradient, which only JSON lines show, is no part of the plan.
for backend in cpu reference; do
  run 0 "${train[@]/--json/--seed=3}" --backend $backend --trace trace.json
  json trace.json traceEvents
  events=$(grep -c '"ph":"X"' trace.json)
  steps=$(grep -c '"name":"training step [0-3]"' trace.json)
  ((steps == 4)) || fail "4 steps are $steps in the trace"
  [[ $backend != cpu ]] || ((events == 4 * (kernels + 1))) || fail "$events events of $kernels kernels"
  for key in op origin flops bytes gflops gb_per_s; do
    grep -q "\"args\":{.*\"$key\":" trace.json || fail "no $key in the trace of $backend"
  done
done
run 1 "${train[@]}" --trace nosuch/trace.json
says "nosuch/trace.json"
[[ ! -s out ]] || fail "--trace is found out after training"
run 1 "${train[@]}" --trace /dev/full
says "/dev/full"

run 0 bench --workload gemm256 --runs 2 --profile
grep -qE '^ +0 +[0-9.]+ +[0-9.]+% +[0-9.]+ +[0-9.]+  matmul' out || fail "no profile: $(<out)"
run 0 bench --workload seed-block --runs 2 --profile --json
json out kernels profile
grep -q '"flops":' out || fail "kernels without FLOPs"
finish
