#!/usr/bin/env bash
# guide.sh says what differs, and only that.
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
guide=$(mktemp)
trap 'rm -f "$guide"' EXIT

fails=0
expect() {  # STATUS TEXT of a guide
  local status=0
  printf '%b' "$2" >"$guide"
  bash "$here/guide.sh" /nonexistent "$guide" >/dev/null 2>&1 || status=1
  if [[ $status != "$1" ]]; then
    echo "status $status, not $1, for: $2" >&2
    fails=1
  fi
}
expect 0 'Say\n\n    $ echo one\n    one\n    $ x=2\n    $ echo $x [a]*\n    2 [a]*\n'
expect 0 '`a.txt`, complete:\n\n```\nfirst\nsecond\n```\n\n    $ cat a.txt\n    first\n    second\n'
expect 0 '    $ seq 5\n    1\n    …\n    5\n'
expect 0 '    $ printf "1\\n\\n2\\n"\n    1\n\n    2\n\nText.\n\n    $ echo\n'
expect 1 '    $ printf "1\\n2\\n"\n    1\n\n    2\n'
expect 0 '    $ echo a \\\n      b\n    a b\n'
expect 0 '    $ echo "asg: no"; false\n    asg: no\n'
expect 1 '    $ echo one\n    two\n'
expect 1 '    $ echo one\n'
expect 1 '    $ true\n    one\n'
expect 1 '    $ seq 5\n    1\n    …\n    6\n'
expect 1 '    $ echo "asg: no"\n    asg: no\n'
expect 1 '    $ echo one; false\n    one\n'
expect 1 '    $ echo "[a]"\n    a\n'
expect 1 'No command.\n'
exit $fails
