/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Every scenario, by its name on the command line. */
#ifndef GOXEL_TELEMETRY_TESTS_SCENARIOS_H
#define GOXEL_TELEMETRY_TESTS_SCENARIOS_H

#include "host.h"

/* clang-format off */
#define SCENARIOS(X) \
  X(every_form) \
  X(every_poll) \
  X(every_hang_up) \
  X(shut_down) \
  X(stuck) \
  X(errno_kept) \
  X(odd_reads) \
  X(partial_sends) \
  X(foreign_descriptors) \
  X(duplicates) \
  X(number_reused) \
  X(plain) \
  X(fork_without_exec) \
  X(fork_that_serves) \
  X(daemonized) \
  X(vfork_that_closes) \
  X(vfork_before_listening) \
  X(spawned) \
  X(unloaded) \
  X(both_doors) \
  X(both_doors_abi_first) \
  X(signal_handler) \
  X(cancellation) \
  X(dlopened) \
  X(crowd) \
  X(churn) \
  X(no_allocation) \
  X(no_system_call) \
  X(signals_kept) \
  X(stderr_gone) \
  X(stderr_full) \
  X(few_descriptors) \
  X(little_memory) \
  X(no_thread) \
  X(clock_stands_still)
/* clang-format on */

/* The argument after the scenario's name on the command line. */
extern const char* scenario_argument;

#define DECLARE(name) void name(void);
SCENARIOS(DECLARE)
#undef DECLARE

#endif
