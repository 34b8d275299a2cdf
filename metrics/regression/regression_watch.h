// SPDX-License-Identifier: GPL-3.0-or-later
// Watches one instance for regressions, and says what is known of them: the operations of its daemon, and those of its outer layers,
// as the outermost of them sees them.
//
// What becomes slower at a time is one condition, however many operations and layers notice it, and what fails more often
// is another: one cause, one alert.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "metrics/alerts/condition.h"
#include "metrics/alerts/watched_series.h"
#include "metrics/layers/layers.h"
#include "metrics/live/tick.h"
#include "metrics/regression/detector.h"
#include "metrics/regression/hop_means.h"
#include "metrics/regression/kept_ticks.h"
#include "metrics/time.h"

namespace goxel_telemetry::metrics {

class RegressionWatch {
 public:
  explicit RegressionWatch(std::string instance);

  // The next tick, of the daemon's segment and of that of its outer layers: it has just been closed. `layers`: as seen now. Only
  // the distances between numbers matter.
  void look(const Tick& daemon, const Tick& outer, const LayersView& layers, const Time& now);

  // What is so, and what has become the usual in the last tick.
  std::vector<Condition> conditions() const;

  // All that is watched, of both.
  InstanceSeries series() const;

 private:
  // A detector, and what it was given.
  struct Watched {
    RegressionDetector detector;
    KeptTicks kept{1, 144};  // twelve minutes
  };
  struct Series {
    bool is_outer = false;
    std::optional<OperationKey> key;  // empty: all operations
    Channel channel = Channel::centre;

    friend auto operator<=>(const Series&, const Series&) = default;
  };
  // When series changed, as far as their evidence tells, and what was so before. Those that changed within a few ticks share one.
  struct Change {
    std::uint64_t since_tick = 0;
    Observation daemon_before;
    Observation outer_before;
    HopMeansByOperation hops_before;
  };
  struct Active {
    AlertLevel level = AlertLevel::warning;
    std::size_t change = 0;  // of Incident::changes
  };
  // What is one alert.
  struct Incident {
    std::map<Series, Active> active;
    std::set<Series> over;  // were active, and are well again
    std::vector<Change> changes;
    std::uint64_t next_described_tick = 0;
    bool has_news = false;  // to be described at once
    std::optional<Condition> condition;
  };
  // What an alarm stands for, and how much was lost by it.
  struct Found {
    double lost = 0;
    std::uint64_t since_tick = 0;
    OperationShift shift;
  };

  void take(bool is_outer, const std::vector<DetectorEvent>& events);
  std::size_t change_at(Incident& incident, std::uint64_t since_tick) const;
  void describe(Incident& incident, AlertRule rule, const Time& now);
  void describe_course(const OperationShift& shift, AlertEvidence& evidence) const;
  std::uint64_t realtime_of(std::uint64_t tick, const Time& now) const;
  std::vector<Found> find(const Incident& incident, bool is_outer) const;
  void find(const Incident& incident, std::size_t of_change, bool is_outer,
            std::vector<Found>& found) const;

  const std::string instance_;
  Watched daemon_;
  Watched outer_;
  KeptHopMeans hops_;
  std::uint64_t tick_ = 0;
  std::uint64_t daemon_began_ns_ = 0;
  bool has_outer_ = false;
  Incident slower_;
  Incident failing_;
};

}  // namespace goxel_telemetry::metrics
