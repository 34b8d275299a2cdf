// SPDX-License-Identifier: GPL-3.0-or-later
#include "shm/inflight.h"

#include <gtest/gtest.h>

namespace goxel_telemetry::shm {
namespace {

// docs/shm-format.md gives these positions.
TEST(InflightEntry, FieldsLieInTheirWordsAndBits) {
  InflightEntry entry{};
  entry.since_ticks = 1;
  entry.trace_id = 2;
  entry.connection = 3;
  entry.operation = 0x1111;
  entry.worker = 0x2222;
  entry.stack = 0x33;
  entry.protocol = 0x44;
  entry.phase = 0x55;
  entry.layer = 0x66;
  entry.receive_ticks = 0x7777'7777'7777;
  entry.unused = 0x8888;
  entry.wait_ticks = 8;
  entry.bytes_in = 0x9999'9999;
  entry.thread = 0xAAAA'AAAA;
  const InflightEntry::Words expected{
      1, 2, 3, 0x6655'4433'2222'1111, 0x8888'7777'7777'7777, 8, 0xAAAA'AAAA'9999'9999};
  EXPECT_EQ(entry.words(), expected);
  EXPECT_EQ(InflightEntry::from_words(expected).words(), expected);
}

class Inflight : public testing::Test {
 protected:
  static InflightEntry entry(std::uint64_t connection) {
    InflightEntry entry{};
    entry.connection = connection;
    entry.bytes_in = 100;
    return entry;
  }
  InflightState state() const { return static_cast<InflightState>(line_.stamp.load() % 4); }

  InflightLine line_{};
};

TEST_F(Inflight, LineShowsWhatItsOwnerWroteUntilItIsCleared) {
  EXPECT_EQ(state(), InflightState::free);
  show(line_, entry(7));
  EXPECT_EQ(state(), InflightState::active);
  Words words;
  EXPECT_TRUE(read_stamped(line_, words).intact);
  EXPECT_EQ(InflightEntry::from_words(words).connection, 7u);
  EXPECT_EQ(shown(line_).words(), entry(7).words());
  clear(line_);
  EXPECT_EQ(state(), InflightState::free);
}

// Otherwise a reader that was stopped in between could take half of one request and half of the
// next for one.
TEST_F(Inflight, EveryChangeGivesAStampThatWasNeverThereBefore) {
  std::uint64_t last = line_.stamp.load();
  for (int i = 0; i < 10; ++i) {
    show(line_, entry(static_cast<std::uint64_t>(i)));
    EXPECT_GT(line_.stamp.load(), last);
    last = line_.stamp.load();
    if (i % 3 == 0) continue;  // also from one request straight to the next
    clear(line_);
    EXPECT_GT(line_.stamp.load(), last);
    last = line_.stamp.load();
  }
}

// Its last owner died while writing it.
TEST_F(Inflight, LineLeftHalfWrittenCanBeUsedAgain) {
  show(line_, entry(1));
  line_.stamp.store(line_.stamp.load() + 4 - 1);  // writing
  ASSERT_EQ(state(), InflightState::writing);
  const std::uint64_t torn = line_.stamp.load();
  show(line_, entry(2));
  EXPECT_EQ(state(), InflightState::active);
  EXPECT_GT(line_.stamp.load(), torn);
  EXPECT_EQ(shown(line_).connection, 2u);
}

TEST(CollectionPoint, FieldsLieInTheirWordsAndBits) {
  const CollectionPoint point{1, 2, 0x3333'3333, 0x44};
  EXPECT_EQ(point.words(), (CollectionPoint::Words{1, 2, 0x44'3333'3333, 0, 0, 0, 0}));
  EXPECT_EQ(CollectionPoint::from_words(point.words()).words(), point.words());
  const CollectionPoint source{1, 2, 3, 4, 5, 6, 7, 0x7FFF'FFFE, true, 0x8888'8888};
  EXPECT_EQ(source.words(),
            (CollectionPoint::Words{1, 2, 0x4'0000'0003, 5, 6, 7, 0x8888'8888'FFFF'FFFE}));
  EXPECT_EQ(CollectionPoint::from_words(source.words()).words(), source.words());
}

TEST(CollectionPoint, LineIsShownAndClearedLikeAnInflightOne) {
  CollectionPointLine line{};
  show(line, CollectionPoint{1, 2, 3, 4});
  const std::uint64_t first = line.stamp.load();
  EXPECT_EQ(first % 4, static_cast<std::uint64_t>(InflightState::active));
  show(line, CollectionPoint{1, 3, 3, 4});
  EXPECT_GT(line.stamp.load(), first);
  clear(line);
  EXPECT_EQ(line.stamp.load() % 4, static_cast<std::uint64_t>(InflightState::free));
}

}  // namespace
}  // namespace goxel_telemetry::shm
