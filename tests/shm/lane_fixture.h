// SPDX-License-Identifier: GPL-3.0-or-later
// A lane in plain memory, with verbs. What a race does to a ring can be written in a few lines that
// set its counters by hand.
#pragma once

#include <gtest/gtest.h>

#include <array>

#include "shm/producer.h"
#include "shm/reader.h"
#include "tests/shm/self_checking_record.h"

namespace goxel_telemetry::shm {

class LaneFixture : public testing::Test {
 protected:
  static constexpr std::uint64_t kCapacity = 8;

  // Publishes the next `count` records of lane 0.
  void publish(std::uint64_t count) {
    for (std::uint64_t i = 0; i < count; ++i) {
      producer_.publish(record_of(0, lane_.head.load(std::memory_order_relaxed)));
    }
  }

  // The state after a producer has published `sequence` records.
  void start_at(std::uint64_t sequence) {
    lane_.head.store(sequence);
    producer_ = Producer(lane_, slots_);
  }

  Slot& slot_of(std::uint64_t sequence) { return slots_[sequence % kCapacity]; }

  void expect_record(std::uint64_t sequence) {
    Record record{};
    std::uint64_t lost = 0;
    ASSERT_EQ(reader_.next(record, lost), LaneReader::Outcome::record);
    EXPECT_TRUE(is_record_of(record, 0, sequence)) << sequence_of(record) << " for " << sequence;
  }
  void expect_empty() {
    Record record{};
    std::uint64_t lost = 0;
    EXPECT_EQ(reader_.next(record, lost), LaneReader::Outcome::empty);
    EXPECT_EQ(lost, 0u);
  }
  void expect_lost(std::uint64_t expected) {
    Record record{};
    std::uint64_t lost = 0;
    ASSERT_EQ(reader_.next(record, lost), LaneReader::Outcome::lapped);
    EXPECT_EQ(lost, expected);
  }

  Lane lane_{};
  std::array<Slot, kCapacity> slots_{};
  Producer producer_{lane_, slots_};
  LaneReader reader_{lane_, slots_};
};

}  // namespace goxel_telemetry::shm
