#!/usr/bin/env bash
# run.sh PROGRAM [OPTION...]: runs a program of libFuzzer from the seeds of its reader. What it finds
# is printed as base64, which `base64 -d` turns into a file for PROGRAM FILE.
# ASG_FUZZ_CORPUS=DIR keeps what it learns there, so that a long run goes on from an earlier one.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
program=$1
shift
reader=$(basename "$program" _fuzz)
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
corpus=${ASG_FUZZ_CORPUS:-$scratch/corpus}
mkdir -p "$corpus" "$scratch/findings"
"$here/seeds.sh" "$scratch/seeds"
[[ -n $(ls "$scratch/seeds/$reader") ]] || { echo "no seeds for $reader"; exit 1; }
options=(-max_len=4096 -timeout=20 -rss_limit_mb=2048 -print_final_stats=1 -print_funcs=0 -verbosity=0)
[[ ! -f $here/$reader.dict ]] || options+=(-dict="$here/$reader.dict")
status=0
"$program" "${options[@]}" -artifact_prefix="$scratch/findings/" "$@" "$corpus" "$scratch/seeds/$reader" || status=$?
for finding in "$scratch"/findings/*; do
  [[ -f $finding ]] || continue
  echo "${finding##*/}:"
  base64 "$finding"
  status=1
done
exit "$status"
