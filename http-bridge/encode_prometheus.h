// SPDX-License-Identifier: GPL-3.0-or-later
// Writes snapshots as Prometheus text exposition 0.0.4, or as OpenMetrics 1.0. Names contain base units. There are no
// moving averages: Prometheus computes its own from the counters and histograms. Independent of any
// locale.
//
// An operation that is only known to exist has its counters, at zero: Prometheus sees the first request
// and the first failure only as an increase of a series that was there.
//
// Gauges and process_* describe a running daemon and are written only while it is live. Counters
// and histograms stay and never decrease, whatever happens to the daemon.
#pragma once

#include <cstddef>
#include <string>

#include "http-bridge/exposition.h"
#include "http-bridge/snapshots.h"

namespace goxel_telemetry::http_bridge {

inline constexpr const char* kPrometheusType = "text/plain; version=0.0.4; charset=utf-8";
inline constexpr const char* kOpenMetricsType =
    "application/openmetrics-text; version=1.0.0; charset=utf-8";

// Beyond so many operations of all instances together, some are left out: an operation's answers take
// 10 KB of text. goxel_operations_left_out says how many.
inline constexpr std::size_t kMostExposedOperations = 2'048;

std::string encode_prometheus(const Snapshots& snapshots,
                              ExpositionFormat format = ExpositionFormat::prometheus_text);

}  // namespace goxel_telemetry::http_bridge
