#!/usr/bin/env bash
# The Vulkan backend on a machine with a GPU: correctness, then times.
#
#   tests/gpu/run.sh [--build DIR] [--software] [--skip-tests] [--runs N] [WORKLOAD…]
#
#   --build DIR    an existing build (default: build/release, made if need be)
#   --software     go on where only a software device is found; the times then say nothing of GPUs
#   --skip-tests   times alone
#   --runs N       timed runs of each workload (default: 20)
#
# Runs every test with the label "vulkan", the ops on all backends and the losses of 50 training
# steps against the CPU's, then `asg bench`, beside PyTorch where python3 has one that sees CUDA.
# Exits 0 only if everything that was run is right. Needs no network where nothing is missing.
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
build='' software=0 tests=1 runs=20
workloads=()
while (($# > 0)); do
  case $1 in
    --build | --runs)
      (($# > 1)) || { echo "run.sh: $1 needs a value" >&2; exit 2; }
      printf -v "${1#--}" %s "$2"
      shift 2 ;;
    --software) software=1; shift ;;
    --skip-tests) tests=0; shift ;;
    -h | --help) sed -n '2,/^set/{/^#/s/^# \{0,1\}//p}' "$0"; exit 0 ;;
    -*) echo "run.sh: there is no option $1; see --help" >&2; exit 2 ;;
    *) workloads+=("$1"); shift ;;
  esac
done
if [[ -z $build ]]; then
  "$root/cmake/install-packages.sh"
  (cd "$root" && cmake --preset release && cmake --build --preset release)
  build=$root/build/release
fi
asg=$build/bin/asg
export ASG_PLUGIN_PATH=$build/lib/asg/backends
[[ -x $asg ]] || { echo "run.sh: $asg is not there" >&2; exit 2; }
[[ -f $ASG_PLUGIN_PATH/asg-backend-vulkan.so ]] ||
  { echo "run.sh: this build has no Vulkan backend; CMake said what was missing" >&2; exit 2; }

device=$("$asg" backends 2>/dev/null | sed -n '/^vulkan /{n;p;q}' | sed 's/^ *//')
[[ $device == device* ]] ||
  { echo "run.sh: no Vulkan device; in a container the driver needs the capability 'graphics'" >&2; exit 1; }
echo "$device"
if [[ $device == *" software"* ]] && ((! software)); then
  echo "run.sh: no GPU was found, only a software device; see --software" >&2
  exit 1
fi

status=0
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
if ((tests)); then
  ctest --test-dir "$build" --output-on-failure --no-tests=error -R '^(vulkan\.|ops\.backends$|abi\.(epilogue|instances)$)' || status=1
  model=(--model gpt --layers 2 --heads 2 --embd 64 --block 32 --batch 8 --dropout 0.1
    --steps 50 --eval-every 0 --seed 1)
  for backend in cpu vulkan; do
    "$asg" train "${model[@]}" --backend "$backend" --out "$work/$backend" \
      --log "$work/$backend.jsonl" >"$work/$backend.log" 2>&1 || { cat "$work/$backend.log" >&2; status=1; }
  done
  losses() { sed -n 's/.*"loss": *\([0-9.eE+-]*\).*/\1/p' "$1"; }
  paste <(losses "$work/cpu.jsonl") <(losses "$work/vulkan.jsonl") | awk '
    { d = $1 - $2; if (d < 0) d = -d; if (d > most) most = d; ++n }
    END { printf "losses of %d steps: at most %g apart from the CPU\x27s (limit 0.001)\n", n, most
          exit !(n >= 50 && most <= 1e-3) }' || status=1
fi

((${#workloads[@]})) || mapfile -t workloads < <("$asg" bench --list)
peer=0
if python3 -c 'import torch, sys; sys.exit(not torch.cuda.is_available())' 2>/dev/null; then
  peer=1
else
  echo "python3 has no PyTorch that sees a CUDA device: asg alone is timed"
fi
value() { sed -n "s/.*\"$1\": *\([0-9.eE+-]*\).*/\1/p"; }
printf '%-20s %12s %12s %12s %14s %8s\n' workload "asg ms" GFLOP/s GB/s "PyTorch ms" ratio
for workload in "${workloads[@]}"; do
  if ! line=$("$asg" bench --backend vulkan --workload "$workload" --runs "$runs" --json 2>"$work/error"); then
    printf '%-20s failed: %s\n' "$workload" "$(tail -n 1 "$work/error")"
    status=1
    continue
  fi
  other=''
  ((peer)) && other=$(python3 "$root/tests/gpu/peer.py" "$workload" 2>/dev/null | value median)
  awk -v name="$workload" -v a="$(value median <<<"$line")" -v f="$(value gflops <<<"$line")" \
      -v g="$(value gb_per_s <<<"$line")" -v b="$other" 'BEGIN {
    printf "%-20s %12.3f %12s %12s %14s %8s\n", name, a * 1e3, f == "" ? "-" : sprintf("%.0f", f),
      g == "" ? "-" : sprintf("%.1f", g), b == "" ? "-" : sprintf("%.3f", b * 1e3),
      b == "" ? "-" : sprintf("%.2f", a / b) }'
done
exit "$status"
