// SPDX-License-Identifier: GPL-3.0-or-later
// Reads one lane: its records in order, and how many of them are gone. The protocol is that of
// docs/shm-format.md; shm/reader.h says what a reader may rely on.
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>

#include "shm/stamped.h"

namespace goxel_telemetry::shm {

// One lane's next unread record.
class LaneReader {
 public:
  enum class Outcome {
    record,  // `out` is it
    empty,   // nothing new
    lapped,  // the producer overwrote records that were not read; `lost` of them count as lost
  };

  // Begins with the lane's first record, or with this one; whatever it does not get from there on
  // counts as lost.
  LaneReader(const Lane& lane, std::span<const Slot> slots, std::uint64_t sequence = 0)
      : lane_(&lane), slots_(slots), sequence_(sequence), known_head_(sequence) {}

  // Another reader of the same lane.
  LaneReader at(std::uint64_t sequence) const { return {*lane_, slots_, sequence}; }

  // Begins with what the lane still holds. Call it before the first next().
  void attach() noexcept {
    attached_ = known_head_ = head();
    sequence_ = before_ = oldest_of(known_head_);
  }

  Outcome next(Record& out, std::uint64_t& lost) noexcept {
    if (sequence_ == known_head_) {
      known_head_ = head();
      if (known_head_ == sequence_) return Outcome::empty;
      // Our producer never moves the head back, so this segment is damaged. Follow the head, and
      // count nothing as lost.
      if (known_head_ < sequence_) {
        sequence_ = known_head_;
        return Outcome::empty;
      }
      if (known_head_ - sequence_ > slots_.size()) return skip_to_oldest(lost);
    }
    Words words;
    const StampedRead read = read_stamped(slots_[sequence_ & (slots_.size() - 1)], words);
    if (read.stamp != 2 * sequence_ + 2 || !read.intact) {
      known_head_ = head();
      return skip_to_oldest(lost);
    }
    out = Record::from_words(words);
    ++sequence_;
    return Outcome::record;
  }

  // rewind() goes back to the oldest record that is still there, skip_to_end() to what is published
  // from now on. What was passed once is accounted for: it does not count again.
  void rewind() noexcept {
    known_head_ = head();
    passed_ = reached();
    sequence_ = std::min(passed_, oldest_of(known_head_));
  }
  void skip_to_end() noexcept {
    attached_ = known_head_ = head();
    before_ += known_head_ - std::min(known_head_, reached());
    sequence_ = known_head_;
  }

  // Records ever delivered or skipped on this lane: the place to continue from.
  std::uint64_t sequence() const noexcept { return sequence_; }
  // The furthest place so far: records delivered, lost, and gone before this reader began.
  std::uint64_t reached() const noexcept { return std::max(sequence_, passed_); }
  // Records published before this reader began and gone before it came to them.
  std::uint64_t before() const noexcept { return before_; }
  std::uint64_t head() const noexcept {
    return lane_->head.load(std::memory_order_acquire);  // pairs with Producer::publish
  }
  std::uint64_t capacity() const noexcept { return slots_.size(); }

 private:
  std::uint64_t oldest_of(std::uint64_t head) const noexcept {
    return head > slots_.size() ? head - slots_.size() : 0;
  }

  // The producer may be writing the slot after the head, so the oldest safe record is one further.
  // A slot that cannot be read although there was no lap (its producer died while writing it, or
  // the slot is invalid) is skipped as one lost record.
  Outcome skip_to_oldest(std::uint64_t& lost) noexcept {
    const std::uint64_t oldest = known_head_ >= slots_.size() ? known_head_ - slots_.size() + 1 : 0;
    const bool was_lapped = oldest > sequence_;
    const std::uint64_t target = was_lapped ? oldest : sequence_ + 1;
    const std::uint64_t from = std::min(target, reached());
    const std::uint64_t until = was_lapped ? std::clamp(attached_, from, target) : from;
    before_ += until - from;
    lost = target - until;
    sequence_ = target;
    if (known_head_ < sequence_) known_head_ = sequence_;
    return Outcome::lapped;
  }

  const Lane* lane_;
  std::span<const Slot> slots_;
  std::uint64_t sequence_ = 0;
  std::uint64_t known_head_ = 0;
  std::uint64_t attached_ = 0;  // the head when this reader began
  std::uint64_t passed_ = 0;    // the furthest place before the last rewind
  std::uint64_t before_ = 0;
};

}  // namespace goxel_telemetry::shm
