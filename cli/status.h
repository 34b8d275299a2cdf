// SPDX-License-Identifier: GPL-3.0-or-later
// goxel-telemetry status: how the daemon is and what its operations cost, on one screen.
#pragma once

#include <string>

#include "cli/terminal.h"
#include "metrics/snapshot.h"

namespace goxel_telemetry::cli {

struct StatusOptions {
  std::string instance;
  bool json = false;
  metrics::Window window = metrics::Window::one_minute;
};

std::string status_screen(const metrics::Snapshot& snapshot, metrics::Window window,
                          const Style& style);

// 0 while the daemon is live, 1 otherwise. Throws Failure.
int run_status(const StatusOptions& options);

}  // namespace goxel_telemetry::cli
