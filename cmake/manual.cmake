# The manual pages of the command, written by the command itself when it has been built.
if(NOT CMAKE_CROSSCOMPILING OR CMAKE_CROSSCOMPILING_EMULATOR)
  add_custom_command(OUTPUT ${PROJECT_BINARY_DIR}/man/written COMMENT "Writing the manual pages" VERBATIM
    COMMAND ${CMAKE_COMMAND} -D "COMMAND=${CMAKE_CROSSCOMPILING_EMULATOR};$<TARGET_FILE:pcil_command>" -D FOLDER=${PROJECT_BINARY_DIR}/man
      -P ${PROJECT_SOURCE_DIR}/cmake/write_manual.cmake
    DEPENDS pcil_command ${PROJECT_SOURCE_DIR}/cmake/write_manual.cmake)
  add_custom_target(manual ALL DEPENDS ${PROJECT_BINARY_DIR}/man/written)
endif()

# The site of the documents, with the reference of the headers: cmake --build FOLDER --target site
find_program(PCIL_MKDOCS mkdocs DOC "mkdocs, for the target site")
find_program(PCIL_DOXYGEN doxygen DOC "doxygen, for the target site")
if(PCIL_MKDOCS AND PCIL_DOXYGEN AND PROJECT_IS_TOP_LEVEL)
  add_custom_target(site COMMENT "Writing ${PROJECT_BINARY_DIR}/site/index.html" VERBATIM WORKING_DIRECTORY ${PROJECT_SOURCE_DIR}
    COMMAND ${PCIL_MKDOCS} build --quiet --clean --site-dir ${PROJECT_BINARY_DIR}/site
    COMMAND sh -c "{ cat docs/Doxyfile; echo OUTPUT_DIRECTORY=\"$1\"; echo HTML_OUTPUT=reference; } | \"$2\" -" sh ${PROJECT_BINARY_DIR}/site ${PCIL_DOXYGEN})
endif()
