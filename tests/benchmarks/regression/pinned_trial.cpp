// SPDX-License-Identifier: GPL-3.0-or-later
#include "pinned_trial.h"

#include "metrics/comparison/observation.h"
#include "metrics/time.h"

namespace goxel_telemetry::evaluation {
namespace {

metrics::Observation observe(Traffic traffic, unsigned minutes) {
  const std::uint64_t seconds = std::uint64_t{minutes} * 60;
  metrics::ObservationBuilder builder(0, seconds, metrics::kTickSeconds);
  builder.observed(0, seconds * metrics::kNsPerSecond);
  for (std::uint64_t i = 0; i < seconds / metrics::kTickSeconds; ++i) {
    const TrafficTick& tick = traffic.next();
    for (const metrics::OperationTick& one : tick.operations) {
      builder.add(one.key, tick.number * metrics::kTickSeconds, one.tally);
    }
  }
  return std::move(builder).finish();
}

}  // namespace

metrics::PinnedComparison compare(const PinnedCase& what, std::uint64_t pinned_seed,
                                  std::uint64_t seed) {
  const metrics::PinnedSession pinned(observe(Traffic(what.kind, pinned_seed), kPinnedMinutes));
  return pinned.compare(observe(Traffic(what.kind, seed, what.change), kComparedMinutes));
}

}  // namespace goxel_telemetry::evaluation
