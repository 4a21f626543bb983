#!/usr/bin/env bash
# What zsh completes with the script that asg prints: everything that --help has, and values. Completion works in an
# editor of lines only, so a zsh that has a terminal is asked, which tells what it would add to the list.
. "$(dirname "${BASH_SOURCE[0]}")/completion_lib.sh"
command -v zsh >/dev/null || { echo "there is no zsh here"; exit 77; }
zsh -fc 'zmodload zsh/zpty && zpty session true' 2>/dev/null || { echo "there is no terminal to be had here"; exit 77; }

mkdir functions
same_always functions/_asg completion zsh
[[ -z $(zsh -n functions/_asg 2>&1) ]] || fail "zsh does not take its script"

cat >inside.zsh <<'Z'
PS1= PROMPT=
fpath=($scratch/functions $fpath)
autoload -Uz compinit && compinit -D -u
compadd() {
  local -a matches
  if [[ ${@[1,(i)(-|--)]} != *-[a-zA-Z]#[OAD]* ]]; then
    builtin compadd -O matches "$@"
    print -rl -- $matches >>$scratch/found
  fi
  builtin compadd "$@"
}
tell-choices() {
  zle list-choices
  print -- 'that is all' >>$scratch/found
}
zle -N tell-choices
bindkey '^I' tell-choices
print -- 'ready' >$scratch/found
Z
cat >ask.zsh <<'Z'
zmodload zsh/zpty
wait_for() {
  for i in {1..400}; do grep -qsxF -- $1 $scratch/found && return; sleep 0.05; done
  print -u2 "no '$1'"
  exit 1
}
rm -f $scratch/found
zpty session zsh -f -i
zpty -w session "source $scratch/inside.zsh"
wait_for 'ready'
: >$scratch/found
zpty -w -n session $1$'\t'
wait_for 'that is all'
grep -vxF 'that is all' $scratch/found
Z
offered() {
  scratch=$scratch TERM=vt100 zsh -f "$scratch/ask.zsh" "$1" 2>"$scratch/problem" | sed 's/[=:].*//' | grep . | sort -u
  [[ ! -s $scratch/problem ]] || fail "zsh: $(cat "$scratch/problem")"
}
offers_everything
finish
