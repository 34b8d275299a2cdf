// SPDX-License-Identifier: GPL-3.0-or-later
// Intervals of 95 % contain the true value 93 to 97 times in a hundred. tests/benchmarks/coverage
// has more cases, with more rounds.
#include <gtest/gtest.h>

#include "tests/metrics/comparison/simulated_latency.h"

namespace goxel_telemetry::metrics {
namespace {

// Four standard deviations of a coverage of 93 % (or 97 %) that is counted in kRounds rounds.
double allowance(double percent, int rounds) {
  return 4 * std::sqrt(percent * (100 - percent) / rounds);
}

void expect_coverage(const Behaviour& behaviour, std::uint64_t seconds) {
  constexpr int kRounds = 2'000;
  Behaviour changed = behaviour;
  changed.median_ns *= 1.3;
  changed.requests_per_second *= 1.5;
  const Coverage coverage = coverage_of(behaviour, changed, seconds, kRounds, 1);
  for (std::size_t i = 0; i < coverage.percent.size(); ++i) {
    if (coverage.intervals[i] < kRounds * 9 / 10) continue;  // too little data for that, as it says
    EXPECT_GT(coverage.percent[i], 93 - allowance(93, coverage.intervals[i]))
        << Coverage::kNames[i];
    EXPECT_LT(coverage.percent[i], 97 + allowance(97, coverage.intervals[i]))
        << Coverage::kNames[i];
  }
  for (const std::size_t i : {0, 1, 2, 3, 5, 6}) {  // all but p99
    EXPECT_EQ(coverage.intervals[i], kRounds) << Coverage::kNames[i];
  }
}

TEST(Coverage, OfIndependentLatencies) {
  expect_coverage({.requests_per_second = 10}, 60);
}

// The level's wandering is nine times what the same variance would be if seconds were independent.
TEST(Coverage, OfLatenciesThatWander) {
  expect_coverage({.level_sd = 0.2, .persistence = 0.8, .requests_per_second = 10}, 100);
}

TEST(Coverage, OfBursts) {
  expect_coverage({.level_sd = 0.1,
                   .persistence = 0.5,
                   .requests_per_second = 2,
                   .busy_requests = 8,
                   .busy_latency = 3,
                   .busy_failures = 5},
                  100);
}

}  // namespace
}  // namespace goxel_telemetry::metrics
