# Runs under cmake -P; see CMakeLists.txt for what it is given.
cmake_minimum_required(VERSION 3.25)

# run(<out> [EXPECT status] command...): fails unless the command ends with that status.
function(run out)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "EXPECT" "")
  if(NOT DEFINED arg_EXPECT)
    set(arg_EXPECT 0)
  endif()
  execute_process(COMMAND ${arg_UNPARSED_ARGUMENTS}
    RESULT_VARIABLE status OUTPUT_VARIABLE output ERROR_VARIABLE output)
  if(NOT status STREQUAL arg_EXPECT)
    list(JOIN arg_UNPARSED_ARGUMENTS " " command)
    message(FATAL_ERROR "'${command}' ended with ${status}, not ${arg_EXPECT}:\n${output}")
  endif()
  set(${out} "${output}" PARENT_SCOPE)
endfunction()

function(require_match text pattern)
  if(NOT text MATCHES "${pattern}")
    message(FATAL_ERROR "expected '${pattern}' in:\n${text}")
  endif()
endfunction()

# Only what the tree itself says may count.
unset(ENV{ASG_PLUGIN_PATH})
unset(ENV{ASG_BACKEND})
unset(ENV{LD_LIBRARY_PATH})
set(ENV{XDG_DATA_HOME} "${WORK_DIR}/no-data")

set(moved "${WORK_DIR}/moved tree")
file(REMOVE_RECURSE "${WORK_DIR}")
# Without what debuggers read, which has the whole paths.
run(ignored "${CMAKE_COMMAND}" --install "${BUILD_DIR}" --prefix "${WORK_DIR}/stage" --strip)
file(RENAME "${WORK_DIR}/stage" "${moved}")

# No file says where it was built; grep ends with 1 when it finds nothing, and names what it finds.
run(ignored EXPECT 1 grep --recursive --text --files-with-matches --fixed-strings
  -e "${SOURCE_DIR}/" -e "${BUILD_DIR}/" "${moved}")

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
run(product "${WORK_DIR}/build/program" reference)
require_match("${product}" "19 22 43 50")
# The lines of a consumer are told as its own build gives them, not from the root of asg.
require_match("${product}" "made at [./].*/consumer/project/program.cpp:[0-9]+\n")

# The foreign plugin: by its path, by its name on the search path, and listed.
set(plugins "${WORK_DIR}/build/lib/asg/backends")
run(product "${WORK_DIR}/build/program" "${plugins}/asg-backend-toy.so")
require_match("${product}" "19 22 43 50")
set(ENV{ASG_PLUGIN_PATH} "${plugins}")
run(product "${WORK_DIR}/build/program" toy)
require_match("${product}" "19 22 43 50")
run(listing "${moved}/bin/asg" backends)
require_match("${listing}" "toy")

# What pkg-config says is enough for a compiler.
if(PKG_CONFIG)
  set(ENV{PKG_CONFIG_PATH} "${moved}/${LIBDIR}/pkgconfig")
  run(flags "${PKG_CONFIG}" --cflags --libs asg)
  separate_arguments(flags UNIX_COMMAND "${flags}")
  separate_arguments(cxx_flags UNIX_COMMAND "${CXX_FLAGS}")
  run(ignored "${CXX}" -std=c++20 ${cxx_flags} "${PROJECT_DIR}/program.cpp"
    -o "${WORK_DIR}/plain" ${flags} "-Wl,-rpath,${moved}/${LIBDIR}")
  run(product "${WORK_DIR}/plain" reference)
  require_match("${product}" "19 22 43 50")
endif()
