// SPDX-License-Identifier: GPL-3.0-or-later
#include "http-bridge/memory_shares.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace goxel_telemetry::http_bridge {
namespace {

using testing::Each;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr int kLive = 3;
constexpr int kDead = 2;

TEST(MemoryShares, OneAloneMayUseAllUpToTheMostOfOne) {
  EXPECT_THAT(memory_shares({{kLive, 10}}, 400, 1'000), ElementsAre(400));
  EXPECT_THAT(memory_shares({{kLive, 10}}, 400, 100), ElementsAre(100));
  EXPECT_THAT(memory_shares({}, 400, 100), IsEmpty());
}

// 50 each is nobody else's; of the other 200, the live one has what it uses, and the dead ones halve
// the rest.
TEST(MemoryShares, WhatLivesHasWhatItUsesBeforeWhatIsDead) {
  EXPECT_THAT(memory_shares({{kDead, 300}, {kLive, 170}, {kDead, 300}, {kLive, 0}}, 400, 300),
              ElementsAre(50 + 40, 50 + 120, 50 + 40, 50));
}

// 25 each, and 100 of all: the small one has its 35, and each of the others a third of what is left.
TEST(MemoryShares, AmongEqualsTheGreedyAreHeldToWhatTheOthersLeave) {
  EXPECT_THAT(memory_shares({{kLive, 500}, {kLive, 35}, {kLive, 500}, {kLive, 500}}, 200, 1'000),
              ElementsAre(25 + 30, 25 + 10, 25 + 30, 25 + 30));
}

TEST(MemoryShares, WhatNobodyUsesIsRoomToGrow) {
  EXPECT_THAT(memory_shares({{kLive, 0}, {kDead, 0}}, 400, 1'000), Each(200));
}

TEST(MemoryShares, TogetherTheyAreNeverMoreThanThereIs) {
  for (std::size_t instances = 1; instances <= 32; ++instances) {
    std::vector<MemoryClaim> claims;
    for (std::size_t i = 0; i < instances; ++i) {
      claims.push_back({static_cast<int>(i % 4), i * i * 37});
    }
    std::size_t sum = 0;
    for (const std::size_t share : memory_shares(claims, 10'000, 4'000)) {
      EXPECT_LE(share, 4'000u);
      EXPECT_GE(share, 10'000 / 2 / 32u);
      sum += share;
    }
    EXPECT_LE(sum, 10'000u) << instances;
  }
}

}  // namespace
}  // namespace goxel_telemetry::http_bridge
