// SPDX-License-Identifier: GPL-3.0-or-later
// Writes records: claim a lane, publish, give it back.
#pragma once

#include <cassert>
#include <cstdint>
#include <span>

#include "shm/stamped.h"

namespace goxel_telemetry::shm {

// The writing end of one lane, held by one thread at a time.
class Producer {
 public:
  Producer() = default;
  // Continues where the lane's last writer stopped.
  Producer(Lane& lane, std::span<Slot> slots)
      : lane_(&lane),
        slots_(slots.data()),
        mask_(slots.size() - 1),
        sequence_(lane.head.load(std::memory_order_relaxed)) {}

  // Wait-free: no lock, no allocation, no system call, no knowledge of readers. At 10^9 records a
  // second a sequence lasts 292 years before its stamp overflows.
  void publish(const Record& record) noexcept { publish(record.words()); }
  void publish(const Words& words) noexcept {
    write_stamped(slots_[sequence_ & mask_], 2 * sequence_ + 1, 2 * sequence_ + 2, words);
    lane_->head.store(++sequence_, std::memory_order_release);  // pairs with LaneReader's load
  }

  LaneCounters& counters() noexcept { return lane_->counters; }

 private:
  Lane* lane_ = nullptr;
  Slot* slots_ = nullptr;
  std::uint64_t mask_ = 0;
  std::uint64_t sequence_ = 0;
};

// Adds to a counter that only the calling thread writes, so no locked instruction is needed.
inline void add(AtomicWord& counter, std::uint64_t amount) noexcept {
  counter.store(counter.load(std::memory_order_relaxed) + amount, std::memory_order_relaxed);
}

// Hands out the places of a fixed table. Lock-free and bounded: in most cases one attempt for each
// word of the bitmap, at most 64 for each. Gives the lowest free place first, so that the part of
// the table that is in use stays small and in the cache.
template <std::uint32_t kCapacity>
class PlaceMap {
 public:
  static constexpr std::uint32_t kNone = UINT32_MAX;

  // Returns a place in [first, limit); kNone when none of them can be had.
  std::uint32_t claim(std::uint32_t first, std::uint32_t limit) noexcept {
    for (std::uint32_t word = first / 64; word * 64 < limit; ++word) {
      const std::uint32_t base = word * 64;
      std::uint64_t usable = ~std::uint64_t{0};
      if (first > base) usable &= ~std::uint64_t{0} << (first - base);
      if (limit - base < 64) usable &= (std::uint64_t{1} << (limit - base)) - 1;
      for (int attempt = 0; attempt < 64; ++attempt) {
        const std::uint64_t free = ~taken_[word].load(std::memory_order_relaxed) & usable;
        if (free == 0) break;
        const std::uint64_t bit = free & (~free + 1);
        // Acquire pairs with give_back(): the last holder's writes are visible to the next.
        if ((taken_[word].fetch_or(bit, std::memory_order_acquire) & bit) == 0) {
          return base + static_cast<std::uint32_t>(std::countr_zero(bit));
        }
      }
    }
    return kNone;
  }

  void give_back(std::uint32_t place) noexcept {
    assert(place < kCapacity);
    taken_[place / 64].fetch_and(~(std::uint64_t{1} << (place % 64)), std::memory_order_release);
  }

  // Calls visit(place) for each place that is taken at the moment it is looked at.
  template <class Visit>
  void for_each_taken(Visit&& visit) const {
    for (std::uint32_t word = 0; word < kWords; ++word) {
      std::uint64_t taken = taken_[word].load(std::memory_order_acquire);
      for (; taken != 0; taken &= taken - 1) {
        visit(word * 64 + static_cast<std::uint32_t>(std::countr_zero(taken)));
      }
    }
  }

 private:
  static constexpr std::uint32_t kWords = (kCapacity + 63) / 64;
  std::atomic<std::uint64_t> taken_[kWords] = {};
};

}  // namespace goxel_telemetry::shm
