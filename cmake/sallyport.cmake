# How this project says what it is made of. Every folder is one library, every test folder one program.

# Everything that ctest runs, without the programs that nothing tests; and of these, those that start threads (label
# "threads": tests/gates runs them under ThreadSanitizer) and those that read a corpus. whole_programs are sallyport, the
# benchmarks and the tests of more than one folder: what tests/run builds optimised, without unit tests and fuzz targets.
add_custom_target(test_programs)
add_custom_target(threaded_test_programs)
add_custom_target(fuzz_programs)
add_custom_target(whole_programs)

# Adds these folders in order. A folder that is missing, or has no CMakeLists.txt, is an error.
function(sallyport_folders)
    foreach(folder IN LISTS ARGN)
        add_subdirectory("${folder}")
    endforeach()
endfunction()

# sallyport_library(<name> [SOURCES ...] [HEADERS ...] [DEPENDS ...] [PRIVATE_DEPENDS ...] [PCH])
#
# Makes sallyport_<name> with the alias sallyport::<name>; without SOURCES it is header-only. DEPENDS are passed on to
# whoever links it. PCH (folders that include Asio) takes the precompiled Asio header that wamp/net owns.
function(sallyport_library name)
    cmake_parse_arguments(PARSE_ARGV 1 arg "PCH" "" "SOURCES;HEADERS;DEPENDS;PRIVATE_DEPENDS")
    _sallyport_refuse_leftovers(sallyport_library "${name}" "${arg_UNPARSED_ARGUMENTS}")
    set(target "sallyport_${name}")
    if(arg_SOURCES)
        add_library(${target} STATIC ${arg_SOURCES})
        set(scope PUBLIC)
        target_link_libraries(${target} PRIVATE sallyport::flags ${arg_PRIVATE_DEPENDS})
    else()
        add_library(${target} INTERFACE)
        set(scope INTERFACE)
    endif()
    add_library(sallyport::${name} ALIAS ${target})
    target_include_directories(${target} ${scope} "${CMAKE_SOURCE_DIR}")
    target_link_libraries(${target} ${scope} ${arg_DEPENDS} Boost::headers)
    set_property(GLOBAL APPEND PROPERTY sallyport_libraries ${target})
    if(arg_HEADERS)
        target_sources(${target} ${scope} FILE_SET HEADERS BASE_DIRS "${CMAKE_SOURCE_DIR}" FILES ${arg_HEADERS})
        # Each header is compiled alone by the target all_verify_interface_header_sets.
        set_target_properties(${target} PROPERTIES VERIFY_INTERFACE_HEADER_SETS ON)
    endif()
    if(arg_PCH AND arg_SOURCES)
        sallyport_use_pch(${target})
    endif()
endfunction()

# Gives a target the precompiled Asio header: the first net library makes it, the others use the same one.
function(sallyport_use_pch target)
    target_link_libraries(${target} PRIVATE sallyport::asio)
    if(NOT TARGET sallyport_asio_pch)
        set(source "${CMAKE_BINARY_DIR}/asio_pch.cpp")
        file(GENERATE OUTPUT "${source}" CONTENT "#include \"wamp/net/asio_pch.h\"\n")
        add_library(sallyport_asio_pch OBJECT "${source}")
        set_source_files_properties("${source}" PROPERTIES GENERATED TRUE)
        target_include_directories(sallyport_asio_pch PRIVATE "${CMAKE_SOURCE_DIR}")
        target_link_libraries(sallyport_asio_pch PRIVATE sallyport::flags sallyport::asio)
        target_precompile_headers(sallyport_asio_pch PRIVATE "${CMAKE_SOURCE_DIR}/wamp/net/asio_pch.h")
    endif()
    target_precompile_headers(${target} REUSE_FROM sallyport_asio_pch)
endfunction()

# sallyport_program(<name> SOURCES ... [DEPENDS ...] [PCH])
# The executable is written to the root of the build directory: <build>/<name>.
function(sallyport_program name)
    cmake_parse_arguments(PARSE_ARGV 1 arg "PCH" "" "SOURCES;DEPENDS")
    _sallyport_refuse_leftovers(sallyport_program "${name}" "${arg_UNPARSED_ARGUMENTS}")
    set(target "${name}")
    add_executable(${target} ${arg_SOURCES})
    set_target_properties(${target} PROPERTIES RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}")
    target_include_directories(${target} PRIVATE "${CMAKE_SOURCE_DIR}")
    target_link_libraries(${target} PRIVATE sallyport::flags ${arg_DEPENDS})
    if(arg_PCH)
        sallyport_use_pch(${target})
    endif()
    add_dependencies(whole_programs ${target})
endfunction()

# sallyport_unit_tests(<name> SOURCES ... [DEPENDS ...] [TIMEOUT seconds] [LABELS ...] [PCH])
# One GoogleTest program unit_<name> per folder, linked with sallyport::<name> where that exists.
function(sallyport_unit_tests name)
    if(NOT SALLYPORT_TESTS)
        return()
    endif()
    if(TARGET sallyport_${name})
        list(APPEND ARGN DEPENDS sallyport::${name})
    endif()
    _sallyport_gtest("unit_${name}" ${ARGN})
    # Optimising the many assertions of a test takes a third of the time of a build, and runs nothing faster that matters.
    # What shares a precompiled header with the sources has their options.
    if(NOT PCH IN_LIST ARGN AND SALLYPORT_SANITIZE)
        target_compile_options("unit_${name}" PRIVATE -O0)
    elseif(NOT PCH IN_LIST ARGN)
        target_compile_options("unit_${name}" PRIVATE -O1)
    endif()
    set_property(TEST "unit_${name}" APPEND PROPERTY LABELS unit)
endfunction()

# sallyport_gtest(<target> SOURCES ... [DEPENDS ...] [ARGS ...] [TIMEOUT seconds] [LABELS ...] [PCH])
# A GoogleTest program and its one ctest entry of the same name. It runs in the root of the sources; what it counted is
# left in <build>/reports/<target>.xml, from which tests/run adds up single tests.
function(sallyport_gtest target)
    _sallyport_gtest(${target} ${ARGN})
    add_dependencies(whole_programs ${target})
endfunction()

function(_sallyport_gtest target)
    cmake_parse_arguments(PARSE_ARGV 1 arg "PCH" "TIMEOUT" "SOURCES;DEPENDS;LABELS;ARGS")
    _sallyport_refuse_leftovers(sallyport_gtest "${target}" "${arg_UNPARSED_ARGUMENTS}")
    add_executable(${target} ${arg_SOURCES})
    target_include_directories(${target} PRIVATE "${CMAKE_SOURCE_DIR}" "${CMAKE_BINARY_DIR}/generated")
    target_link_libraries(${target} PRIVATE sallyport::flags Boost::headers ${arg_DEPENDS} GTest::gtest GTest::gtest_main)
    if(arg_PCH)
        sallyport_use_pch(${target})
    endif()
    add_dependencies(test_programs ${target})
    if("threads" IN_LIST arg_LABELS)
        add_dependencies(threaded_test_programs ${target})
    endif()
    add_test(NAME ${target} COMMAND ${target} --gtest_brief=1 --gtest_output=xml:${CMAKE_BINARY_DIR}/reports/${target}.xml
        ${arg_ARGS} WORKING_DIRECTORY "${CMAKE_SOURCE_DIR}")
    _sallyport_test_properties(${target} "${arg_TIMEOUT}" "${arg_LABELS}")
endfunction()

# sallyport_fuzz_target(<name> SOURCES ... [CORPUS dir] [DEPENDS ...])
# With SALLYPORT_FUZZ a libFuzzer program fuzz_<name>; otherwise the same source with a main() that replays every corpus file
# once, as a ctest entry. The corpus stands in tests/fuzz/corpus/<name> unless CORPUS says otherwise.
function(sallyport_fuzz_target name)
    cmake_parse_arguments(PARSE_ARGV 1 arg "" "CORPUS" "SOURCES;DEPENDS")
    _sallyport_refuse_leftovers(sallyport_fuzz_target "${name}" "${arg_UNPARSED_ARGUMENTS}")
    set(target "fuzz_${name}")
    if(NOT arg_CORPUS)
        set(arg_CORPUS "${CMAKE_SOURCE_DIR}/tests/fuzz/corpus/${name}")
    endif()
    cmake_path(ABSOLUTE_PATH arg_CORPUS BASE_DIRECTORY "${CMAKE_CURRENT_SOURCE_DIR}")
    _sallyport_require_file("${target}" "${arg_CORPUS}")
    add_executable(${target} ${arg_SOURCES})
    target_include_directories(${target} PRIVATE "${CMAKE_SOURCE_DIR}")
    target_link_libraries(${target} PRIVATE sallyport::flags ${arg_DEPENDS})
    add_dependencies(test_programs ${target})
    add_dependencies(fuzz_programs ${target})
    if(SALLYPORT_FUZZ)
        target_link_options(${target} PRIVATE -fsanitize=fuzzer)
        add_test(NAME ${target} COMMAND ${target} -runs=0 "${arg_CORPUS}")
    else()
        target_sources(${target} PRIVATE "${CMAKE_SOURCE_DIR}/tests/fuzz/replay_main.cpp")
        add_test(NAME ${target} COMMAND ${target} "${arg_CORPUS}")
    endif()
    _sallyport_test_properties(${target} "" fuzz)
endfunction()

# sallyport_python_test(<name> SCRIPT file [ARGS ...] [LABELS ...] [TIMEOUT seconds] [VENV name] [SERIAL])
# Runs a script with the test environment's Python (VENV: the environment's name, "main" unless said). It sees SALLYPORT_BIN,
# SALLYPORT_BUILD_DIR, SALLYPORT_SOURCE_DIR, SALLYPORT_PYTHON and SALLYPORT_VENV; exit code 0 means passed. A script that
# knows single results writes "N passed, M failed" as its last line.
function(sallyport_python_test name)
    cmake_parse_arguments(PARSE_ARGV 1 arg "SERIAL" "SCRIPT;TIMEOUT;VENV" "ARGS;LABELS")
    _sallyport_refuse_leftovers(sallyport_python_test "${name}" "${arg_UNPARSED_ARGUMENTS}")
    if(NOT arg_VENV)
        set(arg_VENV main)
    endif()
    cmake_path(ABSOLUTE_PATH arg_SCRIPT BASE_DIRECTORY "${CMAKE_CURRENT_SOURCE_DIR}")
    _sallyport_require_file("${name}" "${arg_SCRIPT}")
    set(python "${SALLYPORT_VENV}/${arg_VENV}/bin/python")
    add_test(NAME ${name} COMMAND "${python}" -u "${arg_SCRIPT}" ${arg_ARGS} WORKING_DIRECTORY "${CMAKE_SOURCE_DIR}")
    _sallyport_test_properties(${name} "${arg_TIMEOUT}" "${arg_LABELS}")
    set_property(TEST ${name} PROPERTY ENVIRONMENT
        "SALLYPORT_BIN=${CMAKE_BINARY_DIR}/sallyport"
        "SALLYPORT_BUILD_DIR=${CMAKE_BINARY_DIR}"
        "SALLYPORT_SOURCE_DIR=${CMAKE_SOURCE_DIR}"
        "SALLYPORT_PYTHON=${python}"
        "SALLYPORT_VENV=${SALLYPORT_VENV}"
        "PYTHONDONTWRITEBYTECODE=1")
    if("threads" IN_LIST arg_LABELS)
        add_dependencies(threaded_test_programs sallyport)
    endif()
    if(arg_SERIAL)
        set_property(TEST ${name} PROPERTY RUN_SERIAL ON)
    endif()
endfunction()

function(_sallyport_test_properties test timeout labels)
    if(NOT timeout)
        set(timeout 120)
    endif()
    set_tests_properties(${test} PROPERTIES TIMEOUT ${timeout})
    if(labels)
        set_property(TEST ${test} PROPERTY LABELS ${labels})
    endif()
endfunction()

function(_sallyport_require_file test path)
    if(NOT EXISTS "${path}")
        message(FATAL_ERROR "${test}: there is no ${path}")
    endif()
endfunction()

function(_sallyport_refuse_leftovers function name leftovers)
    if(leftovers)
        message(FATAL_ERROR "${function}(${name}): unknown arguments: ${leftovers}")
    endif()
endfunction()
