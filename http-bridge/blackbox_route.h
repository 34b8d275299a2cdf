// SPDX-License-Identifier: GPL-3.0-or-later
// Answers about a daemon's black box: what its segment tells, also after its end.
#pragma once

#include "http-bridge/costly_work.h"
#include "http-bridge/routes.h"
#include "http-bridge/snapshots.h"

namespace goxel_telemetry::http_bridge {

inline constexpr const char* kBlackboxPath = "/api/v1/blackbox";

// Of one of the instances that are watched. Reads the segment anew.
Response answer_blackbox(const Request& request, const Snapshots& watched, CostlyWork& costly);

}  // namespace goxel_telemetry::http_bridge
