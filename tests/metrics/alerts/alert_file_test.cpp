// SPDX-License-Identifier: GPL-3.0-or-later
// Files of alerts that are none, or are damaged; disks that are full; several processes; processes that are killed.
#include <sqlite3.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <chrono>
#include <cmath>
#include <csignal>
#include <fstream>
#include <limits>
#include <random>
#include <thread>

#include "alert_file_fixture.h"
#include "metrics/alerts/alert_file.h"
#include "metrics/alerts/alert_schema.h"
#include "metrics/history/file_lock.h"
#include "metrics/text/format.h"
#include "tests/metrics/sql.h"

namespace goxel_telemetry::metrics {
namespace {

using testing::HasSubstr;
using testing::SizeIs;

class AlertFileOutcomesTest : public AlertFileTest {
 protected:
  void sql(const std::string& statements) const { run_sql(file_, statements); }
  HistoryResult opened(AlertStore::Mode mode = AlertStore::Mode::write) const {
    HistoryResult why;
    const bool is_open = AlertStore::open(file_, mode, why) != nullptr;
    EXPECT_EQ(is_open, why.done());
    return why;
  }
  void expect_refused(HistoryOutcome outcome, const std::string& sentence) const {
    for (const auto mode : {AlertStore::Mode::write, AlertStore::Mode::read}) {
      EXPECT_EQ(opened(mode).outcome, outcome);
      EXPECT_THAT(opened(mode).message, HasSubstr(sentence));
      EXPECT_THAT(opened(mode).message, HasSubstr(file_));
    }
  }
  HistoryResult listing() {
    std::vector<Alert> alerts;
    return store().list({}, alerts);
  }
};

TEST_F(AlertFileOutcomesTest, ThatIsNotThereIsMadeByAWriterOnly) {
  EXPECT_EQ(opened(AlertStore::Mode::read).outcome, HistoryOutcome::absent);
  EXPECT_THAT(opened(AlertStore::Mode::read).message, HasSubstr("there is no alerts file"));
  EXPECT_FALSE(std::filesystem::exists(file_));
  EXPECT_TRUE(opened().done());
  EXPECT_TRUE(opened(AlertStore::Mode::read).done());
}

TEST_F(AlertFileOutcomesTest, OfSomethingElseIsRefused) {
  std::ofstream(file_) << std::string(10'000, 'x');
  expect_refused(HistoryOutcome::foreign, "not an alerts file");
  std::filesystem::remove(file_);
  sql("CREATE TABLE bookmarks (url TEXT)");
  expect_refused(HistoryOutcome::foreign, "not an alerts file");
}

TEST_F(AlertFileOutcomesTest, OfALaterVersionIsRefused) {
  opened();
  sql("PRAGMA user_version = 99");
  expect_refused(HistoryOutcome::newer, "newer version");
}

TEST_F(AlertFileOutcomesTest, OfAnyVersionIsBroughtUpToDate) {
  std::filesystem::copy_file(DATA_FOLDER "/alerts-version-1.db", file_);
  Alert without_phases = sample_alert();
  for (OperationShift& shift : without_phases.evidence.operations) shift.phases.clear();
  expect_same(found(sample_alert().id), without_phases);
  EXPECT_EQ(found(sample_alert().id).judgement, Judgement::known);
  ASSERT_THAT(due("ops", kThenNs), SizeIs(1));
  EXPECT_EQ(due("ops", kThenNs)[0].thread, "a thread");
  std::vector<Silence> silences;
  expect_done(store().silences(kThenNs, silences));
  ASSERT_THAT(silences, SizeIs(1));
  EXPECT_EQ(silences[0].reason, "maintenance");
  std::vector<AlertStore::Channel> channels;
  expect_done(store().channels(channels));
  ASSERT_THAT(channels, SizeIs(1)) << "that has a message";
  EXPECT_EQ(channels[0].counts, ChannelCounts());
}

TEST_F(AlertFileOutcomesTest, SaysWhetherABridgeWatches) {
  constexpr std::uint64_t kPatienceNs = 3 * kBetweenSignsNs;
  opened();
  EXPECT_EQ(nobody_watches(file_, UINT64_MAX), "") << "nobody knows";
  HistoryResult why;
  auto lock = FileLock::take(kAlertsFile, file_, why);
  ASSERT_NE(lock, nullptr);
  lock->touch();
  const std::uint64_t last_ns = *FileLock::touched_ns(file_);
  lock.reset();
  EXPECT_EQ(nobody_watches(file_, last_ns + kPatienceNs - 1), "");
  EXPECT_EQ(nobody_watches(file_, last_ns - kPatienceNs), "") << "the clock was set back";
  EXPECT_EQ(
      nobody_watches(file_, last_ns + kPatienceNs),
      "no bridge has watched since " + format_date_time(last_ns) + ": what is active may be over");
}

TEST_F(AlertFileOutcomesTest, DamagedRowsAreNamedAndNeverShown) {
  const char* const damages[] = {
      "UPDATE alert SET rule = 'nonsense'",
      "UPDATE alert SET state = 'gone', ended_ns = raised_ns + 1",
      "UPDATE alert SET level = ''",
      "UPDATE alert SET raised_ns = -1",
      "UPDATE alert SET summary = hex(zeroblob(100000))",
      "UPDATE alert SET id = 'a' || char(10)",
      "UPDATE operation SET channel = 'nonsense'",
      "UPDATE operation SET count_after = -5",
      "INSERT INTO fact SELECT alert, place + 100 * (1 + value.rowid), 'x', 'y' FROM fact,"
      " (SELECT 1 AS rowid UNION SELECT 2 UNION SELECT 3 UNION SELECT 4 UNION SELECT 5 UNION "
      "SELECT 6"
      " UNION SELECT 7 UNION SELECT 8 UNION SELECT 9 UNION SELECT 10 UNION SELECT 11 UNION SELECT "
      "12"
      " UNION SELECT 13 UNION SELECT 14 UNION SELECT 15 UNION SELECT 16) AS value",
  };
  for (const char* const damage : damages) {
    SCOPED_TRACE(damage);
    std::filesystem::remove(file_);
    store_.reset();
    put(sample_alert());
    store_.reset();
    sql(damage);
    EXPECT_EQ(listing().outcome, HistoryOutcome::corrupt);
    EXPECT_THAT(listing().message, HasSubstr("is damaged"));
  }
}

TEST_F(AlertFileOutcomesTest, SeriesOfAForeignHandAreNumbersThatCanBeShown) {
  InstanceSeries of{"goxel", {}, 0};
  WatchedSeries& one = of.series.emplace_back();
  one.ticks_needed = 1;
  one.usual_ns = 1e6;
  one.usual_share = 0.01;
  one.due_to_load = -0.1;
  one.noticeable = {1.1, 0.1, 60};
  std::vector<InstanceSeries> found;
  std::uint64_t as_of_ns = 0;
  EXPECT_TRUE(store().put_series({of}, 1).done());
  EXPECT_TRUE(store().series(found, as_of_ns).done());
  for (const char* const column :
       {"requests_a_tick", "ticks_needed", "usual_ns", "usual_share", "due_to_load",
        "noticeable_ratio", "noticeable_share", "within_seconds"}) {
    for (const char* const value : {"9e999", "-9e999", "1e300", "-5"}) {
      SCOPED_TRACE(std::string(column) + " = " + value);
      EXPECT_TRUE(store().put_series({of}, 1).done());
      store_.reset();
      sql("UPDATE series SET " + std::string(column) + " = " + value);
      EXPECT_EQ(store().series(found, as_of_ns).outcome, HistoryOutcome::corrupt);
    }
  }
}

TEST_F(AlertFileOutcomesTest, SeriesOfOurOwnCanAlwaysBeRead) {
  InstanceSeries of{"goxel", {}, 0};
  for (const double value :
       {-1e-17, 1e300, std::numeric_limits<double>::infinity(), std::nan("")}) {
    of.series.emplace_back().requests = value;
    of.series.back().ticks_needed = value;
    of.series.back().due_to_load = value;
    of.series.back().noticeable = {value, value, 60};
  }
  std::vector<InstanceSeries> found;
  std::uint64_t as_of_ns = 0;
  EXPECT_TRUE(store().put_series({of}, 1).done());
  EXPECT_TRUE(store().series(found, as_of_ns).done());
  EXPECT_THAT(found.at(0).series, SizeIs(4));
}

TEST_F(AlertFileOutcomesTest, TextsOfAForeignHandArePrintable) {
  put(sample_alert());
  store_.reset();
  sql("UPDATE alert SET summary = 'a' || char(27) || '[2J', instance = CAST(x'ff' AS TEXT)");
  EXPECT_EQ(found(sample_alert().id).summary, "a\uFFFD[2J");
  EXPECT_EQ(found(sample_alert().id).instance, "\uFFFD");
}

TEST_F(AlertFileOutcomesTest, IsReadableWithPlainSql) {
  put(sample_alert(), AlertChange::raised, {"ops"});
  store_.reset();
  sqlite3* database = nullptr;
  ASSERT_EQ(sqlite3_open(file_.c_str(), &database), SQLITE_OK);
  std::string text;
  const auto take = [](void* to, int count, char** columns, char**) {
    for (int i = 0; i < count; ++i) (*static_cast<std::string*>(to) += columns[i]) += ' ';
    return 0;
  };
  EXPECT_EQ(sqlite3_exec(database,
                         "SELECT rule, state, operation.operation, operation.channel, ratio,"
                         " layer.layer, message.channel FROM alert"
                         " JOIN operation ON operation.alert = id"
                         " JOIN layer ON layer.alert = id AND layer.operation = operation.place"
                         " JOIN message ON message.alert = id ORDER BY layer.place",
                         take, &text, nullptr),
            SQLITE_OK);
  sqlite3_close(database);
  EXPECT_EQ(
      text,
      "slower active render tail 1.5 daemon ops slower active render tail 1.5 mcp-server ops ");
}

TEST_F(AlertFileOutcomesTest, ThatWasMovedAwayIsNotWrittenAnyMore) {
  put(sample_alert());
  std::filesystem::rename(file_, file_ + ".old");
  EXPECT_EQ(store().put(sample_alert()).outcome, HistoryOutcome::moved);
}

TEST_F(AlertFileOutcomesTest, AFullDiskIsAnOutcomeAndLosesNothing) {
  put(sample_alert());
  rlimit before{};
  getrlimit(RLIMIT_FSIZE, &before);
  const rlimit full{4'096, before.rlim_max};
  std::signal(SIGXFSZ, SIG_IGN);
  setrlimit(RLIMIT_FSIZE, &full);
  const HistoryResult result = store().put(sample_alert("second"), AlertChange::raised, {});
  setrlimit(RLIMIT_FSIZE, &before);
  std::signal(SIGXFSZ, SIG_DFL);
  EXPECT_FALSE(result.done());
  EXPECT_THAT(result.message, HasSubstr(file_));
  put(sample_alert("third"));
  EXPECT_THAT(listed({}), SizeIs(2));
}

TEST_F(AlertFileOutcomesTest, ThatIsReadOnlyCanBeReadAndSaysSoToAWriter) {
  if (::geteuid() == 0) {
    ASSERT_EQ(::chown(folder_.c_str(), 65'534, 65'534), 0);
  }
  put(sample_alert());
  store_.reset();
  ASSERT_EQ(::chmod(file_.c_str(), 0444), 0);
  std::filesystem::permissions(folder_, std::filesystem::perms(0555));
  const uid_t user = ::geteuid();
  ASSERT_EQ(::seteuid(user == 0 ? 65'534 : user), 0);
  const HistoryResult writer = opened();
  const HistoryResult reader = opened(AlertStore::Mode::read);
  ASSERT_EQ(::seteuid(user), 0);
  std::filesystem::permissions(folder_, std::filesystem::perms(0755));
  EXPECT_EQ(writer.outcome, HistoryOutcome::read_only);
  expect_done(reader);
}

TEST_F(AlertFileOutcomesTest, WhatWasSentFromAnEarlierFileIsNotTakenOffALaterOne) {
  put(sample_alert("a"), AlertChange::raised, {"ops"});
  const std::vector<Outgoing> sent = due("ops", kThenNs);
  store_.reset();
  std::filesystem::remove(file_);
  put(sample_alert("b"), AlertChange::raised, {"ops"});
  ASSERT_EQ(due("ops", kThenNs).at(0).number, sent.at(0).number);
  expect_done(store().done(sent, ""));
  EXPECT_THAT(due("ops", kThenNs), SizeIs(1));
}

// Two writers at once wait for each other and lose nothing.
TEST_F(AlertFileOutcomesTest, TwoProcessesMayWriteAtOnce) {
  constexpr int kEach = 100;
  const auto write = [this](const std::string& prefix) {
    HistoryResult why;
    const auto mine = AlertStore::open(file_, AlertStore::Mode::write, why);
    if (mine == nullptr) return false;
    for (int i = 0; i < kEach; ++i) {
      const std::vector<std::string> channels = {"ops"};
      const Alert alert = sample_alert(prefix + std::to_string(i));
      if (!mine->put(alert, AlertChange::raised, channels).done()) return false;
    }
    return true;
  };
  opened();
  const pid_t child = fork();
  if (child == 0) _exit(write("child-") ? 0 : 1);
  EXPECT_TRUE(write("parent-"));
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
  EXPECT_THAT(listed({.most = kMostAnswered}), SizeIs(2 * kEach));
  std::vector<AlertStore::Channel> waiting;
  expect_done(store().channels(waiting));
  ASSERT_THAT(waiting, SizeIs(1));
  EXPECT_EQ(waiting[0].messages, 2u * kEach);
}

// Else a part of what was sent as one would be sent again.
TEST_F(AlertFileOutcomesTest, MessagesThatWereSentAsOneAreAllTakenOffOrNoneWhenAWriterIsKilled) {
  constexpr std::size_t kAsOne = 5;
  const std::uint32_t seed = std::random_device{}();
  SCOPED_TRACE(seed);
  std::mt19937 random(seed);
  for (int life = 0; life < 10; ++life) {
    std::vector<std::string> channels;
    for (std::size_t i = 0; i < 20; ++i) channels.push_back(std::to_string(i));
    for (std::size_t i = 0; i < kAsOne; ++i)
      put(sample_alert(std::to_string(i)), AlertChange::raised, channels);
    store_.reset();
    const pid_t child = fork();
    if (child == 0) {
      const auto mine = open();
      for (const std::string& channel : channels) {
        std::vector<Outgoing> messages;
        if (!mine->due(channel, kThenNs, kAsOne, messages).done()) _exit(1);
        if (!mine->done(messages, "thread").done()) _exit(1);
      }
      _exit(0);
    }
    std::this_thread::sleep_for(std::chrono::microseconds(random() % 20'000));
    kill(child, SIGKILL);
    int status = 0;
    ASSERT_EQ(waitpid(child, &status, 0), child);
    std::vector<AlertStore::Channel> waiting;
    expect_done(store().channels(waiting));
    for (const auto& channel : waiting) EXPECT_EQ(channel.messages, kAsOne) << channel.name;
    for (const auto& channel : waiting)
      expect_done(store().done(due(channel.name, kThenNs), "thread"));
  }
}

// What put() said was done is there, whenever the writer was killed; an alert and its message are both there, or neither.
TEST_F(AlertFileOutcomesTest, KilledWritersLoseNothingThatWasPut) {
  const std::uint32_t seed = std::random_device{}();
  SCOPED_TRACE(seed);
  std::mt19937 random(seed);
  std::size_t said = 0;
  for (int life = 0; life < 20; ++life) {
    int pipe_ends[2];
    ASSERT_EQ(::pipe(pipe_ends), 0);
    const pid_t child = fork();
    if (child == 0) {
      const auto mine = open();
      for (int i = 0;; ++i) {
        const std::vector<std::string> channels = {"ops"};
        const Alert alert = sample_alert(std::to_string(life) + "-" + std::to_string(i));
        if (!mine->put(alert, AlertChange::raised, channels).done()) _exit(1);
        if (::write(pipe_ends[1], "x", 1) != 1) _exit(1);
      }
    }
    ::close(pipe_ends[1]);
    std::this_thread::sleep_for(std::chrono::microseconds(random() % 50'000));
    kill(child, SIGKILL);
    int status = 0;
    ASSERT_EQ(waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFSIGNALED(status)) << "a put failed";
    char bytes[4'096];
    for (ssize_t count = 0; (count = ::read(pipe_ends[0], bytes, sizeof(bytes))) > 0;)
      said += static_cast<std::size_t>(count);
    ::close(pipe_ends[0]);
  }
  // Each life may have ended between a commit and what it said of it.
  std::vector<AlertStore::Channel> waiting;
  expect_done(store().channels(waiting));
  const std::size_t messages = waiting.empty() ? 0 : waiting[0].messages;
  EXPECT_GE(messages, said);
  EXPECT_LE(messages, said + 20);
  std::vector<Alert> alerts;
  expect_done(store().list({.most = kMostAnswered}, alerts));
  EXPECT_EQ(alerts.size(), std::min(messages, kMostAnswered));
  for (const Alert& alert : alerts) expect_same(alert.evidence, sample_alert().evidence);
}

}  // namespace
}  // namespace goxel_telemetry::metrics
