# asg_op_table(<target> <folder>): every <folder>/<name>.cpp defines std::vector<OpDef> asg::ops::<name>().
#
# The folder is the table: a new file is picked up by the next build, with no list to edit, and a
# file that does not define its function fails at link with the function's name.
function(asg_op_table target folder)
  file(GLOB sources CONFIGURE_DEPENDS "${CMAKE_CURRENT_SOURCE_DIR}/${folder}/*.cpp")
  list(SORT sources)
  set(declarations "")
  set(names "")
  foreach(source IN LISTS sources)
    cmake_path(GET source STEM name)
    string(APPEND declarations "std::vector<OpDef> ${name}();\n")
    list(APPEND names "&ops::${name}")
  endforeach()
  list(JOIN names ", " families)
  list(LENGTH names count)

  set(table "${CMAKE_CURRENT_BINARY_DIR}/op_table.cpp")
  file(CONFIGURE OUTPUT "${table}" @ONLY CONTENT [[
#include <algorithm>
#include <array>
#include <iterator>
#include <span>
#include <vector>

#include <asg/graph/op.hpp>

namespace asg {
namespace ops {
@declarations@}  // namespace ops

std::span<const OpDef> op_table() {
  // Never destroyed: a graph with static storage may still point into it at exit.
  static const std::vector<OpDef>& table = *[] {
    const std::array<std::vector<OpDef> (*)(), @count@> families = {@families@};
    auto* all = new std::vector<OpDef>;
    for (const auto family : families) {
      std::vector<OpDef> ops = family();
      std::move(ops.begin(), ops.end(), std::back_inserter(*all));
    }
    std::sort(all->begin(), all->end(),
              [](const OpDef& a, const OpDef& b) { return a.name < b.name; });
    return all;
  }();
  return table;
}

}  // namespace asg
]])
  target_sources(${target} PRIVATE ${sources} "${table}")
endfunction()
