// SPDX-License-Identifier: GPL-3.0-or-later
// How a thread waits for what another thread holds: never in the kernel, and not for long. A holder
// needs nanoseconds, unless it is preempted meanwhile.
#pragma once

namespace goxel_telemetry::plugin {

// How often a thread tries before it goes on without: about 50 µs, far longer than a holder needs.
inline constexpr int kMostAttempts = 2000;

inline void pause_between_attempts() noexcept {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#endif
}

}  // namespace goxel_telemetry::plugin
