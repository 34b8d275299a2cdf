// SPDX-License-Identifier: GPL-3.0-or-later
// What is watched for regressions as rows of a file of alerts, so that it can be read without asking the bridge.
#pragma once

#include <cstdint>
#include <vector>

#include "metrics/alerts/watched_series.h"
#include "metrics/history/database.h"

namespace goxel_telemetry::metrics {

// In place of all that is there, as of `now_ns`, CLOCK_REALTIME.
void put_series(Database& database, const std::vector<InstanceSeries>& series,
                std::uint64_t now_ns);

// By instance, and as of when; 0: nothing was put in yet.
std::uint64_t read_series(Database& database, std::vector<InstanceSeries>& series);

}  // namespace goxel_telemetry::metrics
