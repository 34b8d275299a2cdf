// SPDX-License-Identifier: GPL-3.0-or-later
// Requests that stand for what a histogram's buckets count: of the slowest of the last fifteen minutes, the newest in
// each bucket. By their trace ids, a dashboard leads from a spike to /api/v1/traces.
#pragma once

#include <array>
#include <map>
#include <string>

#include "http-bridge/exposition.h"
#include "metrics/layers/slowest_operations.h"

namespace goxel_telemetry::http_bridge {

// By stack, layer and operation, as that layer names it.
using ExemplarsBySeries = std::map<std::array<std::string, 3>, Exemplars>;

ExemplarsBySeries exemplars_of(const metrics::SlowestOperations::Kept& slowest);

}  // namespace goxel_telemetry::http_bridge
