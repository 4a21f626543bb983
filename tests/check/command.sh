#!/usr/bin/env bash
# command.sh PLUGIN: the command itself: what it says to scripts, and what it cannot do. PLUGIN adds one.
. "$(dirname "$0")/../cli/lib.sh"
plugin=$1

run 1 check --backend "$plugin" --only instructions --json
json out passed kinds
prints '"passed": false'
prints '"what": "add of i32 gives wrong results"'

run 0 check --backend "$plugin" --only casts
prints 'passed: '

# Samples of some ops only.
run 0 check --backend "$plugin" --only ops --ops softmax,exp
run 2 check --backend "$plugin" --ops sofmax
says "there is no op 'sofmax'; did you mean 'softmax'?"
run 2 check --backend "$plugin" --only cast
says "did you mean 'casts'?"
run 4 check --backend no_such_backend
says "there is no backend 'no_such_backend'"
finish
