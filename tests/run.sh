#!/usr/bin/env bash
# Builds asg and runs its tests: all in a release build, then all but what is labelled "slow" under the
# address and undefined-behaviour sanitizers, then what is labelled "threads" under the thread
# sanitizer. What is labelled "long" (many minutes: every float, thousands of random programs) runs in
# development only: ctest --preset release -L long.
#
#   tests/run.sh [--quick] [--only release|asan|tsan]... [--jobs N]
#
#   --quick      the release build alone
#   --only NAME  that build alone; may be given again
#   --jobs N     processes at a time; one for each core unless given
#
# Installs the packages that are missing. Ends with "N passed, N failed"; exits 0 only if nothing failed.
set -euo pipefail
cd "$(dirname "$0")/.."

usage() { sed -n '2,/^set /{/^#/s/^# \{0,1\}//p}' tests/run.sh; }
jobs=$(nproc) builds=()
while (( $# )); do
  case $1 in
    --quick) builds=(release) ;;
    --only)
      case ${2:-} in
        release | asan | tsan) builds+=("$2"); shift ;;
        *) echo "tests/run.sh: --only takes release, asan or tsan" >&2; exit 2 ;;
      esac ;;
    --jobs)
      [[ ${2:-} =~ ^[1-9][0-9]*$ ]] || { echo "tests/run.sh: --jobs takes a number" >&2; exit 2; }
      jobs=$2; shift ;;
    -h | --help) usage; exit 0 ;;
    *) echo "tests/run.sh: unknown option '$1'" >&2; usage >&2; exit 2 ;;
  esac
  shift
done
(( ${#builds[@]} )) || builds=(release asan tsan)

# What each build compiles (nothing named: everything) and which tests it runs.
targets() {
  case $1 in
    release) ;;
    asan) ;;
    tsan) echo core/all plugins/all tests_threads ;;
  esac
}
selection() {
  case $1 in
    release) echo --label-exclude ^long$ ;;
    asan) echo --label-exclude '^(slow|long)$' ;;
    tsan) echo --label-regex ^threads$ ;;
  esac
}

passed=0 failed=0 status=0 report=()
run_build() {
  local build=$1 start=$SECONDS built counts tests failures skipped
  local -a wanted selected
  read -ra wanted <<<"$(targets "$build")"
  read -ra selected <<<"$(selection "$build")"

  echo "==> $build: building"
  if ! cmake --preset "$build" -DASG_NATIVE=OFF ||
     ! cmake --build --preset "$build" --parallel "$jobs" ${wanted[@]:+--target "${wanted[@]}"}; then
    report+=("$(printf '%-8s could not be built' "$build")")
    status=1
    return
  fi
  built=$(( SECONDS - start ))

  echo "==> $build: testing"
  local results="build/$build/test-results.xml"
  rm -f "$results"
  ctest --preset "$build" --parallel "$jobs" --no-tests=error --output-junit "$PWD/$results" \
    "${selected[@]}" || status=1
  if [[ ! -f $results ]]; then
    report+=("$(printf '%-8s no test ran' "$build")")
    status=1
    return
  fi
  counts=$(sed -n '/<testsuite /,/>/p' "$results" | tr '\n\t' '  ')
  word() { sed -n "s/.* $1=\"\([0-9]*\)\".*/\1/p" <<<"$counts"; }
  tests=$(word tests) failures=$(word failures) skipped=$(( $(word skipped) + $(word disabled) ))
  passed=$(( passed + tests - failures - skipped ))
  failed=$(( failed + failures ))
  report+=("$(printf '%-8s %4d passed, %d failed, %d skipped   build %d s, tests %d s' \
    "$build" $(( tests - failures - skipped )) "$failures" "$skipped" "$built" $(( SECONDS - start - built )))")
  table=$(grep -o '[0-9]* ops (.*without a gradient' "$results" || true)  # as ops.table prints it
  [[ -z $table ]] || report+=("         $table")
}

cmake/install-packages.sh
for build in "${builds[@]}"; do
  run_build "$build"
done

echo
printf '%s\n' "${report[@]}"
(( failed == 0 )) || status=1
(( status == 0 )) || echo "FAILED after $SECONDS s"
echo "$passed passed, $failed failed"
exit "$status"
