// SPDX-License-Identifier: GPL-3.0-or-later
#include "metrics/live/last_records.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

namespace goxel_telemetry::metrics {
namespace {

std::vector<std::uint64_t> ends(std::vector<NamedRecord> records) {
  std::vector<std::uint64_t> all;
  for (const NamedRecord& record : records) all.push_back(record.start_ns + record.duration_ns);
  return all;
}

TEST(LastRecords, AreThoseThatEndedLastInWhateverOrderTheyCome) {
  LastRecords last(3);
  std::uint64_t end = 0;
  for (int i = 0; i < 10'006; ++i) {
    end = (end + 7'919) % 10'007;  // each from 1 to 10,006 once, and far from the one before
    NamedRecord record;
    record.start_ns = end / 2;
    record.duration_ns = end - end / 2;
    last.add(record);
  }
  EXPECT_THAT(ends(last.take()), testing::ElementsAre(10'004, 10'005, 10'006));
  EXPECT_THAT(last.take(), testing::IsEmpty());
}

TEST(LastRecords, FewerThanWantedAreAllAndNoneAreNone) {
  LastRecords last(3);
  NamedRecord record;
  record.start_ns = 5;
  last.add(record);
  EXPECT_THAT(ends(last.take()), testing::ElementsAre(5));
  LastRecords none(0);
  none.add(record);
  EXPECT_THAT(none.take(), testing::IsEmpty());
}

}  // namespace
}  // namespace goxel_telemetry::metrics
