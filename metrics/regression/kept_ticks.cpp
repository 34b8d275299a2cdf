// SPDX-License-Identifier: GPL-3.0-or-later
#include "metrics/regression/kept_ticks.h"

#include <cassert>
#include <utility>

#include "metrics/tally/tally_codec.h"
#include "metrics/time.h"

namespace goxel_telemetry::metrics {

void KeptTicks::add(const Tick& tick) {
  if (ticks_.size() == kMost) ticks_.pop_front();
  Packed& packed = ticks_.emplace_back();
  packed.number = tick.number;
  for (const OperationTick& one : tick.operations)
    packed.operations[one.key] = encode_tally(one.tally);
}

Tally KeptTicks::unpacked(const std::vector<std::uint8_t>& bytes) {
  Tally tally;
  [[maybe_unused]] const bool valid = merge_encoded_tally(tally, bytes);
  assert(valid);
  return tally;
}

Observation KeptTicks::observation(std::uint64_t first, std::uint64_t end) const {
  ObservationBuilder builder(first * kTickSeconds, end * kTickSeconds,
                             static_cast<std::uint32_t>(kTickSeconds));
  for (const Packed& tick : ticks_) {
    if (tick.number < first || tick.number >= end) continue;
    const std::uint64_t begin = tick.number * kTickSeconds;
    builder.observed(begin * kNsPerSecond, (begin + kTickSeconds) * kNsPerSecond);
    for (const auto& [key, bytes] : tick.operations) builder.add(key, begin, unpacked(bytes));
  }
  return std::move(builder).finish();
}

}  // namespace goxel_telemetry::metrics
