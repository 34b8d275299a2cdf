// SPDX-License-Identifier: GPL-3.0-or-later
// What histogram and heat map show, as numbers.
#include "viewer-qt/models/distribution.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <cmath>
#include <cstdlib>
#include <ctime>
#include <initializer_list>
#include <numeric>
#include <string>
#include <utility>
#include <vector>

namespace goxel_telemetry::viewer {
namespace {

using metrics::Histogram;
using testing::ElementsAre;

constexpr std::uint64_t kMs = 1'000'000;
constexpr std::uint64_t kSecond = metrics::kNsPerSecond;
constexpr std::uint64_t kBegin = 1'764'096'363;  // 2025-11-25 18:46:03 UTC

struct Times {
  std::uint64_t count;
  std::uint64_t ns;
};
Histogram histogram_of(std::initializer_list<Times> all) {
  Histogram latency;
  for (const auto& [count, ns] : all) {
    for (std::uint64_t i = 0; i < count; ++i) latency.record(ns);
  }
  return latency;
}

DistributionColumn column_of(std::uint64_t begin, std::uint32_t seconds, double covered,
                             const Histogram& latency = {}) {
  return {begin, seconds, covered, latency};
}

std::uint64_t sum(const std::vector<std::uint64_t>& counts) {
  return std::accumulate(counts.begin(), counts.end(), std::uint64_t{0});
}

Distribution distribution_of(const Histogram& latency, std::uint32_t seconds = 300) {
  Distribution shown;
  shown.operation = "goxel.add_voxel";
  shown.range = {kBegin * kSecond, (kBegin + seconds) * kSecond};
  shown.latency = latency;
  shown.columns = {column_of(kBegin, seconds, seconds, latency)};
  return shown;
}

class LocalTime : public testing::Test {
 protected:
  LocalTime() {
    setenv("TZ", "UTC", 1);
    tzset();
  }
};

// 2^20 ns begins a power of two whose 64 buckets are 2^14 ns wide. Its eighths lie at 64 * 2^(n/8) of these, rounded:
// 64, 70 (69.8), 76 (76.1), 83 (83.0), 91 (90.5), 99 (98.7), 108 (107.6), 117 (117.4), and then 128.
TEST(DurationGrid, CutsAPowerOfTwoAtTheNearestBuckets) {
  const DurationGrid grid = DurationGrid::around(kMs, 2 * kMs);
  int bar = grid.bar_of(1U << 20);
  for (const std::uint64_t cut : {64, 70, 76, 83, 91, 99, 108, 117, 128}) {
    EXPECT_EQ(grid.low_ns(bar), cut << 14);
    EXPECT_EQ(grid.bar_of(cut << 14), bar);
    EXPECT_EQ(grid.bar_of((cut << 14) - 1), bar - 1);
    ++bar;
  }
}

TEST(DurationGrid, BarsAreOfEqualWidthWithinTenPercentAndLeaveNoGap) {
  for (const auto& [least, most] : {std::pair<std::uint64_t, std::uint64_t>{kMs, kMs},
                                    {kMs, 60 * kMs},
                                    {kMs, 500 * kMs},
                                    {kMs, 5'000 * kMs},
                                    {20'000, 10'000 * kMs},
                                    {64, Histogram::kHighest}}) {
    const DurationGrid grid = DurationGrid::around(least, most);
    EXPECT_TRUE(grid.holds(least)) << least;
    EXPECT_TRUE(grid.holds(most)) << most;
    EXPECT_LE(grid.bars(), DurationGrid::kMostBars);
    EXPECT_GE(grid.octaves(), 3);
    const double mean = std::log2((static_cast<double>(grid.high_ns(grid.bars() - 1)) + 1) /
                                  static_cast<double>(grid.low_ns(0))) /
                        grid.bars();
    for (int bar = 0; bar < grid.bars(); ++bar) {
      const auto end = static_cast<double>(grid.high_ns(bar)) + 1;
      EXPECT_NEAR(std::log2(end / static_cast<double>(grid.low_ns(bar))), mean, mean * 0.1)
          << least << ' ' << bar;
      if (bar > 0) {
        EXPECT_EQ(grid.low_ns(bar), grid.high_ns(bar - 1) + 1);
      }
      // Whole buckets.
      EXPECT_EQ(Histogram::bucket_of(grid.low_ns(bar)), grid.first_bucket(bar));
      EXPECT_EQ(Histogram::lowest_in(grid.first_bucket(bar)), grid.low_ns(bar));
    }
  }
}

TEST(DurationGrid, ZeroAndTheLongestHaveABarToo) {
  const DurationGrid grid = DurationGrid::around(0, UINT64_MAX);
  EXPECT_EQ(grid.bars(), 37);  // powers of two up to 2^37 - 1
  EXPECT_EQ(grid.all_bars(), 38);
  EXPECT_EQ(grid.low_ns(0), 0U);
  EXPECT_EQ(grid.high_ns(0), 1U);
  EXPECT_EQ(grid.high_ns(36), Histogram::kHighest);
  EXPECT_EQ(grid.bar_of(Histogram::kHighest), 36);
  EXPECT_EQ(grid.bar_of(Histogram::kHighest + 1), 37);
  EXPECT_EQ(grid.low_ns(37), Histogram::kHighest + 1);
  EXPECT_EQ(grid.high_ns(37), UINT64_MAX);
}

TEST(DurationGrid, TheBarBeyondStandsHalfABarApart) {
  const DurationGrid grid = DurationGrid::around(0, UINT64_MAX);
  EXPECT_EQ(grid.length(), 38.5);
  EXPECT_EQ(grid.bar_at(36.9), 36);
  EXPECT_EQ(grid.bar_at(37.2), std::nullopt);
  EXPECT_EQ(grid.bar_at(37.5), 37);
  EXPECT_EQ(grid.bar_at(38.5), std::nullopt);
  EXPECT_EQ(grid.bar_at(-0.1), std::nullopt);
  EXPECT_EQ(grid.place_below(Histogram::kHighest + 1), 37.5);
  EXPECT_EQ(grid.place_above(Histogram::kHighest), 37);
  EXPECT_EQ(grid.place_above(UINT64_MAX), 38.5);
}

TEST(DurationGrid, PlacesAreLogarithmicBetweenCuts) {
  const DurationGrid grid = DurationGrid::around(kMs, 2 * kMs);
  const int bar = grid.bar_of(1U << 20);
  EXPECT_EQ(grid.place_of(1U << 20), bar);
  EXPECT_EQ(grid.place_of(1U << 21), bar + 8);
  const double low = 64 << 14;
  const double end = 70 << 14;
  EXPECT_NEAR(grid.place_of(static_cast<std::uint64_t>(std::sqrt(low * end))), bar + 0.5, 1e-4);
}

TEST(DurationGrid, GrowsAtOnceAndShrinksLate) {
  const Distribution narrow = distribution_of(histogram_of({{1, kMs}, {1, 2 * kMs}}));
  const Distribution wide = distribution_of(histogram_of({{1, kMs}, {1, 900 * kMs}}));
  const Distribution half = distribution_of(histogram_of({{1, kMs}, {1, 60 * kMs}}));
  const DurationGrid first = grid_for(narrow, std::nullopt);
  const DurationGrid grown = grid_for(wide, first);
  EXPECT_TRUE(grown.holds(900 * kMs));
  EXPECT_EQ(grid_for(half, grown), grown);
  EXPECT_EQ(grid_for(narrow, grown), first);
  EXPECT_EQ(grid_for(Distribution(), grown), grown);
  EXPECT_EQ(grid_for(Distribution(), std::nullopt), DurationGrid());
}

TEST(DurationGrid, HoldsWhatOnlyAColumnOrTheBaselineHas) {
  Distribution shown = distribution_of(histogram_of({{1, kMs}}));
  shown.baseline = histogram_of({{1, 300 * kMs}});
  shown.columns.push_back(column_of(kBegin, 1, 1, histogram_of({{1, 200 * kSecond}})));
  const DurationGrid grid = grid_for(shown, std::nullopt);
  EXPECT_TRUE(grid.has_beyond());
  shown.columns.pop_back();
  EXPECT_TRUE(grid_for(shown, std::nullopt).holds(300 * kMs));
}

// 1 ms lies in the bucket 999,424 to 1,007,615 (middle 1,003,519.5, half width 4,095.5), 5 ms in 4,980,736 to
// 5,046,271 (middle 5,013,503.5, half width 32,767.5). By the middles 3 of 1 ms and one of 5 ms are 8,024,062 ns, which is
// 24,062 too many; they leave room for 3 * 4,095.5 + 32,767.5 = 45,054. So 0.53407 of each half width is taken away.
// The one beyond took exactly the longest duration.
TEST(DurationBars, TimeIsThatOfTheBucketsAndAddsUpToTheExactSum) {
  const Histogram latency = histogram_of({{3, kMs}, {1, 5 * kMs}, {1, 200 * kSecond}});
  const DurationGrid grid = DurationGrid::around(kMs, 200 * kSecond);
  const std::vector<DurationBar> bars = bars_of(latency, grid);
  const DurationBar& one = bars[static_cast<std::size_t>(grid.bar_of(kMs))];
  const DurationBar& five = bars[static_cast<std::size_t>(grid.bar_of(5 * kMs))];
  EXPECT_EQ(one.count, 3U);
  EXPECT_NEAR(one.time_ns, 3 * (1'003'519.5 - 0.534070 * 4'095.5), 1);
  EXPECT_EQ(five.count, 1U);
  EXPECT_NEAR(five.time_ns, 5'013'503.5 - 0.534070 * 32'767.5, 1);
  EXPECT_EQ(bars.back(), (DurationBar{1, 200e9}));
  double time = 0;
  std::uint64_t count = 0;
  for (const DurationBar& bar : bars) {
    time += bar.time_ns;
    count += bar.count;
  }
  EXPECT_EQ(count, 5U);
  EXPECT_NEAR(time, 200'008'000'000.0, 1);
}

TEST(DurationBars, EveryBarsTimeIsPossible) {
  Histogram latency;
  for (std::uint64_t i = 0; i < 20'000; ++i) latency.record(300'000 + i * i * 7 % 40'000'000);
  const std::vector<double> time = time_spent(latency);
  double all = 0;
  for (std::uint32_t bucket = 0; bucket < Histogram::kBuckets; ++bucket) {
    const auto count = static_cast<double>(latency.count_in(bucket));
    EXPECT_GE(time[bucket],
              count * static_cast<double>(Histogram::lowest_in(bucket)) * (1 - 1e-12));
    EXPECT_LE(time[bucket],
              count * static_cast<double>(Histogram::highest_in(bucket)) * (1 + 1e-12));
    all += time[bucket];
  }
  EXPECT_NEAR(all / static_cast<double>(latency.sum()), 1, 1e-12);
}

TEST(DurationBars, OneRequestsTimeIsExact) {
  const Histogram latency = histogram_of({{1, 1'234'567}});
  const DurationGrid grid = DurationGrid::around(1'234'567, 1'234'567);
  const DurationBar bar = bars_of(latency, grid)[static_cast<std::size_t>(grid.bar_of(1'234'567))];
  EXPECT_EQ(bar.count, 1U);
  EXPECT_NEAR(bar.time_ns, 1'234'567, 1e-3);
}

TEST(DurationBars, OnlyDurationsBeyondAllBucketsHaveTheWholeTime) {
  const std::vector<double> time =
      time_spent(histogram_of({{1, 150 * kSecond}, {1, 250 * kSecond}}));
  EXPECT_EQ(time[Histogram::kBuckets], 400e9);
}

TEST(DurationBars, NothingHasEmptyBars) {
  for (const DurationBar& bar : bars_of(Histogram(), DurationGrid())) EXPECT_EQ(bar, DurationBar());
}

// Three requests of 1 ns that are said to have taken 10 ns together: what a damaged file may say.
TEST(DurationBars, ASumThatTheBucketsCannotHaveMakesNoNegativeTime) {
  const std::vector<std::uint8_t> bytes = {1, 0, 10, 0, 1, 1, 1, 1, 3};
  Histogram latency;
  ASSERT_TRUE(latency.merge_encoded(bytes));
  EXPECT_EQ(time_spent(latency)[1], 10);
}

TEST(DurationBars, BetweenTwoDurationsAreTheBucketsOfBothAndThoseBetween) {
  const Histogram latency =
      histogram_of({{2, kMs}, {3, 5 * kMs}, {4, 80 * kMs}, {1, 200 * kSecond}});
  EXPECT_EQ(between(latency, kMs, 5 * kMs).count, 5U);
  EXPECT_EQ(between(latency, 2 * kMs, 5 * kMs).count, 3U);
  EXPECT_EQ(between(latency, 2 * kMs, UINT64_MAX).count, 8U);
  EXPECT_EQ(between(latency, 0, Histogram::kHighest).count, 9U);
  EXPECT_EQ(between(latency, Histogram::kHighest + 1, UINT64_MAX).count, 1U);
  EXPECT_EQ(between(latency, 10 * kMs, 9 * kMs).count, 0U);
  EXPECT_EQ(between(Histogram(), 0, UINT64_MAX).count, 0U);
}

TEST(HeatCells, EachColumnsCountsStandInItsBars) {
  const DurationGrid grid = DurationGrid::around(kMs, 200 * kSecond);
  const HeatCells cells = cells_of(
      {column_of(kBegin, 1, 1, histogram_of({{2, kMs}, {1, 5 * kMs}})), column_of(kBegin + 1, 1, 0),
       column_of(kBegin + 2, 1, 0.5, histogram_of({{7, 200 * kSecond}}))},
      grid);
  EXPECT_EQ(cells.count(0, grid.bar_of(kMs)), 2U);
  EXPECT_EQ(cells.count(0, grid.bar_of(5 * kMs)), 1U);
  EXPECT_EQ(cells.count(2, grid.bars()), 7U);
  EXPECT_EQ(sum(cells.counts), 10U);
  EXPECT_EQ(cells.columns[0].count, 3U);
  EXPECT_FALSE(cells.columns[0].is_partly_watched());
  EXPECT_FALSE(cells.columns[1].is_watched());
  EXPECT_FALSE(cells.columns[1].is_partly_watched());
  EXPECT_TRUE(cells.columns[2].is_watched());
  EXPECT_TRUE(cells.columns[2].is_partly_watched());
}

std::vector<std::pair<std::uint64_t, std::uint64_t>> stretches(const HeatCells& cells) {
  std::vector<std::pair<std::uint64_t, std::uint64_t>> all;
  for (const HeatColumn& column : cells.columns)
    all.emplace_back(column.begin_seconds, column.end_seconds);
  return all;
}

TEST(HeatCells, MergedColumnsBeginAtMultiplesAndKeepEveryCount) {
  const DurationGrid grid = DurationGrid::around(kMs, kMs);
  std::vector<DistributionColumn> columns;
  for (std::uint64_t second = 103; second < 117; ++second) {
    columns.push_back(
        column_of(second, 1, second == 105 ? 0 : 1, histogram_of({{second - 100, kMs}})));
  }
  const metrics::TimeStretch range{103 * kSecond, 117 * kSecond};
  const HeatCells all = cells_of(columns, grid);
  const HeatCells merged = viewer::merged(all, 5, range);
  using Pair = std::pair<std::uint64_t, std::uint64_t>;
  EXPECT_THAT(stretches(merged),
              ElementsAre(Pair{103, 105}, Pair{105, 110}, Pair{110, 115}, Pair{115, 117}));
  const int bar = grid.bar_of(kMs);
  EXPECT_EQ(merged.count(0, bar), 3U + 4U);
  EXPECT_EQ(merged.count(1, bar), 5U + 6U + 7U + 8U + 9U);
  EXPECT_EQ(sum(merged.counts), sum(all.counts));
  EXPECT_EQ(merged.columns[1].covered_seconds, 4);
  EXPECT_TRUE(merged.columns[1].is_partly_watched());
  // Older seconds leave, newer ones come: what is in between stays.
  columns.erase(columns.begin(), columns.begin() + 4);
  columns.push_back(column_of(117, 1, 1));
  const HeatCells later =
      viewer::merged(cells_of(columns, grid), 5, {107 * kSecond, 118 * kSecond});
  EXPECT_THAT(stretches(later), ElementsAre(Pair{107, 110}, Pair{110, 115}, Pair{115, 118}));
  EXPECT_EQ(later.count(1, bar), merged.count(2, bar));
}

TEST(HeatCells, ALonelySecondInALongRangeGetsTheWidthOfItsColumn) {
  const HeatCells cells =
      cells_of({column_of(7'201, 1, 1, histogram_of({{1, kMs}}))}, DurationGrid());
  const HeatCells merged = viewer::merged(cells, 300, {0, 86'400 * kSecond});
  EXPECT_THAT(stretches(merged),
              ElementsAre(std::pair<std::uint64_t, std::uint64_t>{7'200, 7'500}));
  EXPECT_TRUE(merged.columns[0].is_partly_watched());
}

TEST(HeatCells, ColumnsThatAreLongerThanTheStepStayAsTheyAre) {
  const HeatCells cells = cells_of(
      {column_of(105, 60, 60), column_of(165, 1, 1), column_of(166, 1, 1)}, DurationGrid());
  const HeatCells merged = viewer::merged(cells, 10, {90 * kSecond, 169 * kSecond});
  using Pair = std::pair<std::uint64_t, std::uint64_t>;
  EXPECT_THAT(stretches(merged), ElementsAre(Pair{105, 165}, Pair{165, 169}));
}

TEST(HeatCells, TheStepIsARoundMultipleOfTheShortestColumn) {
  const auto step = [](std::uint32_t seconds, std::uint64_t range_seconds, int most) {
    return merging_step(cells_of({column_of(0, seconds, 1)}, DurationGrid()),
                        {0, range_seconds * kSecond}, most);
  };
  EXPECT_EQ(step(1, 300, 300), 1U);
  EXPECT_EQ(step(1, 300, 299), 2U);
  EXPECT_EQ(step(1, 5'000, 333), 20U);  // 15.02
  EXPECT_EQ(step(10, 5'000, 333), 20U);
  EXPECT_EQ(step(10, 5'000, 100), 50U);
  EXPECT_EQ(step(1, 86'400, 300), 300U);  // 288
  EXPECT_EQ(step(1, 604'800, 300), 3'600U);
  EXPECT_EQ(step(1, 0, 300), 1U);
  EXPECT_EQ(merging_step(HeatCells(), {0, kSecond}, 300), 1U);
}

TEST(SlowHalf, IsTheSlowestThatTookAtLeastHalfOfTheTime) {
  EXPECT_FALSE(slow_half(Histogram()));
  // 100 of 199 ms; its bucket begins at 95 * 2^20 ns.
  const std::optional<SlowHalf> one = slow_half(histogram_of({{99, kMs}, {1, 100 * kMs}}));
  ASSERT_TRUE(one);
  EXPECT_EQ(one->count, 1U);
  EXPECT_EQ(one->from_ns, 95U << 20);
  EXPECT_DOUBLE_EQ(one->time_share, 100.0 / 199);
  // 100 of 201 ms are not half.
  const std::optional<SlowHalf> all = slow_half(histogram_of({{101, kMs}, {1, 100 * kMs}}));
  ASSERT_TRUE(all);
  EXPECT_EQ(all->count, 102U);
  EXPECT_EQ(all->from_ns, kMs);  // the fastest, not its bucket
  EXPECT_EQ(all->time_share, 1);
  const std::optional<SlowHalf> beyond = slow_half(histogram_of({{1, kMs}, {1, 200 * kSecond}}));
  ASSERT_TRUE(beyond);
  EXPECT_EQ(beyond->count, 1U);
  EXPECT_EQ(beyond->from_ns, Histogram::kHighest + 1);
}

TEST_F(LocalTime, DurationsAndRangesAreWrittenOnce) {
  EXPECT_EQ(durations_text(1'230'000, 1'309'999), "1.23 to 1.31 ms");
  EXPECT_EQ(durations_text(100, 104), "100 to 105 ns");
  EXPECT_EQ(durations_text(900'000, 1'099'999), "900 µs to 1.10 ms");
  EXPECT_EQ(durations_text(Histogram::kHighest + 1, UINT64_MAX), "longer than 2 min 17 s");
  EXPECT_EQ(durations_text(2 * kMs, UINT64_MAX), "2.00 ms and longer");
  EXPECT_EQ(durations_text(61 * kSecond, 122 * kSecond - 1), "1 min 01 s to 2 min 02 s");
  EXPECT_EQ(range_text({kBegin * kSecond, (kBegin + 300) * kSecond}), "18:46:03 to 18:51:03");
  EXPECT_EQ(range_text({kBegin * kSecond, (kBegin + 86'400) * kSecond}),
            "2025-11-25 18:46:03 to 2025-11-26 18:46:03");
}

// Numbers and their units are not broken into two lines.
std::string plain_summary(const Distribution& shown) {
  QString text = summary(shown);
  return text.replace(QChar(QChar::Nbsp), QLatin1Char(' ')).toStdString();
}

TEST_F(LocalTime, TheSummarySaysWhereTheTimeWent) {
  // 20 of 100 requests take 160 of 240 ms; the bucket of 7 ms begins at 106 * 2^16 ns.
  EXPECT_EQ(plain_summary(distribution_of(histogram_of({{80, kMs}, {10, 7 * kMs}, {10, 9 * kMs}}))),
            "100 answered requests of goxel.add_voxel, 18:46:03 to 18:51:03; 67 % of the time "
            "went into the "
            "20.0 % that took 6.95 ms or longer, up to 9.00 ms.");
  EXPECT_EQ(plain_summary(distribution_of(histogram_of({{99, kMs}, {1, 300 * kMs}}))),
            "100 answered requests of goxel.add_voxel, 18:46:03 to 18:51:03; 75 % of the time "
            "went into a single "
            "one that took 300 ms.");
  EXPECT_EQ(plain_summary(distribution_of(histogram_of({{100, kMs}, {1, 2 * kMs}}))),
            "101 answered requests of goxel.add_voxel, 18:46:03 to 18:51:03; they took 1.00 ms to "
            "2.00 ms.");
  EXPECT_EQ(plain_summary(distribution_of(histogram_of({{1, kMs}}))),
            "1 answered request of goxel.add_voxel, 18:46:03 to 18:51:03; it took 1.00 ms.");
}

TEST_F(LocalTime, TheSummarySaysWhatIsNotKnown) {
  Distribution shown = distribution_of({});
  shown.operation.clear();
  EXPECT_EQ(plain_summary(shown), "No answered request, 18:46:03 to 18:51:03.");
  shown.columns[0].covered_seconds = 250;
  EXPECT_EQ(plain_summary(shown),
            "No answered request, 18:46:03 to 18:51:03; 50.0 s of it were not watched.");
  shown.columns.clear();
  EXPECT_EQ(plain_summary(shown),
            "No answered request, 18:46:03 to 18:51:03; nothing of it was watched.");
}

TEST_F(LocalTime, HiddenCharactersOfTheOperationAreShown) {
  Distribution shown = distribution_of(histogram_of({{1, kMs}}));
  shown.operation = "a\u202Eb";
  EXPECT_THAT(plain_summary(shown), testing::StartsWith("1 answered request of a<U+202E>b, "));
}

}  // namespace
}  // namespace goxel_telemetry::viewer
