// SPDX-License-Identifier: GPL-3.0-or-later
#include "metrics/regression/recent_observation.h"

#include <utility>

#include "metrics/tally/tally_codec.h"
#include "metrics/time.h"

namespace goxel_telemetry::metrics {

void RecentObservation::tick(std::uint64_t number, std::span<const OperationTick> operations) {
  const std::uint64_t block = number / kBlockTicks;
  if (open_ticks_ != 0 && block != open_number_) close();
  open_number_ = block;
  ++open_ticks_;
  for (const OperationTick& one : operations) open_[one.key].merge(one.tally);
  if ((number + 1) % kBlockTicks == 0) close();
}

void RecentObservation::close() {
  Block block{open_number_, std::exchange(open_ticks_, 0), {}};
  for (const auto& [key, tally] : std::exchange(open_, {})) {
    if (tally.outcomes.all() != 0) block.tallies[key] = encode_tally(tally);
  }
  blocks_.push_back(std::move(block));
  while (blocks_.front().number + kBlocks <= blocks_.back().number) blocks_.pop_front();
}

std::uint64_t RecentObservation::end_tick() const {
  return blocks_.empty() ? 0 : (blocks_.back().number + 1) * kBlockTicks;
}

Observation RecentObservation::observation(std::uint64_t begin_seconds) const {
  Observation out;
  out.block_seconds = kBlockSeconds;
  out.begin_seconds = begin_seconds;
  if (blocks_.empty()) return out;
  const std::uint64_t first = blocks_.front().number;
  out.begin_seconds += first * kBlockSeconds;
  out.observed_ns.resize(blocks_.back().number - first + 1);
  for (const Block& block : blocks_) {
    const auto place = static_cast<std::uint32_t>(block.number - first);
    out.observed_ns[place] = block.ticks * kTickSeconds * kNsPerSecond;
    for (const auto& [key, tally] : block.tallies) out.operations[key].add_packed(place, tally);
  }
  return out;
}

}  // namespace goxel_telemetry::metrics
