// SPDX-License-Identifier: GPL-3.0-or-later
#include "metrics/regression/waiting_ticks.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

namespace goxel_telemetry::metrics {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::vector<int> learnt(WaitingTicks<int>& waiting) {
  std::vector<int> ticks;
  waiting.let_learn([&](int tick) { ticks.push_back(tick); });
  return ticks;
}

TEST(WaitingTicks, AreLearntFromAfterTwoMinutes) {
  WaitingTicks<int> waiting;
  for (int tick = 1; tick <= 24; ++tick) waiting.add(tick);
  EXPECT_THAT(learnt(waiting), IsEmpty());
  waiting.add(25);
  waiting.add(26);
  EXPECT_THAT(learnt(waiting), ElementsAre(1, 2));
  EXPECT_THAT(learnt(waiting), IsEmpty());
  waiting.drop();
  for (int tick = 27; tick <= 51; ++tick) waiting.add(tick);
  EXPECT_THAT(learnt(waiting), ElementsAre(27));
}

TEST(WaitingTicks, TheOldestOfTooManyAreLeftOut) {
  WaitingTicks<int> waiting;
  for (int tick = 1; tick <= 490; ++tick) waiting.add(tick);
  const std::vector<int> ticks = learnt(waiting);
  EXPECT_EQ(ticks.size(), 480U - 24);
  EXPECT_EQ(ticks.front(), 11);
  EXPECT_EQ(ticks.back(), 466);
}

}  // namespace
}  // namespace goxel_telemetry::metrics
