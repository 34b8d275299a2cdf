// SPDX-License-Identifier: GPL-3.0-or-later
// Time stamps that nothing overlaps: what comes before one is done, and what follows has not begun.
#pragma once

#include <cstdint>
#include <ctime>
#if defined(__x86_64__)
#include <x86intrin.h>
#endif

inline std::uint64_t now_ns() {
  timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<std::uint64_t>(now.tv_sec) * 1'000'000'000u +
         static_cast<std::uint64_t>(now.tv_nsec);
}

inline std::uint64_t fenced_ticks() {
#if defined(__x86_64__)
  _mm_lfence();
  const std::uint64_t ticks = __rdtsc();
  _mm_lfence();
  return ticks;
#else
  return now_ns();
#endif
}

// How long a tick is. Takes 20 ms.
inline double ns_per_tick() {
  const std::uint64_t ns = now_ns();
  const std::uint64_t ticks = fenced_ticks();
  while (now_ns() - ns < 20'000'000) {
  }
  return static_cast<double>(now_ns() - ns) / static_cast<double>(fenced_ticks() - ticks);
}
