#!/usr/bin/env bash
# asg backends beside files that are no plugins: a line for each, with the reason.
source "$(dirname "$0")/lib.sh"

mkdir plugins empty
echo "just text" >plugins/notes.txt
echo "just text" >plugins/asg-backend-text.so
library=$(ldd "$asg" | awk '/libstdc\+\+|libm\.so|libc\+\+/ { print $3; exit }')
if [[ -n $library ]]; then cp "$library" plugins/asg-backend-foreign.so; fi
compiler=${CC:-cc}
if command -v "$compiler" >/dev/null; then
  cat >other.c <<'C'
int asg_backend_v77(void);
int asg_backend_v77(void) { return 0; }
C
  "$compiler" -shared -fPIC -o plugins/asg-backend-other.so other.c || fail "cannot compile a plugin"
fi
ln -s /nonexistent plugins/asg-backend-dangling.so

line() {  # FILE REASON: exactly one line names the file, and it gives the reason
  local count
  count=$(grep -cF -- "$1" out)
  ((count == 1)) || fail "$count lines name $1"
  grep -F -- "$1" out | grep -qE -- "refused.*$2" || fail "$(grep -F -- "$1" out)"
}
good() {
  grep -qE '^cpu +[0-9]' out || fail "cpu is missing"
  grep -qE '^reference +[0-9]' out || fail "reference is missing"
}

for folder in "$scratch/plugins" plugins ./plugins; do
  run 0 backends --plugin-dir "$folder"
  line plugins/notes.txt "not named asg-backend-NAME.so"
  line plugins/asg-backend-text.so "not a shared library"
  [[ ! -e plugins/asg-backend-foreign.so ]] || line plugins/asg-backend-foreign.so "not an asg backend"
  [[ ! -e plugins/asg-backend-other.so ]] || line plugins/asg-backend-other.so "77"
  line plugins/asg-backend-dangling.so "link"
  good
done
run 0 backends --plugin-dir plugins --json
json out
run 0 backends --plugin-dir empty
line "$scratch/empty" "empty"
good
run 0 backends --plugin-dir nosuch
grep -qE "^- +missing +$scratch/nosuch: does not exist" out || fail "a missing folder: $(<out)"
good
run 0 backends
! grep -q "refused.*does not exist" out || fail "a missing folder is no refusal"

# Other commands take the good ones and say why a bad one is not taken.
run 0 ops --plugin-dir plugins --backend reference
run 4 ops --plugin-dir plugins --backend text
says "asg-backend-text.so"
run 4 ops --plugin-dir plugins --backend plugins/asg-backend-text.so
says "asg-backend-text.so"

# A plugin by its path, and from a folder of one's own before all others.
reference=$(ASG_PLUGIN_PATH=${ASG_PLUGIN_PATH:-} "$asg" backends | awk '$1 == "reference" { print $3 }')
run 0 ops --backend "$reference"
prints "reference"
mkdir own
cp "$reference" own/
run 0 backends --plugin-dir own
grep -qE "^reference .*$scratch/own/" out || fail "--plugin-dir does not come first"
(cd own && "$asg" ops --backend ./asg-backend-reference.so >/dev/null 2>../err)
expect_status 0 $? "a relative path of a plugin"
finish
