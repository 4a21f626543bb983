#!/usr/bin/env bash
# guide.sh TREE GUIDE: does what a guide says, in an empty folder with the installed TREE (its PREFIX), and compares.
#
#   `FILE`, complete:      and a fenced block behind it: that file
#   an indented "$ COMMAND": is run, in the shell of the commands before it
#   indented lines behind: what it prints, all of it; … stands for anything
# A command that shows a line of "asg: …" fails, every other one succeeds. One of clang is left out where there is none.
set -uo pipefail
export PREFIX=$1
guide=$(realpath "$2")
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
mkdir "$scratch/work" && cd "$scratch/work" || exit 1
unset ASG_BACKEND ASG_PLUGIN_PATH ASG_NUM_THREADS ASG_LOG LD_LIBRARY_PATH XDG_DATA_HOME
export HOME=$scratch XDG_CACHE_HOME=$scratch/cache PATH=$PREFIX/bin:$PATH

awk -v out="$PWD/" '
  file != "" && /^```/ && open { close(out file); file = ""; open = 0; next }
  open { print > (out file); next }
  file != "" && /^```/ { open = 1; next }
  /^`[A-Za-z0-9_.]+`, complete/ { file = substr($1, 2); sub(/`.*/, "", file) }' "$guide"

failures=0 commands=0
check() {  # COMMAND and the lines that are shown
  local command=$1 shown=$2 status printed pattern expects=0
  if [[ $command == clang* ]] && ! command -v "${command%% *}" >/dev/null; then
    echo "left out, for want of the compiler: $command"
    return
  fi
  commands=$((commands + 1))
  { eval "$command"; } >"$scratch/out" 2>&1 </dev/null
  status=$?
  printed=$(cat "$scratch/out")
  grep -q '^asg: ' <<<"$shown" && expects=1
  ((expects == (status != 0))) || {
    echo "'$command' ends with $status:"
    echo "$printed"
    failures=$((failures + 1))
    return
  }
  pattern=$(sed -e 's/[][*?\\]/\\&/g' -e 's/…/*/g' <<<"$shown")
  # shellcheck disable=SC2053
  [[ $printed == $pattern ]] && return
  echo "'$command' is shown to print"
  echo "$shown"
  echo "and prints"
  echo "$printed"
  failures=$((failures + 1))
}

command="" shown="" gap=""
while IFS= read -r line || [[ -n $line ]]; do
  if [[ $line == "    \$ "* ]]; then
    [[ -z $command ]] || check "$command" "$shown"
    command=${line#"    \$ "} shown="" gap=""
  elif [[ -n $command && $line == "    "* ]]; then
    if [[ $command == *\\ && -z $shown ]]; then
      command=${command%\\}${line#"    "}
    else
      shown+=${shown:+$'\n'}$gap${line#"    "} gap=""
    fi
  elif [[ -n $command && -z $line ]]; then
    gap+=$'\n'  # of the output, where more of it follows
  elif [[ -n $command ]]; then
    check "$command" "$shown"
    command="" gap=""
  fi
done <"$guide"
[[ -z $command ]] || check "$command" "$shown"
((commands > 0)) || { echo "$guide has no commands"; exit 1; }
echo "$commands commands, $failures failures"
((failures == 0))
