// SPDX-License-Identifier: GPL-3.0-or-later
#include "metrics/regression/usual_share.h"

#include <gtest/gtest.h>

namespace goxel_telemetry::metrics {
namespace {

void learn(UsualShare& share, int ticks, double events, double requests) {
  for (int i = 0; i < ticks; ++i) share.learn({events, requests});
}

TEST(UsualShare, IsAtFirstThatOfAllRequests) {
  UsualShare share(0);
  share.learn({0, 0});
  EXPECT_EQ(share.expected(10), 0);
  share.learn({3, 10});
  EXPECT_DOUBLE_EQ(share.expected(10), 3);
  share.learn({3, 30});
  EXPECT_DOUBLE_EQ(share.expected(100), 15);
}

TEST(UsualShare, ARareOneIsExpectedALittleMoreOften) {
  UsualShare share(0.01);
  learn(share, 10, 1, 1000);
  EXPECT_DOUBLE_EQ(share.expected(1000), 10);
  EXPECT_DOUBLE_EQ(share.expected_exactly(1000), 1);
  share.adopt(0.5);
  EXPECT_DOUBLE_EQ(share.expected(1000), 500);
}

TEST(UsualShare, IsForgottenByHalfInAnHourOfMuchTraffic) {
  UsualShare share(0);
  learn(share, 10'000, 100, 1000);
  learn(share, 720, 300, 1000);
  EXPECT_NEAR(share.expected(1), 0.2, 1e-6);
}

TEST(UsualShare, IsOfTwentyThousandRequestsAtTheLeast) {
  UsualShare share(0);
  learn(share, 100'000, 0.1, 1);
  learn(share, 1, 1, 1);
  EXPECT_NEAR(share.expected(1), 0.1 + 0.9 / 20'000, 1e-7);
}

TEST(UsualShare, DispersionIsThatFromTheShareAsItIsKnown) {
  UsualShare constant(0.1);
  learn(constant, 300, 1, 100);
  EXPECT_EQ(constant.dispersion().value(2), 1)
      << "what is expected at the least is not what is usual";
  // In its first minute it is hardly known.
  UsualShare begun(0);
  begun.learn({100, 100});
  learn(begun, 11, 0, 100);
  learn(begun, 300, 100.0 / 12, 100);
  EXPECT_EQ(begun.dispersion().value(2), 1);
  UsualShare bursts(0);
  for (int tick = 0; tick < 600; ++tick) bursts.learn({tick / 12 % 2 == 0 ? 0.0 : 20.0, 100});
  EXPECT_GT(bursts.dispersion().value(1), 50);
}

}  // namespace
}  // namespace goxel_telemetry::metrics
