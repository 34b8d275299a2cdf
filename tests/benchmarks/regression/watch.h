// SPDX-License-Identifier: GPL-3.0-or-later
// The detector watches simulated traffic: how often it is wrong while nothing changes, and how late it is right.
#pragma once

#include <array>
#include <cstdint>
#include <limits>
#include <optional>

#include "metrics/regression/detector.h"
#include "traffic.h"

namespace goxel_telemetry::evaluation {

// A detector, or one that lacks something.
struct DetectorModel {
  metrics::DetectorSettings settings;
  bool stratifies = true;  // false: it is told of all requests as of one operation
};

// Traffic in which nothing changed.
struct Alerts {
  std::array<std::uint64_t, 3> by_channel{};  // raised, by any series
  std::uint64_t confirmed = 0;
  std::uint64_t groups = 0;  // alerts of any series, each at most 10 minutes after the one before
  double days = 0;

  std::uint64_t raised() const { return by_channel[0] + by_channel[1] + by_channel[2]; }
  Alerts& operator+=(const Alerts& other);
};
Alerts watch(const TrafficKind& kind, std::uint64_t seed, unsigned days,
             const DetectorModel& model = {});

// Traffic that changes once, at a random moment within a tick.
struct ChangeCase {
  TrafficKind kind;
  Change change;  // its times are made
  double clean_hours = 3;
  double changed_minutes = 30;
};
struct ChangeSeen {
  // Alerts while it lasts: of all series, or, if one operation changed, of that and of all together.
  std::uint64_t raised = 0;
  // From the moment of the change until the end of the tick in which the first of them was raised. Infinity: none was.
  double delay_s = std::numeric_limits<double>::infinity();
  // The evidence of that one began before the change: noise had begun it.
  bool had_begun = false;
};
ChangeSeen watch(const ChangeCase& what, std::uint64_t seed);

}  // namespace goxel_telemetry::evaluation
