// SPDX-License-Identifier: GPL-3.0-or-later
// What a reader can say about the producer of an instance.
#pragma once

namespace goxel_telemetry::shm {

enum class ProducerState {
  absent,         // no segment of that name
  not_permitted,  // there is a segment, but this user may not read it
  unusable,       // the object is not ready, of another version, overwritten, or no segment
  live,
  retired,  // ended in an orderly way
  dead,     // killed or crashed: the process is gone but did not retire
};
const char* to_string(ProducerState state);  // "absent", "live", …

}  // namespace goxel_telemetry::shm
