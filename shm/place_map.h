// SPDX-License-Identifier: GPL-3.0-or-later
// Which places of a fixed table are taken.
#pragma once

#include <atomic>
#include <bit>
#include <cassert>
#include <cstdint>

namespace goxel_telemetry::shm {

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
