#!/usr/bin/env bash
# Sourced by the tests of shell completions and manual pages: what they must have, as --help tells it.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

commands_of_help() {
  run 0 --help
  awk '/^Subcommands:/ {on = 1; next} /^[^ ]/ {on = 0} on {print $1}' out
}
# options_of_help COMMAND...: one a line
options_of_help() {
  run 0 "$@" --help
  sed -n 's/^  \(-[^ ]*\).*/\1/p' out | tr , '\n'
}

# same_always FILE ARGUMENT...: what asg prints does not hang on where, when and by whom it is called.
same_always() {
  local file=$1
  shift
  run 0 "$@"
  mv out "$file"
  [[ -s $file ]] || fail "asg $* prints nothing"
  (
    cd / && LC_ALL=tr_TR.UTF-8 LANG=tr_TR.UTF-8 TZ=Pacific/Apia COLUMNS=20 TERM=dumb ASG_BACKEND=none ASG_NUM_THREADS=3 \
      HOME=/nowhere USER=nobody "$asg" "$@"
  ) >again 2>err
  same "$file" again "asg $* in another environment"
  rm -f again
}

# offers WANTED LINE: what `offered LINE`, of the shell under test, prints, in one line.
offers() {
  local got
  got=$(offered "$2" | tr '\n' ' ')
  [[ ${got% } == "$1" ]] || fail "$2: '$got', not '$1'"
}
# What every shell must complete, to the letter: the commands, all options of each, values, files.
offers_everything() {
  local names command
  names=$(commands_of_help)
  [[ $(wc -w <<<"$names") -gt 5 ]] || fail "--help names no commands: $names"
  [[ $(offered 'asg ' | grep -v ^-) == "$(sort <<<"$names")" ]] || fail "asg: $(offered 'asg ')"
  for command in $names; do
    [[ $(offered "asg $command --") == "$(options_of_help "$command" | grep ^-- | sort)" ]] ||
      fail "asg $command --: $(offered "asg $command --")"
  done
  mkdir -p files/aside
  touch files/another
  cd files || exit 1
  offers train 'asg trai'
  offers gpt 'asg train --model gp'
  offers 'f32 f64' 'asg train --seed 3 --dtype '
  offers 'f32 f64' 'asg train --json --dtype '
  offers zsh 'asg completion z'
  offers aside 'asg train --out a'
  offers 'another aside' 'asg train --trace a'
  offers '' 'asg train --steps '
  cd ..
}
