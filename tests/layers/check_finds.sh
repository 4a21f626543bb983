#!/usr/bin/env bash
# Breaks each rule once, in a tree of its own, and sees that check.sh says so, and says no more.
set -euo pipefail
here="$(cd "$(dirname "$0")" && pwd)"
tree="$(mktemp -d)"
trap 'rm -rf "$tree"' EXIT
cd "$tree"
mkdir -p core/graph core/ops/api core/nn core/runtime core/passes core/cli core/include/asg/graph \
  core/include/asg/ops sdk/include/asg/sdk plugins/toy examples tests/graph cmake

# What is allowed, and must stay so.
cat > core/graph/algorithms_flow.cpp <<< '#include <boost/graph/push_relabel_max_flow.hpp>'
cat > core/runtime/plugin.cpp <<< '#include <boost/dll/shared_library.hpp>'
cat > core/nn/gpt.cpp <<< '#include <asg/graph/graph.hpp>'
cat > core/cli/main.cpp <<< '#include <asg/asg.hpp>'
cat > core/ops/add.cpp <<< '#include "ops/rules.hpp"'
cat > core/ops/api/rules.cpp <<< '#include "ops/rules.hpp"'
cat > core/ops/samples.hpp <<< '#include "graph/parts.hpp"'
cat > core/ops/samples.cpp <<< '#include "ops/samples.hpp"'
cat > cmake/ops.cmake <<< '#include <asg/graph/op.hpp>'
cat > core/include/asg/graph/fmt.hpp <<< '#include <fmt/format.h>'
cat > core/include/asg/graph/shape.hpp <<< '#include <vector>'
cat > sdk/include/asg/sdk/backend.h <<< '#include <stdint.h>'
cat > core/passes/kind.cpp <<< 'if (node.op.lowering.role == Role::reduce) name = node.op.name;'
cat > core/passes/print_program.cpp <<< 'if (step.name == op) return;'
cat > plugins/toy/toy.cpp <<< '#include <asg/sdk/backend.h>'
cat > plugins/toy/pool.cpp <<< '#include "kernels/pool.hpp"'
cat > tests/graph/cut_test.cpp <<< '#include <boost/graph/dominator_tree.hpp>'
if ! "$here/check.sh" "$tree"; then
  echo "a tree that keeps the rules was refused"
  exit 1
fi

# One breach each. The messages come in the order of the files' names.
cat > core/graph/a.cpp <<< '#include <asg/ops/elementwise.hpp>'
cat > core/graph/b.cpp <<< '#include <boost/graph/graphviz.hpp>'
cat > core/include/asg/graph/a.hpp <<< '#include <boost/graph/adjacency_list.hpp>'
cat > core/include/asg/graph/b.hpp <<< '  #  include <nlohmann/json.hpp>'
cat > core/include/asg/ops/a.hpp <<< '#include "ops/rules.hpp"'
cat > core/include/asg/ops/b.hpp <<< '#include "rules.hpp"'
cat > core/nn/a.cpp <<< '#include <asg/optim/adamw.hpp>'
cat > core/nn/b.cpp <<< '#include "cli/model.hpp"'
cat > core/ops/a.cpp <<< '#include <boost/dll/alias.hpp>'
cat > core/ops/b.cpp <<< '#include "asg/graph/graph.hpp"'
cat > core/ops/api/a.cpp <<< '#include "runtime/plugin.hpp"'
cat > core/ops/c.cpp <<< '#include "rules.hpp"'
cat > core/ops/d.cpp <<< '#include "../ops/rules.hpp"'
cat > core/ops/e.cpp <<< '#include <ops/rules.hpp>'
cat > core/ops/f.cpp <<< '#include "ops/g.hpp"'
cat > core/ops/g.hpp <<< '#include "ops/h.hpp"'
cat > core/ops/h.cpp <<< '#include "ops/f.hpp"'
cat > core/passes/a.cpp <<< '#include <asg/autodiff/gradients.hpp>'
cat > core/passes/b.cpp <<< '#include <asg/tools/x.hpp>'
cat > core/passes/c.cpp <<< '  if (node.op.name == "reduce") return;'
cat > core/passes/d.cpp <<< '  return name != "iota" || op == "neg";'
cat > core/passes/e.cpp <<< '  if (a.op == b.op && known.name == made_by(x).op.name) return;'
for i in $(seq 601); do echo "line $i"; done > examples/long.cpp
cat > plugins/toy/a.cpp <<< '#include <asg/graph/graph.hpp>'
cat > plugins/toy/b.cpp <<< '#include "../pool.hpp"'
cat > sdk/include/asg/sdk/a.hpp <<< '#include <asg/graph/graph.hpp>'

cat > expected <<'END'
core/graph/a.cpp:1: graph lies below or beside ops: asg/ops/elementwise.hpp
core/graph/b.cpp:1: Boost.Graph outside of core/graph/algorithms*.cpp: boost/graph/graphviz.hpp
core/include/asg/graph/a.hpp:1: Boost.Graph outside of core/graph/algorithms*.cpp: boost/graph/adjacency_list.hpp
core/include/asg/graph/a.hpp:1: a public header includes a third party's: boost/graph/adjacency_list.hpp
core/include/asg/graph/b.hpp:1: a public header includes a third party's: nlohmann/json.hpp
core/include/asg/ops/a.hpp:1: a public header includes a private one: ops/rules.hpp
core/include/asg/ops/b.hpp:1: a public header includes a private one: rules.hpp
core/nn/a.cpp:1: nn lies below or beside optim: asg/optim/adamw.hpp
core/nn/b.cpp:1: nn lies below or beside cli: cli/model.hpp
core/ops/a.cpp:1: Boost.DLL outside of core/runtime: boost/dll/alias.hpp
core/ops/b.cpp:1: asg's public headers are included with <>: asg/graph/graph.hpp
core/ops/api/a.cpp:1: ops lies below or beside runtime: runtime/plugin.hpp
core/ops/c.cpp:1: private headers are included as "<layer>/name.hpp": rules.hpp
core/ops/d.cpp:1: private headers are included as "<layer>/name.hpp": ../ops/rules.hpp
core/ops/e.cpp:1: private headers are included as "<layer>/name.hpp": ops/rules.hpp
core/ops/h: needs itself: ops/f ops/g ops/h ops/f
core/passes/a.cpp:1: passes lies below or beside autodiff: asg/autodiff/gradients.hpp
core/passes/b.cpp:1: no layer of asg: asg/tools/x.hpp
core/passes/c.cpp:1: a pass compares the names of ops
core/passes/d.cpp:1: a pass compares the names of ops
core/passes/e.cpp:1: a pass compares the names of ops
examples/long.cpp:601: more than 600 lines
plugins/toy/a.cpp:1: a plugin sees <asg/sdk/...> only: asg/graph/graph.hpp
plugins/toy/b.cpp:1: private headers are included as "<layer>/name.hpp": ../pool.hpp
sdk/include/asg/sdk/a.hpp:1: sdk lies below or beside graph: asg/graph/graph.hpp
END
if "$here/check.sh" "$tree" > found; then
  echo "a tree that breaks the rules was accepted"
  exit 1
fi
LC_ALL=C sort found | diff <(LC_ALL=C sort expected) -
