#!/usr/bin/env bash
# The beginning of what examples/quickstart.sh prints, with its own settings but one step: the size of the text and the
# model, and the loss before training. ASG is the program.
set -euo pipefail
root=$1
here=$(cd "$(dirname "$0")" && pwd)
eval "$(sed -n '/^train=(/,/^)/p' "$root/examples/quickstart.sh")"
command=("$ASG" train "${train[@]}" --steps 1 --no-save)

# Other releases of Debian have other licences: then only the form of the lines is that of the README.
text=$(sed -n 's/^    \([0-9]* characters, .*\)/\1/p' "$root/README.md")
copy=$(mktemp)
trap 'rm -f "$copy"' EXIT
printed=$("${command[@]}" 2>&1)
if grep -qxF "$text" <<< "$printed"; then
  sed 's/ on cpu (.*)$//' "$root/README.md" > "$copy"
  "$here/compare.sh" "$copy" "${text%% *} characters" 0.02 3 \
    sed 's/ on cpu (.*)$//' <<< "$printed"
else
  "$here/compare.sh" "$root/README.md" "${text%% *} characters" form 3 cat <<< "$printed"
fi
