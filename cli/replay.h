// SPDX-License-Identifier: GPL-3.0-or-later
// goxel-telemetry replay: a recorded session, played into a segment of its own, and what outer
// layers reported into one beside it.
#pragma once

#include <cstdint>
#include <string>

namespace goxel_telemetry::cli {

struct ReplayOptions {
  std::string file;
  std::string instance;  // empty: replay-<name of the file>
  double speed = 1;
  bool fast = false;           // at once, as if the session ended now
  double linger_seconds = -1;  // keep the segment for so long afterwards; < 0: until a signal
};

// Recorded times become times of now. Playing, the i-th second of the session is the i-th since the
// start, or 1/speed of it; fast, the session's last second is now and the others lie before it, so
// that windows hold what they held at the session's end.
struct Timeline {
  std::uint64_t recorded_ns = 0;
  std::uint64_t replayed_ns = 0;  // what `recorded_ns` becomes
  double speed = 1;

  // Times before the machine's start become 0.
  std::uint64_t at(std::uint64_t recorded) const;
};

// "replay-" and what of the file's name, without folder and ending, an instance's name may have.
std::string replay_instance_name(const std::string& file);

// 0 also if the recording is cut off or damaged: what there is before that is replayed, and a
// sentence says so. Throws Failure.
int run_replay(const ReplayOptions& options);

}  // namespace goxel_telemetry::cli
