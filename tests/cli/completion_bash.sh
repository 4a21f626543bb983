#!/usr/bin/env bash
# What bash completes with the script that asg prints: everything that --help has, and values.
. "$(dirname "${BASH_SOURCE[0]}")/completion_lib.sh"

same_always script.bash completion bash
[[ -z $(bash -n script.bash 2>&1) ]] || fail "bash does not take its script"
. ./script.bash
complete -p asg | grep -qF -- '-F _asg' || fail "nothing completes asg"

# offered LINE: what is offered for its last word, a line each, sorted.
offered() {
  local -a words
  read -ra words <<<"$1"
  [[ $1 != *' ' ]] || words+=('')
  COMP_WORDS=("${words[@]}") COMP_CWORD=$((${#words[@]} - 1))
  _asg
  printf '%s\n' "${COMPREPLY[@]}" | sort
}
offers_everything

# bash takes --option=value for three words.
offers 'f32 f64' 'asg train --dtype = f'
offers 'f32 f64' 'asg train --dtype ='
mkdir 'a folder'
offers 'a folder' 'asg train --out a'
finish
