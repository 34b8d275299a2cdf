// SPDX-License-Identifier: GPL-3.0-or-later
// The last ticks of an instance, packed: what an alarm is described by once it is raised. A few hundred bytes for each operation
// and tick.
#pragma once

#include <cmath>
#include <cstdint>
#include <deque>
#include <map>
#include <vector>

#include "metrics/comparison/observation.h"
#include "metrics/live/tick.h"

namespace goxel_telemetry::metrics {

class KeptTicks {
 public:
  static constexpr std::size_t kMost = 144;  // twelve minutes

  void add(const Tick& tick);

  // Of the ticks from `first` to before `end`; its seconds are those of CLOCK_MONOTONIC. `first` < `end`.
  Observation observation(std::uint64_t first, std::uint64_t end) const;

  // A value of each kept tick from `first` on; NaN where the operation had no requests.
  template <class ValueOf>
  std::vector<double> course(const OperationKey& key, std::uint64_t first, ValueOf value_of) const {
    std::vector<double> values;
    for (const Packed& tick : ticks_) {
      if (tick.number < first) continue;
      const auto at = tick.operations.find(key);
      values.push_back(at == tick.operations.end() ? std::nan("") : value_of(unpacked(at->second)));
    }
    return values;
  }

 private:
  struct Packed {
    std::uint64_t number = 0;
    std::map<OperationKey, std::vector<std::uint8_t>> operations;
  };
  static Tally unpacked(const std::vector<std::uint8_t>& bytes);

  std::deque<Packed> ticks_;
};

}  // namespace goxel_telemetry::metrics
