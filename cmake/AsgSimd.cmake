# asg_simd(<target>): for which instruction sets Highway compiles the target's files; each multiplies their compile time.
#
# With ASG_NATIVE for the best of this machine only, beside plain C++: the quickstart's build, which is not to be
# installed. Otherwise for all, so that the plugin takes the best of any machine; of neighbours one is enough.
option(ASG_NATIVE "Compile kernels for this machine's instruction set only; such a build is not installed" OFF)
if(ASG_NATIVE)
  install(CODE [[message(FATAL_ERROR
    "asg: this build is for one machine's instruction set: configure with -DASG_NATIVE=OFF, build, and install again")]])
endif()

function(asg_simd target)
  set(without HWY_SSSE3 HWY_AVX3_DL)
  if(ASG_NATIVE AND NOT CMAKE_CROSSCOMPILING)
    if(NOT DEFINED ASG_NATIVE_SET)
      try_run(ran built "${CMAKE_CURRENT_BINARY_DIR}" "${PROJECT_SOURCE_DIR}/cmake/best_simd.cpp"
        LINK_LIBRARIES PkgConfig::Highway RUN_OUTPUT_VARIABLE best)
      if(NOT built OR NOT ran EQUAL 0)
        message(FATAL_ERROR "asg: cannot find this machine's instruction set: ${best}\nleave out -DASG_NATIVE=ON")
      endif()
      set(ASG_NATIVE_SET "${best}" CACHE INTERNAL "of this machine, as Highway calls it")
    endif()
    list(APPEND without HWY_AVX3 HWY_AVX2 HWY_SSE4)
    list(REMOVE_ITEM without "HWY_${ASG_NATIVE_SET}")
  endif()
  list(JOIN without "|" without)
  target_compile_definitions(${target} PRIVATE "HWY_DISABLED_TARGETS=(${without})")
endfunction()
