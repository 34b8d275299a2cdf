// SPDX-License-Identifier: GPL-3.0-or-later
#include "metrics/sides/live_observer.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "metrics/sides/side.h"
#include "metrics/time.h"

namespace goxel_telemetry::metrics {
namespace {

// Rollups are taken so often that they stay rollups of one second: see metrics/rollups/rollup_buffer.h.
constexpr std::uint64_t kTakeNs = 5 * kNsPerSecond;

}  // namespace

LiveObserver::LiveObserver(const std::string& instance) : group_(instance) {
  group_.daemon().keep_rollups();
  group_.outer().keep_rollups();
}

void LiveObserver::sweep(const Time& now) {
  group_.sweep(now);
  now_ = now;
  if (now.monotonic_ns - taken_ns_ >= kTakeNs) take();
}

// The watched time is that of the daemon's segment; that of the outer layers' segment is not used.
void LiveObserver::take() {
  taken_ns_ = now_.monotonic_ns;
  RollupDelta daemon = group_.daemon().take_rollups();
  observed_.insert(observed_.end(), daemon.observed.begin(), daemon.observed.end());
  add(std::move(daemon.rollups));
  add(group_.outer().take_rollups().rollups);
}

void LiveObserver::add(std::vector<Rollup> more) {
  std::move(more.begin(), more.end(), std::back_inserter(rollups_));
}

Observation LiveObserver::finish() {
  take();
  const Snapshot snapshot = group_.snapshot(now_);
  switch (snapshot.daemon.state) {
    case shm::ProducerState::absent:
      throw SideFailure(SideOutcome::absent, "no daemon with telemetry has run as instance \"" +
                                                 group_.instance() + '"');
    case shm::ProducerState::not_permitted:
    case shm::ProducerState::unusable:
      throw SideFailure(SideOutcome::unreadable, snapshot.daemon.message);
    case shm::ProducerState::live:
      return observation(now_.realtime_ns);
    case shm::ProducerState::retired:
    case shm::ProducerState::dead:
      break;
  }
  return observation(last_sign_of_life_ns(snapshot));
}

// Leaves out records from before the moment since which all records are there.
Observation LiveObserver::observation(std::uint64_t end_realtime_ns) const {
  if (rollups_.empty() || observed_.empty()) return {};
  std::uint64_t begin_ns = UINT64_MAX;
  std::uint32_t longest = 1;
  for (const TimeStretch& stretch : observed_) begin_ns = std::min(begin_ns, stretch.begin_ns);
  for (const Rollup& rollup : rollups_) longest = std::max(longest, rollup.seconds);
  const std::uint64_t begin = begin_ns / kNsPerSecond;
  ObservationBuilder builder(begin, std::max(begin, end_realtime_ns / kNsPerSecond) + 1, longest);
  for (const Rollup& rollup : rollups_) builder.add(rollup);
  for (const TimeStretch& stretch : observed_) {
    builder.observed(stretch.begin_ns, std::min(stretch.end_ns, end_realtime_ns));
  }
  return std::move(builder).finish();
}

}  // namespace goxel_telemetry::metrics
