// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/target.h"

#include "metrics/live/instances_here.h"
#include "shm/segment.h"

namespace goxel_telemetry::cli {

std::string choose_instance(const std::string& given) {
  if (!given.empty()) {
    if (shm::valid_segment_name(given)) return shm::segment_name_of(given);
    throw Failure(kExitUsage,
                  "--instance: a name has at most 63 letters, digits, '-', '_' and "
                  "'.', and does not begin with a '.'; '@' and the owner's number may follow");
  }
  metrics::InstanceChoice choice = metrics::only_instance();
  if (!choice.instance.empty()) return std::move(choice.instance);
  throw Failure(shm::list_instances().empty() ? kExitNotThere : kExitUsage, choice.message);
}

namespace {

template <class Watched>
metrics::Snapshot look_at(Watched& watched) {
  const auto now = metrics::Time::now();
  watched.sweep(now);
  metrics::Snapshot snapshot = watched.snapshot(now);
  switch (snapshot.daemon.state) {
    case shm::ProducerState::absent:
      throw Failure(kExitNotThere,
                    "no daemon with telemetry has run as instance \"" + snapshot.instance + '"');
    case shm::ProducerState::not_permitted:
    case shm::ProducerState::unusable:
      throw Failure(kExitNotThere, snapshot.daemon.message);
    case shm::ProducerState::live:
    case shm::ProducerState::retired:
    case shm::ProducerState::dead:
      break;
  }
  return snapshot;
}

}  // namespace

metrics::Snapshot first_look(metrics::Follower& follower) {
  return look_at(follower);
}

metrics::Snapshot first_look(metrics::LayerGroup& group) {
  return look_at(group);
}

}  // namespace goxel_telemetry::cli
