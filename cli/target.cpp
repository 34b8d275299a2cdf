// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/target.h"

#include "shm/segment.h"

namespace goxel_telemetry::cli {

std::string choose_instance(const std::string& given) {
  if (!given.empty()) {
    if (shm::valid_instance_name(given)) return given;
    throw Failure(kExitUsage,
                  "--instance: a name has at most 63 letters, digits, '-', '_' and "
                  "'.', and does not begin with a '.'");
  }
  metrics::InstanceChoice choice = metrics::only_instance();
  if (!choice.instance.empty()) return std::move(choice.instance);
  throw Failure(shm::list_instances().empty() ? kExitNotThere : kExitUsage, choice.message);
}

namespace {

template <class Watched>
metrics::Snapshot look_at(Watched& watched) {
  const auto now = metrics::Collector::Time::now();
  watched.sweep(now);
  metrics::Snapshot snapshot = watched.snapshot(now);
  switch (snapshot.daemon.state) {
    case metrics::ProducerState::absent:
      throw Failure(kExitNotThere,
                    "no daemon with telemetry has run as instance \"" + snapshot.instance + '"');
    case metrics::ProducerState::not_permitted:
    case metrics::ProducerState::unusable:
      throw Failure(kExitNotThere, snapshot.daemon.message);
    case metrics::ProducerState::live:
    case metrics::ProducerState::retired:
    case metrics::ProducerState::dead:
      break;
  }
  return snapshot;
}

}  // namespace

metrics::Snapshot first_look(metrics::Collector& collector) {
  return look_at(collector);
}

metrics::Snapshot first_look(metrics::LayerGroup& group) {
  return look_at(group);
}

}  // namespace goxel_telemetry::cli
