// SPDX-License-Identifier: GPL-3.0-or-later
#include "metrics/rollups/rollup_buffer.h"

#include <algorithm>
#include <utility>

namespace goxel_telemetry::metrics {

Tally* RollupBuffer::find(const OperationKey& key, std::uint64_t second) {
  while (true) {
    const std::uint64_t begin = second / seconds_ * seconds_;
    const auto operation = tallies_.find(key);
    if (operation != tallies_.end()) {
      if (const auto known = operation->second.find(begin); known != operation->second.end()) {
        return &known->second;
      }
    }
    if (size_ < most_) {
      ++size_;
      return &tallies_[key][begin];
    }
    if (!make_longer()) return nullptr;
  }
}

void RollupBuffer::limit(std::size_t most) {
  most_ = most;
  while (size_ > most_ && make_longer()) {
  }
}

bool RollupBuffer::make_longer() {
  const auto next = std::upper_bound(kRollupSeconds.begin(), kRollupSeconds.end(), seconds_);
  if (next == kRollupSeconds.end()) return false;
  lengthen_to(*next);
  return true;
}

void RollupBuffer::lengthen_to(std::uint32_t seconds) {
  seconds_ = seconds;
  size_ = 0;
  ++generation_;
  for (auto& [key, by_time] : tallies_) {
    std::map<std::uint64_t, Tally> longer;
    for (auto& [begin, tally] : by_time) {
      const auto [place, added] = longer.try_emplace(begin / seconds * seconds);
      if (added) {
        place->second = std::move(tally);
      } else {
        place->second.merge(tally);
      }
    }
    by_time = std::move(longer);
    size_ += by_time.size();
  }
}

bool RollupBuffer::merge(const Rollup& rollup) {
  if (rollup.seconds > seconds_) lengthen_to(rollup.seconds);
  Tally* const tally = find(rollup.key, rollup.begin_seconds);
  if (tally == nullptr) return false;
  tally->merge(rollup.tally);
  return true;
}

std::vector<Rollup> RollupBuffer::take() {
  std::vector<Rollup> out;
  out.reserve(size_);
  for (auto& [key, by_time] : tallies_) {
    for (auto& [begin, tally] : by_time) out.push_back({key, begin, seconds_, std::move(tally)});
  }
  tallies_.clear();
  size_ = 0;
  seconds_ = 1;
  ++generation_;
  return out;
}

}  // namespace goxel_telemetry::metrics
