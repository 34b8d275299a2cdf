// SPDX-License-Identifier: GPL-3.0-or-later
// Snapshots -> Prometheus text exposition 0.0.4. Base units in the names; no average moves here:
// Prometheus makes its own from the counters and histograms. Independent of any locale.
//
// Gauges and process_* describe a running daemon and are only there while it is live; counters
// and histograms stay and never go back, whatever happens to the daemon.
#pragma once

#include <string>

#include "http-bridge/snapshots.h"

namespace goxel_telemetry::http_bridge {

inline constexpr const char* kPrometheusType = "text/plain; version=0.0.4; charset=utf-8";

std::string encode_prometheus(const Snapshots& snapshots);

}  // namespace goxel_telemetry::http_bridge
