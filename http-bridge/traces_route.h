// SPDX-License-Identifier: GPL-3.0-or-later
// GET /api/v1/traces: the slowest operations of a window with the spans of all layers, or one trace by its id.
#pragma once

#include <string_view>

#include "http-bridge/costly_work.h"
#include "http-bridge/routes.h"

namespace goxel_telemetry::http_bridge {

inline constexpr std::string_view kTracesPath = "/api/v1/traces";

// Slowest operations are among those that the snapshots keep. A trace that is asked for by its id is looked for there and
// in the rings: `costly` gives that its turn. Thread-safe.
Response answer_traces(const Request& request, const Snapshots& watched, CostlyWork& costly);

}  // namespace goxel_telemetry::http_bridge
