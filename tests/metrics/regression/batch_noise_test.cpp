// SPDX-License-Identifier: GPL-3.0-or-later
#include "metrics/regression/batch_noise.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

namespace goxel_telemetry::metrics {
namespace {

TEST(BatchAverageTest, IsTheMeanOfTheFirstBatchesAndThenForgets) {
  BatchAverage average(10, 0);
  for (const double fluctuation : {3, 5, 2, 6}) average.add(fluctuation, 1);
  EXPECT_DOUBLE_EQ(average.value(), 3);
  EXPECT_EQ(average.batches(), 4U);
  while (average.batches() < 1000) average.add(4, 1);
  average.add(8, 1);
  EXPECT_NEAR(average.value(), 3.4, 1e-9) << "a tenth of the difference";
}

TEST(BatchAverageTest, OneBatchCountsAsSixUsualOnesAtTheMost) {
  BatchAverage average(10, 0);
  for (int i = 0; i < 4; ++i) average.add(4, 1);
  average.add(1000, 3);
  EXPECT_DOUBLE_EQ(average.value(), 3 + (6 * (3 + 3) - 3 - 3) / 5.0);
  // Before there are four, nobody knows what is usual.
  BatchAverage first(10, 0);
  for (const double fluctuation : {0, 0, 0, 1000}) first.add(fluctuation, 0);
  EXPECT_DOUBLE_EQ(first.value(), 250);
  // If nothing fluctuates, the least counts as usual.
  BatchAverage least(10, 0.5);
  for (int i = 0; i < 4; ++i) least.add(0, 0);
  least.add(1000, 0);
  EXPECT_DOUBLE_EQ(least.value(), 6 * 0.5 / 5);
}

// Differences of 0.1 from each tick, or of 0.3 from a quarter of the requests, less what requests scatter.
TEST(SlowNoiseTest, IsOfMeansOfRequestsInBatches) {
  const auto allowance = [](double batches) { return 1 + 4 / std::sqrt(batches); };
  SlowNoise even;
  SlowNoise uneven;
  for (int tick = 1; tick <= 60; ++tick) {
    even.add(0.1, 100, 0.2);
    const bool few = tick % 2 == 0;
    uneven.add(few ? 0.3 : 0.1, few ? 50 : 150, few ? 0.1 : 0.2);
    if (tick < 48) {
      EXPECT_EQ(even.variance(3), SlowNoise::kLeast) << "four batches are needed";
    }
  }
  EXPECT_NEAR(even.variance(1), (12 * 0.01 - 0.2 / 100) * allowance(5), 1e-12);
  EXPECT_NEAR(uneven.variance(1), (12 * 0.15 * 0.15 - 0.175 / 100) * allowance(5), 1e-12);
}

TEST(SlowNoiseTest, EachScaleHasItsBatches) {
  SlowNoise noise;
  constexpr double kSquare = 0.01;
  const auto run = [&](int ticks) {
    static int number = 0;
    for (int i = 0; i < ticks; ++i, ++number) noise.add(number / 240 % 2 == 0 ? 0.1 : -0.1, 1, 0);
  };
  const auto expected = [](double ticks, double batches) {
    return ticks * kSquare * (1 + 4 / std::sqrt(batches));
  };
  run(240);
  EXPECT_NEAR(noise.variance(1), expected(12, 20), 1e-12);
  EXPECT_NEAR(noise.variance(2), expected(60, 4), 1e-12);
  EXPECT_NEAR(noise.variance(3), expected(60, 4), 1e-12) << "the longest needs six batches";
  run(5 * 240);
  EXPECT_NEAR(noise.variance(2), expected(60, 24), 1e-12);
  EXPECT_NEAR(noise.variance(3), expected(240, 6), 1e-12);
  // Twice the memory is as much as is said for certainty.
  run(100 * 240);
  EXPECT_NEAR(noise.variance(1), expected(12, 240), 1e-12);
  EXPECT_NEAR(noise.variance(2), expected(60, 96), 1e-12);
  EXPECT_NEAR(noise.variance(3), expected(240, 64), 1e-12);
}

// A first-order autoregressive series has the long-run variance sd² (1 + a) / (1 - a).
TEST(SlowNoiseTest, MeasuresWhatTicksShareAndNotWhatTheirRequestsScatter) {
  std::mt19937_64 random(1);
  std::normal_distribution<double> normal;
  SlowNoise noise;
  constexpr double kCorrelation = 0.5;
  constexpr double kSd = 0.05;
  constexpr double kScatter = 0.2;
  constexpr double kRequests = 100;
  double level = 0;
  for (int tick = 0; tick < 40'000; ++tick) {
    level =
        kCorrelation * level + kSd * std::sqrt(1 - kCorrelation * kCorrelation) * normal(random);
    noise.add(level + std::sqrt(kScatter / kRequests) * normal(random), kRequests, kScatter);
  }
  const double truth = kSd * kSd * (1 + kCorrelation) / (1 - kCorrelation);
  // Never less than the truth, because noise that is not seen becomes alarms, and not much more.
  EXPECT_GT(noise.variance(3), truth);
  EXPECT_LT(noise.variance(3), 3 * truth);
}

TEST(SlowNoiseTest, SlowerNoiseIsOnlySeenAtItsScale) {
  SlowNoise noise;
  for (int tick = 0; tick < 20'000; ++tick)
    noise.add(0.05 * std::sin(tick * 2 * M_PI / 500), 1000, 0.001);
  EXPECT_GT(noise.variance(3), 3 * noise.variance(1));
}

TEST(SlowNoiseTest, IndependentTicksHaveTheLeast) {
  SlowNoise noise;
  EXPECT_EQ(noise.variance(3), SlowNoise::kLeast);
  for (int tick = 0; tick < 5'000; ++tick) noise.add(tick % 2 == 0 ? 0.01 : -0.01, 100, 0.01);
  EXPECT_EQ(noise.variance(3), SlowNoise::kLeast);
}

TEST(SlowNoiseTest, AnIncidentCountsAsSixUsualBatches) {
  const auto after = [](double incident) {
    SlowNoise noise;
    for (int tick = 0; tick < 12 * 100; ++tick)
      noise.add(tick / 12 % 2 == 0 ? 0.1 : -0.1, 1000, 0.001);
    for (int tick = 0; tick < 12; ++tick) noise.add(incident, 1000, 0.001);
    return noise.variance(1);
  };
  EXPECT_DOUBLE_EQ(after(1), after(100));
  EXPECT_LT(after(100), 1.2 * after(0.1));
}

TEST(DispersionTest, PoissonIsOneAndBurstsAreMore) {
  std::mt19937_64 random(2);
  std::poisson_distribution<int> poisson(3);
  Dispersion independent;
  Dispersion bursts;
  for (int tick = 0; tick < 20'000; ++tick) {
    const int events = poisson(random);
    independent.add(events, 3);
    bursts.add(tick / 12 % 2 == 0 ? 2 * events : 0, 3);
  }
  EXPECT_LT(independent.value(2), 1.5);
  EXPECT_GT(bursts.value(1), 10);
}

TEST(DispersionTest, IsOfBatches) {
  Dispersion dispersion;
  const auto run = [&](int ticks) {
    static int number = 0;
    // Batches of twelve have 3 or 9 events where 6 were expected.
    for (int i = 0; i < ticks; ++i, ++number)
      dispersion.add(number / 12 % 2 == 0 ? 0.25 : 0.75, 0.5);
  };
  run(47);
  EXPECT_EQ(dispersion.value(1), 1) << "four batches are needed";
  run(1);
  EXPECT_NEAR(dispersion.value(1), 9.0 / 6, 1e-12);
  run(5 * 60 - 48);
  EXPECT_NEAR(dispersion.value(2), 9.0 / 6, 1e-12) << "of sixty, 3 in 30 is what is to be expected";
}

TEST(DispersionTest, BurstsOfAMinuteAreSeenOnTheLongerScale) {
  Dispersion dispersion;
  for (int tick = 0; tick < 600; ++tick) dispersion.add(tick / 60 % 2 == 0 ? 0.5 : 1.5, 1);
  EXPECT_NEAR(dispersion.value(1), 36.0 / 12, 1e-12);
  EXPECT_NEAR(dispersion.value(2), 900.0 / 60, 1e-12);
}

TEST(DispersionTest, ASingleRareEventIsNoBurst) {
  Dispersion dispersion;
  for (int tick = 0; tick < 48; ++tick) dispersion.add(tick % 12 == 0 ? 1 : 0, 0.001);
  EXPECT_EQ(dispersion.value(1), 1);
}

}  // namespace
}  // namespace goxel_telemetry::metrics
