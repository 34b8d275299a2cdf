// SPDX-License-Identifier: GPL-3.0-or-later
// What was seen of the operations in a stretch of time, cut into equal blocks. A comparison needs
// more than the sum: how much blocks differ tells how far a number may be off by luck.
//
// Bounded: at most kMostBlocks blocks, however long the time. Tallies are kept packed, a few
// hundred bytes each.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <vector>

#include "metrics/rollup.h"
#include "metrics/snapshot.h"
#include "metrics/tally.h"

namespace goxel_telemetry::metrics {

// One operation, block by block. Blocks without records take no room.
class BlockSeries {
 public:
  // To be added to; valid until another block's is asked for, or pack().
  Tally& open(std::uint32_t block);
  void pack();  // what is still open; needed before the rest of this is used

  // Calls visit(block, tally) for each block with records, in the order of time.
  template <class Visit>
  void for_each(Visit visit) const {
    for (const auto& [block, packed] : packed_) visit(block, unpacked(packed));
  }
  // The same with visit(block, outcomes), which is much cheaper.
  template <class Visit>
  void for_each_outcomes(Visit visit) const {
    for (const auto& [block, packed] : packed_) visit(block, packed.outcomes);
  }
  Tally total() const;

  // As bytes, for a file: encode_tally() of each block with records.
  struct Packed {
    Outcomes outcomes;
    std::vector<std::uint8_t> tally;
  };
  const std::map<std::uint32_t, Packed>& packed() const { return packed_; }
  // Takes bytes from anywhere; false, and nothing is changed, if they are not the tally of some
  // records or the block is known already.
  bool add_packed(std::uint32_t block, std::span<const std::uint8_t> tally);

 private:
  static Tally unpacked(const Packed& packed);

  std::map<std::uint32_t, Packed> packed_;
  Tally open_;  // of open_block_, to be added to what is packed of it
  std::uint32_t open_block_ = 0;
  bool is_open_ = false;
};

struct Observation {
  static constexpr std::uint32_t kMostBlocks = 128;

  std::uint64_t begin_seconds = 0;  // Unix time
  std::uint32_t block_seconds = 1;
  std::vector<std::uint64_t> observed_ns;  // of each block; 0: nobody was watching
  std::map<OperationKey, BlockSeries> operations;

  std::uint64_t end_seconds() const {
    return begin_seconds + std::uint64_t{block_seconds} * observed_ns.size();
  }
  double observed_seconds() const;
};

// Rollups in any order -> observation.
class ObservationBuilder {
 public:
  // Of the time from `begin_seconds` to `end_seconds` (after begin), in blocks that are multiples
  // of the longest rollup's seconds. Their edges are multiples of that, too.
  ObservationBuilder(std::uint64_t begin_seconds, std::uint64_t end_seconds,
                     std::uint32_t rollup_seconds = 1);

  // The tally that a rollup is to be added to, which must happen at once. Null: it lies outside of
  // the time.
  Tally* at(const OperationKey& key, std::uint64_t begin_seconds);
  // What lies outside of the time is left out.
  void add(const OperationKey& key, std::uint64_t begin_seconds, const Tally& tally);
  void add(const Rollup& rollup) { add(rollup.key, rollup.begin_seconds, rollup.tally); }
  void observed(std::uint64_t begin_realtime_ns, std::uint64_t end_realtime_ns);

  // A block with records in which nobody is said to have watched was watched all the time.
  Observation finish() &&;

 private:
  Observation observation_;
};

}  // namespace goxel_telemetry::metrics
