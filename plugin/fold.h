// SPDX-License-Identifier: GPL-3.0-or-later
// Counts the records in the lanes by operation and status, behind the back of the threads that write
// them, and keeps these totals in the segment: so a reader knows what was counted long before it
// came. It reads as any reader does, with a place of its own in each lane.
//
// If lanes are written faster than run() is called, it misses what is overwritten. That is not lost:
// places and earlier records less all totals is how many records are in none of them.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "shm/segment_view.h"

namespace goxel_telemetry::plugin {

// Not thread-safe: one thread calls run(). It takes no lock and makes no system call.
class Fold {
 public:
  // As many operations as there is room for in the segment; the last places are for the _OTHER of
  // each stack, protocol and layer.
  static constexpr std::uint16_t kOperations = 1024;
  static constexpr std::uint16_t kRoomForOther = 64;

  // Takes its memory now: run() allocates nothing. Every segment that follows this one must have as
  // many lanes, and totals.
  explicit Fold(const shm::ProducerView& first);

  // Counts what was published since the last call, at most one round of each lane, and shows it in
  // `segment`. If this is another segment than the last time, what is left in that one is counted,
  // too, also some calls later, and shown in `segment`. True if a lane is being written so fast that
  // the next call should come soon.
  bool run(const shm::ProducerView& segment) noexcept;

 private:
  // In the places of LaneCounters: records by status, bytes in and out.
  using Sums = std::array<std::uint64_t, shm::kStatusCount + 2>;
  struct Lanes {
    shm::ProducerView segment;
    std::vector<std::uint64_t> places;
  };
  struct Counted {
    std::uint64_t ids;
    std::array<std::uint64_t, shm::kStatusCount> records;
    std::uint64_t changed;  // the round that showed or shows this
  };

  static Sums counters(const shm::ProducerView& segment) noexcept;
  void begin(const shm::ProducerView& segment) noexcept;
  void take(Lanes& lanes, bool all) noexcept;
  void count(const shm::Record& record) noexcept;
  Counted* find_or_add(shm::OperationIds ids, std::uint32_t limit) noexcept;
  void show() noexcept;

  Lanes here_;
  Lanes left_;  // the segment before, while `follows_left_` is not 0
  int follows_left_ = 0;
  Sums earlier_{};  // of the segments before: what is shown
  Sums gone_{};     // of those before `left_`

  static constexpr std::uint32_t kBuckets = 2 * kOperations;
  std::unique_ptr<Counted[]> counted_;  // pages that are not used are not present
  std::uint32_t counted_size_ = 0;
  std::array<std::uint16_t, kBuckets> buckets_{};  // 0: free; else a place in `counted_`, plus 1

  std::uint64_t round_ = 0;                                // of showing, in any segment
  std::array<std::uint64_t, shm::kTotalsCopies> shown_{};  // by copy: its round; 0: none yet
  std::uint32_t calls_ = 0;
  bool changed_ = false;
  bool hurry_ = false;
};

}  // namespace goxel_telemetry::plugin
