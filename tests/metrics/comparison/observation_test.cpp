// SPDX-License-Identifier: GPL-3.0-or-later
#include "metrics/comparison/observation.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <utility>

namespace goxel_telemetry::metrics {
namespace {

using testing::ElementsAre;
using testing::Pair;

constexpr std::uint64_t kNs = 1'000'000'000;
const OperationKey kPing = {"2-layer", "mcp", "daemon", "ping"};

Tally one_request() {
  Tally tally;
  tally.add({});
  return tally;
}

TEST(Observation, HasAtMost128BlocksOfOneLength) {
  const auto shape = [](std::uint64_t begin, std::uint64_t end, std::uint32_t rollup) {
    const Observation seen = ObservationBuilder(begin, end, rollup).finish();
    EXPECT_EQ(seen.end_seconds(),
              seen.begin_seconds + seen.block_seconds * seen.observed_ns.size());
    return std::tuple(seen.begin_seconds, seen.block_seconds, seen.observed_ns.size());
  };
  EXPECT_EQ(shape(1'001, 1'129, 1), std::tuple(1'001u, 1u, 128u));
  EXPECT_EQ(shape(1'001, 1'130, 1), std::tuple(1'001u, 2u, 65u)) << "the last one is half outside";
  EXPECT_EQ(shape(1'001, 1'301, 1), std::tuple(1'001u, 3u, 100u));
  EXPECT_EQ(shape(1'005, 2'285, 10), std::tuple(1'000u, 20u, 65u)) << "129 stretches of ten";
  EXPECT_EQ(shape(1'000, 2'280, 10), std::tuple(1'000u, 10u, 128u));
}

TEST(Observation, HoldsWhatLiesWithinItsBlocks) {
  ObservationBuilder builder(1'000, 1'129);  // blocks of 2 s, up to 1'130
  for (const std::uint64_t second : {999u, 1'000u, 1'001u, 1'002u, 1'129u, 1'130u, 1'001u}) {
    builder.add(kPing, second, one_request());
  }
  const Observation seen = std::move(builder).finish();
  std::vector<std::pair<std::uint32_t, std::uint64_t>> counts;
  seen.operations.at(kPing).for_each([&](std::uint32_t block, const Tally& tally) {
    counts.emplace_back(block, tally.outcomes.ok);
  });
  EXPECT_THAT(counts, ElementsAre(Pair(0, 3), Pair(1, 1), Pair(64, 1)));
  EXPECT_EQ(seen.operations.at(kPing).total().latency.count(), 5u);
}

TEST(Observation, KnowsHowLongEachBlockWasWatched) {
  ObservationBuilder builder(1'000, 1'006);
  builder.observed(1'000 * kNs + kNs / 2, 1'002 * kNs + kNs / 4);
  builder.observed(1'001 * kNs, 1'002 * kNs);  // once more: a second has no more than a second
  builder.observed(1'005 * kNs + kNs / 2, 1'100 * kNs);
  builder.observed(900 * kNs, 1'000 * kNs);
  const Observation seen = std::move(builder).finish();
  EXPECT_THAT(seen.observed_ns, ElementsAre(kNs / 2, kNs, kNs / 4, 0, 0, kNs / 2));
  EXPECT_DOUBLE_EQ(seen.observed_seconds(), 2.25);
}

TEST(Observation, BlocksWithRecordsCountAsWatched) {
  ObservationBuilder builder(1'000, 1'003);
  builder.observed(1'000 * kNs, 1'000 * kNs + kNs / 2);
  builder.add(kPing, 1'000, one_request());
  builder.add(kPing, 1'002, one_request());
  EXPECT_THAT(std::move(builder).finish().observed_ns, ElementsAre(kNs / 2, 0, kNs));
}

}  // namespace
}  // namespace goxel_telemetry::metrics
