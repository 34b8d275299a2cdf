// SPDX-License-Identifier: GPL-3.0-or-later
// goxel-telemetry record: a session of an instance and its outer layers as a file, to be looked at
// later or elsewhere.
#pragma once

#include <cstdint>
#include <string>

namespace goxel_telemetry::cli {

struct RecordOptions {
  std::string file;  // is made; one that is there already is left alone
  std::string instance;
  bool backlog = false;              // begin with what the ring still holds
  double seconds = 0;                // end after so many; 0: at SIGINT or SIGTERM
  std::uint64_t count = UINT64_MAX;  // end after so many records
};

// Goes on across restarts of the daemon. Throws Failure.
int run_record(const RecordOptions& options);

}  // namespace goxel_telemetry::cli
