# Language level, warnings, linker, ccache and sanitizers: one place for what every target is built with.
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)

# Asserts stay in every build (CONTRIBUTING.md): CMake's own flags for these take them out.
foreach(config RELEASE RELWITHDEBINFO MINSIZEREL)
  string(REPLACE "-DNDEBUG" "" CMAKE_CXX_FLAGS_${config} "${CMAKE_CXX_FLAGS_${config}}")
endforeach()

option(WYE_FUZZ "Instrument for libFuzzer" OFF)
set(WYE_SANITIZE "" CACHE STRING "Sanitizers of the whole build, as for -fsanitize=")

find_program(WYE_CCACHE ccache)
if(WYE_CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${WYE_CCACHE})
endif()
find_program(WYE_MOLD mold)
if(WYE_MOLD)
  add_link_options(-fuse-ld=mold)
endif()

add_library(wye_options INTERFACE)
target_compile_options(wye_options INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor -Werror
  # Members left out of an aggregate take their defaults: that is how our option structs are meant to be written.
  -Wno-missing-field-initializers
  $<$<CXX_COMPILER_ID:GNU>:-fcoroutines>
  # g++ 12 reports these two inside its own and Boost's headers when it inlines; clang has no such findings there.
  $<$<CXX_COMPILER_ID:GNU>:-Wno-maybe-uninitialized -Wno-restrict -Wno-stringop-overflow -Wno-array-bounds -Wno-stringop-overread -Wno-dangling-pointer -Wno-mismatched-new-delete
    -Wno-tsan>)  # Boost.Asio fences that g++ 12 says TSan does not model
target_include_directories(wye_options INTERFACE
  $<BUILD_INTERFACE:${CMAKE_CURRENT_SOURCE_DIR}/include> $<BUILD_INTERFACE:${CMAKE_CURRENT_SOURCE_DIR}/src>)
target_compile_definitions(wye_options INTERFACE BOOST_ALLOW_DEPRECATED_HEADERS _GNU_SOURCE)
if(WYE_SANITIZE)
  add_compile_options(-fsanitize=${WYE_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${WYE_SANITIZE})
  if(WYE_SANITIZE MATCHES undefined)
    # It looks at memory through a pipe: where a test has left no descriptor, every object seems to be none.
    add_compile_options(-fno-sanitize=vptr)
  endif()
endif()
