// SPDX-License-Identifier: GPL-3.0-or-later
// The past as it is printed, from points made by hand.
#include "cli/commands/history.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <ctime>

#include "tests/cli/screen_text.h"

namespace goxel_telemetry::cli {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

constexpr std::uint64_t kBegin = 1'700'000'000;  // 2023-11-14 22:13:20 UTC

class HistoryScreen : public testing::Test {
 protected:
  HistoryScreen() {
    setenv("TZ", "UTC", 1);
    tzset();
    filter_.instance = "goxel";
    answer_.point_seconds = 10;
  }
  // The next ten seconds.
  metrics::WindowStats& next_point(bool watched = true) {
    metrics::HistoryPoint& point = answer_.points.emplace_back();
    point.begin_seconds = kBegin + 10 * (answer_.points.size() - 1);
    point.seconds = 10;
    point.stats.covered_seconds = watched ? 10 : 0;
    return point.stats;
  }
  std::string screen(bool colours = false) const {
    return history_screen(filter_, answer_, {.colours = colours});
  }

  metrics::HistoryFilter filter_;
  metrics::HistoryAnswer answer_;
};

TEST_F(HistoryScreen, ALineHasTheFiguresOfItsPoint) {
  metrics::WindowStats& stats = next_point();
  stats.outcomes = {.ok = 1'200, .error = 20, .unanswered = 10, .malformed = 3, .cancelled = 1};
  stats.rate_per_second = 123.4;
  stats.latency = {.count = 1'220,
                   .mean_ns = 1'500,
                   .min_ns = 1,
                   .p50_ns = 1'000,
                   .p90_ns = 2'000'000,
                   .p95_ns = 20'000'000,
                   .p99_ns = 30'000'000,
                   .max_ns = 4'000'000'000};
  EXPECT_THAT(row_of(screen(), "FROM"), ElementsAre("FROM", "COUNT", "RATE", "FAILED", "MEAN",
                                                    "P50", "P90", "P95", "P99", "MAX"));
  EXPECT_THAT(row_of(screen(), "2023-11-14 22:13:20"),
              ElementsAre("2023-11-14 22:13:20", "1,234", "123/s", "██████████", "34", "1.50 µs",
                          "1.00 µs", "2.00 ms", "20.0 ms", "30.0 ms", "4.00 s"));
}

// Ten columns are the highest rate; 0.5625 of it are 45 eighths: five columns and five eighths.
TEST_F(HistoryScreen, BarsAreAsLongAsTheRatesAreHigh) {
  for (const double rate : {90.0, 160.0, 0.001, 0.0}) {
    next_point().rate_per_second = rate;
    answer_.points.back().stats.outcomes.ok = 1;
  }
  EXPECT_EQ(row_of(screen(), "2023-11-14 22:13:20").at(3), "█████▋");
  EXPECT_EQ(row_of(screen(), "2023-11-14 22:13:30").at(3), "██████████");
  EXPECT_EQ(row_of(screen(), "2023-11-14 22:13:40").at(3), "▏") << "little is not nothing";
  EXPECT_EQ(row_of(screen(), "2023-11-14 22:13:50").at(3), "0") << "no bar: what failed";
}

TEST_F(HistoryScreen, UnwatchedTimeIsOneLineAndSilenceIsNone) {
  next_point().outcomes.ok = 1;
  next_point(false);
  next_point(false);
  next_point();  // watched, and nothing came
  next_point(false);
  EXPECT_THAT(column_of(screen(), "FROM"),
              ElementsAre("2023-11-14 22:13:20", "2023-11-14 22:13:30", "2023-11-14 22:13:50",
                          "2023-11-14 22:14:00"));
  EXPECT_THAT(row_of(screen(), "2023-11-14 22:13:30"),
              ElementsAre("2023-11-14 22:13:30", "-", "-", "not watched", "-", "-", "-", "-", "-",
                          "-", "-"));
  EXPECT_THAT(row_of(screen(), "2023-11-14 22:13:50"),
              ElementsAre("2023-11-14 22:13:50", "0", "0/s", "0", "-", "-", "-", "-", "-", "-"));
}

TEST_F(HistoryScreen, WhatFailedIsRedAndNothingIsNot) {
  next_point().outcomes = {.ok = 5, .malformed = 2};
  answer_.whole.outcomes = {.ok = 5, .malformed = 2};
  EXPECT_THAT(screen(true), HasSubstr("  \033[31m2\033[0m  "));
  EXPECT_THAT(screen(true), HasSubstr(", \033[31m2 failed\033[0m\n"));
  EXPECT_THAT(screen(false), Not(HasSubstr("\033")));
  answer_.points[0].stats.outcomes = answer_.whole.outcomes = {.ok = 7};
  EXPECT_THAT(screen(true), Not(HasSubstr("\033[31m")));
}

TEST_F(HistoryScreen, TheTitleSaysWhatWasAskedFor) {
  EXPECT_EQ(lines_of(screen()).front(), "goxel, each line 10.0 s");
  filter_.operation = "ping";
  filter_.stack = "2-layer";
  filter_.protocol = "mcp";
  filter_.layer = "daemon";
  EXPECT_EQ(lines_of(screen()).front(), "goxel, ping, 2-layer, mcp, daemon, each line 10.0 s");
}

TEST_F(HistoryScreen, TheLastLineIsOfTheWholeTime) {
  answer_.whole.covered_seconds = 90;
  answer_.whole.outcomes = {.ok = 1'000, .error = 100, .cancelled = 134};
  answer_.whole.rate_per_second = 13.7;
  EXPECT_EQ(lines_of(screen()).back(),
            "1,234 requests in 1 min 30 s that were watched, 13.7/s, 234 failed");
  answer_.whole.latency = {.count = 1'100,
                           .mean_ns = 1'500,
                           .min_ns = 1,
                           .p50_ns = 1'000,
                           .p90_ns = 2'000'000,
                           .p95_ns = 20'000'000,
                           .p99_ns = 30'000'000,
                           .max_ns = 4'000'000'000};
  EXPECT_EQ(lines_of(screen()).back(),
            "1,234 requests in 1 min 30 s that were watched, 13.7/s, 234 failed; mean 1.50 µs, "
            "p50 1.00 µs, p90 2.00 ms, p95 20.0 ms, p99 30.0 ms, max 4.00 s");
}

}  // namespace
}  // namespace goxel_telemetry::cli
