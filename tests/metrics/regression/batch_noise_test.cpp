// SPDX-License-Identifier: GPL-3.0-or-later
#include "metrics/regression/batch_noise.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

namespace goxel_telemetry::metrics {
namespace {

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

}  // namespace
}  // namespace goxel_telemetry::metrics
