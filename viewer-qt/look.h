// SPDX-License-Identifier: GPL-3.0-or-later
// What the window asks of the thread that reads, and what it gets: finished values.
#pragma once

#include <QList>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "metrics/layers/layers.h"
#include "metrics/live/snapshot.h"
#include "metrics/time.h"
#include "viewer-qt/models/changes.h"
#include "viewer-qt/models/distribution.h"
#include "viewer-qt/models/operation_rows.h"
#include "viewer-qt/models/records.h"
#include "viewer-qt/models/slowdown.h"
#include "viewer-qt/models/time_points.h"
#include "viewer-qt/selection.h"

namespace goxel_telemetry::viewer {

// A moment of a daemon.
struct Frame {
  metrics::Snapshot snapshot;
  std::shared_ptr<const metrics::LayersView> layers;  // null: no daemon is followed
  // Another one in each second, and for each state and run: then all that the frame tells may be new. Frames of one
  // revision have the same windows; only totals, gauges and what is in flight differ.
  std::uint64_t revision = 0;
};

// What is wanted beside the charts: what the open page shows.
enum class Wanted { charts, operations, distribution, records, changes };

// What is being looked at, and how closely.
struct Look {
  Selection selection;
  std::uint64_t live_ns = 120 * metrics::kNsPerSecond;  // how far back, if the selection is live
  std::uint32_t most_points = 600;
  Wanted wanted = Wanted::charts;
  RecordOrder order = RecordOrder::slowest_first;
  std::string baseline = {};  // the name of what changes are against; empty: the stretch before
  bool slowdown = false;      // the changes are those that were found, and not the selection's

  friend bool operator==(const Look&, const Look&) = default;
};

// What was found.
struct View {
  Look look;
  metrics::TimeStretch range;  // what `look` means by now
  bool is_new = false;         // the first answer to this look
  // Of the range; of a range that ends now, up to the last column that is over.
  std::shared_ptr<const TimePoints> points;
  // Of the range, with the operations that are not selected. Null: not asked for, or not known.
  std::shared_ptr<const std::vector<OperationGroup>> operations;
  std::shared_ptr<const Distribution> distribution;  // null: not asked for, as are the next
  std::shared_ptr<const RecordList> records;
  std::shared_ptr<const Changes> changes;
  std::shared_ptr<const KnownBaselines> baselines;  // asked for with the changes
  QList<Mark> marks;                                // of all that is known, in the order of time
  std::string message;  // why less is known than could be; a sentence, or empty
};

// What a daemon left behind when it died.
struct DaemonEnd {
  metrics::Snapshot snapshot;
  RecordList records;  // the last that ended, the newest first
};

// The last day, for the trend.
struct Day {
  metrics::TimeStretch range;
  std::shared_ptr<const TimePoints> points;
};

using FramePointer = std::shared_ptr<const Frame>;
using ViewPointer = std::shared_ptr<const View>;
using DayPointer = std::shared_ptr<const Day>;
using EndPointer = std::shared_ptr<const DaemonEnd>;
using TracePointer = std::shared_ptr<const ShownTrace>;

}  // namespace goxel_telemetry::viewer
