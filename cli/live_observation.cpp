// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/live_observation.h"

#include <algorithm>
#include <iterator>
#include <vector>

#include "cli/facts.h"
#include "cli/interrupt.h"
#include "cli/target.h"
#include "metrics/collector.h"
#include "metrics/layer_group.h"
#include "metrics/rollup.h"

namespace goxel_telemetry::cli {
namespace {

constexpr int kSweepMilliseconds = 50;
constexpr std::uint64_t kNsPerSecond = 1'000'000'000;
// Taken so often that rollups stay seconds: see metrics/rollup_buffer.h.
constexpr std::uint64_t kTakeNs = 5 * kNsPerSecond;

class Rollups {
 public:
  // What is observed is what the daemon's segment was; the outer layers' has its own times.
  void take(metrics::LayerGroup& group) {
    metrics::RollupDelta daemon = group.daemon().take_rollups();
    observed_.insert(observed_.end(), daemon.observed.begin(), daemon.observed.end());
    add(std::move(daemon.rollups));
    add(group.outer().take_rollups().rollups);
  }

  // Without the records from before the time since which all are there. `end_ns`: CLOCK_REALTIME.
  metrics::Observation observation(std::uint64_t end_ns) const {
    if (rollups_.empty() || observed_.empty()) return {};
    std::uint64_t begin_ns = UINT64_MAX;
    std::uint32_t longest = 1;
    for (const metrics::TimeStretch& stretch : observed_) {
      begin_ns = std::min(begin_ns, stretch.begin_ns);
    }
    for (const metrics::Rollup& rollup : rollups_) {
      longest = std::max(longest, rollup.seconds);
    }
    const std::uint64_t begin = begin_ns / kNsPerSecond;
    metrics::ObservationBuilder builder(begin, std::max(begin, end_ns / kNsPerSecond) + 1, longest);
    for (const metrics::Rollup& rollup : rollups_) builder.add(rollup);
    for (const metrics::TimeStretch& stretch : observed_) {
      builder.observed(stretch.begin_ns, std::min(stretch.end_ns, end_ns));
    }
    return std::move(builder).finish();
  }

 private:
  void add(std::vector<metrics::Rollup> more) {
    std::move(more.begin(), more.end(), std::back_inserter(rollups_));
  }

  std::vector<metrics::Rollup> rollups_;
  std::vector<metrics::TimeStretch> observed_;
};

}  // namespace

metrics::Observation observe_live(const std::string& instance, std::uint32_t watch_seconds) {
  metrics::LayerGroup group(instance);
  group.daemon().keep_rollups();
  group.outer().keep_rollups();
  metrics::Snapshot snapshot = first_look(group);
  Rollups rollups;
  rollups.take(group);
  auto now = metrics::Collector::Time::now();
  const std::uint64_t until_ns = now.monotonic_ns + watch_seconds * kNsPerSecond;
  std::uint64_t taken_ns = now.monotonic_ns;
  const Interrupt end(Interrupt::Watch::signals);
  const auto live = [&snapshot] { return snapshot.daemon.state == metrics::ProducerState::live; };
  while (now.monotonic_ns < until_ns && live() && !end.wait(kSweepMilliseconds)) {
    now = metrics::Collector::Time::now();
    group.sweep(now);
    if (now.monotonic_ns - taken_ns < kTakeNs) continue;
    taken_ns = now.monotonic_ns;
    snapshot = group.snapshot(now);
    rollups.take(group);
  }
  snapshot = group.snapshot(now);
  rollups.take(group);
  metrics::Observation observation =
      rollups.observation(live() ? now.realtime_ns : last_sign_of_life_ns(snapshot));
  if (observation.operations.empty()) {
    throw Failure(kExitNotThere, "instance \"" + instance +
                                     "\" has answered no requests that its ring still holds; "
                                     "--watch SECONDS waits for some");
  }
  return observation;
}

}  // namespace goxel_telemetry::cli
