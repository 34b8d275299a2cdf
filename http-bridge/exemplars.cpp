// SPDX-License-Identifier: GPL-3.0-or-later
#include "http-bridge/exemplars.h"

#include <algorithm>

namespace goxel_telemetry::http_bridge {

ExemplarsBySeries exemplars_of(const metrics::SlowestOperations::Kept& slowest) {
  ExemplarsBySeries all;
  for (const auto& operation : slowest) {
    if (operation->trace_id == 0) continue;
    for (const metrics::TracedSpan& span : operation->spans) {
      // Histograms hold answered requests.
      if (span.status != "ok" && span.status != "error") continue;
      const auto& bounds = metrics::kExposedBounds;
      const auto bucket = static_cast<std::size_t>(
          std::ranges::lower_bound(bounds, span.duration_ns) - bounds.begin());
      const std::uint64_t ended = operation->start_realtime_ns +
                                  (span.start_ns - std::min(span.start_ns, operation->start_ns)) +
                                  span.duration_ns;
      auto& known = all[{span.stack, metrics::kLayerNames[static_cast<std::size_t>(span.layer)],
                         span.operation}][bucket];
      if (!known || known->ended_realtime_ns < ended)
        known = Exemplar{operation->trace_id, span.duration_ns, ended};
    }
  }
  return all;
}

}  // namespace goxel_telemetry::http_bridge
