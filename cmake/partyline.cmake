# How a folder becomes a library, a program, its tests and its benchmarks.

add_library(partyline_options INTERFACE)
target_include_directories(partyline_options INTERFACE ${PROJECT_SOURCE_DIR} ${PROJECT_BINARY_DIR}/generated)
target_compile_options(partyline_options INTERFACE
    -Wall -Wextra -Wpedantic -Wshadow -Werror=switch -Werror=return-type -Wno-missing-field-initializers)
if(PARTYLINE_SANITIZE)
    target_compile_options(partyline_options INTERFACE
        -fsanitize=${PARTYLINE_SANITIZE} -fno-omit-frame-pointer -fno-sanitize=null)
    target_link_options(partyline_options INTERFACE -fsanitize=${PARTYLINE_SANITIZE})
    string(MAKE_C_IDENTIFIER "PARTYLINE_SANITIZE_${PARTYLINE_SANITIZE}" sanitize_define)
    target_compile_definitions(partyline_options INTERFACE PARTYLINE_SANITIZED=1)
endif()

# Programs that decide all day allocate all day: docs/decisions/allocator.md. A sanitizer brings its own.
function(partyline_allocator program)
    if(NOT PARTYLINE_SANITIZE)
        target_link_libraries(${program} PRIVATE PkgConfig::jemalloc)
    endif()
endfunction()

# partyline_precompile(name library) parses the schema's headers once; partyline_parsed(target) lets a target use that.
function(partyline_precompile name library)
    file(WRITE ${PROJECT_BINARY_DIR}/${name}.cpp "")
    add_library(${name} STATIC ${PROJECT_BINARY_DIR}/${name}.cpp)
    target_link_libraries(${name} PUBLIC partyline_options ${library})
    target_precompile_headers(${name} PRIVATE <algorithm> <cstdint> <functional> <map> <memory> <optional> <string>
        <string_view> <variant> <vector> <schema/transition_generated.h>)
    set(PARTYLINE_PARSED ${name} PARENT_SCOPE)
endfunction()
function(partyline_parsed target)
    if(PARTYLINE_PARSED)
        target_precompile_headers(${target} REUSE_FROM ${PARTYLINE_PARSED})
    endif()
endfunction()

# Sources of a folder, without tests (*.test.cpp) and benchmarks.
function(partyline_sources out folder)
    file(GLOB sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/${folder}/*.cpp)
    list(FILTER sources EXCLUDE REGEX "\\.(test|bench)\\.cpp$")
    set(${out} ${sources} PARENT_SCOPE)
endfunction()

# partyline_library(edges/sip DEPS ...) makes library edges_sip of the folder's sources and, from its
# *.test.cpp, the test program edges_sip_test.
function(partyline_library folder)
    cmake_parse_arguments(arg "" "" "DEPS" ${ARGN})
    string(REPLACE "/" "_" name ${folder})
    partyline_sources(sources ${folder})
    if(sources)
        add_library(${name} STATIC ${sources})
        target_link_libraries(${name} PUBLIC partyline_options ${arg_DEPS})
        if(NOT folder MATCHES "^media")
            partyline_parsed(${name})
        endif()
        if(folder MATCHES "^sim")  # floating point gives the same bits with every compiler
            target_compile_options(${name} PRIVATE -ffp-contract=off)
        endif()
    else()
        add_library(${name} INTERFACE)
        target_link_libraries(${name} INTERFACE partyline_options ${arg_DEPS})
    endif()
    if(EXISTS ${PROJECT_SOURCE_DIR}/${folder}/dependencies.cmake)
        include(${PROJECT_SOURCE_DIR}/${folder}/dependencies.cmake)
    endif()
    file(GLOB tests CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/${folder}/*.test.cpp)
    if(tests)
        add_executable(${name}_test ${tests} ${PROJECT_SOURCE_DIR}/tests/doctest_main.cpp)
        target_link_libraries(${name}_test PRIVATE ${name} doctest::doctest rapidcheck)
        target_include_directories(${name}_test SYSTEM PRIVATE /usr/include/doctest)
        if(NOT folder MATCHES "^media")
            partyline_parsed(${name}_test)
        endif()
        add_test(NAME unit.${name} COMMAND ${name}_test)
        set_tests_properties(unit.${name} PROPERTIES LABELS unit TIMEOUT 600)
        if(folder MATCHES "^(media|edges/.*|sim/load)$")  # real time, real sockets: alone
            set_tests_properties(unit.${name} PROPERTIES RUN_SERIAL TRUE)
        endif()
    endif()
endfunction()

function(partyline_program name folder)
    cmake_parse_arguments(arg "" "" "DEPS" ${ARGN})
    partyline_sources(sources ${folder})
    list(FILTER sources EXCLUDE REGEX "/main\\.cpp$")
    if(sources)
        add_library(${folder} STATIC ${sources})
        target_link_libraries(${folder} PUBLIC partyline_options ${arg_DEPS})
        partyline_parsed(${folder})
    endif()
    if(EXISTS ${PROJECT_SOURCE_DIR}/${folder}/main.cpp)
        add_executable(${name} ${PROJECT_SOURCE_DIR}/${folder}/main.cpp)
        target_link_libraries(${name} PRIVATE ${folder})
        set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR})
    endif()
    file(GLOB tests CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/${folder}/*.test.cpp)
    if(tests)
        add_executable(${folder}_test ${tests} ${PROJECT_SOURCE_DIR}/tests/doctest_main.cpp)
        target_link_libraries(${folder}_test PRIVATE ${folder} doctest::doctest rapidcheck)
        target_include_directories(${folder}_test SYSTEM PRIVATE /usr/include/doctest)
        add_test(NAME unit.${folder} COMMAND ${folder}_test)
        set_tests_properties(unit.${folder} PROPERTIES LABELS unit TIMEOUT 600)
    endif()
endfunction()

# One generated header per .fbs of the root schema's folder, in generated/schema/.
# Also transition.bfbs, the binary schema.
function(partyline_schema name root)
    get_filename_component(dir ${PROJECT_SOURCE_DIR}/${root} DIRECTORY)
    file(GLOB schemas CONFIGURE_DEPENDS ${dir}/*.fbs)
    set(out ${PROJECT_BINARY_DIR}/generated/schema)
    set(headers)
    foreach(schema ${schemas})
        get_filename_component(stem ${schema} NAME_WE)
        list(APPEND headers ${out}/${stem}_generated.h)
    endforeach()
    add_custom_command(
        OUTPUT ${headers} ${out}/transition.bfbs
        COMMAND flatc --cpp --cpp-std c++17 --scoped-enums --gen-object-api --gen-compare
                --require-explicit-ids --include-prefix schema -o ${out} -I ${dir} ${schemas}
        COMMAND flatc --binary --schema --bfbs-builtins -o ${out} -I ${dir} ${PROJECT_SOURCE_DIR}/${root}
        DEPENDS ${schemas}
        COMMENT "Generating C++ from the journal's schema"
        VERBATIM)
    add_custom_target(${name}_generated DEPENDS ${headers} ${out}/transition.bfbs)
    add_library(${name} INTERFACE)
    add_dependencies(${name} ${name}_generated)
    target_link_libraries(${name} INTERFACE partyline_options flatbuffers)
endfunction()

# generated/app/commit.hpp says which commit is built, for results that somebody wants to repeat.
function(partyline_commit)
    set(out ${PROJECT_BINARY_DIR}/generated/app/commit.hpp)
    set(script ${PROJECT_SOURCE_DIR}/cmake/commit.cmake)
    execute_process(COMMAND ${CMAKE_COMMAND} -DSOURCE=${PROJECT_SOURCE_DIR} -DOUT=${out} -P ${script})
    add_custom_target(commit COMMAND ${CMAKE_COMMAND} -DSOURCE=${PROJECT_SOURCE_DIR} -DOUT=${out} -P ${script}
        BYPRODUCTS ${out} COMMENT "" VERBATIM)
    add_dependencies(app commit)
endfunction()

# Spoken prompts, made once at build time; where espeak-ng is absent the tones of media/ stand in.
function(partyline_prompts)
    find_program(ESPEAK espeak-ng)
    find_program(SOX sox)
    set(texts ${PROJECT_SOURCE_DIR}/media/prompts.txt)
    set(out ${PROJECT_BINARY_DIR}/prompts)
    if(NOT EXISTS ${texts})
        return()
    endif()
    add_custom_command(
        OUTPUT ${out}/.stamp
        COMMAND ${CMAKE_COMMAND} -DTEXTS=${texts} -DOUT=${out} -DESPEAK=${ESPEAK} -DSOX=${SOX}
                -P ${PROJECT_SOURCE_DIR}/cmake/prompts.cmake
        DEPENDS ${texts} ${PROJECT_SOURCE_DIR}/cmake/prompts.cmake
        COMMENT "Speaking the prompts" VERBATIM)
    add_custom_target(prompts ALL DEPENDS ${out}/.stamp)
endfunction()

# The web page. A machine without npm still gets a server: it serves a page that says how to build this one.
function(partyline_page)
    find_program(NPM npm)
    if(NOT EXISTS ${PROJECT_SOURCE_DIR}/web/package.json)
        return()
    endif()
    file(GLOB_RECURSE page CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/web/src/*)
    add_custom_command(
        OUTPUT ${PROJECT_BINARY_DIR}/page/.stamp
        COMMAND ${PROJECT_SOURCE_DIR}/web/build-page ${PROJECT_BINARY_DIR}/page
        DEPENDS ${page} ${PROJECT_SOURCE_DIR}/web/package.json ${PROJECT_SOURCE_DIR}/web/package-lock.json
                ${PROJECT_SOURCE_DIR}/web/build.mjs ${PROJECT_SOURCE_DIR}/web/build-page
        COMMENT "Building the page" VERBATIM)
    add_custom_target(page ALL DEPENDS ${PROJECT_BINARY_DIR}/page/.stamp)
endfunction()

# What spans folders lives in tests/: its CMakeLists.txt registers it.
function(partyline_tests)
    if(EXISTS ${PROJECT_SOURCE_DIR}/tests/CMakeLists.txt)
        add_subdirectory(tests)
    endif()
endfunction()

# Every bench/*.bench.cpp asks one question and becomes build/bench/<name>. bench/<name>.cmake, if it
# is there, says what else than everything it links.
function(partyline_benches)
    file(GLOB benches CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/bench/*.bench.cpp)
    foreach(bench ${benches})
        get_filename_component(name ${bench} NAME_WE)
        set(libraries actors media)
        include(${PROJECT_SOURCE_DIR}/bench/${name}.cmake OPTIONAL)
        add_executable(bench_${name} ${bench})
        set_target_properties(bench_${name} PROPERTIES
            RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/bench OUTPUT_NAME ${name})
        target_link_libraries(bench_${name} PRIVATE ${libraries} benchmark::benchmark benchmark::benchmark_main)
        partyline_allocator(bench_${name})
    endforeach()
    # Beside the server in bench/legs: receiving and sending alone.
    add_executable(raw_echo ${PROJECT_SOURCE_DIR}/bench/raw_echo.cpp)
    set_target_properties(raw_echo PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/bench)
    target_link_libraries(raw_echo PRIVATE partyline_options)
    if(TARGET partyline)  # that it works, not how fast it is
        add_test(NAME bench.legs COMMAND ${PROJECT_SOURCE_DIR}/bench/legs --quick --codecs pcmu)
        set_tests_properties(bench.legs PROPERTIES LABELS bench RUN_SERIAL TRUE TIMEOUT 180
            ENVIRONMENT "PARTYLINE_BUILD=${PROJECT_BINARY_DIR}")
    endif()
endfunction()
