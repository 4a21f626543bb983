#!/usr/bin/env bash
# Plugins that crash, exit, hang or meddle take down neither a listing nor, in silence, a training run.
source "$(dirname "$0")/lib.sh"

compiler=${CC:-cc}
command -v "$compiler" >/dev/null || exit 77
"$compiler" -shared -fPIC -fvisibility=hidden -I "$here/../../sdk/include" -o hostile.so \
  "$here/../plugins/backends/hostile.c" -ldl -lm || fail "cannot compile the plugin"
# Enough for a good plugin on a busy machine; the run-time of a sanitizer takes long to start.
seconds=5
if nm -D "$asg" | grep -qE '__(asan|tsan)_init'; then seconds=40; fi
export ASG_CACHE_DIR=$scratch/cache
reference=$("$asg" backends | awk '$1 == "reference" { print $3 }')
export ASG_TEST_INNER=$reference

# A group that may write there has plugins loaded by what was judged, not by their names.
mkdir plugins
chmod g+w plugins
deed() { cp hostile.so "plugins/asg-backend-$1.so"; }
line() {  # NAME REASON: exactly one line names the plugin, and it gives the reason
  (($(grep -c -- "/asg-backend-$1\.so" out) == 1)) || fail "$1 is not on one line: $(<out)"
  grep -- "/asg-backend-$1\.so: .*$2" out | grep -q refused || fail "$1: $(grep -- "$1" out)"
}
printable() {
  ! LC_ALL=C grep -qP '[\x00-\x08\x0b-\x1f\x7f]' out err || fail "$1: $(cat -v out err | head -5)"
}

for action in crashes aborts exits loops; do
  for place in constructor entry create device_count device_info destroy; do deed "${place}_$action"; done
done
for action in overflows vanishes sleeps rounds closes sweeps; do deed "create_$action"; done
deed works_well
deed says_much
echo text >plugins/$'asg-backend-\xff\n\e[31m.so'
echo text >plugins/$'notes\xff\n\e[31m.txt'

for round in tried remembered; do
  ASG_PROBE_SECONDS=$seconds run 0 backends --plugin-dir plugins
  printable "$round"
  for place in create device_count device_info destroy; do
    line "${place}_crashes" "it crashed in $place (signal SIGSEGV)"
    line "${place}_aborts" "it crashed in $place (signal SIGABRT)"
    line "${place}_exits" "it ended the process in $place (exit status"
    line "${place}_loops" "it does not come back: $seconds s were not enough in $place"
  done
  line constructor_crashes "it crashed while it was loaded"
  line entry_exits "it ended the process in its entry point"
  line create_closes "create closed or replaced file descriptor 1"
  line create_rounds "create left the rounding mode changed"
  grep -qE '^works_well +' out || fail "a good plugin is missing"
  grep -qE '^reference +[0-9]' out || fail "reference is missing"
done
ASG_PROBE_SECONDS=$seconds run 0 backends --plugin-dir plugins --json
json out
printable "JSON"
ASG_PROBE_SECONDS=$seconds run 0 doctor --plugin-dir plugins
printable "doctor"
prints "it crashed in create (signal SIGSEGV)"

# Opened by name: an error, and the status of one.
run 4 ops --plugin-dir plugins --backend create_crashes
says "it crashed in create (signal SIGSEGV)"
run 4 ops --plugin-dir plugins --backend create_exits
says "it ended the process in create (exit status"
run 0 ops --plugin-dir plugins --backend works_well

# What only shows when it works.
train() { run "$1" train --model mlp --steps 2 --no-save --backend "plugins/asg-backend-$2.so"; }
deed execute_works
train 0 execute_works
ended_in() {  # PLACE ACTION
  deed "$1_$2"
  train 1 "$1_$2"
  says "the program was ended by a call of exit in $1 of the plugin"
  says "asg-backend-$1_$2.so"
}
for place in device_open compile upload execute; do ended_in "$place" exits; done
# What the run-time of a sanitizer has for itself cannot be guarded.
if nm -D --defined-only "$asg" | grep -q ' _exit$'; then ended_in execute vanishes; fi
deed execute_rounds
train 1 execute_rounds
says "execute left the rounding mode changed"
deed execute_closes
train 1 execute_closes
says "execute closed or replaced file descriptor 1"
deed compile_redirects
train 1 compile_redirects
says "compile closed or replaced file descriptor 2"

# The run-time of a sanitizer has a report of its own.
if ! nm -D "$asg" | grep -qE '__(asan|tsan)_init'; then
  deed execute_crashes
  train 139 execute_crashes
  says "it crashed (SIGSEGV) in execute of the plugin"
  says "asg-backend-execute_crashes.so"
  deed compile_overflows
  train 139 compile_overflows
  says "it crashed (SIGSEGV) in compile of the plugin"
  deed upload_aborts
  train 134 upload_aborts
  says "it crashed (SIGABRT) in upload of the plugin"
fi

# What does not come back is ended from outside.
for place in device_open compile execute; do
  deed "${place}_loops"
  ASG_DEVICE_SECONDS=3 train 1 "${place}_loops"
  says "$place of the plugin"
  says "asg-backend-${place}_loops.so has not come back for 4 s"
done
ASG_DEVICE_SECONDS=soon run 2 train --model mlp --steps 2 --no-save
says "ASG_DEVICE_SECONDS is 'soon'"

# A broken plugin is the reason, and what comes after it is offered.
mkdir broken
echo text >broken/asg-backend-reference.so
run 4 ops --plugin-dir broken --backend reference
says "broken/asg-backend-reference.so cannot be used: not a shared library"
says "--backend $reference takes another one"
run 0 backends --plugin-dir broken
grep -qF "$reference: shadowed by $scratch/broken/asg-backend-reference.so, which is refused" out ||
  fail "$(<out)"

# Without the program that tries them, plugins are loaded as they are, and a warning says so.
mkdir -p moved/bin moved/lib
cp "$asg" moved/bin/
library=$(ldd "$asg" | awk '/libasg_core/ { print $3; exit }')
[[ -z $library ]] || cp -L "$library" moved/lib/"$(ldd "$asg" | awk '/libasg_core/ { print $1; exit }')"
asg=$scratch/moved/bin/asg
export LD_LIBRARY_PATH=$scratch/moved/lib
run 0 doctor
if grep -qF "this process: asg-plugin-probe is missing" out; then
  run 0 backends
  says "is loaded without having been tried"
  grep -qE '^reference +[0-9]' out || fail "reference is missing"
fi
finish
