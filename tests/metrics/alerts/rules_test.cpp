// SPDX-License-Identifier: GPL-3.0-or-later
// What each rule says of snapshots, with its usual settings.
#include "metrics/alerts/rules.h"

#include <gmock/gmock.h>

namespace goxel_telemetry::metrics {
namespace {

using shm::ProducerState;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

constexpr std::uint64_t kStartNs = 1'763'996'400 * kNsPerSecond;

class AlertRulesTest : public testing::Test {
 protected:
  AlertRulesTest() {
    snapshot_.instance = view_.instance = "goxel";
    snapshot_.daemon.runs_seen = 1;
    live();
  }
  Daemon& daemon() { return snapshot_.daemon; }
  void live() { daemon().state = ProducerState::live; }
  // What a reader says that followed each run: the next one began, and how the one before had ended.
  void restart(ProducerState how, std::vector<InflightRequest> in_hand = {}) {
    const std::uint64_t now_ns = kStartNs + second_ * kNsPerSecond;
    daemon().ended_runs.add({daemon().runs_seen++, how, 4711, daemon().started_realtime_ns,
                             now_ns - kNsPerSecond / 10, std::move(in_hand)});
    if (daemon().ended_runs.size() > 4) daemon().ended_runs.drop_first();
    daemon().started_realtime_ns = now_ns;
    live();
  }
  static InflightRequest request(const std::string& operation, std::uint64_t seconds) {
    InflightRequest one;
    one.operation = operation;
    one.layer = "daemon";
    one.phase = "started";
    one.connection = 7;
    one.age_ns = seconds * kNsPerSecond;
    return one;
  }

  std::vector<Condition> look() {
    const Time now{(1'000'000 + second_) * kNsPerSecond, kStartNs + second_ * kNsPerSecond};
    snapshot_.taken_realtime_ns = now.realtime_ns - age_ns_;
    snapshot_.taken_monotonic_ns = now.monotonic_ns - age_ns_;
    return rules_.look({snapshot_}, {std::make_shared<const LayersView>(view_)}, settings_, now);
  }
  // What it says after so many seconds, as "rule subject level".
  std::vector<std::string> said(std::uint64_t seconds = 1) {
    for (; seconds > 0; --seconds, ++second_) said_ = look();
    std::vector<std::string> words;
    for (const Condition& one : said_) {
      words.push_back(std::string(to_string(one.rule)) + ' ' + one.subject +
                      (one.subject.empty() ? "" : " ") + to_string(one.level) +
                      (one.over ? " usual" : ""));
    }
    return words;
  }
  std::string facts() const {
    std::string text;
    for (const AlertFact& fact : said_.at(0).evidence.facts)
      text += fact.name + ": " + fact.value + '\n';
    return text;
  }
  static WindowStats answers(std::uint64_t count, double mean_ns, double covered_seconds) {
    WindowStats stats;
    stats.outcomes.ok = stats.latency.count = count;
    stats.latency.mean_ns = mean_ns;
    stats.covered_seconds = covered_seconds;
    return stats;
  }
  static std::array<WindowStats, kWindowCount> in_all(std::uint64_t count, double mean_ns) {
    return {answers(count / 60, mean_ns, 1), answers(count, mean_ns, 60),
            answers(count, mean_ns, 296), answers(count, mean_ns, 890)};
  }

  Snapshot snapshot_;
  LayersView view_;
  std::uint64_t age_ns_ = 0;
  std::uint64_t second_ = 0;
  AlertSettings settings_;
  AlertRules rules_;
  std::vector<Condition> said_;
};

TEST_F(AlertRulesTest, ADaemonThatRunsIsNoAlert) {
  EXPECT_THAT(said(10), IsEmpty());
  daemon().state = ProducerState::absent;
  EXPECT_THAT(AlertRules().look({snapshot_}, {}, settings_, {1, kStartNs}), IsEmpty());
}

TEST_F(AlertRulesTest, ADaemonThatCrashedIsGoneUntilItRunsAgain) {
  said(5);
  daemon().state = ProducerState::dead;
  snapshot_.inflight = {request("goxel.export", 3)};
  EXPECT_THAT(said(2), ElementsAre("daemon_gone confirmed"));
  EXPECT_THAT(facts(), HasSubstr("in hand: goxel.export: started for 3.00 s, connection 7"));
  EXPECT_THAT(said_[0].advice, HasSubstr("goxel-telemetry blackbox --instance goxel"));
  daemon().state = ProducerState::absent;
  daemon().run_id = 0;
  EXPECT_THAT(said(2 * 86'400), ElementsAre("daemon_gone confirmed"));
  restart(ProducerState::dead, {request("goxel.export", 3)});
  snapshot_.inflight = {};
  EXPECT_THAT(said(), ElementsAre("daemon_restarted warning"));
  EXPECT_THAT(facts(), HasSubstr("goxel.export")) << "the black box of the run before";
  EXPECT_THAT(said(15 * 60 + 1), IsEmpty());
  restart(ProducerState::retired);
  EXPECT_THAT(said(), IsEmpty()) << "nothing says that it crashed again";
}

// By a supervisor: no look saw that it was gone.
TEST_F(AlertRulesTest, ADaemonThatWasStartedAgainAtOnceAfterACrashIsTold) {
  said(5);
  restart(ProducerState::dead, {request("goxel.export", 3)});
  EXPECT_THAT(said(), ElementsAre("daemon_restarted warning"));
  EXPECT_THAT(facts(), HasSubstr("starts: 1"));
  EXPECT_THAT(facts(), HasSubstr("after a crash: 1"));
  EXPECT_THAT(facts(), HasSubstr("last sign of life: 2025-11-24 15:00:04 UTC"));
  EXPECT_THAT(facts(), HasSubstr("in hand: goxel.export: started for 3.00 s, connection 7"));
  restart(ProducerState::retired);
  EXPECT_THAT(said(), ElementsAre("daemon_restarted warning"));
  EXPECT_THAT(facts(), HasSubstr("after a crash: 1"));
  EXPECT_THAT(facts(), HasSubstr("goxel.export")) << "of the run that crashed, not of the last";
}

TEST_F(AlertRulesTest, ADaemonThatWasStartedAgainAtOnceInOrderIsNoAlert) {
  said(5);
  restart(ProducerState::retired);
  EXPECT_THAT(said(), IsEmpty());
}

TEST_F(AlertRulesTest, ADaemonThatMadeItsSegmentAnewWasNotStarted) {
  for (daemon().run_id = 1; daemon().run_id < 9; ++daemon().run_id) EXPECT_THAT(said(), IsEmpty());
}

TEST_F(AlertRulesTest, RunsBetweenTwoLooksAreCountedEach) {
  said(5);
  restart(ProducerState::dead);
  restart(ProducerState::retired);
  restart(ProducerState::dead);
  EXPECT_THAT(said(), ElementsAre("daemon_restarted confirmed"));
  EXPECT_THAT(facts(), HasSubstr("starts: 3"));
  EXPECT_THAT(facts(), HasSubstr("after a crash: 2"));
}

TEST_F(AlertRulesTest, WhatWasRestartedBeforeTheFirstLookIsTold) {
  restart(ProducerState::dead);
  EXPECT_THAT(said(), ElementsAre("daemon_restarted warning"));
}

// It dies so soon that no look meets it alive.
TEST_F(AlertRulesTest, ADaemonThatIsDeadAtEachLookIsGoneSinceTheLastRunAndWasRestarted) {
  said(5);
  daemon().state = ProducerState::dead;
  said(5);
  for (int run = 0; run < 3; ++run) {
    restart(ProducerState::dead);
    daemon().state = ProducerState::dead;
    said(5);
  }
  EXPECT_THAT(said(), ElementsAre("daemon_gone confirmed", "daemon_restarted confirmed"));
  EXPECT_EQ(said_[0].since_ns, kStartNs + 20 * kNsPerSecond);
}

TEST_F(AlertRulesTest, ARestartIsForgottenAlsoWhileTheDaemonIsGone) {
  said(5);
  restart(ProducerState::dead, {request("goxel.export", 3)});
  said();
  daemon().state = ProducerState::retired;
  EXPECT_THAT(said(15 * 60 + 1), ElementsAre("daemon_gone warning"));
  EXPECT_THAT(facts(), Not(HasSubstr("in hand")));
}

TEST_F(AlertRulesTest, ADaemonThatRanBeforeTheMachineSleptIsGone) {
  said(5);
  daemon().state = ProducerState::dead;
  daemon().heartbeat_age_seconds = 86'400;
  EXPECT_THAT(said(), ElementsAre("daemon_gone confirmed"));
}

TEST_F(AlertRulesTest, ADaemonThatWasStoppedIsAWarningForAWhile) {
  said(5);
  daemon().state = ProducerState::retired;
  EXPECT_THAT(said(3'500), ElementsAre("daemon_gone warning"));
  EXPECT_THAT(said(200), ElementsAre("daemon_gone warning usual"));
  restart(ProducerState::retired);
  EXPECT_THAT(said(), IsEmpty()) << "it was restarted in order";
}

TEST_F(AlertRulesTest, ADaemonThatEndedLongAgoIsNoSurprise) {
  for (const auto state : {ProducerState::dead, ProducerState::retired}) {
    rules_ = AlertRules();
    daemon().state = state;
    daemon().heartbeat_age_seconds = 3'700;
    EXPECT_THAT(said(), IsEmpty());
    rules_ = AlertRules();
    daemon().heartbeat_age_seconds = 60;
    EXPECT_THAT(said(), testing::SizeIs(1));
  }
}

TEST_F(AlertRulesTest, ADaemonThatWasGoneForAnEarlierBridgeStillIs) {
  Alert alert;
  alert.rule = AlertRule::daemon_gone;
  alert.instance = "goxel";
  alert.level = AlertLevel::confirmed;
  alert.since_ns = kStartNs - 86'400 * kNsPerSecond;
  rules_.take_up(alert);
  daemon().state = ProducerState::dead;
  daemon().heartbeat_age_seconds = 86'400;
  EXPECT_THAT(said(), ElementsAre("daemon_gone confirmed"));
}

TEST_F(AlertRulesTest, ADaemonThatStartsAgainAndAgainIsOne) {
  for (int starts = 0; starts < 3; ++starts) {
    EXPECT_THAT(said(60), IsEmpty()) << starts;
    restart(ProducerState::retired);
  }
  EXPECT_THAT(said(), ElementsAre("daemon_restarted confirmed"));
  EXPECT_THAT(said_[0].summary, HasSubstr("3 times within 15 min"));
}

TEST_F(AlertRulesTest, ADaemonWithoutAHeartbeatIsSilent) {
  daemon().heartbeat_age_seconds = 10;
  EXPECT_THAT(said(), IsEmpty());
  daemon().heartbeat_age_seconds = 10.5;
  snapshot_.process.pid = 4711;
  EXPECT_THAT(said(), ElementsAre("daemon_silent confirmed"));
  EXPECT_THAT(said_[0].advice, HasSubstr("-p 4711"));
}

TEST_F(AlertRulesTest, RequestsInHandForTooLongAreStuck) {
  InflightRequest outer = request("tools/call", 100);
  outer.layer = "mcp-server";
  snapshot_.inflight = {outer, request("render", 61), request("add", 60)};
  EXPECT_THAT(said(), ElementsAre("request_stuck render warning"));
  EXPECT_EQ(said_[0].since_ns, snapshot_.taken_realtime_ns - 61 * kNsPerSecond);
  EXPECT_THAT(facts(), HasSubstr("connection 7"));
  snapshot_.inflight = {request("render", 65), request("render", 64), request("render", 61)};
  EXPECT_THAT(said(), ElementsAre("request_stuck render confirmed"));
  daemon().state = ProducerState::dead;
  EXPECT_THAT(said(), ElementsAre("daemon_gone confirmed")) << "it is not stuck, it is dead";
}

TEST_F(AlertRulesTest, RequestsWithoutAnswersAreTold) {
  WindowStats stats;
  stats.outcomes = {.ok = 980, .unanswered = 20};
  daemon().windows[1] = daemon().windows[2] = stats;
  OperationStats operation;
  operation.key.operation = "render";
  operation.windows[2].outcomes = {.ok = 5, .unanswered = 20};
  snapshot_.operations = {operation};
  EXPECT_THAT(said(), ElementsAre("requests_unanswered warning"));
  EXPECT_THAT(facts(), HasSubstr("render: 20 of 25 without an answer"));
  daemon().windows[1].outcomes = {.ok = 1'000};
  EXPECT_THAT(said(), IsEmpty()) << "it is over";
  daemon().windows[1].outcomes = daemon().windows[2].outcomes = {.ok = 8, .unanswered = 2};
  EXPECT_THAT(said(), IsEmpty()) << "too few";
  daemon().windows[1].outcomes = daemon().windows[2].outcomes = {.ok = 800, .unanswered = 200};
  EXPECT_THAT(said(), ElementsAre("requests_unanswered confirmed"));
}

TEST_F(AlertRulesTest, ATargetIsMissedInALongAndAShortWindow) {
  daemon().gauges[shm::Gauge::target_latency_ns] = 6'000'000;
  StackView stack;
  stack.stack = "4-layer";
  const auto set = [&](std::array<double, 3> means_ms, std::uint64_t requests) {
    const std::array<double, 3> seconds = {60, 296, 890};
    for (std::size_t i = 0; i < 3; ++i) {
      stack.windows[i + 1].outermost = answers(requests, means_ms[i] * 1e6, seconds[i]);
    }
    view_.stacks = {stack};
  };
  set({6.1, 6.1, 6.1}, 100);
  EXPECT_THAT(said(), ElementsAre("target_missed stack 4-layer warning"));
  EXPECT_THAT(said_[0].summary, HasSubstr("takes 6.10 ms on average, and should take 6.00 ms"));
  EXPECT_EQ(said_[0].since_ns, snapshot_.taken_realtime_ns - 900 * kNsPerSecond);
  set({5.9, 6.1, 6.1}, 100);
  EXPECT_THAT(said(), IsEmpty()) << "it is over";
  set({6.1, 6.1, 5.9}, 100);
  EXPECT_THAT(said(), IsEmpty()) << "it is too short";
  set({6.1, 6.1, 6.1}, 99);
  EXPECT_THAT(said(), IsEmpty()) << "too few";
  set({13, 13, 5}, 100);
  EXPECT_THAT(said(), ElementsAre("target_missed stack 4-layer confirmed")) << "fast and bad";
  set({6.1, 6.1, 6.1}, 100);
  view_.stacks[0].windows[3].outermost.covered_seconds = 600;
  EXPECT_THAT(said(), IsEmpty()) << "it has not been watched for so long";
}

TEST_F(AlertRulesTest, AnOperationsTargetIsOfAllWaysToIt) {
  OperationStats operation;
  operation.key = {"2-layer", "mcp", "daemon", "render"};
  operation.target_ns = 1'000'000;
  operation.windows = in_all(200, 1'300'000);
  OperationStats other = operation;
  other.key.stack = "4-layer";
  other.windows = in_all(100, 900'000);
  snapshot_.operations = {operation, other};
  EXPECT_THAT(said(), ElementsAre("target_missed render warning"));
  EXPECT_THAT(said_[0].summary, HasSubstr("takes 1.17 ms"));
  other.windows = in_all(1'000, 900'000);
  snapshot_.operations = {operation, other};
  EXPECT_THAT(said(), IsEmpty());
}

TEST_F(AlertRulesTest, WorkersThatAreBusyAllTheTimeAreSaturated) {
  view_.worker_utilisation = {1, 0.91, 0.91, 0.5};
  EXPECT_THAT(said(), ElementsAre("workers_saturated warning"));
  view_.worker_utilisation = {1, 0.98, 0.98, 0.98};
  EXPECT_THAT(said(), ElementsAre("workers_saturated confirmed"));
  view_.worker_utilisation = {1, 0.5, 0.98, 0.98};
  EXPECT_THAT(said(), IsEmpty());
}

TEST_F(AlertRulesTest, AQueueThatOnlyGrowsIsTold) {
  const auto run = [this](auto depth_at) {
    rules_ = AlertRules();
    std::vector<std::string> words;
    for (std::uint64_t i = 0; i < 400; ++i) {
      daemon().gauges[shm::Gauge::queue_depth] = static_cast<std::uint64_t>(depth_at(i));
      words = said();
    }
    return words;
  };
  EXPECT_THAT(run([](std::uint64_t i) { return i / 10; }), ElementsAre("queue_growing warning"));
  EXPECT_THAT(run([](std::uint64_t i) { return i * 2; }), ElementsAre("queue_growing confirmed"));
  EXPECT_THAT(run([](std::uint64_t i) { return i % 20 == 0 ? 0 : i; }), IsEmpty())
      << "it is empty now and then";
  EXPECT_THAT(run([](std::uint64_t) { return 50; }), IsEmpty()) << "it does not grow";
  EXPECT_THAT(run([this](std::uint64_t i) {
                if (i == 399) daemon().run_id = 2;
                return i / 10;
              }),
              ElementsAre("queue_growing warning"))
      << "of the same run: somebody removed its segment";
  EXPECT_THAT(run([this](std::uint64_t i) {
                if (i == 399) restart(ProducerState::retired);
                return i / 10;
              }),
              IsEmpty())
      << "of the run before";
}

TEST_F(AlertRulesTest, ConnectionsThatOnlyGrowWithoutMoreRequestsLeak) {
  const auto run = [this](bool more_requests) {
    rules_ = AlertRules();
    std::vector<std::string> words;
    for (std::uint64_t i = 0; i < 3'700; ++i) {
      daemon().gauges[shm::Gauge::connections] = 10 + i / 50 + i % 7;
      daemon().windows[1].rate_per_second = static_cast<double>(more_requests ? i / 50 : i % 50);
      words = said();
    }
    return words;
  };
  EXPECT_THAT(run(false), ElementsAre("connections_leaking warning"));
  EXPECT_EQ(said_[0].evidence.course.size(), Trend::kMostPoints);
  EXPECT_THAT(run(true), IsEmpty());
}

TEST_F(AlertRulesTest, DescriptorsAreToldIfTheyWillRunOut) {
  const auto run = [this](std::uint64_t first, double a_second) {
    rules_ = AlertRules();
    std::vector<std::string> words;
    snapshot_.process.max_fds = 1'024;
    for (std::uint64_t i = 0; i < 3'700; ++i) {
      snapshot_.process.open_fds =
          first + static_cast<std::uint64_t>(a_second * static_cast<double>(i));
      words = said();
    }
    return words;
  };
  EXPECT_THAT(run(100, 0.02), IsEmpty()) << "there is room";
  EXPECT_THAT(run(500, 0.02), ElementsAre("descriptors_leaking warning"));
  EXPECT_THAT(facts(), HasSubstr("runs out in: "));
  EXPECT_THAT(run(700, 0), IsEmpty()) << "it does not grow";
  EXPECT_THAT(run(700, 0.002), IsEmpty()) << "it lasts two days";
  EXPECT_THAT(run(820, 0), ElementsAre("descriptors_leaking confirmed"));
}

TEST_F(AlertRulesTest, LostRecordsAreToldAsLongAsTheyAreRecent) {
  snapshot_.ring = {.published = 1'000'000, .read = 900'000, .lost = 100'000};
  EXPECT_THAT(said(100), IsEmpty()) << "that was before";
  snapshot_.ring.published += 100'000;
  EXPECT_THAT(said(100), IsEmpty());
  snapshot_.ring.lost += 100;
  EXPECT_THAT(said(), IsEmpty()) << "one in a thousand";
  snapshot_.ring.lost += 1;
  EXPECT_THAT(said(), ElementsAre("records_lost warning"));
  EXPECT_THAT(said_[0].summary, HasSubstr("101 records of goxel"));
  EXPECT_THAT(said(15 * 60 + 20), IsEmpty());
  snapshot_.ring = {.published = 100, .read = 90, .lost = 10};
  EXPECT_THAT(said(20), IsEmpty()) << "a reader that began anew";
  snapshot_.ring.lost = 20;
  EXPECT_THAT(said(), ElementsAre("records_lost warning"));
}

TEST_F(AlertRulesTest, WhatLagsIsStale) {
  age_ns_ = 11 * kNsPerSecond;
  EXPECT_THAT(said(), ElementsAre("data_stale warning"));
  age_ns_ = 0;
  EXPECT_THAT(said(), IsEmpty());
  snapshot_.freshness.daemon = Latency{.count = 5, .p50_ns = 11 * kNsPerSecond};
  EXPECT_THAT(said(), ElementsAre("data_stale warning"));
}

TEST_F(AlertRulesTest, APluginThatRequestsWaitForIsTold) {
  snapshot_.own_cost.waited_share = 0.06;
  snapshot_.own_cost.samples = 999;
  EXPECT_THAT(said(), IsEmpty());
  snapshot_.own_cost.samples = 1'000;
  EXPECT_THAT(said(), ElementsAre("observer_expensive warning"));
}

TEST_F(AlertRulesTest, AHistoryThatIsNotWrittenIsTold) {
  std::vector<Condition> conditions;
  look_at_history("", {1, kStartNs}, conditions);
  EXPECT_THAT(conditions, IsEmpty());
  look_at_history("no space", {1, kStartNs}, conditions);
  ASSERT_THAT(conditions, testing::SizeIs(1));
  EXPECT_EQ(conditions[0].rule, AlertRule::history_failing);
  EXPECT_EQ(conditions[0].instance, "");
  EXPECT_THAT(conditions[0].summary, HasSubstr("no space"));
}

class DiskRuleTest : public testing::Test {
 protected:
  static constexpr std::uint64_t kGiB = std::uint64_t{1} << 30;

  // In the next look, ten seconds later.
  std::vector<std::string> said() {
    now_.monotonic_ns += Disks::kBetweenLooksNs;
    conditions_.clear();
    disks_.look(settings_[AlertRule::disk_full], now_, conditions_);
    std::vector<std::string> said;
    for (const Condition& one : conditions_)
      said.push_back(one.subject + ' ' + to_string(one.level));
    return said;
  }

  AlertSettings settings_;
  std::map<std::string, FileSystem> file_systems_ = {{"/data", {1, 100 * kGiB, 5 * kGiB}},
                                                     {"/other", {2, 100 * kGiB, 50 * kGiB}}};
  int asked_ = 0;
  Disks disks_{{"/data/history.db", "/data/alerts.db", "/other/x", ":memory:alerts", ""},
               [this](const std::string& folder) {
                 ++asked_;
                 const auto at = file_systems_.find(folder);
                 return at == file_systems_.end() ? std::nullopt : std::optional(at->second);
               }};
  Time now_{1, kStartNs};
  std::vector<Condition> conditions_;
};

TEST_F(DiskRuleTest, OneWithLittleRoomIsToldOnceForAllFilesOnIt) {
  EXPECT_THAT(said(), IsEmpty()) << "the limit itself is enough";
  file_systems_["/data"].free_bytes = 5 * kGiB - 1;
  EXPECT_THAT(said(), ElementsAre("/data warning"));
  EXPECT_THAT(conditions_[0].summary, HasSubstr("/data has only 5.00 GiB left, 5.00 % of it"));
  EXPECT_EQ(conditions_[0].instance, "");
  file_systems_["/data"].free_bytes = kGiB - 1;
  EXPECT_THAT(said(), ElementsAre("/data confirmed"));
  file_systems_.clear();
  EXPECT_THAT(said(), IsEmpty()) << "of what cannot be looked at nothing is known";
}

TEST_F(DiskRuleTest, ASmallShareOfALargeOneIsEnough) {
  file_systems_["/data"] = {1, 10'000 * kGiB, Disks::kEnoughBytes};
  EXPECT_THAT(said(), IsEmpty());
  --file_systems_["/data"].free_bytes;
  EXPECT_THAT(said(), ElementsAre("/data confirmed"));
}

TEST_F(DiskRuleTest, FileSystemsAreAskedEveryNowAndThenOnly) {
  file_systems_["/data"].free_bytes = 0;
  said();
  const int asked = asked_;
  now_.monotonic_ns += Disks::kBetweenLooksNs - 1;
  disks_.look(settings_[AlertRule::disk_full], now_, conditions_);
  EXPECT_EQ(asked_, asked);
  EXPECT_THAT(conditions_, testing::SizeIs(2)) << "and it is still so";
}

TEST_F(DiskRuleTest, ARealFileSystemHasSomeBytes) {
  const auto found = file_system_of(testing::TempDir());
  ASSERT_TRUE(found);
  EXPECT_GT(found->bytes, found->free_bytes);
  EXPECT_FALSE(file_system_of("/there/is/none"));
}

TEST_F(AlertRulesTest, WhatIsSwitchedOffSaysNothing) {
  daemon().heartbeat_age_seconds = 100;
  settings_[AlertRule::daemon_silent].enabled = false;
  EXPECT_THAT(said(), IsEmpty());
}

TEST_F(AlertRulesTest, AReplayedSessionIsNoAlert) {
  daemon().door = "replay";
  said();
  daemon().state = ProducerState::dead;
  EXPECT_THAT(said(), IsEmpty());
}

TEST_F(AlertRulesTest, DefaultsAreWithinWhatCanBeSet) {
  for (std::size_t i = 0; i < kAlertRuleCount; ++i) {
    const RuleShape& shape = rule_shape(static_cast<AlertRule>(i));
    SCOPED_TRACE(to_string(static_cast<AlertRule>(i)));
    const auto within = [](const LimitShape& limit, double value) {
      return limit.unit == LimitUnit::none || (value >= limit.least && value <= limit.most);
    };
    EXPECT_TRUE(within(shape.limit, shape.usual.limit));
    EXPECT_TRUE(within(shape.confirmed, shape.usual.confirmed));
    EXPECT_EQ(shape.limit.unit == LimitUnit::none, shape.usual.limit == 0);
    EXPECT_EQ(shape.confirmed.unit == LimitUnit::none, shape.usual.confirmed == 0);
  }
}

}  // namespace
}  // namespace goxel_telemetry::metrics
