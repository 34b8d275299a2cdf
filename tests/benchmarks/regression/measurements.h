// SPDX-License-Identifier: GPL-3.0-or-later
// Simulations from many seeds, on two threads; each is run when it is first asked for.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "pinned_trial.h"
#include "watch.h"

namespace goxel_telemetry::evaluation {

// How much is simulated, from which seeds on.
struct Extent {
  std::uint64_t first_seed = 30001;  // of traffic in which nothing changes
  std::uint64_t first_change_seed = 9001;
  unsigned seeds = 10;
  unsigned days = 14;
  unsigned change_seeds = 200;
  bool random_hour = false;  // TrafficKind's
};

class Measurements {
 public:
  explicit Measurements(const Extent& extent) : extent_(extent) {}

  // Of `seeds` seeds.
  Alerts alerts(const std::string& kind, unsigned seeds);
  Alerts alerts(const std::string& kind) { return alerts(kind, extent_.seeds); }
  // On standard traffic, with the seeds of alerts("standard").
  Alerts alerts_of(const DetectorModel& model) const;
  // The cases are told apart by their names.
  const std::vector<ChangeSeen>& changes(const std::string& name, const ChangeCase& what);
  // With the seeds of changes; the seeds of the pinned sessions are those that follow.
  const std::vector<metrics::PinnedComparison>& pinned(const std::string& name,
                                                       const PinnedCase& what);

  const Extent& extent() const { return extent_; }

 private:
  TrafficKind kind(const TrafficKind& kind) const;

  Extent extent_;
  std::map<std::string, std::vector<Alerts>> alerts_;
  std::map<std::string, std::vector<ChangeSeen>> changes_;
  std::map<std::string, std::vector<metrics::PinnedComparison>> pinned_;
};

}  // namespace goxel_telemetry::evaluation
