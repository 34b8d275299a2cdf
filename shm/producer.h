// SPDX-License-Identifier: GPL-3.0-or-later
// Writes records: claim a lane, publish, give it back.
#pragma once

#include <cstdint>
#include <span>

#include "shm/segment_view.h"
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
  Producer(const ProducerView& segment, std::uint32_t lane)
      : Producer(segment.lane(lane), segment.slots(segment.lane(lane))) {}

  // Wait-free: no lock, no allocation, no system call, no knowledge of readers. At 10^9 records a
  // second a sequence lasts 292 years before its stamp overflows.
  void publish(const Record& record) noexcept { publish(record.words()); }
  void publish(const Words& words) noexcept {
    write_stamped(slots_[sequence_ & mask_], 2 * sequence_ + 1, 2 * sequence_ + 2, words);
    lane_->head.store(++sequence_, std::memory_order_release);  // pairs with LaneReader's load
  }

  std::uint64_t sequence() const noexcept { return sequence_; }  // of the next record
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

}  // namespace goxel_telemetry::shm
