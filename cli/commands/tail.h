// SPDX-License-Identifier: GPL-3.0-or-later
// goxel-telemetry tail: records as they happen.
#pragma once

#include <cstdint>
#include <string>

namespace goxel_telemetry::cli {

struct TailOptions {
  std::string instance;
  bool json = false;
  bool backlog = false;              // begin with the records that the ring still holds
  std::string operation;             // only this one; empty: all
  std::uint64_t count = UINT64_MAX;  // end after this many
};

// Continues across restarts of the daemon until SIGINT, SIGTERM, SIGHUP, `count` records, or until the
// output has no reader any more; then returns 0. Throws Failure if there is nothing to attach to.
int run_tail(const TailOptions& options);

}  // namespace goxel_telemetry::cli
