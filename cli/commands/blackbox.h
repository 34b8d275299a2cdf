// SPDX-License-Identifier: GPL-3.0-or-later
// goxel-telemetry blackbox: what a daemon that died left in its segment.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "cli/screen/terminal.h"
#include "metrics/live/follower.h"

namespace goxel_telemetry::cli {

struct BlackboxOptions {
  std::string instance;
  bool json = false;
  std::uint32_t last = 20;  // records to show
};

// `snapshot` comes from a reader that attached after the daemon's end (or just now, if the daemon
// is live).
std::string blackbox_report(const metrics::Snapshot& snapshot,
                            const std::vector<metrics::NamedRecord>& last_records,
                            const Style& style);

// If the daemon is live, says so, and shows the same things as of now. Throws Failure.
int run_blackbox(const BlackboxOptions& options);

}  // namespace goxel_telemetry::cli
