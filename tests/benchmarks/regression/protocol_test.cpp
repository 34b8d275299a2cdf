// SPDX-License-Identifier: GPL-3.0-or-later
#include "protocol.h"

#include <gtest/gtest.h>

#include <cmath>
#include <set>

namespace goxel_telemetry::evaluation {
namespace {

Check bounded(Bound bound, double limit) {
  Check check;
  check.bound = bound;
  check.limit = limit;
  return check;
}

bool passes(const Check& check, std::uint64_t events, double of, bool doubts = false) {
  return judge(check, Counted{events, of, {}}, doubts).passed;
}

TEST(Judge, WhatIsMeasuredMustBeWithinItsLimit) {
  const Check alerts = bounded(Bound::at_most, 0.1);
  EXPECT_TRUE(passes(alerts, 30, 300));
  EXPECT_FALSE(passes(alerts, 31, 300));
  EXPECT_EQ(judge(alerts, Counted{31, 310, {}}, false).measured, 0.1);
  const Check detected = bounded(Bound::at_least, 0.85);
  EXPECT_TRUE(passes(detected, 170, 200));
  EXPECT_FALSE(passes(detected, 169, 200));
  EXPECT_TRUE(passes(bounded(Bound::at_least, 0.78), 156, 200));
  const Check times = bounded(Bound::more_than, 10);
  EXPECT_TRUE(passes(times, 51, 5));
  EXPECT_FALSE(passes(times, 50, 5));
}

// The probability of more than `most`, when `mean` are expected.
double poisson_above(std::uint64_t most, double mean) {
  double sum = 0;
  double term = std::exp(-mean);
  for (std::uint64_t k = 0; k <= most; ++k) {
    sum += term;
    term *= mean / static_cast<double>(k + 1);
  }
  return 1 - sum;
}

TEST(Judge, AShortRunFailsOnlyWhenChanceIsNoExcuse) {
  const Check alerts = bounded(Bound::at_most, 0.1);
  std::uint64_t most = 0;
  while (passes(alerts, most + 1, 43, true)) ++most;
  EXPECT_LT(poisson_above(most, 4.3), 1e-6);
  EXPECT_GT(poisson_above(most - 1, 4.3), 1e-6);

  // Of 40 changes of which each is noticed with a probability of 0.95.
  const Check detected = bounded(Bound::at_least, 0.95);
  std::uint64_t missed = 0;
  while (passes(detected, 40 - missed - 1, 40, true)) ++missed;
  double more = 1;  // the probability of more than that
  double term = std::pow(0.95, 40);
  double last = 0;
  for (std::uint64_t k = 0; k <= missed; ++k) {
    more -= term;
    last = term;
    term *= static_cast<double>(40 - k) / static_cast<double>(k + 1) * 0.05 / 0.95;
  }
  EXPECT_LT(more, 1e-6);
  EXPECT_GT(more + last, 1e-6);

  const Check times = bounded(Bound::more_than, 10);
  EXPECT_FALSE(passes(times, 50, 5, true));
}

TEST(Protocol, NamesOfChecksDiffer) {
  std::set<std::string> names;
  std::size_t checks = 0;
  for (const std::vector<Check>& part : {protocol_checks(), ablation_checks()}) {
    for (const Check& check : part) names.insert(check.name);
    checks += part.size();
  }
  EXPECT_EQ(names.size(), checks);
}

TEST(Measurements, AreTheSameAgainWhateverTheThreadsDid) {
  const Extent extent{
      .first_seed = 5, .first_change_seed = 5, .seeds = 3, .days = 1, .change_seeds = 6};
  const ChangeCase slower{kind_named("mid"), {.factor = 1.5}};
  Measurements one(extent);
  Measurements other(extent);
  EXPECT_EQ(one.alerts("noisy").by_channel, other.alerts("noisy").by_channel);
  EXPECT_EQ(one.alerts("noisy").days, 3);
  // Of more seeds, of which some are known already.
  EXPECT_EQ(one.alerts("noisy", 4).days, 4);
  EXPECT_EQ(one.alerts("noisy", 4).by_channel, Measurements(extent).alerts("noisy", 4).by_channel);
  const auto& seen = one.changes("slower", slower);
  const auto& again = other.changes("slower", slower);
  ASSERT_EQ(seen.size(), 6U);
  for (std::size_t i = 0; i < seen.size(); ++i) {
    EXPECT_EQ(seen[i].delay_s, again[i].delay_s);
    EXPECT_EQ(seen[i].delay_s, watch(slower, 5 + i).delay_s);
  }
}

TEST(Measurements, APinnedSessionIsFromASeedOfItsOwn) {
  const PinnedCase slower{kind_named("steady"), {.factor = 1.2}};
  const Extent extent{.first_change_seed = 5, .change_seeds = 3};
  Measurements measurements(extent);
  const auto& trials = measurements.pinned("slower", slower);
  ASSERT_EQ(trials.size(), 3U);
  for (std::size_t i = 0; i < trials.size(); ++i) {
    EXPECT_EQ(trials[i].all.shift, compare(slower, 8 + i, 5 + i).all.shift);
    EXPECT_EQ(trials[i].all.verdict, metrics::PinnedVerdict::regressed);
    EXPECT_NEAR(trials[i].load_pinned, 50, 1);
    EXPECT_EQ(trials[i].operations.size(), kOperationCount);
  }
  // Of the same seed the two are alike, were it not for the change and the time.
  EXPECT_NEAR(compare({kind_named("steady")}, 7, 7).all.shift, 0, 0.01);
}

TEST(Watch, ADelayIsFromTheChangeToTheEndOfATick) {
  const ChangeCase much{kind_named("steady"), {.factor = 3}};
  for (std::uint64_t seed = 1; seed <= 3; ++seed) {
    const ChangeSeen seen = watch(much, seed);
    EXPECT_GT(seen.raised, 0U);
    EXPECT_LT(seen.delay_s, 60);

    Random moment = random_stream(seed, 2);
    Change change = much.change;
    change.begin_s = 3 * 3600 + 5 * uniform(moment);
    Traffic traffic(much.kind, seed, change);
    metrics::RegressionDetector detector;
    std::optional<std::uint64_t> raised;
    while (!raised) {
      const TrafficTick& tick = traffic.next();
      for (const auto& event : detector.tick(tick.number, tick.operations)) {
        if (static_cast<double>(5 * (tick.number + 1)) > change.begin_s) raised = event.tick;
      }
    }
    EXPECT_NEAR(seen.delay_s, static_cast<double>(5 * (*raised + 1)) - change.begin_s, 1e-6);
  }
}

TEST(Watch, WithoutAChangeNothingIsNoticed) {
  const ChangeSeen seen = watch({kind_named("steady"), {}}, 3);
  EXPECT_EQ(seen.raised, 0U);
  EXPECT_TRUE(std::isinf(seen.delay_s));
}

}  // namespace
}  // namespace goxel_telemetry::evaluation
