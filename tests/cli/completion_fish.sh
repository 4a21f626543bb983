#!/usr/bin/env bash
# What fish completes with the script that asg prints: everything that --help has, and values.
. "$(dirname "${BASH_SOURCE[0]}")/completion_lib.sh"
command -v fish >/dev/null || { echo "there is no fish here"; exit 77; }

same_always script.fish completion fish

# offered LINE: what is offered for its end, a line each, sorted.
offered() {
  fish --no-config -c "source '$scratch/script.fish'; complete -C '$1'" 2>"$scratch/problem" | cut -f1 | sed 's#/$##' | sort
  [[ ! -s $scratch/problem ]] || fail "fish: $(cat "$scratch/problem")"
}
offers_everything
finish
