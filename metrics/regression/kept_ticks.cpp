// SPDX-License-Identifier: GPL-3.0-or-later
#include "metrics/regression/kept_ticks.h"

#include <cassert>
#include <utility>

#include "metrics/tally/tally_codec.h"
#include "metrics/time.h"

namespace goxel_telemetry::metrics {

void KeptTicks::add(std::uint64_t number, std::span<const OperationTick> operations) {
  const std::uint64_t first = number - number % block_ticks_;
  if (open_.ticks != 0 && first != open_.first) close();
  open_.first = first;
  ++open_.ticks;
  for (const OperationTick& one : operations) open_tallies_[one.key].merge(one.tally);
  if (number + 1 == first + block_ticks_) close();
}

void KeptTicks::close() {
  Block& block = kept_.emplace_back(std::exchange(open_, {}));
  for (const auto& [key, tally] : std::exchange(open_tallies_, {}))
    block.operations[key] = encode_tally(tally);
  while (kept_.front().first + blocks_ * block_ticks_ <= block.first) kept_.pop_front();
}

Tally KeptTicks::unpacked(const std::vector<std::uint8_t>& bytes) {
  Tally tally;
  [[maybe_unused]] const bool valid = merge_encoded_tally(tally, bytes);
  assert(valid);
  return tally;
}

Observation KeptTicks::observation(std::uint64_t first, std::uint64_t end) const {
  ObservationBuilder builder(first * kTickSeconds, end * kTickSeconds,
                             static_cast<std::uint32_t>(block_ticks_ * kTickSeconds));
  for (const Block& block : kept_) {
    if (block.first < first || block.first >= end) continue;
    const std::uint64_t begin = block.first * kTickSeconds;
    builder.observed(begin * kNsPerSecond, (begin + block.ticks * kTickSeconds) * kNsPerSecond);
    for (const auto& [key, bytes] : block.operations) builder.add(key, begin, unpacked(bytes));
  }
  return std::move(builder).finish();
}

Observation KeptTicks::observation() const {
  if (kept_.empty()) return {};
  return observation(kept_.front().first, kept_.back().first + block_ticks_);
}

}  // namespace goxel_telemetry::metrics
