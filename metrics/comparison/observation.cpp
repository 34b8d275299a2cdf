// SPDX-License-Identifier: GPL-3.0-or-later
#include "metrics/comparison/observation.h"

#include <algorithm>
#include <cassert>
#include <utility>

#include "metrics/tally/tally_codec.h"
#include "metrics/time.h"

namespace goxel_telemetry::metrics {
namespace {

std::uint64_t divided_up(std::uint64_t value, std::uint64_t by) {
  return value / by + (value % by != 0);
}

}  // namespace

Tally& BlockSeries::open(std::uint32_t block) {
  if (is_open_ && open_block_ != block) pack();
  is_open_ = true;
  open_block_ = block;
  return open_;
}

void BlockSeries::pack() {
  if (!is_open_) return;
  is_open_ = false;
  const Tally tally = std::exchange(open_, Tally{});
  if (tally.outcomes.all() == 0) return;
  Packed& packed = packed_[open_block_];
  Tally sum = unpacked(packed);
  sum.merge(tally);
  packed = {sum.outcomes, encode_tally(sum)};
  packed.tally.shrink_to_fit();
}

bool BlockSeries::add_packed(std::uint32_t block, std::span<const std::uint8_t> bytes) {
  Tally tally;
  if (packed_.contains(block) || !merge_encoded_tally(tally, bytes)) return false;
  if (tally.outcomes.all() == 0) return false;
  packed_[block] = {tally.outcomes, {bytes.begin(), bytes.end()}};
  return true;
}

Tally BlockSeries::unpacked(const Packed& packed) {
  Tally tally;
  if (packed.tally.empty()) return tally;
  [[maybe_unused]] const bool valid = merge_encoded_tally(tally, packed.tally);
  assert(valid);
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

Tally* ObservationBuilder::at(const OperationKey& key, std::uint64_t begin_seconds) {
  if (begin_seconds < observation_.begin_seconds) return nullptr;
  const std::uint64_t block =
      (begin_seconds - observation_.begin_seconds) / observation_.block_seconds;
  if (block >= observation_.observed_ns.size()) return nullptr;
  return &observation_.operations[key].open(static_cast<std::uint32_t>(block));
}

void ObservationBuilder::add(const OperationKey& key, std::uint64_t begin_seconds,
                             const Tally& tally) {
  if (Tally* const sum = at(key, begin_seconds)) sum->merge(tally);
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
