// SPDX-License-Identifier: GPL-3.0-or-later
#include "measurements.h"

#include "parallel.h"

namespace goxel_telemetry::evaluation {

TrafficKind Measurements::kind(const TrafficKind& kind) const {
  TrafficKind here = kind;
  here.random_hour = extent_.random_hour;
  return here;
}

Alerts Measurements::alerts(const std::string& name, unsigned seeds) {
  std::vector<Alerts>& known = alerts_[name];
  if (known.size() < seeds) {
    const std::uint64_t first = extent_.first_seed + known.size();
    const std::vector<Alerts> more = in_parallel(seeds - known.size(), [&](std::size_t i) {
      return watch(kind(kind_named(name)), first + i, extent_.days);
    });
    known.insert(known.end(), more.begin(), more.end());
  }
  Alerts sum;
  for (unsigned i = 0; i < seeds; ++i) sum += known[i];
  return sum;
}

Alerts Measurements::alerts_of(const DetectorModel& model) const {
  Alerts sum;
  for (const Alerts& one : in_parallel(extent_.seeds, [&](std::size_t i) {
         return watch(kind(kind_named("standard")), extent_.first_seed + i, extent_.days, model);
       })) {
    sum += one;
  }
  return sum;
}

const std::vector<ChangeSeen>& Measurements::changes(const std::string& name,
                                                     const ChangeCase& what) {
  std::vector<ChangeSeen>& known = changes_[name];
  if (known.empty()) {
    ChangeCase here = what;
    here.kind = kind(what.kind);
    known = in_parallel(extent_.change_seeds,
                        [&](std::size_t i) { return watch(here, extent_.first_change_seed + i); });
  }
  return known;
}

const std::vector<metrics::PinnedComparison>& Measurements::pinned(const std::string& name,
                                                                   const PinnedCase& what) {
  std::vector<metrics::PinnedComparison>& known = pinned_[name];
  if (known.empty()) {
    const PinnedCase here{kind(what.kind), what.change};
    known = in_parallel(extent_.change_seeds, [&](std::size_t i) {
      const std::uint64_t seed = extent_.first_change_seed + i;
      return compare(here, seed + extent_.change_seeds, seed);
    });
  }
  return known;
}

}  // namespace goxel_telemetry::evaluation
