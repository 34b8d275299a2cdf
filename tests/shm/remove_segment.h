// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>

#include "shm/segment.h"

namespace goxel_telemetry::shm {

// Removes the segment that has this name, whichever run it is of, if there is one.
inline void remove_segment_of(const std::string& instance) {
  const Opened left = open_segment(instance);
  if (left.mapping == nullptr) return;
  remove_segment(instance, ProducerView(left.mapping->bytes()).header().run_id);
}

}  // namespace goxel_telemetry::shm
