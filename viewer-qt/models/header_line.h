// SPDX-License-Identifier: GPL-3.0-or-later
// The line at the top, which must not lie: whether what is shown is live, how old it is, and what has come since.
#pragma once

#include <QString>
#include <cstdint>

#include "metrics/live/snapshot.h"
#include "viewer-qt/models/daemon_state.h"
#include "viewer-qt/selection.h"

namespace goxel_telemetry::viewer {

struct HeaderLine {
  QString badge;  // with a sign before it: colour is not the only one
  QString text;
  QString title;  // of the window: instance, state, p99
  Tone tone = Tone::quiet;
};

// `now_realtime_ns`: the time of the one who reads the line, which may be long after the snapshot was taken.
// `records_since`: how many have come since the end of the selected range.
HeaderLine header_line(const metrics::Snapshot& snapshot, const Selection& selection,
                       std::uint64_t now_realtime_ns, std::uint64_t records_since);

}  // namespace goxel_telemetry::viewer
