// SPDX-License-Identifier: GPL-3.0-or-later
#include "http-bridge/notify/dispatch.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <memory>

#include "tests/http-bridge/notify/sample_alert.h"

namespace goxel_telemetry::http_bridge::notify {
namespace {

using metrics::Alert;
using metrics::AlertChange;
using metrics::AlertStore;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

// Takes what it is told to take, and remembers what it got.
class FakeChannel : public Channel {
 public:
  Outcome send(const Bundle& bundle, std::uint64_t, const outbound::Peer::Deadline&) override {
    bundles.push_back(bundle);
    Outcome outcome = next;
    if (outcome.fate == Fate::sent && outcome.thread.empty()) {
      outcome.thread = "thread-" + std::to_string(bundles.size());
    }
    return outcome;
  }

  std::vector<Bundle> bundles;
  Outcome next{};
};

Outcome outcome(Fate fate, const std::string& why,
                std::chrono::seconds retry_after = std::chrono::seconds(0)) {
  Outcome outcome;
  outcome.fate = fate;
  outcome.why = why;
  outcome.retry_after = retry_after;
  return outcome;
}

std::vector<std::string> told(const Bundle& bundle) {
  std::vector<std::string> ids;
  for (const Event& event : bundle.events) {
    ids.push_back(event.alert.id + ' ' + to_string(event.change));
  }
  return ids;
}

class NotifyDispatch : public testing::Test {
 protected:
  explicit NotifyDispatch(ChannelType type = ChannelType::slack) {
    settings_.name = "ops";
    settings_.type = type;
    settings_.per_minute = 20;
    restart();
    static std::atomic<int> files = 0;
    metrics::HistoryResult result;
    store_ = AlertStore::open(":memory:notify" + std::to_string(files++), AlertStore::Mode::write,
                              result);
    EXPECT_TRUE(result.done()) << result.message;
  }

  // The bridge begins anew, with the same file.
  void restart(bool is_mended = false) {
    dispatch_ = std::make_unique<Dispatch>(settings_, "host", channel_, is_mended, 1);
  }

  void queue(const Alert& alert, AlertChange change = AlertChange::raised) {
    const std::vector<std::string> channels{"ops"};
    Alert now = alert;
    now.updated_ns = now_ns_;  // messages are queued then
    EXPECT_TRUE(store_->put(now, change, channels).done());
  }

  // Until there is nothing to do at this time.
  void run() {
    for (int rounds = 0; rounds < 2'000; ++rounds) {
      metrics::HistoryResult result;
      const auto no_deadline = [] { return std::chrono::steady_clock::time_point::max(); };
      next_ns_ = dispatch_->round(*store_, now_ns_, no_deadline, result);
      EXPECT_TRUE(result.done()) << result.message;
      if (next_ns_ > now_ns_) return;
    }
    ADD_FAILURE() << "there is always more to do";
  }
  void run_after(std::uint64_t seconds) {
    now_ns_ += seconds * kSecondNs;
    run();
  }
  // Every second.
  void run_for(std::uint64_t seconds) {
    for (std::uint64_t i = 0; i < seconds; ++i) run_after(1);
  }

  std::uint64_t waiting() { return known().messages; }
  // What the file says of the channel.
  AlertStore::Channel known() {
    std::vector<AlertStore::Channel> channels;
    EXPECT_TRUE(store_->channels(channels).done());
    return channels.empty() ? AlertStore::Channel() : channels.front();
  }

  ChannelSettings settings_;
  FakeChannel channel_;
  std::unique_ptr<Dispatch> dispatch_;
  std::unique_ptr<AlertStore> store_;
  std::uint64_t now_ns_ = kSinceNs + 100 * kSecondNs;
  std::uint64_t next_ns_ = 0;
};

TEST_F(NotifyDispatch, AMessageWaitsAMomentAndIsThenSentOnce) {
  queue(sample_alert());
  run();
  EXPECT_THAT(channel_.bundles, IsEmpty());
  EXPECT_EQ(next_ns_, now_ns_ + 3 * kSecondNs);
  run_after(3);
  ASSERT_THAT(channel_.bundles, SizeIs(1));
  EXPECT_THAT(told(channel_.bundles[0]), ElementsAre("slower-7f3a raised"));
  EXPECT_TRUE(channel_.bundles[0].events[0].is_first);
  run_for(100);
  EXPECT_THAT(channel_.bundles, SizeIs(1));
  EXPECT_EQ(waiting(), 0u);
  EXPECT_EQ(dispatch_->counts().sent, 1u);
}

TEST_F(NotifyDispatch, AlertsOfAnInstanceGoTogetherAndThoseOfOthersByThemselves) {
  queue(sample_alert("a"));
  queue(sample_alert("b"));
  Alert other = sample_alert("c");
  other.instance = "other";
  queue(other);
  run_after(3);
  ASSERT_THAT(channel_.bundles, SizeIs(2));
  EXPECT_THAT(told(channel_.bundles[0]), ElementsAre("a raised", "b raised"));
  EXPECT_THAT(told(channel_.bundles[1]), ElementsAre("c raised"));
}

TEST_F(NotifyDispatch, WhatFollowsIsInTheThreadOfTheFirstMessage) {
  queue(sample_alert());
  run_after(3);
  queue(confirmed(sample_alert()), AlertChange::confirmed);
  run_after(60);
  queue(ended(confirmed(sample_alert())), AlertChange::ended);
  restart();
  run_after(60);
  ASSERT_THAT(channel_.bundles, SizeIs(3));
  EXPECT_EQ(channel_.bundles[0].thread, "");
  EXPECT_EQ(channel_.bundles[1].thread, "thread-1");
  EXPECT_EQ(channel_.bundles[2].thread, "thread-1");
  EXPECT_FALSE(channel_.bundles[1].events[0].is_first);
  EXPECT_THAT(told(channel_.bundles[2]), ElementsAre("slower-7f3a ended"));
}

TEST_F(NotifyDispatch, AnAlertThatEndedBeforeAnybodyWasToldIsOneMessage) {
  queue(sample_alert());
  queue(confirmed(sample_alert()), AlertChange::confirmed);
  queue(ended(confirmed(sample_alert())), AlertChange::ended);
  run_after(3);
  ASSERT_THAT(channel_.bundles, SizeIs(1));
  EXPECT_THAT(told(channel_.bundles[0]), ElementsAre("slower-7f3a ended"));
  EXPECT_TRUE(channel_.bundles[0].events[0].is_first);
  EXPECT_EQ(waiting(), 0u);
}

TEST_F(NotifyDispatch, WhatWeighsMostIsToldOfSeveralChanges) {
  queue(confirmed(sample_alert()), AlertChange::confirmed);
  queue(confirmed(sample_alert()), AlertChange::widened);
  run_after(3);
  ASSERT_THAT(channel_.bundles, SizeIs(1));
  EXPECT_THAT(told(channel_.bundles[0]), ElementsAre("slower-7f3a confirmed"));
}

TEST_F(NotifyDispatch, AFailureIsTriedAgainLaterAndLater) {
  channel_.next = outcome(Fate::again, "status 503");
  queue(sample_alert());
  std::vector<std::uint64_t> tries;
  for (int second = 0; second < 1'500; ++second) {
    const std::size_t before = channel_.bundles.size();
    run_after(1);
    if (channel_.bundles.size() > before) tries.push_back(now_ns_ / kSecondNs);
  }
  ASSERT_GT(tries.size(), 7u);
  EXPECT_GE(tries[1] - tries[0], 2u);
  EXPECT_LE(tries[1] - tries[0], 6u);
  for (std::size_t i = 1; i < tries.size(); ++i) EXPECT_LE(tries[i] - tries[i - 1], 301u);
  EXPECT_GE(tries.back() - tries[tries.size() - 2], 150u);
  EXPECT_THAT(dispatch_->counts().problem, HasSubstr("status 503"));
  channel_.next = {};
  run_after(300);
  EXPECT_EQ(waiting(), 0u);
  EXPECT_EQ(dispatch_->counts().sent, 1u);
  EXPECT_EQ(dispatch_->counts().problem, "");
}

TEST_F(NotifyDispatch, HowTheChannelDoesIsInTheFileForAllWhoAsk) {
  ASSERT_TRUE(store_->set_channels(std::vector<std::string>{settings_.name}).done());
  queue(sample_alert("a"));
  channel_.next = outcome(Fate::again, "status 503");
  run_for(4);
  EXPECT_EQ(known().counts.failed, 1u);
  EXPECT_THAT(known().counts.problem, testing::HasSubstr("status 503"));
  EXPECT_NE(known().counts.last_failed_ns, 0u);
  EXPECT_EQ(known().counts.last_sent_ns, 0u);
  channel_.next = {};
  run_for(10);
  EXPECT_EQ(known().counts, dispatch_->counts());
  EXPECT_EQ(known().counts.sent, 1u);
  EXPECT_EQ(known().counts.problem, "");
  restart();
  queue(sample_alert("b"));
  run_for(10);
  EXPECT_EQ(known().counts.sent, 2u) << "with those before the restart";
}

TEST_F(NotifyDispatch, TheDelayLastsThroughARestartAndHoldsBackWhatIsBehind) {
  channel_.next = outcome(Fate::again, "status 503", std::chrono::seconds(120));
  queue(sample_alert());
  run_after(3);
  ASSERT_THAT(channel_.bundles, SizeIs(1));
  restart();
  channel_.next = {};
  queue(ended(sample_alert()), AlertChange::ended);
  queue(sample_alert("b"));
  run_for(115);
  EXPECT_THAT(channel_.bundles, SizeIs(1));
  run_for(10);
  ASSERT_THAT(channel_.bundles, SizeIs(2));
  EXPECT_THAT(told(channel_.bundles[1]), ElementsAre("slower-7f3a ended", "b raised"));
}

TEST_F(NotifyDispatch, AChannelThatTheOperatorMendedIsTriedAtOnceAndThenWaitsAsBefore) {
  for (int i = 0; i < 6; ++i) {
    channel_.next = outcome(Fate::again, "status 403");
    if (i == 0) queue(sample_alert());
    run_for(300);
  }
  const std::size_t tried = channel_.bundles.size();
  restart(true);
  run_for(1);
  ASSERT_THAT(channel_.bundles, SizeIs(tried + 1));
  run_for(100);
  EXPECT_THAT(channel_.bundles, SizeIs(tried + 1))
      << "five minutes at most, half of it at the least";
  channel_.next = {};
  restart(true);
  run_for(1);
  EXPECT_EQ(dispatch_->counts().sent, 1u);
}

TEST_F(NotifyDispatch, ThePeerIsLeftAloneAsLongAsItAsksForWithinABound) {
  channel_.next = outcome(Fate::again, "status 429", std::chrono::seconds(86'400));
  queue(sample_alert());
  run_after(3);
  run_for(899);
  EXPECT_THAT(channel_.bundles, SizeIs(1));
  run_for(2);
  EXPECT_THAT(channel_.bundles, SizeIs(2));
}

TEST_F(NotifyDispatch, WhatIsRefusedForGoodIsNotTriedAgainAndHoldsNothingBack) {
  channel_.next = outcome(Fate::refused, "status 400");
  queue(sample_alert());
  run_after(3);
  channel_.next = {};
  queue(sample_alert("b"));
  run_after(3);
  ASSERT_THAT(channel_.bundles, SizeIs(2));
  EXPECT_THAT(told(channel_.bundles[1]), ElementsAre("b raised"));
  EXPECT_EQ(dispatch_->counts().refused, 1u);
}

TEST_F(NotifyDispatch, OfSeveralOnlyThatIsDroppedWhichIsRefusedByItself) {
  channel_.next = outcome(Fate::refused, "status 413");
  for (const char* id : {"a", "b", "c"}) queue(sample_alert(id));
  now_ns_ += 3 * kSecondNs;
  metrics::HistoryResult result;
  const auto no_deadline = [] { return std::chrono::steady_clock::time_point::max(); };
  EXPECT_EQ(dispatch_->round(*store_, now_ns_, no_deadline, result), now_ns_);
  EXPECT_EQ(dispatch_->round(*store_, now_ns_, no_deadline, result), now_ns_);
  channel_.next = {};
  run();
  ASSERT_THAT(channel_.bundles, SizeIs(4));
  EXPECT_THAT(channel_.bundles[0].events, SizeIs(3));
  EXPECT_THAT(told(channel_.bundles[1]), ElementsAre("a raised"));
  EXPECT_THAT(told(channel_.bundles[2]), ElementsAre("b raised"));
  EXPECT_THAT(told(channel_.bundles[3]), ElementsAre("c raised"));
  EXPECT_EQ(dispatch_->counts().refused, 1u);
  queue(sample_alert("d"));
  queue(sample_alert("e"));
  run_after(3);
  EXPECT_THAT(told(channel_.bundles.back()), ElementsAre("d raised", "e raised"));
}

TEST_F(NotifyDispatch, WhatCouldNotBeSentForADayIsDroppedAndCounted) {
  channel_.next = outcome(Fate::again, "Connection refused");
  queue(sample_alert());
  run_after(3);
  queue(sample_alert("young"));
  Alert young = sample_alert("young");
  now_ns_ += 23 * 3'600 * kSecondNs;
  queue(ended(young), AlertChange::ended);
  channel_.next = {};
  run_after(3'601);
  EXPECT_EQ(dispatch_->counts().too_old, 2u);
  ASSERT_THAT(channel_.bundles, SizeIs(2));
  EXPECT_THAT(told(channel_.bundles[1]), ElementsAre("young ended"));
}

TEST_F(NotifyDispatch, NobodyIsToldOfWhatWasSilencedMeanwhile) {
  queue(sample_alert());
  metrics::Silence silence;
  silence.rule = "slower";
  silence.begin_ns = now_ns_;
  silence.end_ns = now_ns_ + 3'600 * kSecondNs;
  ASSERT_TRUE(store_->silence(silence).done());
  run_for(10);
  EXPECT_THAT(channel_.bundles, IsEmpty());
  EXPECT_EQ(dispatch_->counts().silenced, 1u);
  EXPECT_EQ(waiting(), 0u);
}

TEST_F(NotifyDispatch, AChannelThatWantsWhatIsConfirmedHearsOfAnAlertWhenItIs) {
  settings_.min_level = metrics::AlertLevel::confirmed;
  restart();
  queue(sample_alert());
  run_for(10);
  EXPECT_THAT(channel_.bundles, IsEmpty());
  EXPECT_EQ(waiting(), 0u);
  queue(confirmed(sample_alert()), AlertChange::confirmed);
  run_for(10);
  queue(ended(confirmed(sample_alert())), AlertChange::ended);
  run_for(10);
  ASSERT_THAT(channel_.bundles, SizeIs(2));
  EXPECT_TRUE(channel_.bundles[0].events[0].is_first);
  EXPECT_THAT(told(channel_.bundles[1]), ElementsAre("slower-7f3a ended"));
}

TEST_F(NotifyDispatch, WhenThereAreTooManyTheLastMessageTellsOfAllThatWait) {
  constexpr int kInstances = 60;
  for (int i = 0; i < kInstances; ++i) {
    Alert alert = sample_alert("a" + std::to_string(i));
    alert.instance = "i" + std::to_string(i);
    queue(alert);
  }
  run_after(3);
  ASSERT_THAT(channel_.bundles, SizeIs(20));
  const Bundle& last = channel_.bundles.back();
  EXPECT_EQ(last.events.size(), 20u);
  EXPECT_EQ(last.events.size() + last.more + 19, std::size_t{kInstances});
  EXPECT_EQ(waiting(), 0u);
  run_for(60);
  EXPECT_THAT(channel_.bundles, SizeIs(20));
}

TEST_F(NotifyDispatch, AMinuteHasNoMoreMessagesThanItMayHave) {
  settings_.per_minute = 4;
  restart();
  for (int second = 0; second < 600; ++second) {
    Alert alert = sample_alert("a" + std::to_string(second));
    alert.instance = "i" + std::to_string(second);
    queue(alert);
    run_after(1);
  }
  run_for(60);
  EXPECT_LE(channel_.bundles.size(), 4u + 11 * 4u);
  EXPECT_EQ(waiting(), 0u);
  std::size_t told_of = 0;
  for (const Bundle& bundle : channel_.bundles) told_of += bundle.events.size() + bundle.more;
  EXPECT_EQ(told_of, 600u);
}

TEST_F(NotifyDispatch, AClockThatIsSetBackHoldsNothingUp) {
  channel_.next = outcome(Fate::again, "status 503");
  queue(sample_alert());
  run_after(3);
  channel_.next = {};
  now_ns_ -= 7'200 * kSecondNs;
  run_for(3);
  EXPECT_THAT(channel_.bundles, SizeIs(2));
}

class NotifyToMachines : public NotifyDispatch {
 protected:
  NotifyToMachines() : NotifyDispatch(ChannelType::alertmanager) {}
};

TEST_F(NotifyToMachines, WhatIsActiveIsToldAgainEveryMinuteUntilItIsSilencedOrEnds) {
  queue(sample_alert());
  run();
  EXPECT_THAT(channel_.bundles, SizeIs(2));  // the queue's, and what is active
  run_for(59);
  EXPECT_THAT(channel_.bundles, SizeIs(2));
  run_for(120);
  EXPECT_THAT(channel_.bundles, SizeIs(4));
  metrics::Silence silence;
  silence.instance = "goxel";
  silence.begin_ns = now_ns_;
  silence.end_ns = now_ns_ + 120 * kSecondNs;
  ASSERT_TRUE(store_->silence(silence).done());
  run_for(119);
  EXPECT_THAT(channel_.bundles, SizeIs(4));
  run_for(62);
  EXPECT_GE(channel_.bundles.size(), 5u);
  queue(ended(sample_alert()), AlertChange::ended);
  run();
  EXPECT_THAT(told(channel_.bundles.back()), ElementsAre("slower-7f3a ended"));
  const std::size_t before = channel_.bundles.size();
  run_for(200);
  EXPECT_THAT(channel_.bundles, SizeIs(before));
}

TEST_F(NotifyToMachines, WhatIsActiveIsToldAgainAfterARestart) {
  queue(sample_alert());
  run();
  restart();
  run();
  EXPECT_THAT(channel_.bundles, SizeIs(3));
}

}  // namespace
}  // namespace goxel_telemetry::http_bridge::notify
