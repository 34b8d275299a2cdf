// SPDX-License-Identifier: GPL-3.0-or-later
#include "metrics/observation.h"

#include <algorithm>
#include <cassert>
#include <utility>

namespace goxel_telemetry::metrics {
namespace {

constexpr std::uint64_t kNsPerSecond = 1'000'000'000;

std::uint64_t divided_up(std::uint64_t value, std::uint64_t by) {
  return value / by + (value % by != 0);
}

}  // namespace

void BlockSeries::add(std::uint32_t block, const Tally& tally) {
  if (is_open_ && open_block_ != block) pack();
  is_open_ = true;
  open_block_ = block;
  open_.merge(tally);
}

void BlockSeries::pack() {
  if (!is_open_) return;
  is_open_ = false;
  if (const auto known = packed_.find(open_block_); known != packed_.end()) {
    open_.merge(unpacked(known->second));
  }
  Packed& packed = packed_[open_block_];
  packed.latency = open_.latency.encode();
  packed.latency.shrink_to_fit();
  open_.latency = Histogram{};
  packed.tally = std::exchange(open_, Tally{});
}

Tally BlockSeries::unpacked(const Packed& packed) {
  Tally tally = packed.tally;
  [[maybe_unused]] const bool sound = tally.latency.merge_encoded(packed.latency);
  assert(sound);
  return tally;
}

Tally BlockSeries::total() const {
  Tally total;
  for_each([&total](std::uint32_t, const Tally& tally) { total.merge(tally); });
  return total;
}

double Observation::observed_seconds() const {
  std::uint64_t sum = 0;
  for (const std::uint64_t ns : observed_ns) sum += ns;
  return static_cast<double>(sum) / 1e9;
}

ObservationBuilder::ObservationBuilder(std::uint64_t begin_seconds, std::uint64_t end_seconds,
                                       std::uint32_t rollup_seconds) {
  assert(begin_seconds < end_seconds && rollup_seconds > 0);
  const std::uint64_t begin = begin_seconds / rollup_seconds;
  const std::uint64_t rollups = divided_up(end_seconds, rollup_seconds) - begin;
  const std::uint64_t in_block = divided_up(rollups, Observation::kMostBlocks);
  observation_.begin_seconds = begin * rollup_seconds;
  observation_.block_seconds = static_cast<std::uint32_t>(in_block * rollup_seconds);
  observation_.observed_ns.resize(divided_up(rollups, in_block));
}

void ObservationBuilder::add(const OperationKey& key, std::uint64_t begin_seconds,
                             const Tally& tally) {
  if (begin_seconds < observation_.begin_seconds) return;
  const std::uint64_t block =
      (begin_seconds - observation_.begin_seconds) / observation_.block_seconds;
  if (block >= observation_.observed_ns.size()) return;
  observation_.operations[key].add(static_cast<std::uint32_t>(block), tally);
}

void ObservationBuilder::observed(std::uint64_t begin_realtime_ns, std::uint64_t end_realtime_ns) {
  const std::uint64_t block_ns = observation_.block_seconds * kNsPerSecond;
  std::uint64_t begin = observation_.begin_seconds * kNsPerSecond;
  for (std::uint64_t& ns : observation_.observed_ns) {
    const std::uint64_t end = begin + block_ns;
    const std::uint64_t from = std::max(begin, begin_realtime_ns);
    const std::uint64_t to = std::min(end, end_realtime_ns);
    if (from < to) ns = std::min(block_ns, ns + (to - from));
    begin = end;
  }
}

Observation ObservationBuilder::finish() && {
  const std::uint64_t block_ns = observation_.block_seconds * kNsPerSecond;
  for (auto& [key, series] : observation_.operations) {
    series.pack();
    series.for_each_outcomes([&](std::uint32_t block, const Outcomes&) {
      std::uint64_t& ns = observation_.observed_ns[block];
      if (ns == 0) ns = block_ns;
    });
  }
  return std::move(observation_);
}

}  // namespace goxel_telemetry::metrics
