// SPDX-License-Identifier: GPL-3.0-or-later
// Closed-loop load: each connection, on a thread of its own, sends a request when the previous one
// is answered.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <string>

#include "operation_mix.h"
#include "outer_layers.h"
#include "statistics.h"

namespace load_client {

struct LoadOptions {
  std::string socket_path = "/tmp/goxel-daemon.sock";
  unsigned connections = 1;
  std::uint64_t requests = 0;  // of each connection; 0: no limit
  double seconds = 0;          // 0: no limit
  double rate = 0;  // requests per second of all connections together; 0: as fast as answers come
  bool reconnect = false;  // a new connection for each request
  std::chrono::milliseconds patience{2000};
  std::uint64_t seed = 1;
  // Send a heavy request (operation_mix.h) also while others are in flight.
  bool heavy_together = false;
  // First create a project, on a connection of its own; counted like all others.
  bool set_up = true;
  std::string layers;  // play the outer layers of the daemon of this instance; empty: play none
  SlowLayer slow_layer;
  MixOptions mix;
};

struct LoadResult {
  Statistics statistics;
  double seconds = 0;
  std::uint64_t connections_made = 0;
  std::uint64_t connections_failed = 0;
  OuterStatistics outer;  // of the layers that were played
};

// Ends at the options' limit, or soon after `stop` is set: a request in flight is waited for. A
// connection that breaks is made again; if that fails for kConnectPatience and no seconds are given,
// the thread gives up.
inline constexpr std::chrono::seconds kConnectPatience{5};
LoadResult run_load(const LoadOptions& options, const std::atomic<bool>& stop);

}  // namespace load_client
