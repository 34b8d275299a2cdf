// SPDX-License-Identifier: GPL-3.0-or-later
#include "metrics/regression/phase_shifts.h"

#include <algorithm>

namespace goxel_telemetry::metrics {

void PhaseSums::add(const Tally& tally) {
  requests += static_cast<double>(tally.latency.count());
  receiving += static_cast<double>(tally.receive_ns);
  waiting += static_cast<double>(tally.wait_ns);
  working += static_cast<double>(tally.latency.sum());
  sending += static_cast<double>(tally.send_ns);
}

PhaseSums PhaseSums::of(const Observation& observation, const OperationKey& key) {
  PhaseSums sums;
  for (const auto& [one, blocks] : observation.operations) {
    if (key.operation.empty() || one == key) sums.add(blocks.total());
  }
  return sums;
}

std::vector<PhaseShift> phase_shifts(const PhaseSums& before, const PhaseSums& after) {
  if (before.requests <= 0 || after.requests <= 0) return {};
  std::vector<PhaseShift> shifts;
  double all = 0;
  const auto add = [&](const char* phase, double PhaseSums::*sum) {
    const double ns = after.*sum / after.requests - before.*sum / before.requests;
    shifts.push_back({phase, ns, 0});
    all += ns;
  };
  add("receiving", &PhaseSums::receiving);
  add("waiting", &PhaseSums::waiting);
  add("working", &PhaseSums::working);
  add("sending", &PhaseSums::sending);
  if (all <= 0) return {};
  for (PhaseShift& shift : shifts) shift.share = shift.shift_ns / all;
  std::stable_sort(shifts.begin(), shifts.end(), [](const PhaseShift& a, const PhaseShift& b) {
    return a.shift_ns > b.shift_ns;
  });
  return shifts;
}

}  // namespace goxel_telemetry::metrics
