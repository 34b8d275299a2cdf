// SPDX-License-Identifier: GPL-3.0-or-later
// Brings the ticks of all instances from the sweep to the watches for regressions, which think on the alerts' thread.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "http-bridge/snapshots.h"
#include "metrics/alerts/condition.h"
#include "metrics/alerts/watched_series.h"
#include "metrics/live/tick.h"
#include "metrics/regression/pinned_watch.h"
#include "metrics/regression/regression_watch.h"

namespace goxel_telemetry::http_bridge {

// What one instance did in a tick, in its daemon's segment and in that of its outer layers.
struct InstanceTick {
  std::string instance;
  metrics::Tick daemon;
  metrics::Tick outer;
};

class RegressionSource {
 public:
  static constexpr std::size_t kMostWaiting = 1024;  // ticks; the oldest are dropped

  // Each instance is compared with the baseline of this name, too; empty: with none.
  struct Pinned {
    std::string folder;
    std::string baseline;
  };
  // `latest` is never null. What is usual is learnt from `history_file`, if there is one, when an instance is seen first.
  RegressionSource(std::function<std::shared_ptr<const Snapshots>()> latest,
                   std::string history_file, Pinned pinned);

  // Of each instance in their order. Thread-safe; never waits for look().
  void take(InstanceTick tick);

  // Looks at what has come since; what is so then. On one thread.
  std::vector<metrics::Condition> look(const metrics::Time& now);

  // What is watched as of the last look that saw a tick, by instance. Thread-safe; never null.
  using Series = std::vector<metrics::InstanceSeries>;
  std::shared_ptr<const Series> series() const;

 private:
  struct Watches {
    metrics::RegressionWatch usual;
    std::optional<metrics::PinnedWatch> pinned;
  };
  Watches& watches_of(const InstanceTick& first, const metrics::Time& now);
  void show_series();

  const std::function<std::shared_ptr<const Snapshots>()> latest_;
  const std::string history_file_;
  const Pinned pinned_;
  std::map<std::string, Watches> watches_;  // by instance
  mutable std::mutex mutex_;                // guards what follows
  std::vector<InstanceTick> waiting_;
  std::shared_ptr<const Series> series_ = std::make_shared<Series>();
};

}  // namespace goxel_telemetry::http_bridge
