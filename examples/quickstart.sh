#!/usr/bin/env bash
# Trains a small character GPT on the licence texts that every Debian has, then lets it write.
#
#   examples/quickstart.sh [--backend NAME] [any other option of `asg train`]
#
# Installs the packages that are missing, builds a release, trains for some minutes on two cores.
# More steps, another text, a larger model: --steps 5000 --data FILE --layers 6 --embd 192
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
asg=$root/build/release/bin/asg
out=$root/build/quickstart

# The setting of nanoGPT's example for a CPU; options given by the user come later and win.
train=(
  --model gpt --layers 4 --heads 4 --embd 128 --block 64 --batch 12 --dropout 0 --tie --no-bias
  --steps 2000 --lr 1e-3 --warmup 100 --min-lr 1e-4 --clip 1.0 --weight-decay 0.1 --beta2 0.99
  --eval-every 250 --eval-iters 20 --seed 1
)

# What names the device holds for the sample, too, and so does the folder.
# The folder of its own it writes over, another one only when told to.
device=() rest=() over=(--overwrite) backend=cpu
while (( $# )); do
  case $1 in
    -h | --help) sed -n '2,/^set /{/^#/s/^# \{0,1\}//p}' "$0"; exit 0 ;;
    --backend | --plugin-dir | --threads)
      device+=("$1" "${2:?quickstart.sh: $1 needs a value}")
      [[ $1 != --backend ]] || backend=$2
      shift ;;
    --backend=*) device+=("$1") backend=${1#--backend=} ;;
    --plugin-dir=* | --threads=*) device+=("$1") ;;
    --out) out=${2:?quickstart.sh: --out needs a value} over=(); shift ;;
    --out=*) out=${1#--out=} over=() ;;
    --resume | --overwrite) rest+=("$1") over=() ;;
    *) rest+=("$1") ;;
  esac
  shift
done

"$root/cmake/install-packages.sh"
# Of the backends only the one that is asked for is built, where it is one of ours.
targets=(asg)
if [[ $backend =~ ^[a-z0-9_]+$ && -d $root/plugins/$backend ]]; then targets+=("asg-backend-$backend"); fi
(
  cd "$root"
  cmake --preset release -DASG_NATIVE=ON >/dev/null
  echo "asg: building, which takes a minute or three the first time"
  NINJA_STATUS='asg: built %f of %t in %e s: ' cmake --build --preset release --target "${targets[@]}"
)

"$asg" train "${train[@]}" --out "$out" "${over[@]}" "${device[@]}" "${rest[@]}"
echo
"$asg" generate --from "$out" --prompt "The " --tokens 300 --temperature 0.8 --seed 1 "${device[@]}"
