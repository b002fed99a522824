# What is installed: headers (and the description of what they declare), both libraries, the command, and the two ways of finding them (pkg-config, CMake).
include(CMakePackageConfigHelpers)

install(TARGETS pcil EXPORT pcil
  LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT library NAMELINK_COMPONENT development)
install(TARGETS pcil_static ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT development)
install(FILES include/pcil.h bindings/c/pcil_ffi.h bindings/cpp/pcil.hpp DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} COMPONENT development)
install(DIRECTORY include/pcil DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} COMPONENT development FILES_MATCHING PATTERN "*.h")
install(FILES bindings/api.json DESTINATION ${CMAKE_INSTALL_DATADIR}/pcil COMPONENT development)
if(TARGET pcil_command)
  # The command finds the library beside it wherever the two are put; a system folder needs no such help.
  if(NOT CMAKE_INSTALL_PREFIX STREQUAL "/usr")
    cmake_path(RELATIVE_PATH CMAKE_INSTALL_FULL_LIBDIR BASE_DIRECTORY ${CMAKE_INSTALL_FULL_BINDIR} OUTPUT_VARIABLE relative)
    set_target_properties(pcil_command PROPERTIES INSTALL_RPATH "$ORIGIN/${relative}")
  endif()
  install(TARGETS pcil_command RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR} COMPONENT command)
endif()

# Static linking needs what the library itself links.
set(PCIL_PC_REQUIRES jansson)
foreach(reader ZLIB:zlib JPEG:libturbojpeg PNG:libpng MD5:libmd)
  string(REPLACE ":" ";" reader ${reader})
  list(GET reader 0 option)
  list(GET reader 1 module)
  if(PCIL_${option})
    string(APPEND PCIL_PC_REQUIRES " ${module}")
  endif()
endforeach()
list(JOIN BLAS_LIBRARIES " " PCIL_PC_LIBRARIES)
string(STRIP "${PCIL_CBLAS_LIBRARY} ${PCIL_PC_LIBRARIES} -lpthread -lm" PCIL_PC_LIBRARIES)
# Relative to the file itself where that can be said, so that the installed tree may be moved.
if(IS_ABSOLUTE "${CMAKE_INSTALL_LIBDIR}" OR IS_ABSOLUTE "${CMAKE_INSTALL_INCLUDEDIR}")
  set(PCIL_PC_PREFIX ${CMAKE_INSTALL_PREFIX})
  set(PCIL_PC_LIBDIR ${CMAKE_INSTALL_FULL_LIBDIR})
  set(PCIL_PC_INCLUDEDIR ${CMAKE_INSTALL_FULL_INCLUDEDIR})
else()
  cmake_path(RELATIVE_PATH CMAKE_INSTALL_PREFIX BASE_DIRECTORY ${CMAKE_INSTALL_FULL_LIBDIR}/pkgconfig OUTPUT_VARIABLE relative)
  set(PCIL_PC_PREFIX "\${pcfiledir}/${relative}")
  set(PCIL_PC_LIBDIR "\${prefix}/${CMAKE_INSTALL_LIBDIR}")
  set(PCIL_PC_INCLUDEDIR "\${prefix}/${CMAKE_INSTALL_INCLUDEDIR}")
endif()
configure_file(cmake/pcil.pc.in pcil.pc @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/pcil.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig COMPONENT development)

set(package ${CMAKE_INSTALL_LIBDIR}/cmake/pcil)
install(EXPORT pcil NAMESPACE pcil:: FILE pcil-targets.cmake DESTINATION ${package} COMPONENT development)
configure_package_config_file(cmake/pcil-config.cmake.in pcil-config.cmake INSTALL_DESTINATION ${package})
# Before 1.0 a minor version may change what programs see.
write_basic_package_version_file(pcil-config-version.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/pcil-config.cmake ${PROJECT_BINARY_DIR}/pcil-config-version.cmake
  DESTINATION ${package} COMPONENT development)
