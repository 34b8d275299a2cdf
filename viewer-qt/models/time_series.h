// SPDX-License-Identifier: GPL-3.0-or-later
// What the charts show: the last minutes, one sample a second. No widgets, no charts.
#pragma once

#include <QList>
#include <QPointF>
#include <cstdint>
#include <deque>
#include <string>
#include <vector>

#include "metrics/history/answer.h"
#include "metrics/live/snapshot.h"

namespace goxel_telemetry::viewer {

// A line with gaps: pieces that are not joined. x is seconds before now (0 is now, -120 two minutes
// ago).
using Pieces = QList<QList<QPointF>>;

// The time before the viewer started, second by second, up to now.
struct Past {
  std::string instance;
  std::uint64_t run_id = 0;
  std::uint64_t now_realtime_ns = 0;
  std::uint64_t now_monotonic_ns = 0;
  std::vector<metrics::HistoryPoint> seconds;  // points of one second each, in the order of time
};

class TimeSeries {
 public:
  explicit TimeSeries(std::uint32_t seconds) : seconds_(seconds) {}

  // Fills in the seconds of `past`. Call it before the first add().
  void begin_with(const Past& past);

  // Adds the last complete second of a snapshot; false if it has that second already. A second
  // becomes a gap if the daemon did not live in it, if it was not watched, or if the ring lost
  // records in it. Lines of different runs are not joined either.
  bool add(const metrics::Snapshot& snapshot);

  // Seconds without an answered request have no latency, and become a gap.
  Pieces p50_ns() const;
  Pieces p99_ns() const;
  Pieces operations_per_second() const;
  Pieces failures_per_second() const;  // all records that are not ok

 private:
  struct Sample {
    std::uint64_t second;
    std::uint64_t run_id;
    bool known;
    bool answered;
    double p50_ns;
    double p99_ns;
    double operations;
    double failures;
  };
  static Sample sample_of(const metrics::WindowStats& stats);
  template <class Valid>
  Pieces pieces(Valid valid, double Sample::*value) const;

  std::uint32_t seconds_;
  std::deque<Sample> samples_;
  std::uint64_t lost_ = 0;
};

}  // namespace goxel_telemetry::viewer
