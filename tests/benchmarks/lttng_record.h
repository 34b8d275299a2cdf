/* SPDX-License-Identifier: GPL-3.0-or-later */
/* An LTTng-UST tracepoint with the payload of a record: the alternative that we compare with. */
#undef LTTNG_UST_TRACEPOINT_PROVIDER
#define LTTNG_UST_TRACEPOINT_PROVIDER goxel_bench

#undef LTTNG_UST_TRACEPOINT_INCLUDE
#define LTTNG_UST_TRACEPOINT_INCLUDE "tests/benchmarks/lttng_record.h"

#if !defined(GOXEL_BENCH_LTTNG_RECORD_H) || defined(LTTNG_UST_TRACEPOINT_HEADER_MULTI_READ)
#define GOXEL_BENCH_LTTNG_RECORD_H

#include <lttng/tracepoint.h>
#include <stdint.h>

/* clang-format off */
LTTNG_UST_TRACEPOINT_EVENT(
    goxel_bench, record,
    LTTNG_UST_TP_ARGS(const uint64_t *, words),
    LTTNG_UST_TP_FIELDS(
        lttng_ust_field_integer(uint64_t, w0, words[0])
        lttng_ust_field_integer(uint64_t, w1, words[1])
        lttng_ust_field_integer(uint64_t, w2, words[2])
        lttng_ust_field_integer(uint64_t, w3, words[3])
        lttng_ust_field_integer(uint64_t, w4, words[4])
        lttng_ust_field_integer(uint64_t, w5, words[5])
        lttng_ust_field_integer(uint64_t, w6, words[6])))
/* clang-format on */

#endif

#include <lttng/tracepoint-event.h>
