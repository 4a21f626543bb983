#!/usr/bin/env bash
# tests/bench/compare.sh: a table with PyTorch where that is installed, and without it asg alone.
source "$(dirname "$0")/lib.sh"
compare=$here/../bench/compare.sh
export ASG_BACKEND=cpu

bash "$compare" --asg "$asg" --python /nonexistent --rounds 2 --runs 1 seed-block gemm256 >out 2>err
expect_status 0 $? "compare.sh without PyTorch"
says "PyTorch is not installed"
grep -qE '^seed-block +[0-9.]+ +- +- +- ' out || fail "no row of asg alone: $(<out)"
grep -qE '^gemm256 +[0-9.]+ +- +- +- +[0-9.]+ ' out || fail "no GFLOP/s: $(<out)"
(($(wc -l <out) == 3)) || fail "2 workloads give $(wc -l <out) lines"

for arguments in "--nosuch" "--asg" "--asg /nonexistent"; do
  # shellcheck disable=SC2086
  bash "$compare" $arguments >out 2>err
  expect_status 2 $? "compare.sh $arguments"
  says "compare.sh: "
done
bash "$compare" --help >out 2>err
prints "--rounds N"

python=/usr/bin/python3
if "$python" -c 'import torch' 2>/dev/null; then
  bash "$compare" --asg "$asg" --python "$python" --rounds 1 --runs 1 seed-block >out 2>err
  expect_status 0 $? "compare.sh with PyTorch"
  grep -qE '^seed-block +[0-9.]+ +[0-9.]+ +[12] +[0-9.]+ ' out || fail "no ratio: $(<out)"
  "$asg" bench --list >ours
  "$python" - "$here/../bench" >theirs <<'PYTHON'
import sys
sys.dont_write_bytecode = True
sys.path.insert(0, sys.argv[1])
import peer
print("\n".join(peer.WORKLOADS))
PYTHON
  same ours theirs "the workloads of asg and of the peer"
fi
finish
