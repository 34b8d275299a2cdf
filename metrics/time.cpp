// SPDX-License-Identifier: GPL-3.0-or-later
#include "metrics/time.h"

#include "shm/clock.h"

namespace goxel_telemetry::metrics {

Time Time::now() {
  return {shm::monotonic_ns(), shm::realtime_ns()};
}

}  // namespace goxel_telemetry::metrics
