// SPDX-License-Identifier: GPL-3.0-or-later
// goxel-telemetry record: writes a session of an instance and its outer layers to a file, to be
// looked at later or elsewhere.
#pragma once

#include <cstdint>
#include <string>

namespace goxel_telemetry::cli {

struct RecordOptions {
  std::string file;  // a new file; an existing file is not changed
  std::string instance;
  bool backlog = false;              // begin with the records that the ring still holds
  double seconds = 0;                // end after this time; 0: at a signal
  std::uint64_t count = UINT64_MAX;  // end after this many records
};

// Continues across restarts of the daemon. Throws Failure.
int run_record(const RecordOptions& options);

}  // namespace goxel_telemetry::cli
