# SPDX-License-Identifier: GPL-3.0-or-later
# What every target is compiled with, and how a test is declared.

find_program(CCACHE_PROGRAM ccache)
if(CCACHE_PROGRAM AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  set(CMAKE_C_COMPILER_LAUNCHER "${CCACHE_PROGRAM}")
  set(CMAKE_CXX_COMPILER_LAUNCHER "${CCACHE_PROGRAM}")
endif()

add_library(goxel_telemetry_options INTERFACE)
target_compile_options(goxel_telemetry_options INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow
  $<$<COMPILE_LANGUAGE:CXX>:-Wconversion -Wnon-virtual-dtor -Woverloaded-virtual>
  $<$<BOOL:${GOXEL_TELEMETRY_WERROR}>:-Werror>)
target_include_directories(goxel_telemetry_options INTERFACE "${PROJECT_SOURCE_DIR}")
target_compile_definitions(goxel_telemetry_options INTERFACE
  GOXEL_TELEMETRY_VERSION="${PROJECT_VERSION}")
if(GOXEL_TELEMETRY_SANITIZE)
  target_compile_options(goxel_telemetry_options INTERFACE
    -fsanitize=${GOXEL_TELEMETRY_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  target_link_options(goxel_telemetry_options INTERFACE -fsanitize=${GOXEL_TELEMETRY_SANITIZE})
endif()

# Programs and libraries that the tests marked SANITIZED need, and nothing more.
add_custom_target(sanitized_tests)

# goxel_telemetry_test(NAME target LABEL unit|integration|e2e|ui SOURCES ... LIBRARIES ...
#                      [DEFINITIONS ...] [ENVIRONMENT ...] [TIMEOUT seconds] [SANITIZED])
# A build with a sanitizer has only the tests marked SANITIZED: those whose code a sanitizer can check.
function(goxel_telemetry_test)
  cmake_parse_arguments(ARG "SANITIZED;SERIAL" "NAME;LABEL;TIMEOUT" "SOURCES;LIBRARIES;DEFINITIONS;ENVIRONMENT" ${ARGN})
  if(NOT ARG_TIMEOUT)
    set(ARG_TIMEOUT 180)
  endif()
  add_executable(${ARG_NAME} ${ARG_SOURCES})
  target_link_libraries(${ARG_NAME} PRIVATE goxel_telemetry_options ${ARG_LIBRARIES} GTest::gmock_main)
  target_compile_definitions(${ARG_NAME} PRIVATE ${ARG_DEFINITIONS})
  if(GOXEL_TELEMETRY_SANITIZE AND NOT ARG_SANITIZED)
    set_target_properties(${ARG_NAME} PROPERTIES EXCLUDE_FROM_ALL ON)
    return()
  endif()
  gtest_discover_tests(${ARG_NAME} DISCOVERY_MODE PRE_TEST DISCOVERY_TIMEOUT 60
    PROPERTIES LABELS "${ARG_LABEL}" TIMEOUT ${ARG_TIMEOUT} ENVIRONMENT "${ARG_ENVIRONMENT}"
               RUN_SERIAL $<BOOL:${ARG_SERIAL}>)
  if(ARG_SANITIZED)
    add_dependencies(sanitized_tests ${ARG_NAME})
  endif()
endfunction()
