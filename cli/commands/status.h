// SPDX-License-Identifier: GPL-3.0-or-later
// goxel-telemetry status: the daemon's state and the cost of its operations, on one screen.
#pragma once

#include <string>

#include "cli/screen/terminal.h"
#include "metrics/live/snapshot.h"

namespace goxel_telemetry::cli {

struct StatusOptions {
  std::string instance;
  bool json = false;
  metrics::Window window = metrics::Window::one_minute;
};

std::string status_screen(const metrics::Snapshot& snapshot, metrics::Window window,
                          const Style& style);

// Returns 0 if the daemon is live, else 1. Throws Failure.
int run_status(const StatusOptions& options);

}  // namespace goxel_telemetry::cli
