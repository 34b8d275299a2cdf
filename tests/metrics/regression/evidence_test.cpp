// SPDX-License-Identifier: GPL-3.0-or-later
#include "metrics/regression/evidence.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

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
  EXPECT_THAT(centre.add(0, 10), IsEmpty());
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

TEST(CountEvidenceTest, FewEventsAreNoAlarmHoweverRareTheyWere) {
  CountEvidence evidence(kSearch);
  const Dispersion dispersion;
  for (std::uint64_t tick = 1; tick <= 7; ++tick)
    EXPECT_THAT(evidence.add(tick, 1, 0.0001, dispersion), IsEmpty());
  for (std::uint64_t tick = 8; tick <= 100; ++tick)
    EXPECT_THAT(evidence.add(tick, 0, 0.0001, dispersion), IsEmpty());
}

TEST(CountEvidenceTest, WhatWasExpectedIsNoAlarm) {
  CountEvidence evidence(kSearch);
  const Dispersion dispersion;
  for (std::uint64_t tick = 1; tick <= 5000; ++tick)
    EXPECT_THAT(evidence.add(tick, tick % 4 == 0 ? 8 : 0, 2, dispersion), IsEmpty());
}

}  // namespace
}  // namespace goxel_telemetry::metrics
