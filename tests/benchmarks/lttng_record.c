/* SPDX-License-Identifier: GPL-3.0-or-later */
/* In C: the macros do not compile cleanly as C++ with this project's warnings. */
#define LTTNG_UST_TRACEPOINT_CREATE_PROBES
#define LTTNG_UST_TRACEPOINT_DEFINE
#include "tests/benchmarks/lttng_record.h"

void lttng_publish(const uint64_t* words);
void lttng_publish(const uint64_t* words) {
  lttng_ust_tracepoint(goxel_bench, record, words);
}

int lttng_is_recording(void);
int lttng_is_recording(void) {
  return lttng_ust_tracepoint_enabled(goxel_bench, record) != 0;
}
