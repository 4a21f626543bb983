# Prints each line of a source file that breaks a rule of core/README.md, as FILE:LINE: RULE.
# Runs on the files in the order given, with paths relative to the repository.

BEGIN {
  most_lines = 600
  # Includes go from a larger number to a smaller one, or stay in one layer.
  rank["sdk"] = 0
  rank["graph"] = 1
  rank["ops"] = 2
  rank["autodiff"] = rank["passes"] = 3
  rank["runtime"] = 4
  rank["io"] = 5
  rank["nn"] = rank["optim"] = rank["data"] = rank["metrics"] = 6
  rank["asg.hpp"] = rank["check"] = 7
  rank["cli"] = rank["examples"] = 8

  # What a public header may include beside <vector> and the like.
  count = split("assert.h stdbool.h stddef.h stdint.h string.h", names, " ")
  for (i = 1; i <= count; ++i) c_header[names[i]] = 1
}

function broken(rule) {
  print FILENAME ":" FNR ": " rule
  found = 1
}

# "graph" of core/graph/print.cpp, core/include/asg/graph/print.hpp and sdk of all below sdk.
function layer_of(file,  parts) {
  split(file, parts, "/")
  if (parts[1] != "core") return parts[1]
  if (parts[2] == "include") return parts[4]
  return parts[2]
}

# The layer of what is included, if it is asg's: <asg/graph/graph.hpp> or "graph/graph_data.hpp".
function target_of(name,  parts) {
  split(name, parts, "/")
  if (parts[1] == "asg") return parts[2]
  return angle || !in_core ? "" : parts[1]
}

# Whether a private header is named in another way than "<layer>/name.hpp", from which the layer and
# the file can be seen: as a neighbour, by "..", or by <> as if it were installed.
function is_misnamed(name,  parts) {
  if (name ~ /(^|\/)\.\.?\//) return 1
  if (!in_core || name ~ /^asg\//) return 0
  split(name, parts, "/")
  return angle ? name ~ /\// && parts[1] in rank : !(parts[1] in rank)
}

# A header and its source are one component: "cli/model" of core/cli/model.cpp and "cli/model.hpp".
function component_of(name) {
  sub(/^core\//, "", name)
  sub(/\.[a-z]+$/, "", name)
  return name
}

# Walks the components that `name` needs, and prints those that need themselves, once each.
function walk(name, path,  needed, count, i) {
  state[name] = "open"
  count = split(needs[name], needed, " ")
  for (i = 1; i <= count; ++i) {
    if (state[needed[i]] == "open") {
      print "core/" name ": needs itself: " substr(path, index(path, " " needed[i] " ") + 1) needed[i]
      found = 1
    } else if (state[needed[i]] == "") {
      walk(needed[i], path needed[i] " ")
    }
  }
  state[name] = "done"
}

FNR == 1 {
  layer = layer_of(FILENAME)
  in_core = FILENAME ~ /^core\//
  is_public = FILENAME ~ /^(core|sdk)\/include\//
  is_fmt = FILENAME == "core/include/asg/graph/fmt.hpp"
}

FNR == most_lines + 1 { broken("more than " most_lines " lines") }

# Lowering says what passes have to know of an op; a name says nothing of ops yet to come.
FILENAME ~ /^core\/passes\// && FILENAME !~ /\/print_/ &&
    (/(^|[^a-z_])(name|op) *[=!]= *"/ || /\.name *[=!]=/ || /[=!]= *[a-z_.()]*\.name([^a-z_]|$)/) {
  broken("a pass compares the names of ops")
}

# Tests may include what they test; the sources in CMake files are checked where they are used.
layer == "tests" || layer == "cmake" || !/^[ \t]*#[ \t]*include[ \t]*[<"]/ { next }

{
  angle = $0 ~ /include[ \t]*</
  name = $0
  sub(/^[^<"]*[<"]/, "", name)
  sub(/[>"].*$/, "", name)

  if (name ~ /^boost\/graph\// && FILENAME !~ /^core\/graph\/algorithms[^\/]*\.cpp$/)
    broken("Boost.Graph outside of core/graph/algorithms*.cpp: " name)
  if (name ~ /^boost\/dll/ && layer != "runtime") broken("Boost.DLL outside of core/runtime: " name)
  if (!angle && name ~ /^asg\//) broken("asg's public headers are included with <>: " name)
  else if (!angle && is_public) {
    broken("a public header includes a private one: " name)
    next
  } else if (is_misnamed(name)) {
    broken("private headers are included as \"<layer>/name.hpp\": " name)
    next
  }

  target = target_of(name)
  if (target == "") {
    if (is_public && !is_fmt && angle && name !~ /^[a-z_]+$/ && !(name in c_header))
      broken("a public header includes a third party's: " name)
  } else if (!(target in rank)) {
    broken("no layer of asg: " name)
  } else if (layer == "plugins") {
    if (target != "sdk") broken("a plugin sees <asg/sdk/...> only: " name)
  } else if (target != layer && rank[target] >= rank[layer]) {
    broken(layer " lies below or beside " target ": " name)
  }

  if (in_core && !angle && component_of(name) != component_of(FILENAME)) {
    if (!(component_of(FILENAME) in needs)) order[++components] = component_of(FILENAME)
    needs[component_of(FILENAME)] = needs[component_of(FILENAME)] " " component_of(name)
  }
}

END {
  for (i = 1; i <= components; ++i)
    if (state[order[i]] == "") walk(order[i], " " order[i] " ")
  exit found
}
