# The flags of every target that is ours.
option(PCIL_WERROR "Treat warnings as errors" ${PROJECT_IS_TOP_LEVEL})
function(pcil_compile target)
  target_compile_options(${target} PRIVATE -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Wstrict-prototypes
    -Wmissing-prototypes $<$<BOOL:${PCIL_WERROR}>:-Werror> -ffp-contract=off -fno-math-errno)
  target_compile_definitions(${target} PRIVATE _GNU_SOURCE PCIL_VERSION="${PROJECT_VERSION}")
  set_target_properties(${target} PROPERTIES POSITION_INDEPENDENT_CODE ON)
  pcil_harden(${target})
endfunction()
