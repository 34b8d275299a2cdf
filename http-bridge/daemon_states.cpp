// SPDX-License-Identifier: GPL-3.0-or-later
#include "http-bridge/daemon_states.h"

#include <algorithm>
#include <utility>

namespace goxel_telemetry::http_bridge {

std::vector<DaemonStates::Change> DaemonStates::look(const Snapshots& snapshots,
                                                     std::uint64_t now_ns) {
  if (now_ns - interval_ns_ >= kIntervalNs) {
    interval_ns_ = now_ns;
    told_ = 0;
  }
  std::map<std::string, Known> before = std::exchange(known_, {});
  std::vector<Change> changes;
  for (const metrics::Snapshot& snapshot : snapshots.instances) {
    Known& known = known_[snapshot.instance];
    if (const auto found = before.find(snapshot.instance); found != before.end())
      known = found->second;
    if (std::exchange(known.state, snapshot.daemon.state) != snapshot.daemon.state) ++known.changes;
    const bool is_time = known.told_ns == 0 || now_ns - known.told_ns >= kIntervalNs;
    if (known.state == known.told || !is_time || told_ == kMostChanges) continue;
    changes.push_back({snapshot.instance, known.state, std::exchange(known.changes, 0)});
    known.told = known.state;
    known.told_ns = now_ns;
    ++told_;
  }
  return changes;
}

std::string sentence_about(const Snapshots& snapshots) {
  const auto live = std::count_if(snapshots.instances.begin(), snapshots.instances.end(), is_live);
  const std::size_t all = snapshots.instances.size();
  return "watching " + std::to_string(all) + (all == 1 ? " daemon, " : " daemons, ") +
         std::to_string(live) + " of them live";
}

}  // namespace goxel_telemetry::http_bridge
