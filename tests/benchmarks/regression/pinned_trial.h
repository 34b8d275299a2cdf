// SPDX-License-Identifier: GPL-3.0-or-later
// A simulated daemon is compared with a session of it that was pinned earlier.
#pragma once

#include <cstdint>

#include "metrics/regression/pinned.h"
#include "traffic.h"

namespace goxel_telemetry::evaluation {

inline constexpr unsigned kPinnedMinutes = 60;
inline constexpr unsigned kComparedMinutes = 30;

// What is different from the pinned session, all the time.
struct PinnedCase {
  TrafficKind kind;
  Change change = {};
};

// Each session is the first minutes of traffic from its own seed.
metrics::PinnedComparison compare(const PinnedCase& what, std::uint64_t pinned_seed,
                                  std::uint64_t seed);

}  // namespace goxel_telemetry::evaluation
