// SPDX-License-Identifier: GPL-3.0-or-later
#include "metrics/regression/kept_ticks.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "metrics/time.h"

namespace goxel_telemetry::metrics {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::IsNan;

const OperationKey kFill = {"2-layer", "jsonrpc", "daemon", "goxel.fill"};
const OperationKey kRender = {"2-layer", "jsonrpc", "daemon", "goxel.render"};
constexpr std::uint64_t kFirst = 339'999'999;  // tick, divisible by 3

OperationTick requests(const OperationKey& key, std::uint64_t count) {
  OperationTick one{key, {}};
  for (std::uint64_t i = 0; i < count; ++i) one.tally.add({.duration_ns = 1'000'000});
  return one;
}
void add(KeptTicks& kept, std::uint64_t tick, std::uint64_t count) {
  const OperationTick one = requests(kFill, count);
  kept.add(tick, {&one, 1});
}
// By block; those without requests are left out.
std::vector<std::pair<std::uint32_t, std::uint64_t>> counts(const Observation& seen,
                                                            const OperationKey& key = kFill) {
  std::vector<std::pair<std::uint32_t, std::uint64_t>> counts;
  seen.operations.at(key).for_each([&](std::uint32_t block, const Tally& tally) {
    counts.emplace_back(block, tally.outcomes.all());
  });
  return counts;
}

TEST(KeptTicks, HasTheBlocksThatAreOver) {
  KeptTicks kept(3, 120);
  EXPECT_THAT(kept.observation().observed_ns, IsEmpty());
  for (std::uint64_t i = 0; i < 8; ++i) add(kept, kFirst + i, i);
  const Observation seen = kept.observation();
  EXPECT_EQ(seen.begin_seconds, kFirst * kTickSeconds);
  EXPECT_EQ(seen.block_seconds, 15U);
  EXPECT_THAT(seen.observed_ns, ElementsAre(15 * kNsPerSecond, 15 * kNsPerSecond));
  EXPECT_THAT(counts(seen), ElementsAre(std::pair(0, 0 + 1 + 2), std::pair(1, 3 + 4 + 5)));
}

TEST(KeptTicks, ForgetsWhatIsOlder) {
  KeptTicks kept(3, 120);
  for (std::uint64_t i = 0; i < 363; ++i) add(kept, kFirst + i, i < 3 ? 1000 : 1);
  const Observation seen = kept.observation();
  EXPECT_EQ(seen.observed_ns.size(), 120U);
  EXPECT_EQ(seen.observed_seconds(), 1800);
  EXPECT_EQ(seen.operations.at(kFill).total().latency.count(), 360U);
}

TEST(KeptTicks, TicksThatWereLeftOutWereNotWatched) {
  KeptTicks kept(3, 120);
  add(kept, kFirst, 1);
  kept.add(kFirst + 1, {});
  add(kept, kFirst + 9, 1);
  add(kept, kFirst + 12, 1);
  EXPECT_THAT(kept.observation().observed_ns,
              ElementsAre(10 * kNsPerSecond, 0, 0, 5 * kNsPerSecond));
  EXPECT_EQ(kept.observation().operations.at(kFill).total().latency.count(), 2U);
  // After a long pause nothing of before is left.
  add(kept, kFirst + 3000, 1);
  add(kept, kFirst + 3003, 1);
  EXPECT_EQ(kept.observation().observed_ns.size(), 1U);
}

TEST(KeptTicks, SingleTicksAreOverAtOnce) {
  KeptTicks kept(1, 144);
  add(kept, kFirst, 7);
  EXPECT_THAT(kept.observation().observed_ns, ElementsAre(5 * kNsPerSecond));
  EXPECT_THAT(counts(kept.observation()), ElementsAre(std::pair(0, 7)));
}

TEST(KeptTicks, AnObservationIsOfARange) {
  KeptTicks kept(1, 10);
  for (std::uint64_t i = 0; i < 20; ++i) {
    if (i != 13) add(kept, kFirst + i, i);
  }
  const Observation middle = kept.observation(kFirst + 12, kFirst + 15);
  EXPECT_EQ(middle.begin_seconds, (kFirst + 12) * kTickSeconds);
  EXPECT_THAT(middle.observed_ns, ElementsAre(5 * kNsPerSecond, 0, 5 * kNsPerSecond));
  EXPECT_THAT(counts(middle), ElementsAre(std::pair(0, 12), std::pair(2, 14)));
  const Observation early = kept.observation(kFirst + 8, kFirst + 12);
  EXPECT_THAT(early.observed_ns, ElementsAre(0, 0, 5 * kNsPerSecond, 5 * kNsPerSecond));
  EXPECT_THAT(counts(early), ElementsAre(std::pair(2, 10), std::pair(3, 11)));
  EXPECT_THAT(kept.observation(kFirst + 20, kFirst + 22).observed_ns, ElementsAre(0, 0));
}

TEST(KeptTicks, ALongRangeHasFewerBlocks) {
  KeptTicks kept(1, 400);
  for (std::uint64_t i = 0; i < 300; ++i) add(kept, kFirst + i, 2);
  const Observation seen = kept.observation(kFirst, kFirst + 300);
  EXPECT_EQ(seen.block_seconds, 15U);
  EXPECT_EQ(seen.observed_seconds(), 1500);
  EXPECT_EQ(seen.operations.at(kFill).total().latency.count(), 600U);
}

TEST(KeptTicks, ACourseHasAValueForEachTick) {
  KeptTicks kept(1, 10);
  add(kept, kFirst, 4);
  for (std::uint64_t i = 1; i < 4; ++i) {
    const std::vector<OperationTick> both = {requests(kFill, i), requests(kRender, 10 * i)};
    kept.add(kFirst + i, both);
  }
  kept.add(kFirst + 4, {});
  add(kept, kFirst + 5, 5);
  const auto count = [](const Tally& tally) { return static_cast<double>(tally.outcomes.all()); };
  EXPECT_THAT(kept.course(kFill, kFirst + 2, count), ElementsAre(2, 3, IsNan(), 5));
  EXPECT_THAT(kept.course(kRender, 0, count), ElementsAre(IsNan(), 10, 20, 30, IsNan(), IsNan()));
}

}  // namespace
}  // namespace goxel_telemetry::metrics
