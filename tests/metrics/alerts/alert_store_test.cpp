// SPDX-License-Identifier: GPL-3.0-or-later
// What is put into a file of alerts comes out again, and so do judgements, silences and messages.
#include "metrics/alerts/alert_store.h"

#include <cmath>

#include "alert_file_fixture.h"

namespace goxel_telemetry::metrics {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

constexpr std::uint64_t kSecond = kNsPerSecond;

class AlertStoreTest : public AlertFileTest {};

Alert alert_at(const std::string& id, std::uint64_t raised_ns, std::uint64_t ended_ns = 0) {
  Alert alert = sample_alert(id);
  alert.since_ns = alert.raised_ns = alert.updated_ns = raised_ns;
  if (ended_ns != 0) {
    alert.end = AlertEnd::resolved;
    alert.ended_ns = alert.updated_ns = ended_ns;
  }
  return alert;
}

TEST_F(AlertStoreTest, AnAlertComesBackWithAllItsEvidence) {
  put(sample_alert());
  expect_same(found(sample_alert().id), sample_alert());

  Alert later = sample_alert();
  later.rule = AlertRule::history_failing;
  later.level = AlertLevel::confirmed;
  later.confirmed_ns = later.ended_ns = later.updated_ns = kThenNs + 1;
  later.end = AlertEnd::new_level;
  later.evidence = {};
  put(later, AlertChange::ended);
  expect_same(found(later.id), later);
  EXPECT_THAT(listed({}), SizeIs(1));
}

TEST_F(AlertStoreTest, WhatIsWatchedComesBackUntilSomethingElseIs) {
  std::vector<InstanceSeries> found;
  std::uint64_t as_of_ns = 1;
  expect_done(store().series(found, as_of_ns));
  EXPECT_THAT(found, IsEmpty());
  EXPECT_EQ(as_of_ns, 0u);

  std::vector<InstanceSeries> put(2);
  put[0].instance = "a";
  put[0].left_out = 7;
  put[0].series.resize(2);
  WatchedSeries& learning = put[0].series[0];
  learning.ticks_needed = 12.5;
  WatchedSeries& watched = put[0].series[1];
  watched.is_outer = true;
  watched.key = {"4-layer", "mcp", "mcp-server", "render"};
  watched.channel = OperationShift::Channel::tail;
  watched.state = WatchedSeries::State::suspects;
  watched.requests = 3.5;
  watched.usual_ns = 2e6;
  watched.usual_share = 0.01;
  watched.due_to_load = -0.1;
  watched.noticeable = {2.5, 0.025, 300};
  put[1].instance = "b";
  expect_done(store().put_series(put, kThenNs));
  expect_done(store().series(found, as_of_ns));
  EXPECT_EQ(as_of_ns, kThenNs);
  ASSERT_THAT(found, SizeIs(2));
  EXPECT_EQ(found[0].instance, "a");
  EXPECT_EQ(found[0].left_out, 7u);
  ASSERT_THAT(found[0].series, SizeIs(2));
  const WatchedSeries& first = found[0].series[0];
  EXPECT_FALSE(first.key);
  EXPECT_EQ(first.state, WatchedSeries::State::learning);
  EXPECT_EQ(first.ticks_needed, 12.5);
  EXPECT_FALSE(first.usual_ns || first.usual_share || first.due_to_load || first.noticeable);
  const WatchedSeries& second = found[0].series[1];
  EXPECT_TRUE(second.is_outer);
  EXPECT_EQ(second.key, watched.key);
  EXPECT_EQ(second.channel, watched.channel);
  EXPECT_EQ(second.state, watched.state);
  EXPECT_EQ(second.requests, 3.5);
  EXPECT_EQ(second.usual_ns, 2e6);
  EXPECT_EQ(second.usual_share, 0.01);
  EXPECT_EQ(second.due_to_load, -0.1);
  ASSERT_TRUE(second.noticeable);
  EXPECT_EQ(second.noticeable->ratio, 2.5);
  EXPECT_EQ(second.noticeable->share, 0.025);
  EXPECT_EQ(second.noticeable->within_seconds, 300);
  EXPECT_THAT(found[1].series, IsEmpty());

  expect_done(store().put_series({}, kThenNs));
  expect_done(store().series(found, as_of_ns));
  EXPECT_THAT(found, IsEmpty());
}

TEST_F(AlertStoreTest, AnAlertThatNobodyPutIsUnknown) {
  Alert alert;
  const HistoryResult result = store().find("slower\n", alert);
  EXPECT_EQ(result.outcome, HistoryOutcome::unknown);
  EXPECT_EQ(result.message, "the alerts file " + file_ + " has no alert \"slower\uFFFD\"");
  EXPECT_EQ(store().judge("x", Judgement::right, 1).outcome, HistoryOutcome::unknown);
}

TEST_F(AlertStoreTest, AJudgementStaysWhateverBecomesOfTheAlert) {
  put(sample_alert());
  expect_done(store().judge(sample_alert().id, Judgement::known, kThenNs + 5));
  put(sample_alert(), AlertChange::confirmed);
  expect_done(store().put(sample_alert()));
  EXPECT_EQ(found(sample_alert().id).judgement, Judgement::known);
  EXPECT_EQ(found(sample_alert().id).judged_ns, kThenNs + 5);
}

TEST_F(AlertStoreTest, ListsThoseOfAnInstanceAndOnWishThoseOfTheBridge) {
  Alert of_bridge = alert_at("bridge", 3);
  of_bridge.instance = "";
  Alert of_other = alert_at("other", 2);
  of_other.instance = "other";
  put(alert_at("goxel", 1));
  put(of_other);
  put(of_bridge);
  EXPECT_THAT(listed({.instance = "goxel"}), ElementsAre("goxel"));
  EXPECT_THAT(listed({.instance = "goxel", .with_bridge = true}), ElementsAre("bridge", "goxel"));
  EXPECT_THAT(listed({.with_bridge = true}), ElementsAre("bridge", "other", "goxel"));
}

TEST_F(AlertStoreTest, ListsThoseThatWereActiveInAStretchNewestFirst) {
  put(alert_at("a", 100, 200));
  put(alert_at("b", 150));
  Alert other = alert_at("c", 160, 170);
  other.instance = "other";
  put(other);
  EXPECT_THAT(listed({}), ElementsAre("c", "b", "a"));
  EXPECT_THAT(listed({.only_active = true}), ElementsAre("b"));
  EXPECT_THAT(listed({.instance = "goxel"}), ElementsAre("b", "a"));
  EXPECT_THAT(listed({.begin_ns = 170}), ElementsAre("b", "a")) << "its end is no part of it";
  EXPECT_THAT(listed({.end_ns = 150}), ElementsAre("a"));
  EXPECT_THAT(listed({.most = 1}), ElementsAre("c"));
}

TEST_F(AlertStoreTest, AccuracyCountsWhatWasJudgedOfThatStretch) {
  const std::vector<std::pair<std::string, Judgement>> judgements = {{"right", Judgement::right},
                                                                     {"known", Judgement::known},
                                                                     {"wrong", Judgement::wrong},
                                                                     {"none", Judgement::none}};
  for (const auto& [id, judgement] : judgements) {
    put(alert_at(id, 1'000));
    if (judgement != Judgement::none) expect_done(store().judge(id, judgement, 2'000));
  }
  put(alert_at("before", 999));
  expect_done(store().judge("before", Judgement::wrong, 2'000));
  AlertAccuracy accuracy;
  expect_done(store().accuracy(1'000, 1'001, accuracy));
  EXPECT_EQ(accuracy.raised, 4u);
  EXPECT_EQ(accuracy.right, 2u);
  EXPECT_EQ(accuracy.wrong, 1u);
  EXPECT_DOUBLE_EQ(accuracy.wrong_ratio().value(), 1.0 / 3);
  expect_done(store().accuracy(0, 999, accuracy));
  EXPECT_FALSE(accuracy.wrong_ratio());
}

TEST_F(AlertStoreTest, MessagesWaitInTheirOrderUntilTheyAreSent) {
  put(sample_alert("a"), AlertChange::raised, {"ops", "dev"});
  put(sample_alert("b"), AlertChange::raised, {"ops"});
  put(sample_alert("a"), AlertChange::confirmed, {"ops"});
  put(sample_alert("a"), AlertChange::raised, {"ops"});  // it waits already
  auto messages = due("ops", kThenNs);
  ASSERT_THAT(messages, SizeIs(3));
  EXPECT_EQ(messages[0].alert, "a");
  EXPECT_EQ(messages[0].change, AlertChange::raised);
  EXPECT_EQ(messages[0].queued_ns, kThenNs);
  EXPECT_EQ(messages[0].thread, "");
  EXPECT_EQ(messages[1].alert, "b");
  EXPECT_EQ(messages[2].change, AlertChange::confirmed);

  expect_done(store().done(std::span(messages).first(1), "thread 1"));
  messages = due("ops", kThenNs);
  ASSERT_THAT(messages, SizeIs(2));
  EXPECT_EQ(messages[0].thread, "");
  EXPECT_EQ(messages[1].thread, "thread 1");
  ASSERT_THAT(due("dev", kThenNs), SizeIs(1));
  expect_done(store().done(std::span(messages).last(1), "thread 2"));
  // What was sent may be said again.
  put(sample_alert("a"), AlertChange::confirmed, {"ops"});
  EXPECT_EQ(due("ops", kThenNs).back().thread, "thread 1");
}

TEST_F(AlertStoreTest, NoMessageOvertakesAnEarlierOneAboutItsAlert) {
  put(sample_alert("a"), AlertChange::raised, {"ops"});
  put(sample_alert("b"), AlertChange::raised, {"ops"});
  put(sample_alert("a"), AlertChange::ended, {"ops"});
  const auto waits = due("ops", kThenNs);
  expect_done(store().retry(std::span(waits).first(1), kThenNs + 10 * kSecond, "HTTP 503\nbody"));
  ASSERT_THAT(due("ops", kThenNs), SizeIs(1));
  EXPECT_EQ(due("ops", kThenNs).front().alert, "b");
  const auto later = due("ops", kThenNs + 10 * kSecond);
  ASSERT_THAT(later, SizeIs(3));
  EXPECT_EQ(later.front().attempts, 1u);

  std::vector<AlertStore::Channel> waiting;
  expect_done(store().channels(waiting));
  ASSERT_THAT(waiting, SizeIs(1));
  EXPECT_EQ(waiting[0].name, "ops");
  EXPECT_EQ(waiting[0].messages, 3u);
  EXPECT_EQ(waiting[0].oldest_ns, kThenNs);
  EXPECT_EQ(waiting[0].why, "HTTP 503\uFFFDbody");
}

TEST_F(AlertStoreTest, RemembersHowEachChannelDoes) {
  const std::vector<std::string> both = {"ops", "dev"};
  expect_done(store().set_channels(both));
  expect_done(store().note(
      "ops", {.sent = 2, .failed = 1, .last_sent_ns = 7, .last_failed_ns = 9, .problem = "503"}));
  expect_done(store().note(
      "ops", {.sent = 1, .refused = 1, .too_old = 4, .silenced = 5, .last_sent_ns = 11}));
  expect_done(store().note("nobody", {.sent = 1}));
  put(sample_alert("a"), AlertChange::raised, {"dev"});
  std::vector<AlertStore::Channel> channels;
  expect_done(store().channels(channels));
  ASSERT_THAT(channels, SizeIs(2));
  EXPECT_EQ(channels[0].name, "dev");
  EXPECT_EQ(channels[0].counts, ChannelCounts());
  EXPECT_EQ(channels[0].messages, 1u);
  EXPECT_EQ(channels[1].counts, (ChannelCounts{.sent = 3,
                                               .failed = 1,
                                               .refused = 1,
                                               .too_old = 4,
                                               .silenced = 5,
                                               .last_sent_ns = 11,
                                               .last_failed_ns = 9}));
  EXPECT_EQ(channels[1].oldest_ns, 0u);

  expect_done(store().set_channels(std::span(both).first(1)));
  expect_done(store().channels(channels));
  EXPECT_EQ(channels[1].counts.sent, 3u) << "of one that stays";
  EXPECT_EQ(channels[0].messages, 1u) << "for one that is no more";
}

TEST_F(AlertStoreTest, SilencesMatchWhatTheyName) {
  Alert alert = sample_alert();
  alert.subject = "the subject";
  const auto matches = [&alert](Silence silence, std::uint64_t now = 15) {
    silence.begin_ns = 10;
    silence.end_ns = 20;
    return silence.matches(alert, now);
  };
  EXPECT_TRUE(matches({}));
  EXPECT_TRUE(matches({}, 10));
  EXPECT_FALSE(matches({}, 20)) << "its end is no part of it";
  EXPECT_FALSE(matches({}, 9));
  EXPECT_TRUE(matches({.rule = "slower", .instance = "goxel", .operation = "ping"}));
  EXPECT_TRUE(matches({.operation = "render"}));
  EXPECT_TRUE(matches({.operation = "the subject"}));
  EXPECT_FALSE(matches({.operation = "add"}));
  EXPECT_FALSE(matches({.rule = "failing"}));
  EXPECT_FALSE(matches({.instance = "other"}));
}

TEST_F(AlertStoreTest, SilencesLastUntilTheirEndOrUntilSomebodyEndsThem) {
  Silence first{0, "slower", "goxel", "render", 10, 20, "anna", "maintenance"};
  Silence second{0, "", "", "", 10, UINT64_MAX, "", ""};
  expect_done(store().silence(first));
  expect_done(store().silence(second));
  EXPECT_NE(first.id, second.id);
  std::vector<Silence> silences;
  expect_done(store().silences(15, silences));
  ASSERT_THAT(silences, SizeIs(2));
  EXPECT_EQ(silences[0].id, first.id);
  EXPECT_EQ(silences[0].rule, "slower");
  EXPECT_EQ(silences[0].instance, "goxel");
  EXPECT_EQ(silences[0].operation, "render");
  EXPECT_EQ(silences[0].author, "anna");
  EXPECT_EQ(silences[0].reason, "maintenance");
  expect_done(store().silences(20, silences));
  ASSERT_THAT(silences, SizeIs(1));
  expect_done(store().end_silence(second.id, 20));
  expect_done(store().silences(20, silences));
  EXPECT_THAT(silences, IsEmpty());
  EXPECT_EQ(store().end_silence(second.id, 21).outcome, HistoryOutcome::unknown);
  EXPECT_EQ(store().end_silence(77, 21).message, "the alerts file " + file_ + " has no silence 77");
}

TEST_F(AlertStoreTest, ThereAreOnlySoManySilences) {
  Silence silence{0, "", "", "", 10, 20, "", ""};
  for (std::size_t i = 0; i < AlertStore::kMostSilences; ++i) expect_done(store().silence(silence));
  EXPECT_EQ(store().silence(silence).outcome, HistoryOutcome::full);
  silence = {0, "", "", "", 20, 30, "", ""};
  expect_done(store().silence(silence));
}

TEST_F(AlertStoreTest, EndedAlertsOfLongAgoAreDroppedWithTheirMessages) {
  put(alert_at("old", 100, 200), AlertChange::ended, {"ops"});
  put(alert_at("active", 100));
  const std::uint64_t now = 731 * 86'400 * kSecond;
  put(alert_at("new", now, now), AlertChange::ended, {"ops"});
  EXPECT_THAT(listed({}), ElementsAre("new", "active"));
  EXPECT_THAT(due("ops", now), SizeIs(1));
}

TEST_F(AlertStoreTest, WhoOpensTheSameNameInMemorySeesTheSame) {
  file_ = ":memory:alert-store-test";
  put(sample_alert(), AlertChange::raised, {"ops"});
  const auto other = open();
  std::vector<Outgoing> messages;
  expect_done(other->due("ops", kThenNs, 10, messages));
  ASSERT_THAT(messages, SizeIs(1));
  expect_done(other->done(messages, "t"));
  EXPECT_THAT(due("ops", kThenNs), IsEmpty());
  EXPECT_FALSE(std::filesystem::exists(file_));
  EXPECT_FALSE(std::filesystem::exists("/" + file_));
}

// What is too long is cut to what a reader accepts, between two characters.
TEST_F(AlertStoreTest, WhatIsWrittenCanBeRead) {
  Alert alert = sample_alert();
  for (int i = 0; i < 9'000; ++i) alert.summary += "\u00E9";
  alert.instance = std::string(2'000, 'x') + "\n";
  alert.evidence.facts.assign(100, {std::string(5'000, 'n'), std::string(50'000, '\1')});
  alert.evidence.not_looked_at.assign(100, "x");
  alert.evidence.operations.assign(100, alert.evidence.operations[0]);
  alert.evidence.operations[0].layers.assign(100, {"l", 1, 1});
  alert.evidence.operations[0].ratio_high = std::numeric_limits<double>::infinity();
  alert.evidence.operations[0].ratio = std::numeric_limits<double>::quiet_NaN();
  alert.evidence.course.assign(1'000, 1);
  alert.evidence.course.back() = 7;
  *(alert.evidence.course.end() - 2) = std::numeric_limits<double>::quiet_NaN();
  put(alert);
  const Alert read = found(alert.id);
  EXPECT_THAT(read.summary, testing::EndsWith("\u00E9"));
  ASSERT_THAT(read.evidence.operations, SizeIs(kMostShifts));
  EXPECT_TRUE(std::isnan(read.evidence.operations[0].ratio)) << "not known";
  EXPECT_THAT(read.evidence.facts, SizeIs(kMostFacts));
  ASSERT_THAT(read.evidence.course, SizeIs(kMostCourse));
  EXPECT_EQ(read.evidence.course.back(), 7) << "the newest stay";
  EXPECT_TRUE(std::isnan(*(read.evidence.course.end() - 2))) << "a gap is no zero";
}

}  // namespace
}  // namespace goxel_telemetry::metrics
