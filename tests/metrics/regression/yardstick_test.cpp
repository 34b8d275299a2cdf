// SPDX-License-Identifier: GPL-3.0-or-later
#include "metrics/regression/yardstick.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>

namespace goxel_telemetry::metrics {
namespace {

constexpr double kLeastClip = 0.35;
constexpr double kBucket = 0.02;  // how exact a histogram is, as a logarithm

// Each quantile of a log-normal distribution once.
Histogram log_normal(double median_ms, double log_sd) {
  Histogram histogram;
  constexpr int kValues = 20'000;
  for (int i = 0; i < kValues; ++i) {
    double low = -5;
    double high = 5;
    const double share = (i + 0.5) / kValues;
    while (high - low > 1e-6) {
      const double middle = (low + high) / 2;
      (std::erfc(-middle / std::sqrt(2)) / 2 < share ? low : high) = middle;
    }
    histogram.record(static_cast<std::uint64_t>(median_ms * 1e6 * std::exp(log_sd * low)));
  }
  return histogram;
}
double mean_residual(const Yardstick& yardstick, const Histogram& histogram) {
  return residuals(yardstick, histogram) / static_cast<double>(histogram.count());
}

TEST(Yardstick, SaysWhatIsUsual) {
  const Yardstick yardstick = Yardstick::of(log_normal(3, 0.5), kLeastClip);
  EXPECT_NEAR(yardstick.median, std::log(3e6), kBucket);
  EXPECT_NEAR(yardstick.clip, 0.5, kBucket);
  EXPECT_NEAR(yardstick.tail, 2.326 * 0.5, kBucket);
  EXPECT_NEAR(yardstick.gain, 0.6827, 0.02);
  EXPECT_NEAR(yardstick.centre, 0, kBucket);
  // Of a normal distribution that is clipped at one standard deviation the variance is 0.5160.
  EXPECT_NEAR(yardstick.scatter, 0.5160 * 0.25 / (0.6827 * 0.6827), 0.01);
}

TEST(Yardstick, OfLatenciesThatHardlyDifferTheClipIsTheLeast) {
  EXPECT_EQ(Yardstick::of(log_normal(3, 0.1), kLeastClip).clip, kLeastClip);
  EXPECT_NEAR(Yardstick::of(log_normal(3, 0.8), kLeastClip).clip, 0.8, kBucket);
}

TEST(Yardstick, ResidualsMoveAsLatenciesDo) {
  for (const double log_sd : {0.2, 0.5, 1.0}) {
    const Yardstick yardstick = Yardstick::of(log_normal(3, log_sd), kLeastClip);
    for (const double factor : {0.9, 1.0, 1.05, 1.1}) {
      EXPECT_NEAR(mean_residual(yardstick, log_normal(3 * factor, log_sd)) - yardstick.centre,
                  std::log(factor), 0.012)
          << log_sd;
    }
  }
}

TEST(Yardstick, AnOutlierCountsAsTheClipWhateverItsSize) {
  const Yardstick yardstick = Yardstick::of(log_normal(3, 0.5), kLeastClip);
  for (const std::uint64_t ns : {100'000'000ULL, 100'000'000'000ULL, 1ULL << 62}) {
    Histogram histogram;
    histogram.record(ns);
    EXPECT_NEAR(residuals(yardstick, histogram), yardstick.clip / yardstick.gain, 1e-9) << ns;
  }
  Histogram fast;
  fast.record(1);
  EXPECT_NEAR(residuals(yardstick, fast), -yardstick.clip / yardstick.gain, 1e-9);
}

// Six of ten requests take a millisecond, the others ten.
TEST(Yardstick, TheScatterIsAboutTheMeanOfWhatIsSkewed) {
  Histogram histogram;
  for (int i = 0; i < 60; ++i) histogram.record(1'000'000);
  for (int i = 0; i < 40; ++i) histogram.record(10'000'000);
  const Yardstick yardstick = Yardstick::of(histogram, kLeastClip);
  const double slow = std::log(10) / 2 / 0.6;
  EXPECT_NEAR(yardstick.clip, std::log(10) / 2, kBucket);
  EXPECT_NEAR(yardstick.gain, 0.6, 1e-9);
  EXPECT_NEAR(yardstick.centre, 0.4 * slow, 2 * kBucket);
  EXPECT_NEAR(yardstick.scatter, 0.4 * 0.6 * slow * slow, 3 * kBucket);
}

TEST(CountAbove, SpreadsABucketEvenly) {
  Histogram histogram;
  for (int i = 0; i < 1000; ++i) histogram.record(5'000'000);
  EXPECT_EQ(count_above(std::log(4.8e6), histogram), 1000);
  EXPECT_EQ(count_above(std::log(5.2e6), histogram), 0);
  double last = 1000;
  int between = 0;
  for (double ms = 4.8; ms < 5.2; ms += 0.01) {
    const double above = count_above(std::log(ms * 1e6), histogram);
    EXPECT_LE(above, last);
    between += above > 0 && above < 1000;
    last = above;
  }
  EXPECT_GE(between, 2);
}

TEST(CountAbove, CountsWhatNoBucketHolds) {
  Histogram histogram;
  histogram.record(1'000'000);
  histogram.record(std::uint64_t{1} << 62);
  ASSERT_EQ(histogram.out_of_range(), 1U);
  EXPECT_EQ(count_above(std::log(2e6), histogram), 1);
}

}  // namespace
}  // namespace goxel_telemetry::metrics
