// SPDX-License-Identifier: GPL-3.0-or-later
// goxel-telemetry top: the live screen.
#pragma once

#include <string>

#include "cli/screen/top_state.h"
#include "metrics/live/snapshot.h"

namespace goxel_telemetry::cli {

struct TopOptions {
  std::string instance;
  metrics::Window window = metrics::Window::one_minute;
  SortBy sort = SortBy::share;
  double interval_seconds = 1;  // between two pictures; keys take effect at once
};

// Runs until q, SIGINT, SIGTERM or SIGHUP, across restarts of the daemon; returns 0. Throws
// Failure, also if there is no terminal to draw on.
int run_top(const TopOptions& options);

}  // namespace goxel_telemetry::cli
