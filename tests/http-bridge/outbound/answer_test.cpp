// SPDX-License-Identifier: GPL-3.0-or-later
#include "http-bridge/outbound/answer.h"

#include <gtest/gtest.h>

namespace goxel_telemetry::http_bridge::outbound {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr Backoff kBackoff{milliseconds(1'000), milliseconds(30'000), seconds(60)};

TEST(OutboundDelay, DoublesAndHasABound) {
  EXPECT_EQ(delay_after(kBackoff, 1, seconds(0), 1), milliseconds(1'000));
  EXPECT_EQ(delay_after(kBackoff, 2, seconds(0), 1), milliseconds(2'000));
  EXPECT_EQ(delay_after(kBackoff, 3, seconds(0), 0), milliseconds(2'000));
  EXPECT_EQ(delay_after(kBackoff, 6, seconds(0), 1), kBackoff.longest);
  EXPECT_EQ(delay_after(kBackoff, UINT32_MAX, seconds(0), 1), kBackoff.longest);
  EXPECT_EQ(delay_after(kBackoff, UINT32_MAX, seconds(0), 0), kBackoff.longest / 2);
}

TEST(OutboundDelay, IsNotShorterThanThePeerAsksForWithinABound) {
  EXPECT_EQ(delay_after(kBackoff, 1, seconds(7), 0), seconds(7));
  EXPECT_EQ(delay_after(kBackoff, 6, seconds(1), 1), kBackoff.longest);
  EXPECT_EQ(delay_after(kBackoff, 1, seconds(86'400), 0), kBackoff.longest_retry_after);
}

}  // namespace
}  // namespace goxel_telemetry::http_bridge::outbound
