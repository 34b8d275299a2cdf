// SPDX-License-Identifier: GPL-3.0-or-later
// What the charts show: the last minutes, one sample a second. No Qt widgets, no charts.
#pragma once

#include <QList>
#include <QPointF>
#include <cstdint>
#include <deque>

#include "metrics/snapshot.h"

namespace goxel_telemetry::viewer {

// A line with gaps: pieces that are not joined. x is seconds before now (0 is now, -120 two minutes
// ago).
using Pieces = QList<QList<QPointF>>;

class TimeSeries {
 public:
  explicit TimeSeries(std::uint32_t seconds) : seconds_(seconds) {}

  // Takes the last complete second of a snapshot; a second that it has already is ignored. A second
  // in which the daemon did not live, or in which the ring lost records, becomes a gap.
  void add(const metrics::Snapshot& snapshot);

  Pieces p50_ms() const;
  Pieces p99_ms() const;
  Pieces operations_per_second() const;
  Pieces failures_per_second() const;

  std::uint32_t seconds() const { return seconds_; }

 private:
  struct Sample {
    std::uint64_t second;
    bool known;     // the daemon lived and nothing was lost
    bool answered;  // latencies exist
    double p50_ms;
    double p99_ms;
    double operations;
    double failures;
  };
  template <class Valid, class Value>
  Pieces pieces(Valid valid, Value value) const;

  std::uint32_t seconds_;
  std::deque<Sample> samples_;
  std::uint64_t lost_ = 0;
  std::uint64_t run_id_ = 0;
};

}  // namespace goxel_telemetry::viewer
