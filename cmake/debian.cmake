# Run by cpack between the installation into its folder and the packing: what Debian asks of packages beyond the files of
# a tree. Everything that is set here is read by cpack afterwards.
cmake_minimum_required(VERSION 3.25)

# asg_debian_file(<file> <text>): written, and compressed where it ends with .gz, the same each time.
function(asg_debian_file file text)
  string(REGEX REPLACE "\\.gz$" "" plain "${file}")
  file(WRITE "${plain}" "${text}")
  if(NOT plain STREQUAL file)
    execute_process(COMMAND gzip -9 -n -f "${plain}" COMMAND_ERROR_IS_FATAL ANY)
  endif()
endfunction()

# asg_debian_binaries(<out> <root>): the programs and libraries below a folder.
function(asg_debian_binaries out root)
  file(GLOB_RECURSE files LIST_DIRECTORIES FALSE "${root}/*")
  set(binaries "")
  foreach(file IN LISTS files)
    if(NOT IS_SYMLINK "${file}")
      file(READ "${file}" magic LIMIT 4 HEX)
      if(magic STREQUAL "7f454c46")
        list(APPEND binaries "${file}")
      endif()
    endif()
  endforeach()
  set(${out} ${binaries} PARENT_SCOPE)
endfunction()

# What a tree of its own needs and the system has: run paths in files and in the .pc file; and what only debuggers and
# the curious read.
function(asg_debian_strip root)
  asg_debian_binaries(binaries "${root}")
  foreach(binary IN LISTS binaries)
    file(RPATH_REMOVE FILE "${binary}")
    execute_process(COMMAND strip --strip-unneeded --remove-section=.comment --remove-section=.note "${binary}"
      COMMAND_ERROR_IS_FATAL ANY)
  endforeach()
  file(GLOB_RECURSE files "${root}/*.pc")
  foreach(file IN LISTS files)
    file(READ "${file}" text)
    string(REPLACE " -Wl,-rpath,\${libdir}" "" text "${text}")
    file(WRITE "${file}" "${text}")
  endforeach()
endfunction()

# asg_debian_dependencies(<out> <root> <package>): of the programs and libraries of a package, as dpkg-shlibdeps finds them.
function(asg_debian_dependencies out root package)
  asg_debian_binaries(binaries "${root}")
  set(${out} "" PARENT_SCOPE)
  if(NOT binaries)
    return()
  endif()
  # It wants to stand in a source package.
  set(work "${CPACK_TEMPORARY_DIRECTORY}/shlibdeps")
  asg_debian_file("${work}/debian/control" "Source: asg\n\nPackage: asg\nArchitecture: any\n")
  file(GLOB library "${CPACK_TEMPORARY_DIRECTORY}/libasg-core*")
  set(own "")
  if(library)
    file(GLOB_RECURSE found "${library}/libasg_core.so*")
    list(GET found 0 found)
    cmake_path(GET found PARENT_PATH found)
    set(own "-l${found}" "-L${CPACK_ASG_SHLIBS}")
  endif()
  execute_process(COMMAND dpkg-shlibdeps -O -x${package} ${own} ${binaries} WORKING_DIRECTORY "${work}"
    OUTPUT_VARIABLE output ERROR_VARIABLE errors RESULT_VARIABLE status)
  if(NOT status EQUAL 0)
    message(FATAL_ERROR "asg: dpkg-shlibdeps failed:\n${errors}")
  endif()
  if(output MATCHES "shlibs:Depends=([^\n]*)")
    set(${out} "${CMAKE_MATCH_1}" PARENT_SCOPE)
  endif()
endfunction()

# asg_debian_copyright(<root> <package>): asg's licence, and those of what is linked into its files.
function(asg_debian_copyright root package)
  file(READ "${CPACK_RESOURCE_FILE_LICENSE}" license)
  string(REGEX MATCH "Copyright [^\n]*" holder "${license}")
  string(REGEX REPLACE "^.*${holder}\n+" "" license "${license}")
  string(REGEX REPLACE "^Copyright (\\([cC]\\) )?" "" holder "${holder}")
  string(STRIP "${license}" license)
  string(REPLACE "\n\n" "\n.\n" license "${license}")
  string(REPLACE "\n" "\n " license "${license}")
  asg_debian_file("${root}/usr/share/doc/${package}/copyright"
    "Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/
Upstream-Name: asg

Files: *
Copyright: ${holder}
License: Expat
 ${license}
")
  foreach(other IN LISTS CPACK_ASG_LINKED_INTO_${package})
    if(EXISTS "/usr/share/doc/${other}/copyright")
      file(COPY_FILE "/usr/share/doc/${other}/copyright" "${root}/usr/share/doc/${package}/copyright.${other}")
    endif()
  endforeach()
endfunction()

string(TIMESTAMP date "%a, %d %b %Y %H:%M:%S +0000" UTC)  # SOURCE_DATE_EPOCH is honoured
file(GLOB roots LIST_DIRECTORIES TRUE "${CPACK_TEMPORARY_DIRECTORY}/*asg*")
foreach(root IN LISTS roots)
  cmake_path(GET root FILENAME package)
  asg_debian_strip("${root}")
  if(EXISTS "${root}/usr/share/zsh/site-functions")
    file(RENAME "${root}/usr/share/zsh/site-functions" "${root}/usr/share/zsh/vendor-completions")
  endif()
  file(REMOVE "${root}/usr/share/doc/asg/LICENSE")  # in its copyright
  file(GLOB_RECURSE pages "${root}/usr/share/man/*")
  foreach(page IN LISTS pages)
    file(READ "${page}" text)
    asg_debian_file("${page}.gz" "${text}")
  endforeach()
  asg_debian_copyright("${root}" "${package}")
  asg_debian_file("${root}/usr/share/doc/${package}/changelog.gz"
    "asg (${CPACK_PACKAGE_VERSION}) unstable; urgency=medium

  * Packages made by cpack from the sources.

 -- ${CPACK_PACKAGE_CONTACT}  ${date}
")
  asg_debian_dependencies(found "${root}" ${package})
  string(TOUPPER "CPACK_DEBIAN_${package}_PACKAGE_DEPENDS" depends)
  set(all ${found} ${${depends}})
  list(JOIN all ", " ${depends})
endforeach()
