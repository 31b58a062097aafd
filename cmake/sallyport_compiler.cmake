# Language level, warnings, sanitizers, hardening and ccache for every target of this project.

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
# One setting for libraries and programs (there are no shared ones), so that both can take one precompiled header.
add_compile_options(-fPIE)
add_link_options(-pie)

if(NOT CMAKE_BUILD_TYPE AND NOT CMAKE_CONFIGURATION_TYPES)
    set(CMAKE_BUILD_TYPE Debug CACHE STRING "Build type" FORCE)
endif()
# Without alignment, an unrelated change moves the loops of the readers and makes them up to 12 % slower (codec_bench).
set(CMAKE_CXX_FLAGS_RELEASE "-O2 -DNDEBUG -falign-functions=64 -falign-loops=32")

find_program(SALLYPORT_CCACHE ccache)
mark_as_advanced(SALLYPORT_CCACHE)
if(SALLYPORT_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
    # Precompiled headers are only cached with these sloppiness settings (ccache manual, "Precompiled headers").
    set(CMAKE_CXX_COMPILER_LAUNCHER "${CMAKE_COMMAND}" -E env
        "CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime" "${SALLYPORT_CCACHE}")
endif()

add_library(sallyport_flags INTERFACE)
add_library(sallyport::flags ALIAS sallyport_flags)
target_compile_options(sallyport_flags INTERFACE
    -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wnon-virtual-dtor -Wold-style-cast
    -Wswitch-enum)
if(SALLYPORT_WERROR)
    target_compile_options(sallyport_flags INTERFACE -Werror)
endif()
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    # GCC 12 warns falsely when it inlines: on std::string concatenation (GCC bug 105651), on moving a std::variant, and on
    # what the sanitizers insert. Reads of uninitialised values are left to -Wuninitialized, Clang and the sanitizers.
    target_compile_options(sallyport_flags INTERFACE -Wno-restrict -Wno-maybe-uninitialized)
    if(SALLYPORT_CCACHE)
        target_compile_options(sallyport_flags INTERFACE -fpch-preprocess)
    endif()
elseif(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
    # Clang warns of a deprecated function that libstdc++ 12 calls in its own std::stable_sort (LLVM issue 76515). GCC, with
    # which the other presets build, warns of what this project calls.
    target_compile_options(sallyport_flags INTERFACE -Wno-deprecated-declarations)
    if(SALLYPORT_CCACHE)
        target_compile_options(sallyport_flags INTERFACE "SHELL:-Xclang -fno-pch-timestamp")
    endif()
endif()

if(SALLYPORT_SANITIZE)
    add_compile_options(-fsanitize=${SALLYPORT_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
    add_link_options(-fsanitize=${SALLYPORT_SANITIZE})
    # These two take a third of the time of a build. AddressSanitizer reports what a null pointer leads to, and the preset
    # "fuzz" has both.
    if(SALLYPORT_SANITIZE MATCHES "undefined" AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
        add_compile_options(-fno-sanitize=null,alignment)
    endif()
    if(SALLYPORT_SANITIZE MATCHES "thread" AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
        target_compile_options(sallyport_flags INTERFACE -Wno-tsan)  # Asio uses atomic fences
    endif()
endif()
if(SALLYPORT_FUZZ)
    if(NOT CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
        message(FATAL_ERROR "SALLYPORT_FUZZ needs Clang: use the preset 'fuzz'.")
    endif()
    add_compile_options(-fsanitize=fuzzer-no-link)
endif()

if(SALLYPORT_COVERAGE)
    add_compile_options(-fprofile-instr-generate -fcoverage-mapping)
    add_link_options(-fprofile-instr-generate)
endif()

if(CMAKE_BUILD_TYPE MATCHES "^Rel" AND NOT SALLYPORT_SANITIZE)
    # Control-flow protection has one flag on x86 and another on arm64. A compiler that lacks a flag is not given it.
    include(CheckCXXCompilerFlag)
    set(CMAKE_REQUIRED_FLAGS -Werror)
    foreach(flag -fstack-protector-strong -fstack-clash-protection -fcf-protection -mbranch-protection=standard)
        string(MAKE_C_IDENTIFIER "SALLYPORT_HAS${flag}" known)
        check_cxx_compiler_flag(${flag} ${known})
        if(${known})
            add_compile_options(${flag})
        endif()
    endforeach()
    unset(CMAKE_REQUIRED_FLAGS)
    add_compile_definitions(_FORTIFY_SOURCE=2 _GLIBCXX_ASSERTIONS)
    # A program does not say where it was built, and is the same wherever that was.
    add_compile_options(-ffile-prefix-map=${CMAKE_SOURCE_DIR}/=)
    add_link_options(-Wl,-z,relro,-z,now,-z,noexecstack)
endif()

# lld links the sanitized programs several times faster than GNU ld.
find_program(SALLYPORT_LLD ld.lld)
mark_as_advanced(SALLYPORT_LLD)
if(SALLYPORT_LLD)
    add_link_options(-fuse-ld=lld)
endif()

# sallyport_instruction_sets([SSE42 source...] [AVX2 source...])
# Compiles sources of this folder for x86-64 instructions that not every machine has. Such a source is only called where
# is_supported() (wamp/base/instruction_set.h) says so. On other machines it is empty.
function(sallyport_instruction_sets)
    cmake_parse_arguments(PARSE_ARGV 0 arg "" "" "SSE42;AVX2")
    if(CMAKE_SYSTEM_PROCESSOR MATCHES "^(x86_64|AMD64)$")
        set_source_files_properties(${arg_SSE42} PROPERTIES COMPILE_OPTIONS "-msse4.2;-mpopcnt;-mpclmul")
        set_source_files_properties(${arg_AVX2} PROPERTIES COMPILE_OPTIONS "-mavx2;-mbmi;-mpopcnt;-mpclmul")
    endif()
endfunction()
