# asg_add_backend(NAME toy SOURCES toy.cpp ... [LIBRARIES lib ...])
#
# Builds asg-backend-toy.so, a backend plugin, as target asg-backend-toy, and installs it as the component of
# that name.  Needs the target asg::sdk, which the asg package and the asg source tree both provide.
#
# The plugin exports its entry point and nothing else: hidden visibility alone would still let
# template instances of the C++ library out, and two plugins would then share them by accident.
include(GNUInstallDirs)

function(asg_add_backend)
  cmake_parse_arguments(PARSE_ARGV 0 arg "" "NAME" "SOURCES;LIBRARIES")
  if(arg_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "asg_add_backend: unknown arguments: ${arg_UNPARSED_ARGUMENTS}")
  endif()
  if(NOT arg_NAME MATCHES "^[a-z0-9_]+$")
    message(FATAL_ERROR "asg_add_backend: NAME '${arg_NAME}' must match [a-z0-9_]+")
  endif()
  if(NOT arg_SOURCES)
    message(FATAL_ERROR "asg_add_backend: '${arg_NAME}' has no SOURCES")
  endif()

  set(target asg-backend-${arg_NAME})
  add_library(${target} MODULE ${arg_SOURCES})
  target_link_libraries(${target} PRIVATE asg::sdk ${arg_LIBRARIES})
  set_target_properties(${target} PROPERTIES
    PREFIX "" OUTPUT_NAME ${target}
    C_VISIBILITY_PRESET hidden CXX_VISIBILITY_PRESET hidden VISIBILITY_INLINES_HIDDEN ON
    LIBRARY_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/lib/asg/backends")

  # Programs promise that no a * b + c is contracted; GCC would do it by default.
  target_compile_options(${target} PRIVATE
    $<$<COMPILE_LANG_AND_ID:CXX,GNU,Clang,AppleClang>:-ffp-contract=off>
    $<$<COMPILE_LANG_AND_ID:C,GNU,Clang,AppleClang>:-ffp-contract=off>)

  if(NOT APPLE AND NOT WIN32)
    set(exports "${CMAKE_CURRENT_BINARY_DIR}/${target}.map")
    file(CONFIGURE OUTPUT "${exports}" CONTENT "{ global: asg_backend_v*; local: *; };\n" @ONLY)
    target_link_options(${target} PRIVATE
      "LINKER:--version-script=${exports}" LINKER:--exclude-libs,ALL LINKER:-z,nodelete)
    set_property(TARGET ${target} APPEND PROPERTY LINK_DEPENDS "${exports}")
    # The sanitizers' run-time lives in the program, so its symbols stay undefined here.
    get_directory_property(options COMPILE_OPTIONS)
    if(NOT "${CMAKE_CXX_FLAGS} ${CMAKE_C_FLAGS} ${options}" MATCHES "-fsanitize")
      target_link_options(${target} PRIVATE LINKER:-z,defs)
    endif()
  endif()

  install(TARGETS ${target}
    LIBRARY DESTINATION "${CMAKE_INSTALL_LIBDIR}/asg/backends" COMPONENT ${target})
endfunction()
