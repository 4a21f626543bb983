#!/usr/bin/env bash
# asg beside PyTorch: compare.sh [OPTION…] [WORKLOAD…]
#
# Runs `asg bench` and peer.py in turns, each time in a new process, so that what else the machine
# does hits both. PyTorch is taken at its better of one and two threads. The table has the median of
# the rounds' medians, and the ratio asg / PyTorch: below 1 asg is the faster.
#
#   --asg FILE       the program (default: build/release/bin/asg)
#   --backend NAME   asg's backend (default: cpu)
#   --threads N      asg's threads (default: 2)
#   --rounds N       turns of each (default: 5)
#   --runs N         timed runs in a turn (default: 10)
#   --python FILE    that has torch (default: /usr/bin/python3)
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
asg=$here/../../build/release/bin/asg
backend=cpu threads=2 rounds=5 runs=10 python=/usr/bin/python3
workloads=()
while (($# > 0)); do
  case $1 in
    --asg | --backend | --threads | --rounds | --runs | --python)
      (($# > 1)) || { echo "compare.sh: $1 needs a value" >&2; exit 2; }
      printf -v "${1#--}" %s "$2"
      shift 2 ;;
    -h | --help) sed -n '2,/^set/{/^#/s/^# \{0,1\}//p}' "$0"; exit 0 ;;
    -*) echo "compare.sh: there is no option $1; see --help" >&2; exit 2 ;;
    *) workloads+=("$1"); shift ;;
  esac
done
[[ -x $asg ]] || { echo "compare.sh: $asg is not there; build a release, or say --asg FILE" >&2; exit 2; }
if ((${#workloads[@]} == 0)); then
  mapfile -t workloads < <("$asg" bench --list)
fi
peer_threads=(1 2)
if ! "$python" -c 'import torch' 2>/dev/null; then
  echo "PyTorch is not installed for $python (Debian: python3-torch): asg alone is timed." >&2
  peer_threads=()
fi

value() { sed -n "s/.*\"$1\": *\([0-9.e+-]*\).*/\1/p"; }
median() { sort -g | awk '{ v[NR] = $1 } END { if (NR) print v[int((NR + 1) / 2)] }'; }

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
printf '%-20s %10s %10s %3s %7s %9s %8s %9s %9s\n' workload "asg ms" "torch ms" thr ratio GFLOP/s \
  GB/s "asg MB" "torch MB"
for workload in "${workloads[@]}"; do
  rm -f "$scratch"/*
  for ((round = 0; round < rounds; ++round)); do
    "$asg" bench --backend "$backend" --threads "$threads" --runs "$runs" --json \
      --workload "$workload" >>"$scratch/asg"
    for count in "${peer_threads[@]}"; do
      OMP_NUM_THREADS=$count OPENBLAS_NUM_THREADS=$count "$python" "$here/peer.py" \
        --threads "$count" --runs "$runs" --workload "$workload" >>"$scratch/torch.$count"
    done
  done
  ours=$(value median <"$scratch/asg" | median)
  best="" best_count="" best_memory=""
  for count in "${peer_threads[@]}"; do
    theirs=$(value median <"$scratch/torch.$count" | median)
    if [[ -z $best ]] || awk -v a="$theirs" -v b="$best" 'BEGIN { exit !(a < b) }'; then
      best=$theirs best_count=$count
      best_memory=$(value peak_rss_mb <"$scratch/torch.$count" | median)
    fi
  done
  awk -v name="$workload" -v ours="$ours" -v best="$best" -v count="$best_count" \
    -v gflops="$(value gflops <"$scratch/asg" | median)" \
    -v rate="$(value gb_per_s <"$scratch/asg" | median)" \
    -v memory="$(value peak_rss_mb <"$scratch/asg" | median)" -v theirs="$best_memory" '
    function shown(value, format) { return value == "" ? "-" : sprintf(format, value) }
    BEGIN {
      printf "%-20s %10.3f %10s %3s %7s %9s %8s %9.0f %9s\n", name, ours * 1e3,
             best == "" ? "-" : sprintf("%.3f", best * 1e3), shown(count, "%d"),
             best == "" ? "-" : sprintf("%.2f", ours / best), shown(gflops, "%.1f"),
             shown(rate, "%.1f"), memory, shown(theirs, "%.0f")
    }'
done
