# Debian packages by `cpack`, made of the components that `cmake --install` knows: libraries, development files, the SDK
# alone, the program with the backends that every machine can run, and one package for each other backend.
#
# `cmake --workflow --preset package` builds for /usr and makes them. From any other build tree cpack makes packages, too;
# their libraries stand where that tree was configured to put them, below /usr.
set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME asg)
set(CPACK_PACKAGE_VENDOR "the asg authors")
# Who makes the packages says so as to all tools of Debian.
set(CPACK_PACKAGE_CONTACT "the asg authors <asg-authors@users.noreply.github.com>")
if(NOT "$ENV{DEBEMAIL}" STREQUAL "")
  set(CPACK_PACKAGE_CONTACT "$ENV{DEBFULLNAME} <$ENV{DEBEMAIL}>")
endif()
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "")  # each package has its own
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_RESOURCE_FILE_LICENSE "${PROJECT_SOURCE_DIR}/LICENSE")
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS
  OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
set(CPACK_COMPONENTS_GROUPING ONE_PER_GROUP)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
# What Debian asks of packages beyond the files of a tree, and what they depend on.
set(CPACK_PRE_BUILD_SCRIPTS "${PROJECT_SOURCE_DIR}/cmake/debian.cmake")

set(CPACK_COMPONENTS_ALL "")
set(abi ${PROJECT_VERSION_MAJOR}.${PROJECT_VERSION_MINOR})

# asg_package(<name> <section> <synopsis> <description> COMPONENTS <component>... [<field> <value>]...): a package and its
# fields by the names that CPack has for them, as in DEPENDS "a (= 1), b".
function(asg_package name section synopsis description)
  set(fields ARCHITECTURE DEPENDS RECOMMENDS SUGGESTS ENHANCES PROVIDES CONFLICTS REPLACES CONTROL_EXTRA)
  cmake_parse_arguments(PARSE_ARGV 4 arg "" "${fields}" COMPONENTS)
  string(TOUPPER "${name}" NAME)
  foreach(component IN LISTS arg_COMPONENTS)
    string(TOUPPER "${component}" COMPONENT)
    set(CPACK_COMPONENT_${COMPONENT}_GROUP ${name} PARENT_SCOPE)
  endforeach()
  set(CPACK_COMPONENTS_ALL ${CPACK_COMPONENTS_ALL} ${arg_COMPONENTS} PARENT_SCOPE)
  set(CPACK_DEBIAN_${NAME}_PACKAGE_NAME ${name} PARENT_SCOPE)
  set(CPACK_DEBIAN_${NAME}_PACKAGE_SECTION ${section} PARENT_SCOPE)
  set(CPACK_DEBIAN_${NAME}_DESCRIPTION "${synopsis}\n${description}" PARENT_SCOPE)
  foreach(field IN LISTS fields)
    if(DEFINED arg_${field})
      set(CPACK_DEBIAN_${NAME}_PACKAGE_${field} "${arg_${field}}" PARENT_SCOPE)
    endif()
  endforeach()
endfunction()

set(about "asg describes a computation as a graph, differentiates and optimises it, and
executes it by backends that are found at run time.")

get_target_property(library_type asg_core TYPE)
set(needed_by_development "libfmt-dev, ")
if(library_type STREQUAL "SHARED_LIBRARY")
  set(control "${PROJECT_BINARY_DIR}/cmake/debian")
  set(CPACK_ASG_SHLIBS "${control}/shlibs")
  file(CONFIGURE OUTPUT "${CPACK_ASG_SHLIBS}" @ONLY CONTENT
    "libasg_core @abi@ libasg-core@abi@ (>= @PROJECT_VERSION@)\n")
  file(CONFIGURE OUTPUT "${control}/triggers" @ONLY CONTENT "activate-noawait ldconfig\n")
  # One version at a time, for the program that tries plugins belongs to one.
  asg_package(libasg-core${abi} libs "deep-learning framework with loadable backends, library" "${about}
This package has the library and the program that tries backends for it."
    COMPONENTS asg-runtime
    RECOMMENDS asg
    PROVIDES asg-plugin-probe CONFLICTS asg-plugin-probe REPLACES asg-plugin-probe
    CONTROL_EXTRA "${CPACK_ASG_SHLIBS};${control}/triggers")
  set(needed_by_development "libasg-core${abi} (= ${PROJECT_VERSION}), ")
endif()
asg_package(libasg-dev libdevel "deep-learning framework with loadable backends, development files" "${about}
This package has what programs that use it are built with."
  COMPONENTS asg-development
  DEPENDS "${needed_by_development}libasg-sdk-dev (= ${PROJECT_VERSION})")
asg_package(libasg-sdk-dev libdevel "headers and guide to write a backend for asg" "${about}
This package has all that a backend is built with, which needs nothing else of
asg: the headers of the interface in C and C++, and a function for CMake."
  COMPONENTS asg-sdk
  ARCHITECTURE all
  SUGGESTS "asg")

# Each plugin is a component of its own; those that run on every machine go with the program.
set(everywhere "")
set(elsewhere "")
foreach(plugin IN LISTS asg_plugins)
  if(plugin MATCHES "^asg-backend-(cpu|reference)$")
    list(APPEND everywhere ${plugin})
  else()
    list(APPEND elsewhere ${plugin})
  endif()
endforeach()
if(library_type STREQUAL "STATIC_LIBRARY")
  list(APPEND everywhere asg-runtime)
endif()
asg_package(asg science "deep-learning framework with loadable backends, program" "${about}
This package has the program asg, which trains models and shows what becomes of
them, and the backends that run on every processor."
  COMPONENTS asg-tools ${everywhere})
# The licences of what is linked into files of a package go with it.
set(CPACK_ASG_LINKED_INTO_asg libopenblas-serial-dev)
set(CPACK_ASG_LINKED_INTO_asg-backend-vulkan glslang-dev spirv-tools)
set(RECOMMENDS_asg-backend-vulkan "mesa-vulkan-drivers | vulkan-icd")
set(DEPENDS_asg-backend-vulkan libvulkan1)  # opened at run time
foreach(plugin IN LISTS elsewhere)
  string(REPLACE "asg-backend-" "" name "${plugin}")
  asg_package(${plugin} science "backend ${name} of the deep-learning framework asg" "${about}
This package has the backend ${name}, which asg finds by itself."
    COMPONENTS ${plugin}
    ENHANCES asg
    DEPENDS "${DEPENDS_${plugin}}"
    RECOMMENDS "${RECOMMENDS_${plugin}}")
endforeach()

include(CPack)
