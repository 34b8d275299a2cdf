// SPDX-License-Identifier: GPL-3.0-or-later
// What a segment's in-flight table says: the requests that its producer has in hand, or had when it ended.
#pragma once

#include <cstdint>
#include <vector>

#include "metrics/live/snapshot.h"

namespace goxel_telemetry::shm {
class Reader;
}

namespace goxel_telemetry::metrics {

// Aged to `until_ns` of CLOCK_MONOTONIC, the oldest first.
std::vector<InflightRequest> requests_in_flight(shm::Reader& reader, std::uint64_t until_ns);

}  // namespace goxel_telemetry::metrics
