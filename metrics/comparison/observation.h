// SPDX-License-Identifier: GPL-3.0-or-later
// What was seen of the operations in a stretch of time, cut into equal blocks. A comparison needs
// more than sums: the differences between blocks show how far a number may be off by luck.
//
// Memory is bounded: at most kMostBlocks blocks, however long the time. Tallies are kept packed, a
// few hundred bytes each.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <vector>

#include "metrics/operation_key.h"
#include "metrics/rollups/rollup.h"
#include "metrics/tally/tally.h"

namespace goxel_telemetry::metrics {

// One operation, block by block. Blocks without records take no room.
class BlockSeries {
 public:
  // The tally of a block, to add to. The reference is valid until the next call of open() or
  // pack().
  Tally& open(std::uint32_t block);
  void pack();  // packs the block that is still open; call it before using the functions below

  // Calls visit(block, tally) for each block with records, in the order of time.
  template <class Visit>
  void for_each(Visit visit) const {
    for (const auto& [block, packed] : packed_) visit(block, unpacked(packed));
  }
  // Calls visit(block, outcomes) in the same way; much cheaper.
  template <class Visit>
  void for_each_outcomes(Visit visit) const {
    for (const auto& [block, packed] : packed_) visit(block, packed.outcomes);
  }
  Tally total() const;

  // The series as bytes, for a file: encode_tally() of each block with records.
  struct Packed {
    Outcomes outcomes;
    std::vector<std::uint8_t> tally;
  };
  const std::map<std::uint32_t, Packed>& packed() const { return packed_; }
  // Adds a block from bytes, which need not be trusted. False, and nothing is changed, if they are
  // not the tally of at least one record, or if the block is known already.
  bool add_packed(std::uint32_t block, std::span<const std::uint8_t> tally);

 private:
  static Tally unpacked(const Packed& packed);

  std::map<std::uint32_t, Packed> packed_;
  Tally open_;  // of open_block_; still to be added to that block's packed tally
  std::uint32_t open_block_ = 0;
  bool is_open_ = false;
};

struct Observation {
  static constexpr std::uint32_t kMostBlocks = 128;

  std::uint64_t begin_seconds = 0;  // Unix time
  std::uint32_t block_seconds = 1;
  std::vector<std::uint64_t> observed_ns;  // of each block, how long it was watched; 0: not at all
  std::map<OperationKey, BlockSeries> operations;

  std::uint64_t end_seconds() const {
    return begin_seconds + std::uint64_t{block_seconds} * observed_ns.size();
  }
  double observed_seconds() const;
};

// Makes an observation from rollups, which may come in any order.
class ObservationBuilder {
 public:
  // For the time from `begin_seconds` to `end_seconds`, which must be later. `rollup_seconds` is
  // the length of the longest rollup: the lengths and the edges of blocks are multiples of it.
  ObservationBuilder(std::uint64_t begin_seconds, std::uint64_t end_seconds,
                     std::uint32_t rollup_seconds = 1);

  // The tally to which a rollup must be added at once; null if the rollup lies outside of the time.
  Tally* at(const OperationKey& key, std::uint64_t begin_seconds);
  // Ignores rollups outside of the time.
  void add(const OperationKey& key, std::uint64_t begin_seconds, const Tally& tally);
  void add(const Rollup& rollup) { add(rollup.key, rollup.begin_seconds, rollup.tally); }
  void observed(std::uint64_t begin_realtime_ns, std::uint64_t end_realtime_ns);

  // A block with records for which no watching was reported counts as watched all the time.
  Observation finish() &&;

 private:
  Observation observation_;
};

}  // namespace goxel_telemetry::metrics
