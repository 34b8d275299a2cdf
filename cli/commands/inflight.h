// SPDX-License-Identifier: GPL-3.0-or-later
// goxel-telemetry inflight: the daemon's requests in flight, oldest first.
#pragma once

#include <string>

namespace goxel_telemetry::cli {

struct InflightOptions {
  std::string instance;
  bool json = false;
};

// Throws Failure.
int run_inflight(const InflightOptions& options);

}  // namespace goxel_telemetry::cli
