// SPDX-License-Identifier: GPL-3.0-or-later
#include "metrics/regression/pinned_watch.h"

#include <cmath>
#include <utility>

#include "metrics/layer.h"
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
  condition_.reset();
  Baseline baseline;
  const StoreResult result = store_.load(baseline_, baseline);
  message_ = result.message;
  if (!result.done()) {
    version_.reset();
    return;
  }
  pinned_ = {PinnedSession(baseline.observation),
             PinnedCondition({instance_, baseline_, baseline.saved_realtime_ns}),
             {}};
  for (const auto& [key, blocks] : baseline.observation.operations) {
    if (key.layer == kDaemonLayer) pinned_->phases[key].add(blocks.total());
  }
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
  describe(now);
}

// Adds what the comparison does not say: in which phase the operations take longer, and the course of the one that is worst.
void PinnedWatch::describe(const Observation& now) {
  condition_ = pinned_->condition.condition();
  if (!condition_) return;
  AlertEvidence& evidence = condition_->evidence;
  for (OperationShift& shift : evidence.operations) {
    const auto before = pinned_->phases.find(shift.key);
    const auto after = now.operations.find(shift.key);
    if (before == pinned_->phases.end() || after == now.operations.end()) continue;
    shift.phases = phase_shifts(before->second, PhaseSums::of(now, shift.key));
    if (!evidence.course.empty()) continue;
    evidence.course.resize(now.observed_ns.size(), std::nan(""));
    after->second.for_each([&](std::uint32_t block, const Tally& tally) {
      if (tally.latency.count() != 0)
        evidence.course.at(block) = static_cast<double>(tally.latency.quantile(0.5)) / 1e6;
    });
    evidence.course_usual = shift.before / 1e6;
    evidence.unit = "ms";
  }
  evidence.not_looked_at.emplace_back(
      "the layers outside of the daemon: only the daemon is compared with a pinned session");
}

}  // namespace goxel_telemetry::metrics
