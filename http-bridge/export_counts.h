// SPDX-License-Identifier: GPL-3.0-or-later
// What became of the spans that are sent to an OpenTelemetry collector.
#pragma once

#include <cstdint>

namespace goxel_telemetry::http_bridge {

// Since the bridge began; the last two are as of now.
struct ExportCounts {
  std::uint64_t sent = 0;  // and taken by the collector
  // Dropped:
  std::uint64_t queue_full = 0;  // the oldest made room for newer ones
  std::uint64_t rate = 0;        // more than are sent in a second
  std::uint64_t refused = 0;     // by the collector, for good
  std::uint64_t given_up = 0;    // the collector did not take them in time

  std::uint64_t waiting = 0;
  std::uint64_t last_success_realtime_ns = 0;  // 0: none yet

  std::uint64_t dropped() const { return queue_full + rate + refused + given_up; }
};

}  // namespace goxel_telemetry::http_bridge
