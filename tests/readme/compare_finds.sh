#!/usr/bin/env bash
# compare.sh says what differs, and only that.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
readme=$(mktemp)
trap 'rm -f "$readme"' EXIT
printf '%s\n' 'It prints' '' '    step 1  loss 0.5000' '    step 2  loss 0.2500' '' 'and ends.' > "$readme"

fails=0
expect() {  # status tolerance lines text
  local status=0
  "$here/compare.sh" "$readme" 'step 1' "$2" "$3" printf "$4" > /dev/null 2>&1 || status=1
  if [[ $status != "$1" ]]; then
    echo "status $status, not $1, for $2 $3 '$4'" >&2
    fails=1
  fi
}
expect 0 0.02 all 'step 1  loss 0.5000\nstep 2  loss 0.2500\n'
expect 0 0.02 all 'step 1  loss 0.5003\nstep 2  loss 0.2499\n'
expect 1 0.02 all 'step 1  loss 0.6491\nstep 2  loss 0.2500\n'
expect 1 0.02 all 'step 1  loss 0.5000\nstep 3  loss 0.2500\n'
expect 1 0.02 all 'step 1  loss 0.5000\n'
expect 1 0.02 all 'step 1  loss 0.5000\nstep 2  loss 0.2500\nstep 3  loss 0.1\n'
expect 1 0.02 all 'step 1  cost 0.5000\nstep 2  loss 0.2500\n'
expect 0 0.02 1 'step 1  loss 0.5000\nand more\n'
expect 0 form all 'step 1  loss 7\nstep 9  loss 0.1\n'
expect 1 form all 'step 1  loss 7\nstep 9  gain 0.1\n'
if "$here/compare.sh" "$readme" 'none such' 0.02 all true > /dev/null 2>&1; then
  echo "an output that is not shown was found" >&2
  fails=1
fi
exit $fails
