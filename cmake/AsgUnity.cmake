# asg_unity(<target>): compiles the target's sources by top folder, up to 30 files as one, so that what their headers
# instantiate (fmt, JSON, CLI11, Boost, the C++ library) is compiled once and not for each of them: a third of the time.
# Names in anonymous namespaces are therefore unique within a folder. Files of Highway, which include themselves for each
# instruction set, stay alone. Off with -DASG_UNITY_BUILD=OFF (the preset `dev`, where one file is edited and built).
function(asg_unity target)
  get_target_property(sources ${target} SOURCES)
  list(FILTER sources INCLUDE REGEX "\\.cpp$")
  list(SORT sources)
  foreach(source IN LISTS sources)
    cmake_path(RELATIVE_PATH source BASE_DIRECTORY "${CMAKE_CURRENT_SOURCE_DIR}" OUTPUT_VARIABLE path)
    if(path MATCHES "^\\.\\.")  # generated
      continue()
    endif()
    file(STRINGS "${source}" alone LIMIT_COUNT 1 REGEX "define HWY_TARGET_INCLUDE")
    if(alone)
      continue()
    endif()
    set(folder top)
    if(path MATCHES "^([^/]+)/")
      set(folder "${CMAKE_MATCH_1}")
    endif()
    math(EXPR count_${folder} "0${count_${folder}} + 1")
    math(EXPR unit "(${count_${folder}} - 1) / 30")
    set_source_files_properties("${source}" PROPERTIES UNITY_GROUP "${folder}_${unit}")
  endforeach()
  set_target_properties(${target} PROPERTIES UNITY_BUILD ${ASG_UNITY_BUILD} UNITY_BUILD_MODE GROUP)
endfunction()
