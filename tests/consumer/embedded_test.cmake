# Builds an application that has asg's sources, and nothing but the application: the library, the plugins and the
# program that tries them come with it. Runs under cmake -P; HOW and LIBRARY (shared or static) say of what kind.
cmake_minimum_required(VERSION 3.25)
include("${CMAKE_CURRENT_LIST_DIR}/common.cmake")

set(build "${WORK_DIR}/build")
set(arguments "")
if(LIBRARY STREQUAL "static")
  set(arguments -DBUILD_SHARED_LIBS=OFF)
endif()
# Quick to compile: what is tried is not speed.
run(ignored "${CMAKE_COMMAND}" -S "${PROJECT_DIR}/../embedded" -B "${build}" -G "${GENERATOR}"
  "-DCMAKE_CXX_COMPILER=${CXX}" "-DCMAKE_CXX_FLAGS=${CXX_FLAGS}" "-DASG_SOURCE_DIR=${SOURCE_DIR}" -DHOW=${HOW}
  -DASG_BUILD_PLUGINS=reference ${arguments})
run(ignored "${CMAKE_COMMAND}" --build "${build}" --parallel 2 --target program)
require_product("${build}/program" reference)
# By a name that is none of a file: where it is, the system knows.
run(product bash -c "cd '${WORK_DIR}' && exec -a asg '${build}/program' reference")
require_match("${product}" "^19 22 43 50 \n")
if(NOT LIBRARY STREQUAL "static")
  return()
endif()

# Installed and alone: the program finds the plugins that stand where it was told to be, and so do those who link the
# library by find_package and by pkg-config.
run(ignored "${CMAKE_COMMAND}" --build "${build}")
set(tree "${WORK_DIR}/moved tree")
foreach(component IN LISTS COMPONENTS)
  run(ignored "${CMAKE_COMMAND}" --install "${build}" --prefix "${WORK_DIR}/stage" --component ${component})
endforeach()
set(BUILD_DIR "${build}")
require_no_path("${WORK_DIR}/stage")
run(ignored "${CMAKE_COMMAND}" --install "${build}" --prefix "${WORK_DIR}/stage" --component application)
file(RENAME "${WORK_DIR}/stage" "${tree}")
file(RENAME "${build}" "${WORK_DIR}/gone")
require_product("${tree}/bin/program" reference)

run(ignored "${CMAKE_COMMAND}" -S "${PROJECT_DIR}" -B "${WORK_DIR}/stranger" -G "${GENERATOR}"
  "-DCMAKE_CXX_COMPILER=${CXX}" "-DCMAKE_CXX_FLAGS=${CXX_FLAGS}" "-DCMAKE_PREFIX_PATH=${tree}")
run(ignored "${CMAKE_COMMAND}" --build "${WORK_DIR}/stranger" --target program)
require_product("${WORK_DIR}/stranger/program" reference)
if(PKG_CONFIG)
  pkg_config_program("${WORK_DIR}/plain" "${tree}" "${LIBDIR}")
  require_product("${WORK_DIR}/plain" reference)
endif()
