// SPDX-License-Identifier: GPL-3.0-or-later
#include "metrics/live/instances_here.h"

#include <algorithm>

#include "metrics/text/printable.h"
#include "shm/clock.h"
#include "shm/reader.h"

namespace goxel_telemetry::metrics {
namespace {

constexpr std::size_t kMostNamed = 10;

std::string joined(const std::vector<InstanceHere>& instances) {
  std::string text;
  for (std::size_t i = 0; i < std::min(instances.size(), kMostNamed); ++i) {
    text += (i == 0 ? "" : ", ") + instances[i].name;
  }
  return instances.size() > kMostNamed ? text + ", …" : text;
}

}  // namespace

InstanceHere look_at(const std::string& name) {
  InstanceHere here{name, shm::ProducerState::absent, ""};
  shm::Opened why;
  if (const auto reader = shm::Reader::open(name, &why)) {
    here.state = reader->state(shm::monotonic_ns());
    here.program = printable(reader->producer().host_name);
  } else if (why.outcome == shm::OpenOutcome::not_permitted) {
    here.state = shm::ProducerState::not_permitted;
  } else if (why.outcome != shm::OpenOutcome::absent) {
    here.state = shm::ProducerState::unusable;
  }
  return here;
}

int standing(shm::ProducerState state) {
  switch (state) {
    case shm::ProducerState::live:
      return 3;
    case shm::ProducerState::retired:
    case shm::ProducerState::dead:
      return 2;
    case shm::ProducerState::not_permitted:
      return 1;
    case shm::ProducerState::unusable:
    case shm::ProducerState::absent:
      break;
  }
  return 0;
}

std::vector<std::string> daemons_among(std::vector<std::string> names) {
  for (std::string& name : names) name.resize(shm::daemon_instance(name).size());
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  return names;
}

std::vector<InstanceHere> instances_here(std::size_t most) {
  std::vector<InstanceHere> found;
  for (const std::string& name : shm::list_instances()) {
    if (shm::daemon_instance(name) == name) found.push_back(look_at(name));
  }
  std::stable_sort(found.begin(), found.end(), [](const InstanceHere& a, const InstanceHere& b) {
    return standing(a.state) > standing(b.state);
  });
  if (found.size() > most) found.resize(most);
  return found;
}

// Of what cannot be read there may be any number: it counts only if there is nothing else.
InstanceChoice only_instance() {
  std::vector<InstanceHere> candidates = instances_here(SIZE_MAX);
  if (candidates.empty()) {
    return {"",
            "no daemon with telemetry is running, and none has left a segment behind; start one "
            "with goxel-plugin-run"};
  }
  const int best = standing(candidates.front().state);
  std::erase_if(candidates,
                [best](const InstanceHere& other) { return standing(other.state) < best; });
  if (candidates.size() == 1) return {candidates.front().name, ""};
  return {"", "there are several instances (" + joined(candidates) +
                  "); choose one with --instance NAME"};
}

}  // namespace goxel_telemetry::metrics
