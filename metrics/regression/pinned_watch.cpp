// SPDX-License-Identifier: GPL-3.0-or-later
#include "metrics/regression/pinned_watch.h"

#include <utility>

#include "metrics/time.h"

namespace goxel_telemetry::metrics {

PinnedWatch::PinnedWatch(std::string instance, BaselineStore store, std::string baseline,
                         std::uint64_t begin_seconds)
    : instance_(std::move(instance)),
      store_(std::move(store)),
      baseline_(std::move(baseline)),
      begin_seconds_(begin_seconds) {}

void PinnedWatch::read() {
  std::string version = store_.version_of(baseline_);
  if (version_ == version) return;
  version_ = std::move(version);
  pinned_.reset();
  Baseline baseline;
  const StoreResult result = store_.load(baseline_, baseline);
  message_ = result.message;
  if (!result.done()) {
    version_.reset();
    return;
  }
  pinned_ = {PinnedSession(baseline.observation),
             PinnedCondition({instance_, baseline_, baseline.saved_realtime_ns})};
}

void PinnedWatch::tick(std::uint64_t number, std::span<const OperationTick> operations) {
  recent_.add(number, operations);
  if (number < next_look_) return;
  next_look_ = number + kLookTicks;
  read();
  if (!pinned_) return;
  Observation now = recent_.observation();
  now.begin_seconds += begin_seconds_;
  pinned_->condition.look(pinned_->session.compare(now), now.begin_seconds * kNsPerSecond,
                          now.end_seconds() * kNsPerSecond);
}

std::optional<Condition> PinnedWatch::condition() const {
  return pinned_ ? pinned_->condition.condition() : std::nullopt;
}

}  // namespace goxel_telemetry::metrics
