#!/usr/bin/env bash
# kill -9 while a run trains and saves, with and without --keep: each time its folder holds a whole
# checkpoint of one step, from which it goes on, and in the end the curve in its log is that of a run
# that nobody disturbed, bit for bit.
#
#   kills.sh [N]   N kills (20)
source "$(dirname "$0")/lib.sh"
write_text text
kills=${1:-20}
train=(train "${small[@]}" --data text --eval-every 7 --eval-iters 1)

killed() {  # NAME OPTION...: half of the kills
  local name=$1 went=() step before=0 i
  shift
  for i in $(seq 1 $((kills / 2))); do
    [[ ! -e $name/config.json ]] || went=(--resume)
    "$asg" "${train[@]}" --steps 100000000 --checkpoint-every 1 --out "$name" --log "$name.jsonl" "$@" \
      "${went[@]}" >out 2>err </dev/null &
    pid=$!
    # Any moment: one time in four from the start of the process on, else after its first steps.
    if ((i % 4)); then
      size=$(stat -c %s "$name.jsonl" 2>/dev/null)
      for _ in $(seq 1 300); do
        [[ $(stat -c %s "$name.jsonl" 2>/dev/null) == "$size" ]] || break
        sleep 0.02
      done
    fi
    sleep "0.$((RANDOM % 5))$((RANDOM % 10))$((RANDOM % 10))"
    kill -9 $pid 2>/dev/null || fail "a run ends before it is killed: $(tail -3 err)"
    wait $pid 2>/dev/null
    [[ -e $name/config.json ]] || continue
    step=$(one_step "$name")
    ((step >= before)) || fail "$name went back from step $before to $step"
    before=$step
    run 0 generate --from "$name" --prompt the --tokens 1
  done
  # On to its end, without a kill. Checkpoints that were kept are whole, too.
  local end=$((before + 3))
  run 0 train --out "$name" --resume --steps $end --log "$name.jsonl"
  for checkpoint in "$name"/checkpoints/*; do
    [[ $(one_step "$checkpoint") == "${checkpoint##*/}" ]] || fail "$checkpoint is of another step"
    run 0 generate --from "$checkpoint" --prompt the --tokens 1
  done
  (($(ls -A "$name/checkpoints" | wc -l) <= ${2:-1})) || fail "$name keeps $(ls -A "$name/checkpoints")"

  run 0 "${train[@]}" --steps $end --no-save --log whole.jsonl
  sed 's/,"steps_per_s.*//; s/,"out".*//; s/,"done".*//' whole.jsonl >a
  sed 's/,"steps_per_s.*//; s/,"out".*//; s/,"done".*//' "$name.jsonl" >b
  same a b "the curve of $name"
  echo "$name: $((kills / 2)) kills, $end steps"
}
killed plain
killed kept --keep 3

# The same moments one after the other: the process ends before each change that it makes to the
# folder. A library does that, where the sanitizers let one in.
cat >ends.c <<'C'
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
static void change(void) {
  static int left = -1;
  if (left < 0) left = getenv("END_AT") ? atoi(getenv("END_AT")) : 1 << 30;
  if (--left == 0) _exit(99);
}
#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))
int rename(const char *a, const char *b) { change(); return REAL(rename)(a, b); }
int renameat2(int d, const char *a, int e, const char *b, unsigned f) { change(); return REAL(renameat2)(d, a, e, b, f); }
int symlink(const char *a, const char *b) { change(); return REAL(symlink)(a, b); }
int unlink(const char *a) { change(); return REAL(unlink)(a); }
int unlinkat(int d, const char *a, int f) { change(); return REAL(unlinkat)(d, a, f); }
int rmdir(const char *a) { change(); return REAL(rmdir)(a); }
int mkdir(const char *a, mode_t m) { change(); return REAL(mkdir)(a, m); }
int fsync(int d) { change(); return REAL(fsync)(d); }
C
if ! ${CC:-cc} -shared -fPIC -o ends.so ends.c -ldl 2>problem ||
   ! LD_PRELOAD=$PWD/ends.so "$asg" --version >/dev/null 2>&1; then
  echo "a library cannot be put before this program: $(head -1 problem)"
  finish
fi
ends() {  # BEFORE WHAT ARGUMENT...: from a copy of BEFORE, until a run makes fewer changes than that
  local before=$1 what=$2 at step status
  shift 2
  for at in $(seq 1 500); do
    rm -rf torn
    [[ ! -e $before ]] || cp -a "$before" torn
    END_AT=$at LD_PRELOAD=$PWD/ends.so "$asg" "$@" --out torn >out 2>err </dev/null
    status=$?
    ((status == 99)) || break
    if [[ -e torn/config.json ]]; then
      step=$(one_step torn)
      run 0 generate --from torn --prompt the --tokens 1
      run 0 train --out torn --resume --steps 8 --keep 2
      [[ $(one_step torn) == 8 ]] || fail "$what, change $at: it does not go on"
      [[ -z $(find torn -name '.*') ]] || fail "$what, change $at: $(find torn -name '.*') stays"
      (($(ls torn/checkpoints | wc -l) <= 2)) || fail "$what, change $at: $(ls torn/checkpoints) stay"
    else
      [[ ! -e $before ]] || fail "$what, change $at: the run of before is gone"
      run 0 "${train[@]}" --steps 2 --out torn
    fi
  done
  expect_status 0 $status "$what in the end"
  ((at > 15)) || fail "$what makes only $at changes"
  echo "$what: $at changes"
}
save=("${train[@]}" --eval-every 0 --checkpoint-every 1)
ends nothing "the first checkpoint" "${save[@]}" --steps 2 --keep 2
run 0 "${save[@]}" --steps 4 --keep 2 --out four
ends four "the next checkpoints" train --resume --steps 6 --keep 2
ends four "the same step again" "${save[@]}" --steps 4 --seed 8 --keep 2 --overwrite
finish
