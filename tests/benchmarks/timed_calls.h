// SPDX-License-Identifier: GPL-3.0-or-later
// Times a daemon's calls from outside of the plugin, by two libraries: one is preloaded before the plugin (timed_outer) and one
// after it (timed_inner). What lies between their time stamps is the plugin, and the way through the loader's tables.
#pragma once

#include <atomic>
#include <cstdint>

// One call that the daemon made. tests/benchmarks/demo reads a file of these behind a header.
struct TimedCall {
  enum Kind : std::uint32_t { kind_poll, kind_recv, kind_send };
  std::uint32_t kind;
  std::uint32_t thread;
  std::int64_t result;
  std::uint64_t called;    // the daemon calls
  std::uint64_t entered;   // the plugin calls what it stands in front of
  std::uint64_t returned;  // that returns to the plugin
  std::uint64_t done;      // the plugin returns to the daemon
};
static_assert(sizeof(TimedCall) == 48);

struct TimedHeader {
  double ns_per_tick;
  std::atomic<std::uint64_t> count;
};
static_assert(sizeof(TimedHeader) == 16);

// The present call of this thread, as the inner library saw it.
struct InnerTimes {
  std::uint64_t entered;
  std::uint64_t returned;
};
using InnerTimesFunction = InnerTimes*();
