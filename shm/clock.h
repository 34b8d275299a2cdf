// SPDX-License-Identifier: GPL-3.0-or-later
// The segment's clock. On x86 with an invariant TSC a reading is one instruction (no system call,
// no vDSO), and the producer keeps a calibration against CLOCK_MONOTONIC in the segment. Elsewhere
// ticks are CLOCK_MONOTONIC nanoseconds.
#pragma once

#include <atomic>
#include <cstdint>
#include <ctime>
#if defined(__x86_64__)
#include <x86intrin.h>
#endif

#include "shm/segment_layout.h"

namespace goxel_telemetry::shm {

using GetTime = int(clockid_t, timespec*);
// clock_gettime(), unless use_clock() has set another one.
extern std::atomic<GetTime*> get_time;
// For a process in which a preloaded library fakes the time: what goes into a segment must be what
// other processes read. [before any other use]
inline void use_clock(GetTime& clock) {
  get_time.store(&clock, std::memory_order_relaxed);
}

inline std::uint64_t clock_ns(clockid_t id) {
  timespec now;
  get_time.load(std::memory_order_relaxed)(id, &now);  // cannot fail for the ids used here
  return static_cast<std::uint64_t>(now.tv_sec) * 1'000'000'000u +
         static_cast<std::uint64_t>(now.tv_nsec);
}
inline std::uint64_t monotonic_ns() {
  return clock_ns(CLOCK_MONOTONIC);
}
inline std::uint64_t realtime_ns() {
  return clock_ns(CLOCK_REALTIME);
}

// Does not serialise instructions: a reading may move by a few nanoseconds relative to the
// instructions around it, far less than the times that are measured.
inline std::uint64_t read_ticks(ClockSource source) {
#if defined(__x86_64__)
  if (source == ClockSource::tsc) [[likely]]
    return __rdtsc();
#endif
  static_cast<void>(source);
  return monotonic_ns();
}

// TSC if the processor states that it is invariant and the kernel itself trusts it; else
// CLOCK_MONOTONIC.
ClockSource best_clock_source();

// A value of the mapping in CalibrationBlock.
struct Calibration {
  std::uint64_t anchor_ticks = 0;
  std::uint64_t anchor_ns = 0;
  std::uint64_t ns_per_tick_q32 = std::uint64_t{1} << 32;
  std::uint64_t error_ppb = 0;
  std::uint64_t corrections = 0;

  // CLOCK_MONOTONIC nanoseconds at `ticks`; saturates at 0 and UINT64_MAX.
  std::uint64_t to_ns(std::uint64_t ticks) const;
  // Length in nanoseconds; saturates.
  std::uint64_t duration_ns(std::uint64_t ticks) const;
};

// False if no whole value could be read in a bounded number of tries (a producer that died inside
// an update, or a hostile segment).
bool load(const CalibrationBlock& block, Calibration& out);
// Only the producer, from one thread at a time.
void store(CalibrationBlock& block, const Calibration& value);

// Keeps a calibration true: call refresh() about once a second. Not thread-safe.
class Calibrator {
 public:
  explicit Calibrator(ClockSource source);

  // Takes a first calibration over about `baseline_ns`; it spins meanwhile. It ends without that
  // baseline after kMostSteps readings, or when kMostTicks have passed: the clock may stand still.
  static constexpr int kMostSteps = 1'000'000;
  static constexpr std::uint64_t kMostTicks = 100'000'000;  // 20 to 100 ms
  Calibration start(std::uint64_t baseline_ns);
  // Reads both clocks and returns the refined calibration. A jump between the clocks (suspend,
  // migration of the machine) restarts the slope and counts a correction.
  Calibration refresh();

  struct Reading {
    std::uint64_t ticks;
    std::uint64_t ns;
    std::uint64_t width_ns;  // upper bound of the pair's error
  };
  // Reads ticks, nanoseconds and ticks again, a few times; returns the narrowest of these readings.
  static Reading read_pair(ClockSource source);
  // The same, from readings that the caller took: what refresh() does with its own. For tests.
  Calibration refresh(const Reading& reading);

 private:
  // The slope is taken over the last 16 s: long compared with the width of a reading, short
  // compared with the time in which NTP changes its slew.
  static constexpr int kReadings = 16;
  ClockSource source_;
  Reading readings_[kReadings] = {};
  int count_ = 0;
  int newest_ = 0;
  Calibration current_;
};

}  // namespace goxel_telemetry::shm
