# The target asg_openblas: OpenBLAS for one thread, linked statically.
#
# OpenBLAS with threads starts one for each core when it is loaded, whatever its user wants, and hangs
# or raises a signal in the host where the system allows no thread or no memory for it.  Which variant
# is loaded is decided by the machine it runs on (Debian's alternatives) or by a host that has one
# already.  So the variant without threads becomes a part of the plugin.  Debian builds it with locks:
# several of our threads may call it at once.
find_library(ASG_OPENBLAS_SERIAL NAMES libopenblas.a
  PATH_SUFFIXES openblas-serial "${CMAKE_LIBRARY_ARCHITECTURE}/openblas-serial" NO_CACHE)
find_path(ASG_OPENBLAS_INCLUDE NAMES cblas.h
  PATH_SUFFIXES openblas-serial "${CMAKE_LIBRARY_ARCHITECTURE}/openblas-serial" NO_CACHE)

add_library(asg_openblas INTERFACE)
if(ASG_OPENBLAS_SERIAL MATCHES "openblas-serial" AND ASG_OPENBLAS_INCLUDE MATCHES "openblas-serial")
  target_include_directories(asg_openblas SYSTEM INTERFACE "${ASG_OPENBLAS_INCLUDE}")
  target_link_libraries(asg_openblas INTERFACE "${ASG_OPENBLAS_SERIAL}" m)
else()
  message(WARNING "There is no libopenblas-serial-dev: the CPU plugin takes the OpenBLAS at hand, which "
    "may start threads of its own in every program that loads the plugin.")
  find_package(PkgConfig REQUIRED)
  pkg_check_modules(OpenBLAS REQUIRED IMPORTED_TARGET openblas)
  target_link_libraries(asg_openblas INTERFACE PkgConfig::OpenBLAS)
endif()
