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
#include "metrics/snapshot.h"

namespace goxel_telemetry::viewer {

// A line with gaps: pieces that are not joined. x is seconds before now (0 is now, -120 two minutes
// ago).
using Pieces = QList<QList<QPointF>>;

// What was before a viewer came, second by second, up to now.
struct Past {
  std::string instance;
  std::uint64_t run_id = 0;
  std::uint64_t now_realtime_ns = 0;
  std::uint64_t now_monotonic_ns = 0;
  std::vector<metrics::HistoryPoint> seconds;  // each of one second, in the order of time
};

class TimeSeries {
 public:
  explicit TimeSeries(std::uint32_t seconds) : seconds_(seconds) {}

  // Goes back to where `past` begins. Before the first snapshot.
  void begin_with(const Past& past);

  // Takes the last complete second of a snapshot; false for a second that it has already. A second
  // in which the daemon did not live, that was not watched, or in which the ring lost records
  // becomes a gap; nor is one run joined to the next.
  bool add(const metrics::Snapshot& snapshot);

  // Seconds without an answered request have no latency: a gap.
  Pieces p50_ns() const;
  Pieces p99_ns() const;
  Pieces operations_per_second() const;
  Pieces failures_per_second() const;  // whatever is not ok

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
