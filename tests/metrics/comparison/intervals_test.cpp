// SPDX-License-Identifier: GPL-3.0-or-later
// The statistics that comparisons are made of.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>
#include <vector>

#include "metrics/comparison/distribution.h"
#include "metrics/comparison/holm.h"
#include "metrics/comparison/interval.h"
#include "metrics/comparison/long_run.h"
#include "metrics/comparison/student_t.h"

namespace goxel_telemetry::metrics {
namespace {

using testing::DoubleNear;
using testing::ElementsAre;

// From the table in any textbook.
TEST(StudentT, HasTheTextbooksQuantiles) {
  EXPECT_NEAR(student_t_critical(0.95, 1), 12.706, 0.001);
  EXPECT_NEAR(student_t_critical(0.95, 3), 3.182, 0.001);
  EXPECT_NEAR(student_t_critical(0.95, 12), 2.179, 0.001);
  EXPECT_NEAR(student_t_critical(0.99, 24), 2.797, 0.001);
  EXPECT_NEAR(student_t_critical(0.95, 1e6), 1.960, 0.001);
  EXPECT_NEAR(student_t_critical(0.5, 1), 1.000, 0.001);
}

TEST(StudentT, OutsideIsTheInverseOfCritical) {
  for (const double degrees : {1.0, 2.5, 6.0, 24.0, 1000.0}) {
    for (const double level : {0.1, 0.9, 0.999, 0.999999}) {
      EXPECT_NEAR(student_t_outside(student_t_critical(level, degrees), degrees), 1 - level, 1e-9);
    }
    EXPECT_EQ(student_t_outside(0, degrees), 1);
    EXPECT_EQ(student_t_outside(std::numeric_limits<double>::infinity(), degrees), 0);
  }
  // Far out, where 1 - (something) would have nothing left: 2 * 6.22e-16 for a normal one.
  EXPECT_NEAR(student_t_outside(8, 1e9) / 1.244e-15, 1, 0.01);
}

std::vector<double> wandering(std::size_t length, double persistence, std::mt19937_64& random) {
  std::normal_distribution<double> normal;
  std::vector<double> series(length);
  double level = normal(random);
  double sum = 0;
  for (double& x : series) {
    level = persistence * level + std::sqrt(1 - persistence * persistence) * normal(random);
    x = level;
    sum += x;
  }
  for (double& x : series) x -= sum / static_cast<double>(length);
  return series;
}

double mean_variance_of_sum(double persistence) {
  constexpr int kRounds = 400;
  std::mt19937_64 random(1);
  double variance = 0;
  for (int round = 0; round < kRounds; ++round) {
    const std::vector<double> series = wandering(600, persistence, random);
    variance += std::pow(long_run_spread(series, 600).standard_error, 2) / kRounds;
  }
  return variance / 600;
}

// A series that keeps the part r of its deviation has (1 + r) / (1 - r) times the variance in its
// sum. 400 rounds of 12 degrees: the mean is within 9 % of what is expected, four times in a
// thousand not.
TEST(LongRunSpread, KnowsWhatPersistenceDoesToASum) {
  EXPECT_NEAR(mean_variance_of_sum(0), 1, 0.10);
  EXPECT_NEAR(mean_variance_of_sum(0.8) / 9, 1, 0.15);
  EXPECT_NEAR(mean_variance_of_sum(0.9) / 19, 1, 0.20);
}

TEST(LongRunSpread, UsesMoreCosinesTheLongerTheTimeButNeverManyNorMoreThanHalfTheBlocks) {
  EXPECT_EQ(cosines_for(kFewestBlocks - 1, 1e6), 0u);
  EXPECT_EQ(cosines_for(8, 8), 3u);
  EXPECT_EQ(cosines_for(120, 120), 6u);
  EXPECT_EQ(cosines_for(128, 86'400), 12u);
  EXPECT_EQ(cosines_for(8, 86'400), 4u);
}

TEST(LongRunSpread, HasAsManyDegreesAsCosines) {
  const std::vector<double> series(20, 1.0);
  EXPECT_EQ(long_run_spread(series, 20).degrees, 3);
  EXPECT_EQ(long_run_spread(series, 120).degrees, 6);
}

// 1, 1, -1, -1 and once more: a sum of squares of 8 and, of neighbours, of 1, so that the
// persistence is (8 * 1 / 8 + 1) / (8 - 3) = 0.4. Its three cosines have the squares 4.507930, 0
// and 18.883106, and the spectrum there is 0.855317, 0.605740 and 0.421618 of what it is at 0.
TEST(LongRunSpread, IsTheCosinesPowerAsItsPersistenceHasIt) {
  const std::vector<double> series = {1, 1, -1, -1, 1, 1, -1, -1};
  EXPECT_NEAR(long_run_spread(series, 8).standard_error, std::sqrt(2 * 23.391036 / 1.882675), 1e-5);
}

// A persistence below 0 counts as none: all three cosines weigh the same.
TEST(LongRunSpread, OfWhatAlternatesIsThatOfIndependentBlocks) {
  const std::vector<double> series = {1, -1, 1, -1, 1, -1, 1, -1};
  double power = 0;
  for (int j = 1; j <= 3; ++j) {
    double sum = 0;
    for (int t = 0; t < 8; ++t) sum += (t % 2 == 0 ? 1 : -1) * std::cos(M_PI * j * (t + 0.5) / 8);
    power += sum * sum;
  }
  EXPECT_NEAR(long_run_spread(series, 8).standard_error, std::sqrt(2 * power / 3), 1e-9);
}

TEST(LongRunSpread, OfTooFewBlocksIsNotKnown) {
  const std::vector<double> few(kFewestBlocks - 1, 1.0);
  EXPECT_EQ(long_run_spread(few, 1000).degrees, 0);
}

// Variances 1 and 4 with 5 and 20 degrees: (1 + 4)^2 / (1^2 / 5 + 4^2 / 20) = 25. The t of 25
// is 2.060 at 95 % and 2.787 at 99 %, says the table in any textbook. The other way round it would
// be one of 7.7 degrees, 2.32.
TEST(Difference, OfTwoSymmetricEstimatesIsWelchs) {
  const double error = std::sqrt(5);
  const Estimate a = symmetric_estimate(1, 1, 5);
  const Difference d = difference(a, symmetric_estimate(1 + 2.787 * error, 2, 20), 0.95);
  EXPECT_DOUBLE_EQ(d.value, 2.787 * error);
  EXPECT_NEAR(d.interval.low, (2.787 - 2.060) * error, 0.002);
  EXPECT_NEAR(d.interval.high, (2.787 + 2.060) * error, 0.002);
  EXPECT_NEAR(d.p, 0.01, 0.0001);
  EXPECT_NEAR(difference(a, symmetric_estimate(1 - 2.060 * error, 2, 20), 0.95).p, 0.05, 0.0001);
}

// Each limit of the difference is as far away as the limits that push it there: a's low one and b's
// high one make it greater.
TEST(Difference, OfSkewedEstimatesIsSkewed) {
  const auto skewed = [](double value, double down, double up) {
    return Estimate{value, 1e6, [=](double errors) {
                      return Limits{value - down * errors, value + up * errors};
                    }};
  };
  const Difference d = difference(skewed(10, 3, 8), skewed(30, 6, 4), 0.95);
  EXPECT_NEAR(d.interval.low, 20 - 1.960 * std::hypot(6, 8), 0.01);
  EXPECT_NEAR(d.interval.high, 20 + 1.960 * std::hypot(4, 3), 0.01);
}

TEST(Difference, IntervalExcludesZeroExactlyWhenPIsSmall) {
  for (double value = 0; value < 3; value += 0.05) {
    const Difference d =
        difference(symmetric_estimate(0, 0.5, 6), symmetric_estimate(value, 0.2, 12), 0.95);
    EXPECT_EQ(d.interval.low > 0, d.p < 0.05) << value;
  }
}

TEST(Difference, WithALimitThatIsNotKnownIsOpenOnThatSideOnly) {
  const double infinity = std::numeric_limits<double>::infinity();
  const Estimate open = {1, 12, [=](double errors) { return Limits{1 - 0.1 * errors, infinity}; }};
  const Difference d = difference(symmetric_estimate(0, 0.1, 12), open, 0.95);
  EXPECT_EQ(d.interval.high, infinity);
  EXPECT_GT(d.interval.low, 0);
  EXPECT_LT(d.p, 0.05);
}

TEST(Difference, OfCertainEstimatesIsCertain) {
  const Estimate one = symmetric_estimate(1, 0, 12);
  EXPECT_EQ(difference(one, one, 0.95).p, 1);
  const Difference d = difference(one, symmetric_estimate(1.5, 0, 12), 0.95);
  EXPECT_EQ(d.interval.low, 0.5);
  EXPECT_LT(d.p, 1e-6);
}

// Holm's own steps: 0.01 * 4, 0.02 * 3, 0.03 * 2 held up to the one before, 0.5.
TEST(Holm, RaisesEachByTheNumberOfQuestionsThatAreLeft) {
  double a = 0.5, b = 0.01, c = 0.03, d = 0.02;
  std::vector<double*> all = {&a, &b, &c, &d};
  adjust_by_holm(all);
  EXPECT_THAT(
      (std::vector{a, b, c, d}),
      ElementsAre(0.5, DoubleNear(0.04, 1e-12), DoubleNear(0.06, 1e-12), DoubleNear(0.06, 1e-12)));
  double certain = 0.9, other = 0.8;
  std::vector<double*> likely = {&certain, &other};
  adjust_by_holm(likely);
  EXPECT_THAT((std::vector{certain, other}), ElementsAre(1, 1));
}

Histogram histogram_of(std::initializer_list<std::uint64_t> values) {
  Histogram histogram;
  for (const std::uint64_t value : values) histogram.record(value);
  return histogram;
}

TEST(Distribution, ValuesAreSpreadOverTheirBucketAndPlacesAreItsInverse) {
  std::mt19937_64 random(3);
  std::uniform_int_distribution<std::uint64_t> between(10'000, 90'000);
  Histogram histogram;
  for (int i = 0; i < 50'000; ++i) histogram.record(between(random));
  Distribution distribution;
  distribution.add(histogram, 1);
  for (const double q : {0.01, 0.25, 0.5, 0.9, 0.99}) {
    const Place place = distribution.place_of(q);
    EXPECT_NEAR(count_below(histogram, place), q * 50'000, 1e-6);
    EXPECT_NEAR(distribution.value_at(place), 10'000 + q * 80'000, 1'000);
  }
}

TEST(Distribution, OfASingleValueIsThatValue) {
  Distribution distribution;
  distribution.add(histogram_of({123'456, 123'456, 123'456}), 1);
  EXPECT_EQ(distribution.value_at(distribution.place_of(0.01)), 123'456);
  EXPECT_EQ(distribution.value_at(distribution.place_of(0.99)), 123'456);
}

TEST(Distribution, WeightsDecideNotCounts) {
  Distribution distribution;
  distribution.add(histogram_of({100, 100, 100, 100, 100, 100, 100, 100, 100}), 0.4);
  distribution.add(histogram_of({120}), 0.6);
  EXPECT_NEAR(distribution.value_at(distribution.place_of(0.39)), 100, 1);
  EXPECT_NEAR(distribution.value_at(distribution.place_of(0.41)), 120, 1);
}

TEST(Distribution, SaysHowMuchOfItHasNoBucket) {
  Distribution distribution;
  distribution.add(histogram_of({1, 2, 3, Histogram::kHighest + 1}), 1);
  EXPECT_DOUBLE_EQ(distribution.within_range(), 0.75);
}

TEST(Superiority, IsTheShareOfPairs) {
  EXPECT_EQ(probability_of_superiority(histogram_of({10, 20}), histogram_of({30, 40})), 1);
  EXPECT_EQ(probability_of_superiority(histogram_of({30, 40}), histogram_of({10, 20})), 0);
  EXPECT_EQ(probability_of_superiority(histogram_of({10, 20}), histogram_of({10, 20})), 0.5);
  EXPECT_EQ(probability_of_superiority(histogram_of({10, 30}), histogram_of({20, 30})), 0.625);
  const Histogram long_ones = histogram_of({5, Histogram::kHighest + 1});
  EXPECT_EQ(probability_of_superiority(long_ones, long_ones), 0.5);
}

}  // namespace
}  // namespace goxel_telemetry::metrics
