// SPDX-License-Identifier: GPL-3.0-or-later
#include <algorithm>
#include <string>
#include <vector>

#include "metrics/live/follower.h"
#include "shm/clock.h"
#include "shm/reader.h"

namespace goxel_telemetry::metrics {
namespace {

std::string joined(const std::vector<std::string>& names) {
  constexpr std::size_t kMostNamed = 10;
  std::string text;
  for (std::size_t i = 0; i < std::min(names.size(), kMostNamed); ++i) {
    text += (i == 0 ? "" : ", ") + names[i];
  }
  return names.size() > kMostNamed ? text + ", …" : text;
}

}  // namespace

InstanceChoice only_instance() {
  std::vector<std::string> all = shm::list_instances();
  // Segments of outer layers are looked at together with their daemon's.
  std::erase_if(all, [](const std::string& name) { return shm::daemon_instance(name) != name; });
  std::vector<std::string> live;
  for (const std::string& instance : all) {
    const auto reader = shm::Reader::open(instance);
    if (reader != nullptr && reader->state(shm::monotonic_ns()) == shm::ProducerState::live) {
      live.push_back(instance);
    }
  }
  const std::vector<std::string>& candidates = live.empty() ? all : live;
  if (candidates.empty()) {
    return {"",
            "no daemon with telemetry is running, and none has left a segment behind; start one "
            "with goxel-plugin-run"};
  }
  if (candidates.size() == 1) return {candidates.front(), ""};
  return {"", "there are several instances (" + joined(candidates) +
                  "); choose one with --instance NAME"};
}

}  // namespace goxel_telemetry::metrics
