// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/recording/session_recorder.h"

#include "shm/segment.h"

namespace goxel_telemetry::cli {

using metrics::recording::Segment;

SessionRecorder::SessionRecorder(const std::string& instance, metrics::recording::Writer& writer,
                                 Backlog backlog, std::uint64_t most_records)
    : outer_({shm::layers_instance(instance), Segment::outer_layers}, writer, backlog,
             most_records),
      daemon_({instance, Segment::daemon}, writer, backlog, most_records) {}

// Sweeps the outer layers first. Entries are written in the order of the sweeps, so a replay plays
// the outer spans of a sweep before the daemon's spans that lie in them. (metrics::LayerGroup
// sweeps the daemon first; there the order does not matter, because it joins spans only after both
// sweeps, and spans wait for each other.)
bool SessionRecorder::sweep(const metrics::Time& now) {
  const bool outer_goes_on = outer_.sweep(now);
  return daemon_.sweep(now) && outer_goes_on;
}

void SessionRecorder::finish(const metrics::Time& now) {
  outer_.finish(now);
  daemon_.finish(now);
}

}  // namespace goxel_telemetry::cli
