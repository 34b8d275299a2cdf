// SPDX-License-Identifier: GPL-3.0-or-later
// From conditions to alerts: held, raised, confirmed, widened, ended.
#include "metrics/alerts/alert_book.h"

#include <gmock/gmock.h>

namespace goxel_telemetry::metrics {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

constexpr std::uint64_t kStartNs = 1'763'996'400 * kNsPerSecond;

class AlertBookTest : public testing::Test {
 protected:
  AlertBookTest() {
    rule().hold = 10;
    rule().clear = 20;
  }
  RuleSettings& rule() { return settings_[AlertRule::slower]; }

  Time now() const {
    return {5 * kNsPerSecond + second_ * kNsPerSecond, kStartNs + second_ * kNsPerSecond};
  }
  static Condition condition(const std::vector<std::string>& operations = {}) {
    Condition condition{.rule = AlertRule::slower, .instance = "goxel", .summary = "slower"};
    condition.since_ns = kStartNs - 5 * kNsPerSecond;
    for (const std::string& operation : operations) {
      condition.evidence.operations.emplace_back().key.operation = operation;
    }
    return condition;
  }
  static Condition confirmed() {
    Condition one = condition();
    one.level = AlertLevel::confirmed;
    return one;
  }
  // Second after second up to `second`, in which it is so. What people are told.
  std::vector<std::string> so_until(std::uint64_t second,
                                    const std::vector<Condition>& conditions) {
    std::vector<std::string> told;
    for (; second_ <= second; ++second_) {
      for (const AlertBook::News& one : book_.look(conditions, watched_, settings_, now())) {
        ++news_;
        latest_ = one.alert;
        if (one.change) told.push_back(std::to_string(second_) + ' ' + to_string(*one.change));
      }
    }
    return told;
  }

  AlertSettings settings_;
  AlertBook book_;
  std::set<std::string> watched_ = {"goxel"};
  std::uint64_t second_ = 0;
  std::size_t news_ = 0;
  Alert latest_;
};

TEST_F(AlertBookTest, WhenItBeganMayBecomeBetterKnownButNotMovePastTheAlert) {
  so_until(10, {});
  Condition one = condition();
  const auto since = [&](std::uint64_t second) {
    one.since_ns = kStartNs + second * kNsPerSecond;
    so_until(second_ + AlertBook::kBetweenUpdatesNs / kNsPerSecond, {one});
    return (latest_.since_ns - kStartNs) / kNsPerSecond;
  };
  EXPECT_EQ(since(3), 3U);
  EXPECT_EQ(since(5), 3U) << "as far back as was known";
  one.refines_since = true;
  EXPECT_EQ(since(5), 5U);
  EXPECT_EQ(since(4), 4U);
  EXPECT_EQ(since(40), 4U) << "something else, that came to it";
}

TEST_F(AlertBookTest, WhatIsSoLongEnoughIsRaisedOnce) {
  EXPECT_THAT(so_until(9, {condition()}), IsEmpty());
  EXPECT_THAT(book_.active(), IsEmpty());
  EXPECT_THAT(so_until(39, {condition()}), ElementsAre("10 raised"));
  EXPECT_EQ(latest_.id, "slower-goxel-20251124T150010-1");
  EXPECT_EQ(latest_.since_ns, kStartNs - 5 * kNsPerSecond);
  EXPECT_EQ(latest_.raised_ns, kStartNs + 10 * kNsPerSecond);
  EXPECT_EQ(latest_.confirmed_ns, 0u);
  EXPECT_EQ(latest_.summary, "slower");
  EXPECT_TRUE(latest_.active());
  EXPECT_THAT(book_.active(), SizeIs(1));
}

TEST_F(AlertBookTest, WhatIsInterruptedIsHeldAnew) {
  so_until(9, {condition()});
  so_until(10, {});
  EXPECT_THAT(so_until(20, {condition()}), IsEmpty());
  EXPECT_THAT(so_until(21, {condition()}), ElementsAre("21 raised"));
}

TEST_F(AlertBookTest, WhatIsNotSoLongEnoughHasEndedWhenItWasLastSo) {
  so_until(15, {condition()});
  EXPECT_THAT(so_until(30, {}), IsEmpty());
  EXPECT_THAT(so_until(31, {condition()}), IsEmpty()) << "it flaps";
  EXPECT_THAT(so_until(60, {}), ElementsAre("51 ended"));
  EXPECT_EQ(latest_.end, AlertEnd::resolved);
  EXPECT_EQ(latest_.ended_ns, kStartNs + 31 * kNsPerSecond);
  EXPECT_EQ(latest_.updated_ns, kStartNs + 51 * kNsPerSecond);
  EXPECT_THAT(book_.active(), IsEmpty());
  EXPECT_THAT(so_until(80, {condition()}), ElementsAre("71 raised"));
  EXPECT_EQ(latest_.id, "slower-goxel-20251124T150111-2");
}

// People mute what tells them every other minute that it is so, or no longer so.
TEST_F(AlertBookTest, WhatComesAndGoesIsOneAlertByDefault) {
  for (const AlertRule rule :
       {AlertRule::slower, AlertRule::failing, AlertRule::slower_than_pinned,
        AlertRule::records_lost, AlertRule::requests_unanswered, AlertRule::target_missed,
        AlertRule::workers_saturated, AlertRule::queue_growing, AlertRule::data_stale}) {
    settings_ = {};
    settings_[rule].hold = 0;
    Condition condition = AlertBookTest::condition();
    condition.rule = rule;
    std::vector<std::string> told;
    for (int minute = 0; minute < 60; ++minute) {
      std::vector<Condition> conditions;
      if (minute % 2 == 0) conditions.push_back(condition);
      for (const std::string& one : so_until(second_ + 55, conditions)) told.push_back(one);
    }
    EXPECT_THAT(told, SizeIs(1)) << to_string(rule);
    so_until(second_ + 1200, {});
  }
}

TEST_F(AlertBookTest, IsConfirmedOnceAndNeverCalmsDown) {
  so_until(10, {condition()});
  EXPECT_THAT(so_until(20, {confirmed()}), ElementsAre("11 confirmed"));
  EXPECT_EQ(latest_.confirmed_ns, kStartNs + 11 * kNsPerSecond);
  EXPECT_THAT(so_until(30, {condition()}), IsEmpty());
  EXPECT_EQ(book_.active().at(0).level, AlertLevel::confirmed);
  EXPECT_THAT(so_until(40, {confirmed()}), IsEmpty());
}

TEST_F(AlertBookTest, WhatIsConfirmedFromTheBeginningIsRaisedSo) {
  EXPECT_THAT(so_until(10, {confirmed()}), ElementsAre("10 raised"));
  EXPECT_EQ(latest_.level, AlertLevel::confirmed);
  EXPECT_EQ(latest_.confirmed_ns, latest_.raised_ns);
}

TEST_F(AlertBookTest, WidensByOperationsThatNobodyWasToldOf) {
  so_until(10, {condition({"render"})});
  EXPECT_THAT(so_until(69, {condition({"render", "add"})}), IsEmpty()) << "not each second";
  EXPECT_THAT(so_until(80, {condition({"render", "add"})}), ElementsAre("70 widened"));
  EXPECT_THAT(so_until(200, {condition({"add"})}), IsEmpty());
  EXPECT_THAT(so_until(300, {condition({"render"})}), IsEmpty()) << "they know";
  EXPECT_THAT(so_until(400, {condition({"copy"})}), ElementsAre("301 widened"));
  EXPECT_THAT(so_until(500, {condition({"add"})}), IsEmpty()) << "they still know";
}

TEST_F(AlertBookTest, EvidenceIsHandedOutNowAndThen) {
  so_until(10, {condition()});
  news_ = 0;
  so_until(10 + 2 * 30, {condition()});
  EXPECT_EQ(news_, 2u);
  EXPECT_EQ(latest_.updated_ns, kStartNs + 70 * kNsPerSecond);
}

TEST_F(AlertBookTest, SubjectsAndInstancesHaveAlertsOfTheirOwn) {
  Condition other = condition();
  other.subject = "render";
  Condition bridge = condition();
  bridge.instance = "";
  EXPECT_THAT(so_until(10, {condition(), other, bridge}), SizeIs(3));
  std::set<std::string> ids;
  for (const Alert& alert : book_.active()) ids.insert(alert.id);
  EXPECT_THAT(ids, SizeIs(3));
  EXPECT_TRUE(ids.contains("slower-bridge-20251124T150010-3"));
  so_until(40, {condition(), bridge});
  EXPECT_THAT(book_.active(), SizeIs(2));
  so_until(45, {});
  EXPECT_EQ(book_.active().size(), 2u) << "of the bridge itself nobody needs to be watched";
}

TEST_F(AlertBookTest, WhatHasBecomeUsualEndsSo) {
  so_until(10, {condition()});
  Condition usual = condition();
  usual.over = AlertEnd::new_level;
  EXPECT_THAT(so_until(60, {usual}), ElementsAre("11 ended"));
  EXPECT_EQ(latest_.end, AlertEnd::new_level);
}

TEST_F(AlertBookTest, OfWhatIsNotWatchedNobodyKnows) {
  so_until(10, {condition()});
  watched_.clear();
  EXPECT_THAT(so_until(11, {}), ElementsAre("11 ended"));
  EXPECT_EQ(latest_.end, AlertEnd::not_watched);
  EXPECT_EQ(latest_.ended_ns, kStartNs + 11 * kNsPerSecond);
}

TEST_F(AlertBookTest, GoesOnWithTheAlertsOfAnEarlierBridge) {
  so_until(10, {condition({"render"})});
  const Alert before = latest_;
  book_ = {};
  book_.take_up(before, now());
  EXPECT_THAT(so_until(50, {condition({"render"})}), IsEmpty());
  EXPECT_EQ(book_.active().at(0).id, before.id);
  EXPECT_THAT(so_until(90, {}), ElementsAre("70 ended"));
  EXPECT_EQ(latest_.id, before.id);
}

// A bridge that has just begun has not seen enough to say that it is over.
TEST_F(AlertBookTest, WhatIsTakenUpEndsOnlyWhenTheRuleCanKnow) {
  so_until(10, {condition()});
  const Alert before = latest_;
  book_ = {};
  book_.take_up(before, now());
  ASSERT_EQ(settings_.learning(AlertRule::slower), 60u);
  EXPECT_THAT(so_until(100, {}), ElementsAre("71 ended"));
  EXPECT_EQ(latest_.ended_ns, before.updated_ns) << "when it was last so, as far as is known";
}

TEST_F(AlertBookTest, AnAlertOfAnotherBridgeTakesThePlaceOfTheOneThatWasRaisedHere) {
  so_until(10, {condition({"render"})});
  Alert other = latest_;
  other.id = "other";
  other.raised_ns -= 5 * kNsPerSecond;
  so_until(20, {confirmed()});
  EXPECT_TRUE(book_.take_up(other, now()));
  ASSERT_THAT(book_.active(), SizeIs(1));
  EXPECT_EQ(book_.active()[0].id, "other");
  EXPECT_EQ(book_.active()[0].raised_ns, other.raised_ns);
  EXPECT_THAT(so_until(30, {confirmed()}), ElementsAre("21 confirmed")) << "nobody was told";
  EXPECT_THAT(so_until(90, {}), ElementsAre("50 ended")) << "it was seen here";
}

TEST_F(AlertBookTest, ARuleThatIsSwitchedOffEndsItsAlerts) {
  so_until(10, {condition()});
  rule().enabled = false;
  EXPECT_THAT(so_until(11, {}), ElementsAre("11 ended"));
}

TEST_F(AlertBookTest, ThereAreOnlySoManyAtOnce) {
  std::vector<Condition> many;
  for (std::size_t i = 0; i < AlertBook::kMostActive + 3; ++i) {
    many.push_back(condition());
    many.back().subject = std::to_string(i);
  }
  so_until(10, many);
  EXPECT_THAT(book_.active(), SizeIs(AlertBook::kMostActive));
  EXPECT_EQ(book_.left_out(), 11u * 3);
}

}  // namespace
}  // namespace goxel_telemetry::metrics
