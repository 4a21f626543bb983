# asg_simd(<target>): for which instruction sets Highway compiles the target's files; each multiplies their compile time.
#
# For all, so that the plugin takes the best of any machine; of neighbours one is enough. With ASG_NATIVE for this machine
# alone: the quickstart's build, which is not to be installed.
option(ASG_NATIVE "Compile kernels for this machine only; such a build is not installed" OFF)
if(ASG_NATIVE)
  install(CODE [[message(FATAL_ERROR
    "asg: this build is for one machine's instruction set: configure with -DASG_NATIVE=OFF, build, and install again")]])
endif()

function(asg_simd target)
  target_compile_definitions(${target} PRIVATE "HWY_DISABLED_TARGETS=(HWY_SSSE3|HWY_AVX3_DL)")
  if(ASG_NATIVE)
    target_compile_definitions(${target} PRIVATE HWY_COMPILE_ONLY_STATIC)
    target_compile_options(${target} PRIVATE -march=native)
  endif()
endfunction()
