#!/usr/bin/env bash
# The Vulkan backend on a machine with a GPU: correctness, then times.
#
#   tests/gpu/run.sh [--build DIR] [--software] [--skip-tests] [--runs N] [WORKLOAD…]
#
#   --build DIR    an existing build, or the place of an installation, which has no tests (default:
#                  build/release, made if need be)
#   --software     go on where only a software device is found; the times then say nothing of GPUs
#   --skip-tests   times alone
#   --runs N       timed runs of each workload (default: 20)
#
# Runs every test with the label "vulkan" and compares the losses of 50 training steps with the
# CPU's, then times the workloads of `asg bench`, or those named, beside PyTorch where python3 has one
# that sees CUDA. "asg ms" is what a caller waits for, "kernels ms" what the device counted itself;
# the rates and the ratio are of the latter where there is one kernel, of the former where there are
# more, because these overlap. copy16M shows what the memory gives: others are to come near it.
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
  targets=(core/all plugins/all)
  ((tests)) && targets+=(examples/all tests_vulkan tests_ops tests_abi)
  (cd "$root" && cmake --preset release && cmake --build --preset release --target "${targets[@]}")
  build=$root/build/release
fi
asg=$build/bin/asg
[[ -x $asg ]] || { echo "run.sh: $asg is not there" >&2; exit 2; }
# An installation finds its own.
[[ -d $build/lib/asg/backends ]] && export ASG_PLUGIN_PATH=$build/lib/asg/backends

listing=$("$asg" backends 2>/dev/null)
grep -q '^vulkan ' <<<"$listing" ||
  { echo "run.sh: $build has no Vulkan backend; CMake says what is missing for it" >&2; exit 2; }
device=$(sed -n '/^vulkan /{n;p;q}' <<<"$listing" | sed 's/^ *//')
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
if ((tests)) && [[ ! -f $build/CTestTestfile.cmake ]]; then
  echo "an installation has no tests: only the losses are compared"
elif ((tests)); then
  ctest --test-dir "$build" --parallel "$(nproc)" --output-on-failure --no-tests=error \
    -R '^(vulkan\.|abi\.(epilogue|instances)$)' || status=1
fi
if ((tests)); then
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
products=$("$asg" ops --backend vulkan 2>/dev/null | sed -n 's/^matmul .*native: *//p')
[[ " ${products//,/ } " == *" f16 "* ]] ||
  echo "matrix products are computed in ${products:-nothing}; those of f16 are not there, so they have no row"
value() { sed -n "s/.*\"$1\": *\([0-9.eE+-]*\).*/\1/p"; }
printf '%-20s %10s %11s %11s %9s %10s %11s %6s\n' \
  workload "asg ms" "kernels ms" GFLOP/s GB/s "torch ms" "kernels ms" ratio
for workload in "${workloads[@]}"; do
  if ! line=$("$asg" bench --backend vulkan --workload "$workload" --runs "$runs" --json --profile \
      2>"$work/error"); then
    printf '%-20s failed: %s\n' "$workload" "$(tail -n 1 "$work/error")"
    status=1
    continue
  fi
  summary=${line%%\"profile\"*}
  kernels=$(grep -o '"seconds": *[0-9.eE+-]*' <<<"$line" | awk -F: '{ s += $2 } END { print s }')
  other=''
  ((peer)) && other=$(python3 "$root/tests/gpu/peer.py" "$workload" 2>"$work/error") ||
    ((! peer)) || { echo "$workload in PyTorch: $(tail -n 1 "$work/error")" >&2; status=1; }
  awk -v name="$workload" -v wall="$(value median <<<"$summary")" -v own="$kernels" \
      -v count="$(value kernels <<<"$summary")" -v f="$(value gflops <<<"$summary")" \
      -v g="$(value gb_per_s <<<"$summary")" -v twall="$(value median <<<"$other")" \
      -v town="$(value device <<<"$other")" '
    function text(x, format) { return x == "" ? "-" : sprintf(format, x) }
    BEGIN {
      one = count == 1 && own > 0
      scale = one ? wall / own : 1
      if (twall != "") ratio = one ? own / town : wall / twall
      printf "%-20s %10.3f %11s %11s %9s %10s %11s %6s\n", name, wall * 1e3,
        text(own == "" ? "" : own * 1e3, "%.3f"), text(f == "" ? "" : f * scale, "%.1f"),
        text(g == "" ? "" : g * scale, "%.1f"), text(twall == "" ? "" : twall * 1e3, "%.3f"),
        text(town == "" ? "" : town * 1e3, "%.3f"), text(ratio, "%.2f")
    }'
done
exit "$status"
