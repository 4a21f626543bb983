# The CMake package, the pkg-config file and the target `uninstall`; every folder installs its own targets.
#
# What is for all processors stands in share/cmake/asg: the SDK, and the way to the rest. The library's part stands
# with the library and may be missing: the SDK alone is enough for plugins.
include(CMakePackageConfigHelpers)

set(sdk_package "${CMAKE_INSTALL_DATADIR}/cmake/asg")
set(core_package "${CMAKE_INSTALL_LIBDIR}/cmake/asg")
set(generated_dir "${PROJECT_BINARY_DIR}/cmake")
get_target_property(library_type asg_core TYPE)

install(EXPORT asg-sdk-targets NAMESPACE asg:: DESTINATION "${sdk_package}" COMPONENT asg-sdk)
install(EXPORT asg-core-targets NAMESPACE asg:: DESTINATION "${core_package}" COMPONENT asg-development)
configure_package_config_file(
  "${PROJECT_SOURCE_DIR}/cmake/asg-config.cmake.in" "${generated_dir}/asg-config.cmake"
  INSTALL_DESTINATION "${sdk_package}" NO_SET_AND_CHECK_MACRO)
write_basic_package_version_file("${generated_dir}/asg-config-version.cmake"
  COMPATIBILITY SameMinorVersion ARCH_INDEPENDENT)
install(FILES
  "${generated_dir}/asg-config.cmake" "${generated_dir}/asg-config-version.cmake"
  "${PROJECT_SOURCE_DIR}/cmake/AsgBackend.cmake"
  DESTINATION "${sdk_package}" COMPONENT asg-sdk)
install(FILES "${PROJECT_SOURCE_DIR}/LICENSE"
  DESTINATION "${CMAKE_INSTALL_DATAROOTDIR}/doc/asg" COMPONENT asg-sdk)

# What a static library needs beside itself, and how programs find a library and its plugins where they stand: by a run
# path, which CMake sets for shared libraries. Below /usr that is the system's business.
set(core_needs "")
set(core_run_path "")
set(pc_requires "")
set(pc_libs "-lasg_core")
if(library_type STREQUAL "STATIC_LIBRARY")
  set(core_needs "include(CMakeFindDependencyMacro)\nfind_dependency(fmt)\nfind_dependency(Threads)\n")
  set(pc_requires "Requires: fmt\n")
  list(TRANSFORM CMAKE_DL_LIBS PREPEND " -l" OUTPUT_VARIABLE dl)
  string(APPEND pc_libs " -pthread${dl}")
endif()
if(NOT CMAKE_INSTALL_PREFIX STREQUAL "/usr")
  string(APPEND pc_libs " -Wl,-rpath,\${libdir}")
  if(library_type STREQUAL "STATIC_LIBRARY")
    set(core_run_path "cmake_path(SET asg_libdir NORMALIZE \"\${CMAKE_CURRENT_LIST_DIR}/../..\")
target_link_options(asg::core INTERFACE \"LINKER:-rpath,\${asg_libdir}\")\n")
  endif()
endif()
file(CONFIGURE OUTPUT "${generated_dir}/asg-core.cmake" @ONLY CONTENT
"@core_needs@include(\"\${CMAKE_CURRENT_LIST_DIR}/asg-core-targets.cmake\")
@core_run_path@")
install(FILES "${generated_dir}/asg-core.cmake"
  DESTINATION "${core_package}" COMPONENT asg-development)

# From the .pc file's own folder, so that the tree can be moved.
file(RELATIVE_PATH pc_to_prefix
  "${CMAKE_INSTALL_FULL_LIBDIR}/pkgconfig" "${CMAKE_INSTALL_PREFIX}")
string(REGEX REPLACE "/$" "" pc_to_prefix "${pc_to_prefix}")
configure_file("${PROJECT_SOURCE_DIR}/cmake/asg.pc.in" "${generated_dir}/asg.pc" @ONLY)
install(FILES "${generated_dir}/asg.pc"
  DESTINATION "${CMAKE_INSTALL_LIBDIR}/pkgconfig" COMPONENT asg-development)

if(PROJECT_IS_TOP_LEVEL)
  configure_file("${PROJECT_SOURCE_DIR}/cmake/uninstall.cmake.in" "${generated_dir}/uninstall.cmake" @ONLY)
  add_custom_target(uninstall COMMAND "${CMAKE_COMMAND}" -P "${generated_dir}/uninstall.cmake" VERBATIM)
endif()
