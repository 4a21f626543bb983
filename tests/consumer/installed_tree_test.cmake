# Installs this build, moves the tree, and uses it as a stranger would. Runs under cmake -P; see CMakeLists.txt for what
# it is given.
cmake_minimum_required(VERSION 3.25)
include("${CMAKE_CURRENT_LIST_DIR}/common.cmake")

keep_manifests()
set(moved "${WORK_DIR}/moved tree")
# Without what debuggers read, which has the whole paths.
run(ignored "${CMAKE_COMMAND}" --install "${BUILD_DIR}" --prefix "${WORK_DIR}/stage" --strip)
restore_manifests()
file(RENAME "${WORK_DIR}/stage" "${moved}")
require_no_path("${moved}")

# The program and the plugins that came with it find each other at the new place.
run(listing "${moved}/bin/asg" backends)
require_match("${listing}" "reference")
require_match("${listing}" "moved tree")
run(report "${moved}/bin/asg" doctor)
require_match("${report}" "plugins are tried by [^\n]*/moved tree/[^\n]*/asg-plugin-probe")

# A program and a plugin that know of asg only what find_package tells.
run(ignored "${CMAKE_COMMAND}" -S "${PROJECT_DIR}" -B "${WORK_DIR}/build" -G "${GENERATOR}"
  "-DCMAKE_CXX_COMPILER=${CXX}" "-DCMAKE_CXX_FLAGS=${CXX_FLAGS}" "-DCMAKE_PREFIX_PATH=${moved}")
run(ignored "${CMAKE_COMMAND}" --build "${WORK_DIR}/build")
require_product("${WORK_DIR}/build/program" reference)
# The lines of a consumer are told as its own build gives them, not from the root of asg.
run(product "${WORK_DIR}/build/program" reference)
require_match("${product}" "made at [./].*/consumer/project/program.cpp:[0-9]+\n")

# The foreign plugin: by its path, by its name on the search path, and listed.
set(plugins "${WORK_DIR}/build/lib/asg/backends")
require_product("${WORK_DIR}/build/program" "${plugins}/asg-backend-toy.so")
set(ENV{ASG_PLUGIN_PATH} "${plugins}")
require_product("${WORK_DIR}/build/program" toy)
run(listing "${moved}/bin/asg" backends)
require_match("${listing}" "toy")
unset(ENV{ASG_PLUGIN_PATH})

# What pkg-config says is enough for a compiler, and what that makes runs as it is.
if(PKG_CONFIG)
  pkg_config_program("${WORK_DIR}/plain" "${moved}" "${LIBDIR}")
  require_product("${WORK_DIR}/plain" reference)
endif()
