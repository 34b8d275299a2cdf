// SPDX-License-Identifier: GPL-3.0-or-later
// Points in time and stretches of it. Time is an argument everywhere in metrics: only Time::now()
// reads clocks.
#pragma once

#include <cstdint>

namespace goxel_telemetry::metrics {

inline constexpr std::uint64_t kNsPerSecond = 1'000'000'000;

// One moment on both clocks, in nanoseconds.
struct Time {
  std::uint64_t monotonic_ns;  // CLOCK_MONOTONIC
  std::uint64_t realtime_ns;   // CLOCK_REALTIME
  static Time now();
};

// Stretches that are no further apart than this count as one: a clock that is corrected all the
// time (NTP) must not leave gaps in the watched time.
inline constexpr std::uint64_t kSameClockNs = 100'000'000;

// [begin, end) of CLOCK_REALTIME.
struct TimeStretch {
  std::uint64_t begin_ns = 0;
  std::uint64_t end_ns = 0;

  friend bool operator==(const TimeStretch&, const TimeStretch&) = default;
};

}  // namespace goxel_telemetry::metrics
