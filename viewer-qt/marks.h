// SPDX-License-Identifier: GPL-3.0-or-later
// What happened to a daemon while it was watched: starts, ends, crashes, lost records.
#pragma once

#include <QList>
#include <cstdint>
#include <vector>

#include "metrics/live/snapshot.h"
#include "viewer-qt/models/time_points.h"

namespace goxel_telemetry::viewer {

// Of the Unix seconds at which the bridge began to write.
QList<Mark> marks_of_bridge(const std::vector<std::uint64_t>& started);

class Marks {
 public:
  static constexpr qsizetype kMost = 1'000;  // the oldest are forgotten

  // Looks at the next snapshot of an instance.
  void look_at(const metrics::Snapshot& snapshot);
  const QList<Mark>& all() const { return marks_; }  // in the order of time

 private:
  void add(std::uint64_t at_ns, MarkKind kind, const QString& text);
  void end(shm::ProducerState how);

  QList<Mark> marks_;
  // Of the latest run, CLOCK_REALTIME.
  std::uint64_t started_ns_ = 0;
  std::uint64_t lived_until_ns_ = 0;
  QString who_;
  shm::ProducerState state_ = shm::ProducerState::absent;
  std::uint64_t lost_ = 0;
  std::uint64_t losing_since_ns_ = 0;  // CLOCK_REALTIME of the last mark of a loss
  std::uint64_t lost_then_ = 0;
};

}  // namespace goxel_telemetry::viewer
