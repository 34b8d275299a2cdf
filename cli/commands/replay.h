// SPDX-License-Identifier: GPL-3.0-or-later
// goxel-telemetry replay: plays a recorded session into a segment of its own, and the records of
// outer layers into a second segment.
#pragma once

#include <cstdint>
#include <string>

namespace goxel_telemetry::cli {

struct ReplayOptions {
  std::string file;
  std::string instance;  // empty: replay-<name of the file>
  double speed = 1;
  bool fast = false;           // play at once, as if the session ended now
  double linger_seconds = -1;  // keep the segment this long afterwards; < 0: until a signal
};

// Maps recorded times to times of this machine. Normally the i-th second of the session becomes the
// i-th second since the start of the replay (divided by the speed). In a fast replay the session's
// last second is now and the others lie before it, so that windows hold what they held at the
// session's end.
struct Timeline {
  std::uint64_t recorded_ns = 0;
  std::uint64_t replayed_ns = 0;  // the time to which `recorded_ns` is mapped
  double speed = 1;

  // Times before this machine's start become 0.
  std::uint64_t at(std::uint64_t recorded) const;
};

// "replay-" and the file's name without folder and ending; characters that an instance's name may
// not have become '-'.
std::string replay_instance_name(const std::string& file);

// Returns 0 also if the recording is cut off or damaged: the part before is replayed, and a
// sentence says so. Throws Failure.
int run_replay(const ReplayOptions& options);

}  // namespace goxel_telemetry::cli
