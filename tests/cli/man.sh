#!/usr/bin/env bash
# The manual pages: everything that --help has, in what man takes without a warning.
. "$(dirname "${BASH_SOURCE[0]}")/completion_lib.sh"

page() { sed 's/\\-/-/g; s/\\f[A-Z]//g' "$1"; }
has() { page "$1" | grep -qxE -- "$2" || fail "$1 has no line '$2'"; }

names=$(commands_of_help)
same_always asg.1 man
has asg.1 'asg - build, .*'
for name in $names; do has asg.1 "\\.BR asg-$name \\(1\\)"; done
run 0 --help
for variable in $(sed -n 's/^  \(ASG_[A-Z_]*\) .*/\1/p' out); do has asg.1 "\\.B $variable"; done
for status in 0 1 2 3 4 130; do has asg.1 "\\.B $status"; done

for name in $names; do
  same_always "asg-$name.1" man "$name"
  has "asg-$name.1" "asg-$name - .+"
  for option in $(options_of_help "$name"); do has "asg-$name.1" "(.*, )?$option(,.*| .*)?"; done
done
has asg-train.1 'One of f32, f64\.'
has asg-train.1 'Default: adamw\.'
has asg-train.1 '\.SS Where and how'

run 2 man nonsense
says "there is no command 'nonsense'"

if command -v man >/dev/null; then
  for file in *.1; do
    LC_ALL=C.UTF-8 MANROFFSEQ='' MANWIDTH=80 man --warnings -E UTF-8 -l -Tutf8 -Z "$file" 2>problem >/dev/null ||
      fail "man does not take $file"
    [[ ! -s problem ]] || fail "$file: $(cat problem)"
  done
fi
finish
