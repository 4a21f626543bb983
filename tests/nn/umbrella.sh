#!/usr/bin/env bash
# asg/asg.hpp includes every public header, but those of passes, which only authors of passes need,
# and fmt.hpp, which needs a third-party library.
set -eu
cd "$1/core/include"
wanted=$(find asg -mindepth 2 -name '*.hpp' ! -path 'asg/passes/*' ! -path asg/graph/fmt.hpp | LC_ALL=C sort)
found=$(sed -n 's/^#include <\(.*\)>$/\1/p' asg/asg.hpp | LC_ALL=C sort)
diff <(echo "$wanted") <(echo "$found") || {
  echo "asg/asg.hpp and the public headers differ: < is missing there, > does not exist" >&2
  exit 1
}
