// SPDX-License-Identifier: GPL-3.0-or-later
#include "metrics/regression/recent_observation.h"

#include <gtest/gtest.h>

#include "metrics/time.h"

namespace goxel_telemetry::metrics {
namespace {

const OperationKey kFill = {"2-layer", "jsonrpc", "daemon", "goxel.fill"};
constexpr std::uint64_t kFirst = 340'000'000;  // tick: with which a block begins, if divisible by 3

void add(RecentObservation& recent, std::uint64_t tick, std::uint64_t requests) {
  OperationTick one{kFill, {}};
  for (std::uint64_t i = 0; i < requests; ++i) one.tally.add({.duration_ns = 1'000'000});
  recent.tick(tick, {&one, 1});
}

TEST(RecentObservation, HasTheBlocksThatAreOver) {
  const std::uint64_t first = kFirst - kFirst % 3;
  RecentObservation recent;
  EXPECT_TRUE(recent.observation(0).observed_ns.empty());
  for (std::uint64_t i = 0; i < 8; ++i) add(recent, first + i, i);
  const Observation seen = recent.observation(7);
  EXPECT_EQ(seen.begin_seconds, 7 + first * kTickSeconds);
  EXPECT_EQ(seen.block_seconds, 15U);
  EXPECT_EQ(seen.observed_ns, (std::vector<std::uint64_t>(2, 15 * kNsPerSecond)));
  EXPECT_EQ(recent.end_tick(), first + 6);
  std::vector<std::uint64_t> counts;
  seen.operations.at(kFill).for_each(
      [&](std::uint32_t, const Tally& tally) { counts.push_back(tally.latency.count()); });
  EXPECT_EQ(counts, (std::vector<std::uint64_t>{0 + 1 + 2, 3 + 4 + 5}));
}

TEST(RecentObservation, ForgetsAfterHalfAnHour) {
  const std::uint64_t first = kFirst - kFirst % 3;
  RecentObservation recent;
  for (std::uint64_t i = 0; i < 363; ++i) add(recent, first + i, i < 3 ? 1000 : 1);
  const Observation seen = recent.observation(0);
  EXPECT_EQ(seen.observed_ns.size(), 120U);
  EXPECT_EQ(seen.observed_seconds(), 1800);
  EXPECT_EQ(seen.operations.at(kFill).total().latency.count(), 360U);
}

TEST(RecentObservation, TicksThatWereLeftOutWereNotWatched) {
  const std::uint64_t first = kFirst - kFirst % 3;
  RecentObservation recent;
  add(recent, first, 1);
  recent.tick(first + 1, {});
  add(recent, first + 9, 1);
  add(recent, first + 12, 1);
  const Observation seen = recent.observation(0);
  EXPECT_EQ(seen.observed_ns,
            (std::vector<std::uint64_t>{10 * kNsPerSecond, 0, 0, 5 * kNsPerSecond}));
  EXPECT_EQ(seen.operations.at(kFill).total().latency.count(), 2U);
  // After a long pause nothing of before is left.
  add(recent, first + 3000, 1);
  add(recent, first + 3003, 1);
  EXPECT_EQ(recent.observation(0).observed_ns.size(), 1U);
}

}  // namespace
}  // namespace goxel_telemetry::metrics
