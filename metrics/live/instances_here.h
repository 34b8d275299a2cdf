// SPDX-License-Identifier: GPL-3.0-or-later
// The instances on this machine, and which of them come first where there are few places: any user
// can put any number of objects under names like ours.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "shm/producer_state.h"

namespace goxel_telemetry::metrics {

struct InstanceHere {
  std::string name;  // of the daemon: outer layers belong to it
  shm::ProducerState state = shm::ProducerState::absent;
  std::string program;  // of the host, printable; may be empty
};

// Opens the segment for a moment and reads no record: what it costs does not depend on what is in
// it.
InstanceHere look_at(const std::string& name);

// A daemon that lives comes before what one left behind, that before what may not be read, and that
// before what is no segment.
int standing(shm::ProducerState state);

// The daemons' names among those of instances, sorted.
std::vector<std::string> daemons_among(std::vector<std::string> names);

// Those of the highest standing first, at most `most`; among equals, by name.
std::vector<InstanceHere> instances_here(std::size_t most);

// The instance that a program looks at if it is called without --instance.
struct InstanceChoice {
  std::string instance;  // empty if there is no instance or more than one
  std::string message;   // if empty: one sentence that says so and names them
};
InstanceChoice only_instance();

}  // namespace goxel_telemetry::metrics
