# The manual pages of the command, written by the command itself when it has been built.
if(NOT CMAKE_CROSSCOMPILING OR CMAKE_CROSSCOMPILING_EMULATOR)
  add_custom_command(OUTPUT ${PROJECT_BINARY_DIR}/man/written COMMENT "Writing the manual pages" VERBATIM
    COMMAND ${CMAKE_COMMAND} -D "COMMAND=${CMAKE_CROSSCOMPILING_EMULATOR};$<TARGET_FILE:pcil_command>" -D FOLDER=${PROJECT_BINARY_DIR}/man
      -P ${PROJECT_SOURCE_DIR}/cmake/write_manual.cmake
    DEPENDS pcil_command ${PROJECT_SOURCE_DIR}/cmake/write_manual.cmake)
  add_custom_target(manual ALL DEPENDS ${PROJECT_BINARY_DIR}/man/written)
endif()
