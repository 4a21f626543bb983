#!/usr/bin/env bash
# asg ops NAME: what an op is, from the table of ops; and the installed texts on what backends may claim.
. "$(dirname "$0")/lib.sh"

run 0 ops matmul
prints "matmul, a primitive op, version 1"
prints "operands    0  a  [..., M, K]  float"
prints "            1  b  [..., K, N]  as a"
prints "results     0  y  [..., M, N]  as a"
prints "gradient    a rule of its own"

run 0 ops scaled_dot_product_attention
prints "scaled_dot_product_attention, a composite op, version 1"
prints "            3  mask   broadcasts to [..., Tq, Tk]  as query, or bool, may be left out"
prints "            scale   a number: what the scores are multiplied with"
prints "            1  lse  [..., Tq]      as query"
# Its meaning is its body: the operands by their names, in other ops.
prints "meaning, by an example with causal = 0, scale = "
grep -qE '^  %query: f32\[.*\] = input$' out || fail "the operands are not those of the op"
grep -qE '^  %[0-9]+: f32\[.*\] = reduce\(%[0-9]+\) \{axes=\[3\], kind=max\}$' out || fail "no softmax"
grep -qE '^  return %[0-9]+, %[0-9]+$' out || fail "y and lse are not returned"
! grep -q '//' out || grep -q '^source .*//' out || fail "a line of asg's own source is told"

run 2 ops sofmax
says "there is no op 'sofmax'; near it:"
says "softmax"
run 2 ops softmax --composites text
run 2 ops --composites pdf

# All of them, each whole.
"$asg" ops --backend reference >listed || fail "asg ops"
awk '$2 == "composite" { print $1 }' listed >composites
run 0 ops --composites text
sed -n 's/^## //p' out >headings
same composites headings "the text has all composites"
awk '/^## / { if (name != "" && !whole) print name; name = $2; whole = 0 }
     /^    results / { results = 1 } /^    meaning, by an example/ { meaning = 1 }
     /^      return %/ { whole = results && meaning; results = meaning = 0 }
     END { if (!whole) print name }' out >halves
[[ ! -s halves ]] || fail "not whole: $(tr '\n' ' ' <halves)"

# The header is C and agrees with what is said of the op.
run 0 ops --composites header
cp out composites.h
cat >places.c <<'END'
#include "composites.h"
#include "composites.h"
_Static_assert(ASG_SOFTMAX_IN_X == 0 && ASG_SOFTMAX_OUT_Y == 0, "softmax");
_Static_assert(ASG_CONV2D_IN_BIAS == 2 && ASG_LSTM_SCAN_OUT_GATES == 3, "conv2d, lstm_scan");
END
"${CC:-cc}" -std=c11 -Wall -Wextra -Wpedantic -Werror -fsyntax-only places.c || fail "no header of C"
while read -r name; do
  grep -qE "^#define ASG_${name^^}_OUT_[A-Z0-9_]+ 0u$" composites.h || fail "composites.h lacks $name"
done <composites
finish
