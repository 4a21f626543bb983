#!/usr/bin/env bash
# found.sh PLUGIN TEXT...: `asg check` says all of this about the plugin, in words and as JSON, and
# exits with 1; without a TEXT it finds nothing. CHECK_OPTIONS are added.
. "$(dirname "$0")/../cli/lib.sh"
plugin=$1
shift
read -ra options <<<"${CHECK_OPTIONS:-}"

wanted=$(($# > 0 ? 1 : 0))
run "$wanted" check --backend "$plugin" --quick "${options[@]}"
cat out
for text; do prints "$text"; done
[[ ! -s err ]] || fail "it writes to stderr: $(tail -c 500 err)"
if ((wanted)); then prints "FAILED: "; else prints "passed: "; fi
finish
