// SPDX-License-Identifier: GPL-3.0-or-later
#include "metrics/text/format.h"

#include <gtest/gtest.h>

#include <clocale>
#include <cstdlib>
#include <ctime>
#include <limits>
#include <locale>

namespace goxel_telemetry::metrics {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

TEST(Format, DurationsHaveThreeDigitsAndAUnit) {
  EXPECT_EQ(format_duration(0), "0 ns");
  EXPECT_EQ(format_duration(850), "850 ns");
  EXPECT_EQ(format_duration(1'000), "1.00 µs");
  EXPECT_EQ(format_duration(12'340), "12.3 µs");
  EXPECT_EQ(format_duration(1'234'567), "1.23 ms");
  EXPECT_EQ(format_duration(4.56e9), "4.56 s");
}

TEST(Format, DurationThatRoundsUpTakesTheNextUnit) {
  EXPECT_EQ(format_duration(999.4), "999 ns");
  EXPECT_EQ(format_duration(999.6), "1.00 µs");
  EXPECT_EQ(format_duration(9'996), "10.0 µs");
  EXPECT_EQ(format_duration(99'960), "100 µs");
  EXPECT_EQ(format_duration(999'499), "999 µs");
  EXPECT_EQ(format_duration(999'500), "1.00 ms");
}

TEST(Format, LongDurationsAreTimeOfAClock) {
  EXPECT_EQ(format_duration(59.94e9), "59.9 s");
  EXPECT_EQ(format_duration(59.96e9), "1 min 00 s");
  EXPECT_EQ(format_duration(125e9), "2 min 05 s");
  EXPECT_EQ(format_duration(3'720e9), "1 h 02 min");
  EXPECT_EQ(format_duration(1e19), "115740 d 17 h");
  EXPECT_EQ(format_duration((3 * 86'400.0 + 4 * 3'600) * 1e9), "3 d 04 h");
}

TEST(Format, BytesStepBy1024) {
  EXPECT_EQ(format_bytes(0), "0 B");
  EXPECT_EQ(format_bytes(1'023), "1023 B");
  EXPECT_EQ(format_bytes(1'536), "1.50 KiB");
  EXPECT_EQ(format_bytes(1'048'575), "1.00 MiB");
  EXPECT_EQ(format_bytes(3'586'129), "3.42 MiB");
}

TEST(Format, CountsAreGroupedByThousands) {
  EXPECT_EQ(format_count(0), "0");
  EXPECT_EQ(format_count(999), "999");
  EXPECT_EQ(format_count(1'000), "1,000");
  EXPECT_EQ(format_count(1'234'567), "1,234,567");
  EXPECT_EQ(format_count(UINT64_MAX), "18,446,744,073,709,551,615");
}

TEST(Format, RatesAndRatiosKeepThreeDigits) {
  EXPECT_EQ(format_rate(0), "0/s");
  EXPECT_EQ(format_rate(0.05), "0.05/s");
  EXPECT_EQ(format_rate(12.34), "12.3/s");
  EXPECT_EQ(format_rate(1'234.4), "1,234/s");
  EXPECT_EQ(format_percent(0), "0 %");
  EXPECT_EQ(format_percent(0.00134), "0.13 %");
  EXPECT_EQ(format_percent(1), "100 %");
  EXPECT_EQ(format_percent(2.5), "250 %");
}

TEST(Format, WhatIsNotFiniteIsADash) {
  for (const double value : {kInfinity, -kInfinity, kNaN}) {
    EXPECT_EQ(format_duration(value), "-");
    EXPECT_EQ(format_bytes(value), "-");
    EXPECT_EQ(format_rate(value), "-");
    EXPECT_EQ(format_percent(value), "-");
  }
}

TEST(Format, TimesAreLocal) {
  setenv("TZ", "UTC-2", 1);  // POSIX for two hours east of Greenwich
  tzset();
  EXPECT_EQ(format_date_time(1'700'000'000'001'234'567), "2023-11-15 00:13:20");
  EXPECT_EQ(format_time_of_day(1'700'000'000'001'234'567), "00:13:20.001234");
}

TEST(Format, TextsForOthersAreInUniversalTime) {
  setenv("TZ", "UTC-2", 1);
  tzset();
  EXPECT_EQ(format_utc(1'700'000'000'001'234'567), "2023-11-14 22:13:20 UTC");
  EXPECT_EQ(format_rfc3339(1'700'000'000'001'234'567), "2023-11-14T22:13:20Z");
}

// Most machines have no German locale installed; its way of writing numbers is enough.
struct GermanNumbers : std::numpunct<char> {
  char do_decimal_point() const override { return ','; }
  char do_thousands_sep() const override { return '.'; }
  std::string do_grouping() const override { return "\3"; }
};

TEST(Format, GermanLocaleChangesNothing) {
  const std::locale before =
      std::locale::global(std::locale(std::locale::classic(), new GermanNumbers));
  std::setlocale(LC_ALL, "de_DE.UTF-8");
  EXPECT_EQ(format_duration(1'234'567), "1.23 ms");
  EXPECT_EQ(format_count(1'234), "1,234");
  EXPECT_EQ(format_percent(0.125), "12.5 %");
  std::setlocale(LC_ALL, "C");
  std::locale::global(before);
}

}  // namespace
}  // namespace goxel_telemetry::metrics
