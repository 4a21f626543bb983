# The CMake package and the pkg-config file; every folder installs its own targets.
include(CMakePackageConfigHelpers)

set(package_dir "${CMAKE_INSTALL_LIBDIR}/cmake/asg")
set(generated_dir "${PROJECT_BINARY_DIR}/cmake")

install(EXPORT asg-targets NAMESPACE asg:: DESTINATION "${package_dir}")
configure_package_config_file(
  "${PROJECT_SOURCE_DIR}/cmake/asg-config.cmake.in" "${generated_dir}/asg-config.cmake"
  INSTALL_DESTINATION "${package_dir}")
write_basic_package_version_file(
  "${generated_dir}/asg-config-version.cmake" COMPATIBILITY SameMinorVersion)
install(FILES
  "${generated_dir}/asg-config.cmake" "${generated_dir}/asg-config-version.cmake"
  "${PROJECT_SOURCE_DIR}/cmake/AsgBackend.cmake"
  DESTINATION "${package_dir}")

# From the .pc file's own folder, so that the tree can be moved.
file(RELATIVE_PATH pc_to_prefix
  "${CMAKE_INSTALL_FULL_LIBDIR}/pkgconfig" "${CMAKE_INSTALL_PREFIX}")
configure_file("${PROJECT_SOURCE_DIR}/cmake/asg.pc.in" "${generated_dir}/asg.pc" @ONLY)
install(FILES "${generated_dir}/asg.pc" DESTINATION "${CMAKE_INSTALL_LIBDIR}/pkgconfig")
