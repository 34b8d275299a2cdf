// SPDX-License-Identifier: GPL-3.0-or-later
// GET /api/v1/history: the past, from the file that the bridge keeps.
#pragma once

#include <cstdint>
#include <string_view>

#include "http-bridge/routes.h"

namespace goxel_telemetry::http_bridge {

inline constexpr std::string_view kHistoryPath = "/api/v1/history";

// `now_realtime_ns`: the time from which relative times count.
Response answer_history(const Request& request, const HistorySource& source,
                        std::uint64_t now_realtime_ns);

}  // namespace goxel_telemetry::http_bridge
