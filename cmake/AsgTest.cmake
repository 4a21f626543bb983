# asg_test(<label> <source>... [WITHOUT_CORE] [LIBRARIES lib ...] [DEFINITIONS name=value ...]
#          [DEPENDS target ...] [LABELS more ...] [TIMEOUT seconds] [ENVIRONMENT NAME=value ...])
#
# Each <subject>_test.cpp becomes one executable and one ctest entry <label>.<subject>, with that
# label and those of LABELS; the target tests_<label> builds all that carry a label.  "slow" keeps a
# test out of the run with the address sanitizer, "long" out of tests/run.sh, "threads" puts it into that with the thread
# sanitizer.  WITHOUT_CORE links the SDK in place of the core.
#
# The module name is set here: sources only include <boost/test/unit_test.hpp> (and
# <boost/test/data/test_case.hpp>) and define suites and cases.
set(Boost_USE_STATIC_LIBS OFF)
find_package(Boost 1.74 REQUIRED CONFIG COMPONENTS unit_test_framework)
find_package(fmt REQUIRED)
find_package(Threads REQUIRED)

# What every test sees: the plugins of this build and no others, and no cache of the user's. A plugin
# may take long to start where many tests run and with the run-time of a sanitizer.
set(asg_test_environment
  "ASG_PLUGIN_PATH=${PROJECT_BINARY_DIR}/lib/asg/backends"
  "XDG_CACHE_HOME=${PROJECT_BINARY_DIR}/tests/cache" ASG_PROBE_SECONDS=60)
# Vulkan's drivers know nothing of sanitizers and keep memory until the process ends, which counts
# as leaked: under a sanitizer only tests/vulkan has a driver.
if("${CMAKE_CXX_FLAGS}" MATCHES "-fsanitize")
  list(APPEND asg_test_environment VK_ICD_FILENAMES=none VK_DRIVER_FILES=none)
endif()

function(asg_test label)
  cmake_parse_arguments(PARSE_ARGV 1 arg
    "WITHOUT_CORE" "TIMEOUT" "LIBRARIES;DEFINITIONS;DEPENDS;LABELS;ENVIRONMENT")
  if(arg_WITHOUT_CORE)
    set(library asg::sdk)
  else()
    set(library asg_check asg::core)
  endif()
  if(NOT arg_TIMEOUT)
    set(arg_TIMEOUT 300)
  endif()
  if("${CMAKE_CXX_FLAGS}" MATCHES "-fsanitize")
    math(EXPR arg_TIMEOUT "${arg_TIMEOUT} * 4")
  endif()
  foreach(source IN LISTS arg_UNPARSED_ARGUMENTS)
    cmake_path(GET source STEM subject)
    string(REGEX REPLACE "_test$" "" subject "${subject}")
    set(target test_${label}_${subject})
    add_executable(${target} ${source})
    target_compile_definitions(${target} PRIVATE
      BOOST_TEST_DYN_LINK BOOST_TEST_MODULE=${label}_${subject} ${arg_DEFINITIONS})
    # What is tested is optimised; what tests it is compiled more often than it runs.
    target_compile_options(${target} PRIVATE $<$<CONFIG:Release>:-O1>)
    # Programs made by hand, and the measure of results, are those of `asg check`: core/check.
    target_include_directories(${target} PRIVATE
      "${PROJECT_SOURCE_DIR}/tests" "${PROJECT_SOURCE_DIR}/core")
    target_link_libraries(${target} PRIVATE
      ${library} fmt::fmt Boost::unit_test_framework Threads::Threads ${CMAKE_DL_LIBS}
      ${arg_LIBRARIES})
    if(arg_DEPENDS)
      add_dependencies(${target} ${arg_DEPENDS})
    endif()
    set_target_properties(${target} PROPERTIES
      OUTPUT_NAME ${subject}
      RUNTIME_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/tests/${label}")
    add_test(NAME ${label}.${subject} COMMAND ${target} --color_output=no)
    set_tests_properties(${label}.${subject} PROPERTIES
      LABELS "${label};${arg_LABELS}"
      TIMEOUT ${arg_TIMEOUT}
      ENVIRONMENT "${asg_test_environment};${arg_ENVIRONMENT}")
    foreach(group IN LISTS label arg_LABELS)
      if(NOT TARGET tests_${group})
        add_custom_target(tests_${group})
      endif()
      add_dependencies(tests_${group} ${target})
    endforeach()
  endforeach()
endfunction()
