// SPDX-License-Identifier: GPL-3.0-or-later
#include "shm/record.h"

#include <gtest/gtest.h>

namespace goxel_telemetry::shm {
namespace {

// docs/shm-format.md gives these positions: a record is read by other programs, too.
TEST(Record, FieldsLieInTheirWordsAndBits) {
  Record record{};
  record.start_ticks = 0x0101'0101'0101'0101;
  record.trace_id = 0x0202'0202'0202'0202;
  record.duration_ticks = 0x0000'1111'1111'1111;
  record.operation = 0x2222;
  record.receive_ticks = 0x0000'3333'3333'3333;
  record.worker = 0x4444;
  record.wait_ticks = 0x0000'5555'5555'5555;
  record.layer = 0x66;
  record.stack = 0x77;
  record.send_ticks = 0x0000'1888'8888'8888;
  record.protocol = 2;
  record.status = 5;
  record.error = 0x123;
  record.bytes_in = 0xBBBB'BBBB;
  record.bytes_out = 0xCCCC'CCCC;
  const Record::Words expected{0x0101'0101'0101'0101, 0x0202'0202'0202'0202, 0x2222'1111'1111'1111,
                               0x4444'3333'3333'3333, 0x7766'5555'5555'5555, 0x2476'1888'8888'8888,
                               0xCCCC'CCCC'BBBB'BBBB};
  EXPECT_EQ(record.words(), expected);
  EXPECT_EQ(Record::from_words(expected), record);
}

TEST(Record, TimesAndSizesTooLargeForTheirFieldsAreTheLargestValue) {
  EXPECT_EQ(clip_ticks(kTicksAtLeast - 1), kTicksAtLeast - 1);
  EXPECT_EQ(clip_ticks(kTicksAtLeast), kTicksAtLeast);
  EXPECT_EQ(clip_ticks(UINT64_MAX), kTicksAtLeast);
  EXPECT_EQ(clip_bytes(UINT32_MAX - 1u), UINT32_MAX - 1u);
  EXPECT_EQ(clip_bytes(std::uint64_t{UINT32_MAX} + 1), UINT32_MAX);
}

}  // namespace
}  // namespace goxel_telemetry::shm
