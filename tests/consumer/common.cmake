# What the tests of this folder share.

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

# require_product(<program> <backend>): it multiplies, and says nothing else, as of a plugin that could not be tried.
function(require_product)
  run(product ${ARGN})
  require_match("${product}" "^19 22 43 50 \nmade at [^\n]*\n$")
endfunction()

# require_no_path(<folder>...): no file says where it was built; grep ends with 1 when it finds nothing, and names
# what it finds.
function(require_no_path)
  run(ignored EXPECT 1 grep --recursive --text --files-with-matches --fixed-strings
    -e "${SOURCE_DIR}/" -e "${BUILD_DIR}" ${ARGN})
endfunction()

# pkg_config_program(<out> <prefix> <libdir>): a program made by the line that pkg-config prints, and by a shell.
function(pkg_config_program out prefix libdir)
  set(ENV{PKG_CONFIG_PATH} "${prefix}/${libdir}/pkgconfig")
  run(flags "${PKG_CONFIG}" --cflags --libs asg)
  run(ignored sh -c "'${CXX}' -std=c++20 ${CXX_FLAGS} '${PROJECT_DIR}/program.cpp' -o '${out}' ${flags}")
endfunction()

# keep_manifests() and restore_manifests(): what was installed before from this build tree can still be uninstalled.
function(keep_manifests)
  file(GLOB manifests "${BUILD_DIR}/install_manifest*.txt")
  if(manifests)
    file(COPY ${manifests} DESTINATION "${WORK_DIR}/manifests")
    file(REMOVE ${manifests})
  endif()
endfunction()
function(restore_manifests)
  file(GLOB manifests "${BUILD_DIR}/install_manifest*.txt")
  file(GLOB kept "${WORK_DIR}/manifests/*")
  if(manifests)
    file(REMOVE ${manifests})
  endif()
  if(kept)
    file(COPY ${kept} DESTINATION "${BUILD_DIR}")
  endif()
endfunction()

# Only what the tree itself says may count.
unset(ENV{ASG_PLUGIN_PATH})
unset(ENV{ASG_BACKEND})
unset(ENV{LD_LIBRARY_PATH})
file(REMOVE_RECURSE "${WORK_DIR}")
file(MAKE_DIRECTORY "${WORK_DIR}")
set(ENV{XDG_DATA_HOME} "${WORK_DIR}/no-data")
set(ENV{XDG_CACHE_HOME} "${WORK_DIR}/cache")
