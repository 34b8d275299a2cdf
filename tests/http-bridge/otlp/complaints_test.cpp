// SPDX-License-Identifier: GPL-3.0-or-later
#include "http-bridge/otlp/complaints.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace goxel_telemetry::http_bridge::otlp {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr Complaints::Time kNow{std::chrono::hours(1)};

TEST(OtlpComplaints, OneWhenTheCollectorGoesAndOneWhenItIsBackWithWhatWasLost) {
  Complaints complaints("http://c/v1/traces");
  ExportCounts counts;
  EXPECT_THAT(complaints.back(counts), IsEmpty());
  EXPECT_THAT(complaints.away("Connection refused", counts),
              AllOf(HasSubstr("http://c/v1/traces"), HasSubstr("Connection refused")));
  counts.queue_full = 12;
  EXPECT_THAT(complaints.away("Connection refused", counts), IsEmpty());
  EXPECT_THAT(complaints.lost(counts, kNow), IsEmpty());
  counts.given_up = 4;
  EXPECT_THAT(complaints.back(counts), AllOf(HasSubstr("again"), HasSubstr("12 that the queue"),
                                             HasSubstr("4 that the collector did not take")));
  EXPECT_THAT(complaints.back(counts), IsEmpty());
  EXPECT_THAT(complaints.lost(counts, kNow), IsEmpty());
  complaints.away("Connection refused", counts);
  EXPECT_THAT(complaints.back(counts), HasSubstr("none was lost"));
}

TEST(OtlpComplaints, WhatIsLostWhileTheCollectorIsThereIsSaidOnceAMinute) {
  Complaints complaints("http://c/v1/traces");
  ExportCounts counts;
  EXPECT_THAT(complaints.lost(counts, kNow), IsEmpty());
  counts.refused = 3;
  complaints.refused("status 400");
  EXPECT_THAT(complaints.lost(counts, kNow),
              HasSubstr("3 that the collector refused (status 400)"));
  counts.rate = 5;
  EXPECT_THAT(complaints.lost(counts, kNow + std::chrono::seconds(59)), IsEmpty());
  counts.rate = 7;
  EXPECT_THAT(complaints.lost(counts, kNow + Complaints::kSeldom),
              HasSubstr(": 7 that were too many"));
}

TEST(OtlpComplaints, TheEndSaysWhatWasLeft) {
  EXPECT_THAT(Complaints("http://c").left(0), IsEmpty());
  EXPECT_THAT(Complaints("http://c").left(9), HasSubstr("9 spans were not sent"));
}

}  // namespace
}  // namespace goxel_telemetry::http_bridge::otlp
