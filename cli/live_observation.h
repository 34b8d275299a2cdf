// SPDX-License-Identifier: GPL-3.0-or-later
// An instance as one side of a comparison: what its ring still holds, and what comes while it is
// watched.
#pragma once

#include <cstdint>
#include <string>

#include "metrics/observation.h"

namespace goxel_telemetry::cli {

// Returns after `watch_seconds`, or earlier at SIGINT or SIGTERM, or when the daemon has ended.
// Throws Failure if there is no instance of that name, or it has no records.
metrics::Observation observe_live(const std::string& instance, std::uint32_t watch_seconds);

}  // namespace goxel_telemetry::cli
