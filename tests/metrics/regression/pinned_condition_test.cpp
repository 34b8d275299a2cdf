// SPDX-License-Identifier: GPL-3.0-or-later
#include "metrics/regression/pinned_condition.h"

#include <gtest/gtest.h>

#include <cmath>

#include "metrics/text/format.h"

namespace goxel_telemetry::metrics {
namespace {

constexpr std::uint64_t kMinute = 60'000'000'000;
constexpr std::uint64_t kSaved = 1'700'000'000'000'000'000;

OperationKey key_of(const std::string& operation) {
  return {"2-layer", "jsonrpc", "daemon", operation};
}

PinnedShift shifted(PinnedVerdict verdict, double ratio, std::uint64_t requests = 1000) {
  PinnedShift shift;
  shift.verdict = verdict;
  shift.requests_pinned = 2000;
  shift.requests_now = requests;
  shift.median_pinned_ns = 2e6;
  shift.median_now_ns = 2e6 * ratio;
  shift.shift = std::log(ratio);
  shift.standard_error = 0.021;
  shift.ratio_low = ratio * 0.95;
  shift.ratio_high = ratio * 1.05;
  return shift;
}

// Two operations, of which one may be slower.
PinnedComparison fill_is(PinnedVerdict verdict, double ratio) {
  PinnedComparison comparison;
  comparison.all = shifted(PinnedVerdict::no_difference, 1.01);
  comparison.operations[key_of("goxel.fill")] = shifted(verdict, ratio);
  comparison.operations[key_of("goxel.ping")] = shifted(PinnedVerdict::no_difference, 1);
  comparison.load_pinned = 40;
  comparison.load_now = 50;
  return comparison;
}

// Looks once a minute at the last thirty.
class PinnedConditionTest : public testing::Test {
 protected:
  const std::optional<Condition>& look(const PinnedComparison& comparison) {
    end_ += kMinute;
    watched_.look(comparison, end_ - 30 * kMinute, end_);
    return watched_.condition();
  }

  std::uint64_t end_ = kSaved;
  PinnedCondition watched_ = PinnedCondition({"goxel", "last-release", kSaved});
};

TEST_F(PinnedConditionTest, SaysWhatIsSlowerThanWhat) {
  const auto& condition = look(fill_is(PinnedVerdict::regressed, 1.25));
  ASSERT_TRUE(condition);
  EXPECT_EQ(condition->rule, AlertRule::slower_than_pinned);
  EXPECT_EQ(condition->instance, "goxel");
  EXPECT_EQ(condition->subject, "");
  EXPECT_EQ(condition->level, AlertLevel::warning);
  EXPECT_EQ(condition->since_ns, end_ - 30 * kMinute);
  EXPECT_EQ(condition->summary,
            "goxel.fill of goxel takes 25.0 % longer than in the pinned session last-release at "
            "the same load (median 2.50 ms, pinned 2.00 ms)");
  const AlertEvidence& evidence = condition->evidence;
  EXPECT_EQ(evidence.compared_with, "last-release, saved " + format_utc(kSaved));
  ASSERT_EQ(evidence.operations.size(), 1U);
  EXPECT_EQ(evidence.operations[0].key, key_of("goxel.fill"));
  EXPECT_EQ(evidence.operations[0].channel, OperationShift::Channel::centre);
  EXPECT_DOUBLE_EQ(evidence.operations[0].ratio, 1.25);
  EXPECT_DOUBLE_EQ(evidence.operations[0].ratio_low, 1.25 * 0.95);
  EXPECT_EQ(evidence.operations[0].before, 2e6);
  EXPECT_EQ(evidence.operations[0].count_before, 2000U);
  EXPECT_EQ(evidence.operations[0].count_after, 1000U);
  EXPECT_TRUE(evidence.not_looked_at.empty());
  EXPECT_EQ(evidence.facts.at(0).value, "50.0/s; 40.0/s in the pinned session");
}

TEST_F(PinnedConditionTest, TheGreatestLossComesFirst) {
  PinnedComparison comparison = fill_is(PinnedVerdict::regressed, 1.25);
  comparison.all = shifted(PinnedVerdict::regressed, 1.2, 9000);
  comparison.operations[key_of("goxel.ping")] = shifted(PinnedVerdict::regressed, 1.5);
  comparison.operations[key_of("goxel.undo")] = shifted(PinnedVerdict::improved, 0.7);
  const auto& condition = look(comparison);
  ASSERT_TRUE(condition);
  ASSERT_EQ(condition->evidence.operations.size(), 3U);
  EXPECT_EQ(condition->evidence.operations[0].key, OperationKey{});
  EXPECT_EQ(condition->evidence.operations[1].key.operation, "goxel.ping");
  EXPECT_EQ(condition->evidence.operations[2].key.operation, "goxel.fill");
  EXPECT_EQ(condition->summary,
            "goxel takes 20.0 % longer than in the pinned session last-release at the same load, "
            "most of all goxel.ping (median 3.00 ms, pinned 2.00 ms)");
  EXPECT_EQ(condition->evidence.facts.back().name, "faster than pinned");
  EXPECT_EQ(condition->evidence.facts.back().value, "goxel.undo");
}

TEST_F(PinnedConditionTest, SaysWhatWasNotLookedAt) {
  PinnedComparison comparison = fill_is(PinnedVerdict::regressed, 1.25);
  comparison.only_now = {key_of("goxel.new")};
  for (int i = 0; i < 7; ++i) comparison.only_pinned.push_back(key_of("old" + std::to_string(i)));
  comparison.operations[key_of("goxel.rare")] = shifted(PinnedVerdict::too_little_data, 9);
  const auto& condition = look(comparison);
  ASSERT_TRUE(condition);
  EXPECT_EQ(condition->evidence.not_looked_at,
            (std::vector<std::string>{
                "not in the pinned session: goxel.new",
                "only in the pinned session: old0, old1, old2, old3, old4 and 2 more",
                "too few requests to compare: goxel.rare"}));
}

TEST_F(PinnedConditionTest, NothingIsSaidOfWhatIsNotProven) {
  EXPECT_FALSE(look(fill_is(PinnedVerdict::no_difference, 1.08)));
  EXPECT_FALSE(look(fill_is(PinnedVerdict::improved, 0.5)));
  EXPECT_FALSE(look(fill_is(PinnedVerdict::too_little_data, 3)));
}

TEST_F(PinnedConditionTest, LastsUntilNothingOfItIsLeft) {
  EXPECT_TRUE(look(fill_is(PinnedVerdict::regressed, 1.25)));
  const std::uint64_t since = watched_.condition()->since_ns;
  EXPECT_TRUE(look(fill_is(PinnedVerdict::no_difference, 1.08)));
  EXPECT_TRUE(look(fill_is(PinnedVerdict::too_little_data, 1)));
  EXPECT_TRUE(look({}));
  EXPECT_TRUE(look(fill_is(PinnedVerdict::no_difference, 1.04)));
  EXPECT_EQ(watched_.condition()->since_ns, since);
  EXPECT_EQ(watched_.condition()->evidence.operations.at(0).ratio, 1.04);
  EXPECT_FALSE(look(fill_is(PinnedVerdict::no_difference, 1.02)));
  EXPECT_FALSE(look(fill_is(PinnedVerdict::no_difference, 1.08)));
  ASSERT_TRUE(look(fill_is(PinnedVerdict::regressed, 1.25)));
  EXPECT_EQ(watched_.condition()->since_ns, end_ - 30 * kMinute);
  EXPECT_EQ(watched_.condition()->level, AlertLevel::warning);
}

TEST_F(PinnedConditionTest, IsForgottenAfterADayInWhichNobodyAsksForIt) {
  EXPECT_TRUE(look(fill_is(PinnedVerdict::regressed, 1.25)));
  end_ += 1438 * kMinute;
  EXPECT_TRUE(look({}));
  end_ += kMinute;
  EXPECT_FALSE(look({}));
}

TEST_F(PinnedConditionTest, IsConfirmedByRequestsThatTookNoPartInTheFirstProof) {
  for (int minute = 0; minute < 30; ++minute) {
    EXPECT_EQ(look(fill_is(PinnedVerdict::regressed, 1.25))->level, AlertLevel::warning);
  }
  // Still slower, but that is no proof.
  EXPECT_EQ(look(fill_is(PinnedVerdict::no_difference, 1.08))->level, AlertLevel::warning);
  EXPECT_EQ(look(fill_is(PinnedVerdict::regressed, 1.25))->level, AlertLevel::confirmed);
  EXPECT_EQ(look(fill_is(PinnedVerdict::no_difference, 1.08))->level, AlertLevel::confirmed);
}

}  // namespace
}  // namespace goxel_telemetry::metrics
