# asg_documents(<program> <source of a command>...): manual pages and shell completions, which the program prints from its
# own commands and options, made with it and installed.
set(asg_completions bash fish zsh)
set(asg_completion_folder_bash bash-completion/completions)
set(asg_completion_folder_fish fish/vendor_completions.d)
set(asg_completion_folder_zsh zsh/site-functions)
set(asg_completion_file_bash asg)
set(asg_completion_file_fish asg.fish)
set(asg_completion_file_zsh _asg)

function(asg_documents program)
  set(folder "${PROJECT_BINARY_DIR}/share")
  set(commands COMMAND "${CMAKE_COMMAND}" -E make_directory "${folder}")
  set(pages "${folder}/${program}.1")
  list(APPEND commands COMMAND ${program} man > "${pages}")
  foreach(source IN LISTS ARGN)
    cmake_path(GET source STEM name)
    set(page "${folder}/${program}-${name}.1")
    list(APPEND pages "${page}")
    list(APPEND commands COMMAND ${program} man ${name} > "${page}")
  endforeach()
  install(FILES ${pages} DESTINATION "${CMAKE_INSTALL_MANDIR}/man1" COMPONENT asg-tools)

  set(scripts "")
  foreach(shell IN LISTS asg_completions)
    set(script "${folder}/${asg_completion_folder_${shell}}/${asg_completion_file_${shell}}")
    cmake_path(GET script PARENT_PATH place)
    list(APPEND scripts "${script}")
    list(APPEND commands COMMAND "${CMAKE_COMMAND}" -E make_directory "${place}"
      COMMAND ${program} completion ${shell} > "${script}")
    install(FILES "${script}" COMPONENT asg-tools
      DESTINATION "${CMAKE_INSTALL_DATADIR}/${asg_completion_folder_${shell}}")
  endforeach()

  add_custom_command(OUTPUT ${pages} ${scripts} ${commands} DEPENDS ${program} VERBATIM
    COMMENT "Writing manual pages and completions")
  add_custom_target(${program}-documents ALL DEPENDS ${pages} ${scripts})
endfunction()
