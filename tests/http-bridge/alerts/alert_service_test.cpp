// SPDX-License-Identifier: GPL-3.0-or-later
// From what sources say to what is in the file: alerts, and messages for those who are to be told.
#include "http-bridge/alerts/alert_service.h"

#include <gmock/gmock.h>

#include <filesystem>

#include "tests/http-bridge/temporary_folder.h"

namespace goxel_telemetry::http_bridge {
namespace {

using metrics::Alert;
using metrics::AlertChange;
using metrics::AlertRule;
using metrics::AlertStore;
using metrics::Condition;
using metrics::kNsPerSecond;
using metrics::Time;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

constexpr std::uint64_t kStartNs = 1'763'996'400 * kNsPerSecond;

class AlertServiceTest : public testing::Test {
 protected:
  AlertServiceTest() {
    auto snapshots = std::make_shared<Snapshots>();
    snapshots->instances.emplace_back().instance = "goxel";
    snapshots_ = snapshots;
    begin();
  }
  // What has gone has ended.
  static metrics::AlertSettings settings() {
    metrics::AlertSettings settings;
    settings[AlertRule::slower].clear = 0;
    return settings;
  }
  void begin() {
    service_ =
        std::make_unique<AlertService>(file_, settings(), std::vector<std::string>{"ops", "dev"},
                                       std::vector<std::string>(), [this] { return snapshots_; });
    service_->add_source([this](const Time&) { return conditions_; });
    service_->on_queued([this] { ++told_; });
  }
  Time now() const { return {(5 + second_) * kNsPerSecond, kStartNs + second_ * kNsPerSecond}; }
  void look(std::uint64_t times = 1) {
    for (; times > 0; --times, ++second_) service_->look(now());
  }
  static Condition slow() {
    Condition one;
    one.rule = AlertRule::slower;  // neither held nor cleared
    one.instance = "goxel";
    one.summary = "slower";
    return one;
  }
  std::unique_ptr<AlertStore> store() const {
    metrics::HistoryResult why;
    auto opened = AlertStore::open(file_, AlertStore::Mode::write, why);
    EXPECT_EQ(why.message, "");
    return opened;
  }
  std::vector<Alert> stored() const {
    std::vector<Alert> alerts;
    EXPECT_TRUE(store()->list({}, alerts).done());
    return alerts;
  }
  // "raised", … of the channel, which takes them.
  std::vector<std::string> messages(const std::string& channel = "ops") const {
    std::vector<metrics::Outgoing> due;
    const auto open = store();
    EXPECT_TRUE(open->due(channel, UINT64_MAX, 100, due).done());
    std::vector<std::string> changes;
    for (const metrics::Outgoing& one : due) changes.emplace_back(to_string(one.change));
    EXPECT_TRUE(open->done(due, "").done());
    return changes;
  }
  void silence(std::uint64_t seconds) const {
    metrics::Silence silence{.rule = "slower"};
    silence.begin_ns = now().realtime_ns;
    silence.end_ns = silence.begin_ns + seconds * kNsPerSecond;
    EXPECT_TRUE(store()->silence(silence).done());
  }

  TemporaryFolder folder_;
  const std::string file_ = folder_.file("alerts.db");
  std::shared_ptr<const Snapshots> snapshots_;
  std::vector<Condition> conditions_;
  std::uint64_t second_ = 0;
  int told_ = 0;
  std::unique_ptr<AlertService> service_;
};

TEST_F(AlertServiceTest, EveryChannelIsToldOfWhatIsRaisedAndEnds) {
  conditions_ = {slow()};
  look(3);
  EXPECT_EQ(told_, 1);
  ASSERT_THAT(stored(), SizeIs(1));
  EXPECT_TRUE(stored()[0].active());
  EXPECT_THAT(messages("ops"), ElementsAre("raised"));
  EXPECT_THAT(messages("dev"), ElementsAre("raised"));
  conditions_[0].level = metrics::AlertLevel::confirmed;
  look();
  conditions_.clear();
  look();
  EXPECT_EQ(told_, 3);
  EXPECT_THAT(messages(), ElementsAre("confirmed", "ended"));
  EXPECT_EQ(stored()[0].end, metrics::AlertEnd::resolved);
  EXPECT_EQ(service_->counts()->raised[0][0], 1u);
  EXPECT_THAT(service_->counts()->active, IsEmpty());
}

TEST_F(AlertServiceTest, NobodyIsToldOfWhatIsSilencedUntilTheSilenceIsOver) {
  look();
  silence(5);
  conditions_ = {slow()};
  look(3);
  EXPECT_THAT(stored(), SizeIs(1)) << "it is kept";
  EXPECT_THAT(service_->counts()->active, SizeIs(1));
  EXPECT_THAT(messages(), IsEmpty());
  conditions_[0].level = metrics::AlertLevel::confirmed;
  look(1);
  EXPECT_THAT(messages(), IsEmpty());
  look(2);
  EXPECT_THAT(messages(), ElementsAre("raised"));
  look(5);
  EXPECT_THAT(messages(), IsEmpty());
}

// Else those who were woken would never know that it is over.
TEST_F(AlertServiceTest, WhoWasToldIsToldOfTheEndAndAfterASilenceThatItWasConfirmed) {
  conditions_ = {slow()};
  look(2);
  silence(5);
  look();
  conditions_[0].level = metrics::AlertLevel::confirmed;
  look(2);
  EXPECT_THAT(messages(), ElementsAre("raised"));
  look(5);
  EXPECT_THAT(messages(), ElementsAre("confirmed"));
  silence(100);
  look();
  conditions_.clear();
  look(2);
  EXPECT_THAT(messages(), ElementsAre("ended"));
}

TEST_F(AlertServiceTest, ASilenceLastsLongerThanABridge) {
  look();
  silence(6);
  conditions_ = {slow()};
  look(2);
  begin();
  look(2);
  EXPECT_THAT(messages(), IsEmpty());
  look(5);
  EXPECT_THAT(messages(), ElementsAre("raised"));
}

TEST_F(AlertServiceTest, NobodyIsToldOfTheEndOfWhatTheyWereNotToldOf) {
  look();
  silence(5);
  conditions_ = {slow()};
  look(2);
  conditions_.clear();
  look(10);
  EXPECT_THAT(messages(), IsEmpty());
  EXPECT_FALSE(stored()[0].active());
}

TEST_F(AlertServiceTest, AlertsOfAnEarlierBridgeThatWasKilledGoOn) {
  conditions_ = {slow()};
  look(2);
  const std::string id = stored()[0].id;
  messages();
  begin();
  look(2);
  ASSERT_THAT(stored(), SizeIs(1));
  EXPECT_EQ(service_->counts()->active.at(0).id, id);
  EXPECT_THAT(messages(), IsEmpty());
  begin();
  conditions_.clear();
  look(10);
  EXPECT_THAT(messages(), IsEmpty()) << "it is not known yet";
  look(60);
  EXPECT_THAT(messages(), ElementsAre("ended"));
  EXPECT_EQ(stored()[0].end, metrics::AlertEnd::resolved);
}

TEST_F(AlertServiceTest, ADaemonThatIsGoneForLongStaysSoForTheNextBridge) {
  Alert gone;
  gone.id = "daemon_gone-goxel-1";
  gone.rule = AlertRule::daemon_gone;
  gone.instance = "goxel";
  gone.level = metrics::AlertLevel::confirmed;
  gone.since_ns = gone.raised_ns = gone.updated_ns = kStartNs - 86'400 * kNsPerSecond;
  EXPECT_TRUE(store()->put(gone).done());
  auto snapshots = std::make_shared<Snapshots>(*snapshots_);
  snapshots->instances[0].daemon.state = shm::ProducerState::dead;
  snapshots->instances[0].daemon.heartbeat_age_seconds = 86'400;
  snapshots->instances[0].taken_realtime_ns = kStartNs;
  snapshots_ = snapshots;
  look(20);
  EXPECT_TRUE(stored().at(0).active());
}

TEST_F(AlertServiceTest, AnOrderlyEndLeavesAlertsToTheNextBridge) {
  conditions_ = {slow()};
  look(2);
  const std::string id = stored()[0].id;
  service_->stop();
  EXPECT_TRUE(stored()[0].active());
  EXPECT_THAT(messages(), ElementsAre("raised"));
  begin();
  look(2);
  EXPECT_EQ(service_->counts()->active.at(0).id, id);
  EXPECT_THAT(messages(), IsEmpty());
}

TEST_F(AlertServiceTest, TheFileIsABridgesUntilItHasSentItsLastMessages) {
  look();
  service_->stop();
  AlertService other(file_, settings(), {}, {}, [this] { return snapshots_; });
  other.look(now());
  EXPECT_FALSE(other.may_send());
  EXPECT_TRUE(service_->may_send());
}

TEST_F(AlertServiceTest, WhatCannotBeWrittenWaitsAndIsSaid) {
  std::filesystem::create_directory(file_);
  conditions_ = {slow()};
  look(2);
  EXPECT_THAT(service_->message(), HasSubstr(file_));
  EXPECT_EQ(service_->counts()->keeping, AlertKeeping::not_written);
  EXPECT_THAT(service_->counts()->active, SizeIs(1)) << "in memory";
  std::filesystem::remove(file_);
  look(6);
  EXPECT_EQ(service_->message(), "");
  EXPECT_EQ(service_->counts()->keeping, AlertKeeping::in_file);
  EXPECT_THAT(messages(), ElementsAre("raised"));
}

TEST_F(AlertServiceTest, AFileThatWasMovedAwayIsBegunAnewWithWhatIsActive) {
  conditions_ = {slow()};
  look(2);
  messages();
  for (const char* const suffix : {"", "-wal", "-shm"}) std::filesystem::remove(file_ + suffix);
  look(8);
  ASSERT_THAT(stored(), SizeIs(1));
  EXPECT_TRUE(stored()[0].active());
  EXPECT_THAT(messages(), IsEmpty()) << "they were told";
}

// Of two bridges on one file one keeps it and tells people; the other one looks, and goes on when that ends.
class TwoBridgesTest : public AlertServiceTest {
 protected:
  TwoBridgesTest() {
    look();
    other_ =
        std::make_unique<AlertService>(file_, settings(), std::vector<std::string>{"ops", "dev"},
                                       std::vector<std::string>(), [this] { return snapshots_; });
    other_->add_source([this](const Time&) { return conditions_; });
  }
  void look_both(std::uint64_t times) {
    for (; times > 0; --times) {
      other_->look(now());
      look();
    }
  }
  void look_alone(std::uint64_t times) {
    for (; times > 0; --times, ++second_) other_->look(now());
  }

  std::unique_ptr<AlertService> other_;
};

TEST_F(TwoBridgesTest, OnlyOneWritesAndSends) {
  look_both(1);
  EXPECT_TRUE(service_->may_send());
  EXPECT_FALSE(other_->may_send());
  EXPECT_EQ(service_->counts()->keeping, AlertKeeping::in_file);
  EXPECT_EQ(other_->counts()->keeping, AlertKeeping::another_bridge);
  EXPECT_EQ(other_->message(), "another bridge writes the alerts file " + file_ +
                                   ", and tells people: this one goes on when that ends");
  service_.reset();
  look_alone(6);
  EXPECT_EQ(other_->message(), "");
  EXPECT_TRUE(other_->may_send());
  EXPECT_EQ(other_->counts()->keeping, AlertKeeping::in_file);
}

TEST_F(TwoBridgesTest, TheSecondGoesOnWithTheAlertsOfTheFirstUnderTheirIds) {
  conditions_ = {slow()};
  look_both(3);
  EXPECT_THAT(other_->counts()->active, SizeIs(1)) << "it looks, too";
  const std::string id = stored().at(0).id;
  EXPECT_THAT(messages(), ElementsAre("raised"));
  service_.reset();
  look_alone(8);
  ASSERT_THAT(stored(), SizeIs(1));
  EXPECT_EQ(other_->counts()->active.at(0).id, id);
  EXPECT_THAT(messages(), IsEmpty());
  conditions_.clear();
  look_alone(2);
  EXPECT_THAT(messages(), ElementsAre("ended"));
}

TEST_F(TwoBridgesTest, TheSecondTellsOfWhatTheFirstDidNot) {
  look_both(2);
  service_.reset();
  conditions_ = {slow()};
  look_alone(8);
  EXPECT_THAT(messages(), ElementsAre("raised"));
  EXPECT_THAT(stored(), SizeIs(1));
}

TEST_F(TwoBridgesTest, WhatCameAndWentWhileTheFirstWroteIsNotToldByTheSecond) {
  conditions_ = {slow()};
  look_both(2);
  conditions_.clear();
  look_both(2);
  EXPECT_THAT(messages(), ElementsAre("raised", "ended"));
  service_.reset();
  look_alone(8);
  EXPECT_THAT(messages(), IsEmpty());
  EXPECT_THAT(stored(), SizeIs(1));
}

// It was told, and could not be written.
TEST_F(AlertServiceTest, WhatHasEndedWhileTheFileWasAwayIsNotBegunAnewWhenItIsBack) {
  conditions_ = {slow()};
  look(2);
  messages();
  for (const char* const suffix : {"", "-wal", "-shm"})
    if (std::filesystem::exists(file_ + suffix))
      std::filesystem::rename(file_ + suffix, file_ + ".away" + suffix);
  std::filesystem::create_directory(file_);
  conditions_.clear();
  look(3);
  EXPECT_NE(service_->message(), "");
  std::filesystem::remove(file_);
  for (const char* const suffix : {"", "-wal", "-shm"})
    if (std::filesystem::exists(file_ + ".away" + suffix))
      std::filesystem::rename(file_ + ".away" + suffix, file_ + suffix);
  look(10);
  EXPECT_THAT(messages(), ElementsAre("ended"));
  look(100);
  EXPECT_THAT(messages(), IsEmpty());
}

TEST_F(AlertServiceTest, ChannelsCanBeChangedWhileItRuns) {
  look();
  service_->set(settings(), {"mail"});
  conditions_ = {slow()};
  look(12);
  EXPECT_THAT(messages("ops"), IsEmpty());
  ASSERT_THAT(service_->counts()->channels, SizeIs(1));
  EXPECT_EQ(service_->counts()->channels[0].name, "mail");
  EXPECT_THAT(messages("mail"), ElementsAre("raised"));
}

TEST_F(AlertServiceTest, RulesCanBeChangedWhileItRuns) {
  conditions_ = {slow()};
  look(2);
  metrics::AlertSettings settings;
  settings[AlertRule::slower].enabled = false;
  service_->set(settings, {"ops", "dev"});
  look();
  EXPECT_THAT(service_->counts()->active, IsEmpty());
}

TEST_F(AlertServiceTest, CountsJudgementsAndWhatWaits) {
  conditions_ = {slow()};
  look(2);
  EXPECT_TRUE(store()->judge(stored()[0].id, metrics::Judgement::wrong, kStartNs).done());
  look(11);
  EXPECT_EQ(service_->counts()->accuracy.wrong, 1u);
  ASSERT_THAT(service_->counts()->channels, SizeIs(2));
  EXPECT_EQ(service_->counts()->channels[0].name, "dev");
  EXPECT_EQ(service_->counts()->channels[0].messages, 1u);
}

TEST_F(AlertServiceTest, LooksByItselfOnceItIsStarted) {
  conditions_ = {slow()};
  service_->start();
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  while (service_->counts()->active.empty() && std::chrono::steady_clock::now() < end)
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  service_->stop();
  EXPECT_THAT(messages(), ElementsAre("raised"));
}

}  // namespace
}  // namespace goxel_telemetry::http_bridge
