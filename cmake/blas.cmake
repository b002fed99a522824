# Finds a BLAS with its C interface. OpenBLAS is the default; -DBLA_VENDOR=NAME chooses another (cmake --help-module FindBLAS has
# the names; "Generic" is the plain libblas, which Debian's update-alternatives can point anywhere at run time).
include(CheckSourceCompiles)
include(CMakePushCheckState)

if(NOT BLA_VENDOR AND NOT BLAS_LIBRARIES)
  set(BLA_VENDOR OpenBLAS)
  find_package(BLAS QUIET)
  unset(BLA_VENDOR)
endif()
if(NOT TARGET BLAS::BLAS)
  find_package(BLAS REQUIRED)
endif()

find_path(PCIL_CBLAS_INCLUDE_DIR cblas.h PATH_SUFFIXES ${CMAKE_LIBRARY_ARCHITECTURE} openblas blis cblas flexiblas
  DOC "The folder of cblas.h")
if(NOT PCIL_CBLAS_INCLUDE_DIR)
  message(FATAL_ERROR "cblas.h was not found; install a BLAS with its C interface (on Debian: libopenblas-dev), or set "
    "-DPCIL_CBLAS_INCLUDE_DIR=FOLDER")
endif()

# Some libraries hold the C interface themselves, others come with a libcblas of its own.
function(pcil_check_cblas result)
  cmake_push_check_state(RESET)
  set(CMAKE_REQUIRED_QUIET ON)
  set(CMAKE_REQUIRED_INCLUDES ${PCIL_CBLAS_INCLUDE_DIR})
  set(CMAKE_REQUIRED_LIBRARIES ${ARGN} m)
  check_source_compiles(C "#include <cblas.h>
    int main(void) { float x[1] = {1}; cblas_saxpy(1, 1, x, 1, x, 1); return 0; }" ${result})
  cmake_pop_check_state()
endfunction()

set(PCIL_BLAS BLAS::BLAS)
pcil_check_cblas(PCIL_BLAS_HAS_CBLAS ${PCIL_BLAS})
if(NOT PCIL_BLAS_HAS_CBLAS)
  find_library(PCIL_CBLAS_LIBRARY cblas)
  if(PCIL_CBLAS_LIBRARY)
    list(PREPEND PCIL_BLAS ${PCIL_CBLAS_LIBRARY})
    pcil_check_cblas(PCIL_CBLAS_WORKS ${PCIL_BLAS})
  endif()
  if(NOT PCIL_CBLAS_WORKS)
    message(FATAL_ERROR "The BLAS found (${BLAS_LIBRARIES}) has no C interface (cblas_saxpy), nor has a libcblas beside it; "
      "install libopenblas-dev, or choose another by -DBLA_VENDOR=NAME")
  endif()
endif()
message(STATUS "BLAS: ${BLAS_LIBRARIES} ${PCIL_CBLAS_LIBRARY}")
