// SPDX-License-Identifier: GPL-3.0-or-later
#include "metrics/regression/evidence.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <map>
#include <utility>
#include <vector>

namespace goxel_telemetry::metrics {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr CentreEvidence::Variances kVariances = {0.001, 0.001, 0.001};

// Adds ticks until something changes; at most `most`.
struct Centre {
  CentreEvidence evidence{true};
  std::uint64_t tick = 0;
  std::vector<AlarmChange> add(double difference, int most) {
    std::vector<AlarmChange> changes;
    for (int i = 0; i < most && changes.empty(); ++i)
      changes = evidence.add(++tick, difference, kVariances, 100);
    return changes;
  }
};

TEST(CentreEvidenceTest, RaisesAfterFiveTicksAtTheEarliestAndSaysSinceWhen) {
  Centre centre;
  // What speaks neither for a change nor against it is no evidence.
  EXPECT_THAT(centre.add(CentreEvidence::kShifts[0] / 2, 10), IsEmpty());
  EXPECT_THAT(centre.add(10, 100), Contains(AlarmChange::raised));
  EXPECT_GE(centre.tick, 10u + 5);
  EXPECT_LE(centre.tick, 10u + 6);
  EXPECT_EQ(centre.evidence.alarm().since(), 11u);
}

TEST(CentreEvidenceTest, ABurstOfFourTicksIsNoAlarm) {
  Centre centre;
  EXPECT_THAT(centre.add(10, 4), IsEmpty());
  EXPECT_TRUE(centre.evidence.suspects());
  EXPECT_THAT(centre.add(0, 100), IsEmpty());
  EXPECT_FALSE(centre.evidence.suspects());
}

TEST(CentreEvidenceTest, WithoutLimitsTheSameBurstIsEnough) {
  CentreEvidence evidence(false);
  std::vector<AlarmChange> changes;
  for (std::uint64_t tick = 1; tick <= 4; ++tick) changes = evidence.add(tick, 10, kVariances, 100);
  EXPECT_THAT(changes, IsEmpty()) << "five ticks are needed in any case";
  changes = evidence.add(5, 1, kVariances, 100);
  EXPECT_THAT(changes, ElementsAre(AlarmChange::raised, AlarmChange::confirmed));
}

TEST(CentreEvidenceTest, FasterIsNoAlarm) {
  Centre centre;
  EXPECT_THAT(centre.add(-1, 1000), IsEmpty());
}

TEST(CentreEvidenceTest, IsConfirmedWhenThereIsMoreEvidenceAndResolvedWhenItIsOver) {
  Centre centre;
  EXPECT_THAT(centre.add(0.2, 100), ElementsAre(AlarmChange::raised));
  EXPECT_THAT(centre.add(0.2, 100), ElementsAre(AlarmChange::confirmed));
  EXPECT_THAT(centre.add(0, 100), ElementsAre(AlarmChange::resolved));
  EXPECT_FALSE(centre.evidence.suspects());
}

TEST(CentreEvidenceTest, WhatStaysForHalfAnHourIsTheNewLevel) {
  Centre centre;
  EXPECT_THAT(centre.add(0.2, 100), ElementsAre(AlarmChange::raised));
  const std::uint64_t raised = centre.tick;
  EXPECT_THAT(centre.add(0.2, 100), ElementsAre(AlarmChange::confirmed));
  EXPECT_THAT(centre.add(0.2, 1000), ElementsAre(AlarmChange::new_level));
  EXPECT_EQ(centre.tick - raised, 360u);
}

// A tick of its evidence counts as a fifth of an alarm at the most, for it and against it.
TEST(CentreEvidenceTest, AnAlarmIsOverAfterThreeTicksAsUsualAtTheEarliest) {
  Centre centre;
  EXPECT_THAT(centre.add(0.2, 100), ElementsAre(AlarmChange::raised));
  const std::uint64_t raised = centre.tick;
  EXPECT_THAT(centre.add(-1, 100), ElementsAre(AlarmChange::resolved));
  EXPECT_EQ(centre.tick - raised, 3U);
}

TEST(CentreEvidenceTest, WhatStaysIsCountedFromItsOwnAlarm) {
  Centre centre;
  EXPECT_THAT(centre.add(0.2, 100), ElementsAre(AlarmChange::raised));
  EXPECT_THAT(centre.add(0.2, 100), ElementsAre(AlarmChange::confirmed));
  EXPECT_THAT(centre.add(0.2, 200), IsEmpty());
  EXPECT_THAT(centre.add(0, 100), ElementsAre(AlarmChange::resolved));
  EXPECT_THAT(centre.add(0.2, 100), ElementsAre(AlarmChange::raised));
  const std::uint64_t raised = centre.tick;
  EXPECT_THAT(centre.add(0.2, 100), ElementsAre(AlarmChange::confirmed));
  EXPECT_THAT(centre.add(0.2, 1000), ElementsAre(AlarmChange::new_level));
  EXPECT_EQ(centre.tick - raised, 360U);
}

// Of the smaller shifts nothing is known: their noise is too great.
constexpr CentreEvidence::Variances kOnlyLargeShifts = {1, 1, 0.001};

TEST(CentreEvidenceTest, AnAlarmIsOverWhenTheShiftThatRaisedItIs) {
  CentreEvidence evidence(true);
  std::vector<AlarmChange> changes;
  std::uint64_t tick = 0;
  while (changes.empty() && tick < 100) changes = evidence.add(++tick, 0.5, kOnlyLargeShifts, 100);
  ASSERT_THAT(changes, ElementsAre(AlarmChange::raised));
  changes.clear();
  // Still more than usual, but less than half of what was looked for.
  for (const std::uint64_t raised = tick; changes.empty() && tick < raised + 100;)
    changes = evidence.add(++tick, 0.1, kOnlyLargeShifts, 100);
  EXPECT_THAT(changes, ElementsAre(AlarmChange::resolved));
}

TEST(CentreEvidenceTest, LooksForEightSixteenAndThirtyFivePercent) {
  const std::array shifts = {0.08, 0.16, 0.35};
  for (std::size_t i = 0; i < shifts.size(); ++i) {
    CentreEvidence::Variances variances = {1000, 1000, 1000};
    // So that a tick that is slower by just that is evidence of 1.
    variances[i] = shifts[i] * shifts[i] / 2;
    CentreEvidence evidence(true);
    std::uint64_t tick = 1;
    while (tick < 100 && evidence.add(tick, shifts[i], variances, 100).empty()) ++tick;
    EXPECT_EQ(tick, 10U) << "of 9.5";
  }
}

// However certain it is.
TEST(CentreEvidenceTest, ASmallerShiftThanIsLookedForIsNoAlarm) {
  constexpr CentreEvidence::Variances kHardlyAny = {1e-5, 1e-5, 1e-5};
  const auto raises = [&](double difference) {
    CentreEvidence evidence(true);
    for (std::uint64_t tick = 1; tick <= 1000; ++tick) {
      if (!evidence.add(tick, difference, kHardlyAny, 100).empty()) return true;
    }
    return false;
  };
  EXPECT_FALSE(raises(0.047));
  EXPECT_TRUE(raises(0.049));
}

TEST(CentreEvidenceTest, WhatIsOverBeforeItIsProvenIsNoAlarm) {
  CentreEvidence evidence(true);
  std::uint64_t tick = 0;
  while (tick < 29) EXPECT_THAT(evidence.add(++tick, 0.5, kVariances, 1), IsEmpty());
  // By now only requests are too few.
  EXPECT_THAT(evidence.add(++tick, 0, kVariances, 0), IsEmpty());
  EXPECT_THAT(evidence.add(++tick, 0, kVariances, 0), IsEmpty());
  while (tick < 100) EXPECT_THAT(evidence.add(++tick, 0, kVariances, 100), IsEmpty());
}

TEST(CentreEvidenceTest, AFewSlowTicksAmongUsualOnesAreNoAlarm) {
  constexpr CentreEvidence::Variances kNoisy = {0.01, 0.01, 0.01};
  const auto raises = [&](std::uint64_t usual_every) {
    CentreEvidence evidence(true);
    for (std::uint64_t tick = 1; tick <= 1000; ++tick) {
      const double difference = tick % usual_every == 0 ? -0.001 : 0.5;
      if (!evidence.add(tick, difference, kNoisy, 100).empty()) return true;
    }
    return false;
  };
  EXPECT_FALSE(raises(2));
  EXPECT_TRUE(raises(3));
}

TEST(CentreEvidenceTest, FewRequestsAreNoAlarm) {
  CentreEvidence evidence(true);
  std::vector<AlarmChange> changes;
  std::uint64_t tick = 0;
  while (changes.empty() && tick < 1000) changes = evidence.add(++tick, 0.5, kVariances, 1);
  EXPECT_EQ(tick, 30u) << "one request a tick: thirty are needed";
}

constexpr EventSearch kSearch{
    .increases = {{{.ratio = 2, .most_of_a_tick = 1}, {.ratio = 4, .most_of_a_tick = 2}}},
    .warns = 9,
    .fewest = 8};

TEST(CountEvidenceTest, RaisesAfterNineTicksAtTheEarliest) {
  CountEvidence evidence(kSearch);
  const Dispersion dispersion;
  std::vector<AlarmChange> changes;
  std::uint64_t tick = 0;
  while (changes.empty() && tick < 1000) changes = evidence.add(++tick, 100, 1, dispersion);
  EXPECT_EQ(tick, 9u);
  EXPECT_TRUE(evidence.alarm().active());
}

TEST(CountEvidenceTest, IsConfirmedBySixMore) {
  CountEvidence evidence(kSearch);
  std::map<std::uint64_t, std::vector<AlarmChange>> changes;
  for (std::uint64_t tick = 1; tick <= 20; ++tick) {
    auto of_tick = evidence.add(tick, 1, 0.1, {});
    if (!of_tick.empty()) changes[tick] = std::move(of_tick);
  }
  // (ln 4 - 0.3) / 1.2 a tick.
  EXPECT_THAT(changes, ElementsAre(std::pair(10, std::vector{AlarmChange::raised}),
                                   std::pair(17, std::vector{AlarmChange::confirmed})));
}

TEST(CountEvidenceTest, FewEventsAreNoAlarmHoweverRareTheyWere) {
  EventSearch search = kSearch;
  search.warns = 5;
  CountEvidence evidence(search);
  std::uint64_t tick = 0;
  while (tick < 7) EXPECT_THAT(evidence.add(++tick, 1, 0.0001, {}), IsEmpty());
  while (tick < 100) EXPECT_THAT(evidence.add(++tick, 0, 0.0001, {}), IsEmpty());
  EXPECT_THAT(evidence.add(++tick, 1, 0.0001, {}), ElementsAre(AlarmChange::raised));
}

TEST(CountEvidenceTest, HalfAsManyAgainAreNeededHoweverMany) {
  const auto raises = [](double events) {
    CountEvidence evidence(kSearch);
    for (std::uint64_t tick = 1; tick <= 100; ++tick) {
      if (!evidence.add(tick, events, 1000, {}).empty()) return true;
    }
    return false;
  };
  EXPECT_FALSE(raises(1490));
  EXPECT_TRUE(raises(1510));
}

TEST(CountEvidenceTest, SuspectsAtAThirdOfAnAlarm) {
  CountEvidence evidence(kSearch);
  for (std::uint64_t tick = 1; tick <= 5; ++tick) {
    // (ln 4 - 0.3) / 1.2 a tick, of 9.
    EXPECT_EQ(evidence.suspects(), tick > 4) << tick;
    evidence.add(tick, 1, 0.1, {});
  }
  evidence.clear();
  EXPECT_FALSE(evidence.suspects());
}

// What is twice as often needs longer than what is four times as often, and so slower noise counts.
TEST(CountEvidenceTest, EvidenceIsWeighedByTheDispersionOfItsOwnScale) {
  Dispersion dispersion;
  for (int tick = 0; tick < 6000; ++tick) dispersion.add(tick / 60 % 2 == 0 ? 1.5 : 0.5, 1);
  ASSERT_GT(dispersion.value(2), 2 * dispersion.value(1));
  const auto raised_at = [&](double events) {
    CountEvidence evidence(kSearch);
    for (std::uint64_t tick = 1; tick <= 10'000; ++tick) {
      if (!evidence.add(tick, events, 1, dispersion).empty()) return static_cast<double>(tick);
    }
    return 0.0;
  };
  const double four_times = (2.6 * std::log(4) - 3) / 1.2 / dispersion.value(1);
  EXPECT_EQ(raised_at(2.6), std::ceil(9 / four_times));
  // Too few for four times as often.
  const double twice = (1.9 * std::log(2) - 1) / 1.2 / dispersion.value(2);
  EXPECT_EQ(raised_at(1.9), std::ceil(9 / twice));
}

TEST(CountEvidenceTest, WhatWasExpectedIsNoAlarm) {
  CountEvidence evidence(kSearch);
  const Dispersion dispersion;
  for (std::uint64_t tick = 1; tick <= 5000; ++tick)
    EXPECT_THAT(evidence.add(tick, tick % 4 == 0 ? 8 : 0, 2, dispersion), IsEmpty());
}

}  // namespace
}  // namespace goxel_telemetry::metrics
