// SPDX-License-Identifier: GPL-3.0-or-later
#include "plugin/inflight_requests.h"

namespace goxel_telemetry::plugin {

[[gnu::hot]] std::uint32_t InflightRequests::claim(Recorder& recorder,
                                                   std::uint32_t first) noexcept {
  const std::uint32_t line = lines_.claim(first, kInflightLines);
  if (line != decltype(lines_)::kNone) return line;
  recorder.gauges()[shm::Gauge::inflight_misses].fetch_add(1, std::memory_order_relaxed);
  return kNone;
}

void record(Recorder& recorder, const shm::InflightEntry& entry, const Ending& ending) noexcept {
  recorder.publish(record_of(entry, ending));
}

}  // namespace goxel_telemetry::plugin
