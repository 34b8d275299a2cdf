// SPDX-License-Identifier: GPL-3.0-or-later
// Points of an answer, without a file.
#include "metrics/history/answer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace goxel_telemetry::metrics {
namespace {

using testing::ElementsAre;

constexpr std::uint64_t kNs = 1'000'000'000;

HistoryQuery between(std::uint64_t begin, std::uint64_t end, std::uint32_t points) {
  return {{"goxel", {}, {}, {}, {}}, {begin * kNs, end * kNs}, points};
}

Tally requests(int count) {
  Tally tally;
  for (int i = 0; i < count; ++i) tally.add({});
  return tally;
}

TEST(WholeSeconds, AreTheRangeGrown) {
  const auto grown = [](double begin, double end) {
    const Seconds seconds = whole_seconds(
        {static_cast<std::uint64_t>(begin * 1e9), static_cast<std::uint64_t>(end * 1e9)});
    return std::tuple(seconds.begin, seconds.end, seconds.length);
  };
  EXPECT_EQ(grown(1, 3), std::tuple(1u, 3u, 2u));
  EXPECT_EQ(grown(1.5, 3.25), std::tuple(1u, 4u, 2u)) << "1.75 s";
  EXPECT_EQ(grown(1.75, 3.25), std::tuple(1u, 4u, 2u)) << "1.5 s";
  EXPECT_EQ(grown(1.875, 2.125), std::tuple(1u, 3u, 1u));
  EXPECT_EQ(grown(2, 2), std::tuple(2u, 3u, 1u)) << "at least one";
  EXPECT_EQ(grown(2.5, 2.5), std::tuple(2u, 3u, 1u));
}

TEST(HistoryFilter, PassesWhatHasAllTheNamesItAsksFor) {
  const OperationKey key{"2-layer", "mcp", "daemon", "ping"};
  EXPECT_TRUE((HistoryFilter{"goxel", {}, {}, {}, {}}.passes(key)));
  EXPECT_TRUE((HistoryFilter{"goxel", "ping", "2-layer", "mcp", "daemon"}.passes(key)));
  EXPECT_FALSE((HistoryFilter{"goxel", "pong", "2-layer", "mcp", "daemon"}.passes(key)));
  EXPECT_FALSE((HistoryFilter{"goxel", "ping", "4-layer", "mcp", "daemon"}.passes(key)));
  EXPECT_FALSE((HistoryFilter{"goxel", "ping", "2-layer", "none", "daemon"}.passes(key)));
  EXPECT_FALSE((HistoryFilter{"goxel", "ping", "2-layer", "mcp", "ts-client"}.passes(key)));
  EXPECT_FALSE((HistoryFilter{"goxel", "", {}, {}, {}}.passes(key))) << "an empty name is a name";
}

// 90 s, from the middle of a ten to the middle of one: ten stretches, the first and the last cut.
TEST(HistoryPoints, AreOfWholeStretchesAndOfTheSameLengthButAtTheEnds) {
  const auto shape = [](std::uint32_t points, std::uint64_t step) {
    const HistoryAnswer all = answer_of(HistoryPoints({1'005, 1'095, 90}, points, step).take({}));
    std::vector<std::uint64_t> edges;
    for (const HistoryPoint& point : all.points) {
      EXPECT_EQ(edges.empty() ? point.begin_seconds : edges.back(), point.begin_seconds);
      if (edges.empty()) edges.push_back(point.begin_seconds);
      edges.push_back(point.begin_seconds + point.seconds);
    }
    EXPECT_EQ(all.begin_seconds, edges.front());
    EXPECT_EQ(all.end_seconds, edges.back());
    return edges;
  };
  EXPECT_THAT(shape(1, 10), ElementsAre(1'005, 1'090, 1'095));
  EXPECT_THAT(shape(2, 10), ElementsAre(1'005, 1'050, 1'095));
  EXPECT_THAT(shape(3, 10), ElementsAre(1'005, 1'030, 1'060, 1'090, 1'095));
  EXPECT_THAT(shape(4, 10), ElementsAre(1'005, 1'030, 1'060, 1'090, 1'095)) << "23 s are three";
  EXPECT_THAT(shape(5'000, 10), ElementsAre(1'005, 1'010, 1'020, 1'030, 1'040, 1'050, 1'060, 1'070,
                                            1'080, 1'090, 1'095));
  EXPECT_THAT(shape(2, 1), ElementsAre(1'005, 1'050, 1'095));
  EXPECT_THAT(shape(4, 1), ElementsAre(1'005, 1'028, 1'051, 1'074, 1'095));
}

TEST(HistoryPoints, FindWhatBelongsToThem) {
  HistoryPoints points({1'005, 1'095, 90}, 3, 10);
  EXPECT_EQ(points.at(1'004), nullptr);
  EXPECT_EQ(points.at(1'095), nullptr);
  ASSERT_NE(points.at(1'005), nullptr);
  EXPECT_EQ(points.at(1'029), points.at(1'005));
  EXPECT_EQ(points.at(1'030), points.at(1'005) + 1);
  EXPECT_EQ(points.at(1'094), points.at(1'005) + 3);
}

// The first point is of 25 s, the last of five.
TEST(HistoryPoints, SayHowLongTheyWereWatchedAndWhatCameMeanwhile) {
  HistoryPoints points({1'005, 1'095, 90}, 3, 10);
  *points.at(1'010) = requests(4);
  *points.at(1'030) = requests(3);
  const HistoryAnswer answer = answer_of(points.take({{990 * kNs, 1'010 * kNs},
                                                      {1'025 * kNs, 1'035 * kNs},
                                                      {1'035 * kNs, 1'036 * kNs},
                                                      {1'093 * kNs, 1'110 * kNs},
                                                      {1'120 * kNs, 1'130 * kNs}}));
  EXPECT_EQ(answer.begin_seconds, 1'005u);
  EXPECT_EQ(answer.end_seconds, 1'095u);
  EXPECT_EQ(answer.point_seconds, 30u);
  std::vector<double> found;
  for (const HistoryPoint& point : answer.points) {
    found.push_back(static_cast<double>(point.seconds));
    found.push_back(point.stats.covered_seconds);
    found.push_back(static_cast<double>(point.stats.outcomes.ok));
  }
  EXPECT_THAT(found, ElementsAre(25, 10, 4, 30, 6, 3, 30, 0, 0, 5, 2, 0));
  EXPECT_DOUBLE_EQ(answer.points[1].stats.rate_per_second, 0.5);
  EXPECT_DOUBLE_EQ(answer.whole.covered_seconds, 18);
  EXPECT_EQ(answer.whole.outcomes.ok, 7u);
  EXPECT_DOUBLE_EQ(answer.whole.rate_per_second, 7.0 / 18);
}

// Of two operations in the same ten seconds, together 50 records, and of one with 20 in a second of its own.
TEST(HistoryPoints, KeepThePeakThatIsShorterThanAPoint) {
  HistoryPoints points({1'000, 1'060, 60}, 2, 10);
  points.count(1'010, 10, 30);
  points.count(1'010, 10, 20);
  points.count(1'020, 1, 4);
  points.count(1'021, 1, 20);
  points.count(1'030, 10, 1);
  points.count(990, 10, 1'000);
  points.count(1'060, 10, 1'000);
  const HistoryTallies tallies = points.take({});
  ASSERT_EQ(tallies.points.size(), 2u);
  EXPECT_DOUBLE_EQ(tallies.points[0].most_per_second, 20);
  EXPECT_DOUBLE_EQ(tallies.points[1].most_per_second, 0.1);
}

TEST(HistoryFilter, PassesTheToolsOfAMethodIfAsked) {
  const OperationKey tool{"2-layer", "mcp", "daemon", "goxel_add_voxel"};
  HistoryFilter filter{"goxel", "goxel.add_voxel", {}, {}, {}};
  EXPECT_FALSE(filter.passes(tool));
  filter.with_tools = true;
  EXPECT_TRUE(filter.passes(tool));
  filter.operation = "goxel.ping";
  EXPECT_FALSE(filter.passes(tool));
}

TEST(HistoryAnswerOfAReader, IsOfWhatPassesTheFilterAndLiesInTheRange) {
  RollupDelta seen;
  const auto saw = [&seen](const char* operation, std::uint64_t begin, int count) {
    seen.rollups.push_back({{"2-layer", "mcp", "daemon", operation}, begin, 10, requests(count)});
  };
  saw("ping", 990, 1);
  saw("ping", 1'000, 2);
  saw("ping", 1'010, 4);
  saw("add", 1'010, 8);
  saw("ping", 1'020, 16);
  HistoryQuery query = between(1'001, 1'020, 100);
  const auto counts = [&] {
    std::vector<std::uint64_t> all;
    for (const HistoryPoint& point : answer_from(query, seen).points) {
      all.push_back(point.stats.outcomes.ok);
    }
    return all;
  };
  EXPECT_THAT(counts(), ElementsAre(2, 12)) << "of the rollups' ten seconds";
  query.filter.operation = "ping";
  EXPECT_THAT(counts(), ElementsAre(2, 4));
  seen.rollups.clear();
  EXPECT_EQ(counts().size(), 19u) << "seconds";
}

}  // namespace
}  // namespace goxel_telemetry::metrics
