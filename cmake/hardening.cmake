# Flags that turn programming errors into clean stops in what is handed to users. Each is asked of the compiler first: clang and
# other processors lack some. Debug keeps the plain code, Sanitize sees more by itself.
include(CheckCCompilerFlag)

set(PCIL_HARDENING "")
foreach(flag -fstack-protector-strong -fstack-clash-protection -fcf-protection -ftrivial-auto-var-init=zero)
  string(MAKE_C_IDENTIFIER "PCIL_HAS${flag}" known)
  set(CMAKE_REQUIRED_FLAGS -Werror)
  check_c_compiler_flag(${flag} ${known})
  unset(CMAKE_REQUIRED_FLAGS)
  if(${known})
    list(APPEND PCIL_HARDENING ${flag})
  endif()
endforeach()

function(pcil_harden target)
  target_compile_options(${target} PRIVATE $<$<CONFIG:Release,RelWithDebInfo>:${PCIL_HARDENING};-U_FORTIFY_SOURCE;-D_FORTIFY_SOURCE=3>)
endfunction()

# For what is linked: a shared library or a program.
function(pcil_harden_link target)
  target_link_options(${target} PRIVATE
    $<$<CONFIG:Release,RelWithDebInfo>:LINKER:-z,relro,-z,now,-z,noexecstack,-z,defs>)
endfunction()
