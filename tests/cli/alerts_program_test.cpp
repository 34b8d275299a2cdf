// SPDX-License-Identifier: GPL-3.0-or-later
// goxel-telemetry alerts, as it is run, on a file that a bridge might have written.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "metrics/alerts/alert_schema.h"
#include "metrics/alerts/alert_store.h"
#include "metrics/history/file_lock.h"
#include "metrics/time.h"
#include "tests/cli/program.h"

namespace goxel_telemetry::cli {
namespace {

using metrics::AlertStore;
using metrics::kNsPerSecond;
using nlohmann::json;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

class AlertsProgram : public testing::Test {
 protected:
  AlertsProgram() {
    std::string name = testing::TempDir() + "alerts-cli-XXXXXX";
    EXPECT_NE(mkdtemp(name.data()), nullptr);
    folder_ = name;
    file_ = folder_ / "alerts.db";
    metrics::HistoryResult why;
    const auto store = AlertStore::open(file_, AlertStore::Mode::write, why);
    metrics::Alert ended = alert("slower-goxel-1", 7'200);
    ended.end = metrics::AlertEnd::resolved;
    ended.ended_ns = ended.raised_ns + 60 * kNsPerSecond;
    EXPECT_TRUE(store->put(ended).done());
    metrics::Alert active = alert("slower-goxel-2", 60);
    active.level = metrics::AlertLevel::confirmed;
    const std::vector<std::string> channels = {"ops"};
    EXPECT_TRUE(store->put(active, metrics::AlertChange::raised, channels).done());
  }
  ~AlertsProgram() override {
    std::filesystem::permissions(folder_, std::filesystem::perms::owner_all);
    std::filesystem::remove_all(folder_);
  }
  static metrics::Alert alert(const std::string& id, std::uint64_t seconds_ago) {
    metrics::Alert one;
    one.id = id;
    one.instance = "goxel";
    one.summary = "goxel: render takes 50 % longer\x1b[2J";
    one.advice = "Compare with the time before";
    one.raised_ns = metrics::Time::now().realtime_ns - seconds_ago * kNsPerSecond;
    one.since_ns = one.updated_ns = one.raised_ns;
    metrics::OperationShift& shift = one.evidence.operations.emplace_back();
    shift.key = {"4-layer", "mcp", "daemon", "render"};
    shift.ratio = 1.5;
    shift.ratio_low = 1.25;
    shift.ratio_high = 1.75;
    shift.before = 1e6;
    shift.after = 1.5e6;
    shift.layers = {{"daemon", 4e5, 0.8}};
    shift.phases = {{"working", 3e5, 0.75}, {"waiting", 1e5, 0.25}};
    one.evidence.compared_with = "the last 24 hours";
    one.evidence.facts = {{"queue depth", "14"}};
    one.evidence.course = {1, 4, 8};
    one.evidence.course_usual = 2;
    one.evidence.unit = "ms";
    one.evidence.not_looked_at = {"ping: too few requests"};
    return one;
  }
  Program::Result alerts(std::vector<std::string> words) const {
    words.insert(words.begin(), {"alerts", "--file", file_});
    return run(std::move(words));
  }
  std::string said(std::vector<std::string> words) const {
    const Program::Result result = alerts(std::move(words));
    EXPECT_EQ(result.exit_code, 0) << result.error;
    EXPECT_EQ(result.error, "");
    return result.output;
  }
  std::string complaint(std::vector<std::string> words, int exit_code) const {
    const Program::Result result = alerts(std::move(words));
    EXPECT_EQ(result.exit_code, exit_code);
    EXPECT_EQ(result.output, "");
    return result.error;
  }

  std::filesystem::path folder_;
  std::string file_;
};

TEST_F(AlertsProgram, SaysHowChannelsDoAndThatNobodyWatches) {
  metrics::HistoryResult why;
  const auto store = AlertStore::open(file_, AlertStore::Mode::write, why);
  const std::vector<std::string> channels = {"mail", "ops"};
  EXPECT_TRUE(store->set_channels(channels).done());
  EXPECT_TRUE(store
                  ->note("ops", {.sent = 1,
                                 .failed = 2,
                                 .last_sent_ns = kNsPerSecond,
                                 .last_failed_ns = 2 * kNsPerSecond,
                                 .problem = "nothing\x1b[2J"})
                  .done());
  EXPECT_THAT(said({}), HasSubstr("mail has taken no message yet\nops last took a message 1970-"));
  EXPECT_THAT(said({}), HasSubstr(": nothing"));
  EXPECT_THAT(said({}), Not(HasSubstr("\x1b[2J")));
  EXPECT_THAT(said({}), Not(HasSubstr("no bridge")));

  metrics::FileLock::take(metrics::kAlertsFile, file_, why);
  const timespec long_ago[2] = {{1'000'000'000, 0}, {1'000'000'000, 0}};
  ASSERT_EQ(::utimensat(AT_FDCWD, (file_ + ".lock").c_str(), long_ago, 0), 0);
  EXPECT_THAT(said({}), HasSubstr("no bridge has watched since 2001-09-09 "));
  const json document = json::parse(said({"--json"}));
  EXPECT_THAT(document["message"], StartsWith("no bridge has watched since 2001-09-09"));
  EXPECT_EQ(document["channels"][1]["failed"], 2);
}

TEST_F(AlertsProgram, TellsWhatIsWatchedAndWhatIsNotYet) {
  EXPECT_THAT(said({"series"}), HasSubstr("nothing is watched yet"));
  metrics::InstanceSeries of{"goxel", {}, 2};
  of.series.reserve(7);  // references stay
  metrics::WatchedSeries& watched = of.series.emplace_back();
  watched.key = {"4-layer", "mcp", "daemon", "render\x1b[2J"};
  watched.state = metrics::WatchedSeries::State::watching;
  watched.requests = 50;
  watched.usual_ns = 2e6;
  watched.due_to_load = 0.05;
  watched.noticeable = {1.25, {}, 60};
  metrics::WatchedSeries& seldom = of.series.emplace_back(watched);
  seldom.noticeable.reset();
  metrics::WatchedSeries& tail = of.series.emplace_back(watched);
  tail.channel = metrics::OperationShift::Channel::tail;
  tail.noticeable = {3.0, 0.03, 300};
  metrics::WatchedSeries& learning = of.series.emplace_back(watched);
  learning.key->operation = "fill";
  learning.state = metrics::WatchedSeries::State::learning;
  learning.ticks_needed = 515;
  of.series.emplace_back(learning).ticks_needed = 100;
  of.series.emplace_back(learning).key->operation = "ping";
  of.series.back().ticks_needed.reset();
  of.series.emplace_back(learning).key.reset();
  metrics::WatchedSeries& new_tail = of.series.emplace_back(learning);
  new_tail.key->operation = "render";
  new_tail.channel = metrics::OperationShift::Channel::tail;
  metrics::HistoryResult why;
  const auto store = AlertStore::open(file_, AlertStore::Mode::write, why);
  ASSERT_TRUE(store->put_series({of}, metrics::Time::now().realtime_ns).done());

  const std::string text = said({"series"});
  EXPECT_THAT(text, HasSubstr("×1.25 in 1 min"));
  EXPECT_THAT(text, HasSubstr("3.00 % in 5 min"));
  EXPECT_THAT(text, HasSubstr("not within 1 h"));
  EXPECT_THAT(text, HasSubstr("+5.13 %"));
  EXPECT_THAT(text, HasSubstr("fill (daemon) needs 43 more minutes of traffic\n"));
  EXPECT_THAT(text, HasSubstr("all operations (daemon) need 43 more minutes of traffic\n"));
  EXPECT_THAT(text, HasSubstr("ping (daemon) has no requests to learn from\n"));
  EXPECT_THAT(text, HasSubstr("the tail of render (daemon) needs 43 more minutes of traffic\n"));
  EXPECT_THAT(text, HasSubstr("and 2 more series"));
  EXPECT_THAT(text, Not(HasSubstr("\x1b")));
  const json document = json::parse(said({"series", "--json"}));
  EXPECT_EQ(document["instances"][0]["series"][0]["noticeable"]["ratio"], 1.25);
  EXPECT_THAT(said({"series", "--instance", "other"}), HasSubstr("nothing is watched yet"));
}

TEST_F(AlertsProgram, ListsTheNewestFirst) {
  const std::string text = said({});
  EXPECT_THAT(text, StartsWith("confirmed  slower-goxel-2  since "));
  EXPECT_THAT(text, HasSubstr("warning  slower-goxel-1  since "));
  EXPECT_THAT(text, HasSubstr(", resolved "));
  EXPECT_THAT(text, HasSubstr("render takes 50 % longer"));
  EXPECT_THAT(text, Not(HasSubstr("\x1b")));
  EXPECT_THAT(text, HasSubstr("2 alerts in the last 30 days; none was judged"));
  EXPECT_THAT(text, HasSubstr("1 message for ops waits since "));
  EXPECT_THAT(said({"--active"}), Not(HasSubstr("slower-goxel-1")));
  EXPECT_THAT(said({"--from", "-1h"}), Not(HasSubstr("slower-goxel-1")));
  EXPECT_THAT(said({"--to", "-1h"}), Not(HasSubstr("slower-goxel-2")));
  EXPECT_THAT(said({"--limit", "1"}), Not(HasSubstr("slower-goxel-1")));
  EXPECT_THAT(said({"--instance", "other"}), StartsWith("no alerts\n"));
  const json document = json::parse(said({"--json"}));
  EXPECT_EQ(document["alerts"][0]["id"], "slower-goxel-2");
  EXPECT_EQ(document["accuracy"]["raised"], 2);
}

TEST_F(AlertsProgram, ShowsOneWithItsEvidence) {
  const std::string text = said({"show", "slower-goxel-2"});
  for (const char* const part :
       {"Compare with the time before.", "render", "1.00 ms", "1.50 ms", "×1.50", "×1.25 to ×1.75",
        "daemon 80.0 %", "compared with the last 24 hours", "queue depth: 14",
        "▂▅█\nlast 8 ms, at most 8 ms, usual 2 ms (▃)", "not looked at: ping: too few requests"}) {
    EXPECT_THAT(text, HasSubstr(part));
  }
  EXPECT_EQ(json::parse(said({"show", "slower-goxel-2", "--json"}))["subject"], "");
  EXPECT_THAT(complaint({"show", "none"}, 2), HasSubstr("has no alert \"none\""));
}

TEST_F(AlertsProgram, TakesJudgements) {
  EXPECT_THAT(said({"judge", "slower-goxel-2", "true"}), HasSubstr(", judged true"));
  EXPECT_THAT(said({"judge", "slower-goxel-1", "false"}), HasSubstr(", judged false"));
  EXPECT_THAT(said({}),
              HasSubstr("of 2 that were judged 50.0 % wrong (promised: less than 1.00 %)"));
  EXPECT_THAT(complaint({"judge", "slower-goxel-2", "maybe"}, 2),
              HasSubstr("true, false or known"));
  EXPECT_THAT(complaint({"judge", "none", "true"}, 2), HasSubstr("no alert"));
}

TEST_F(AlertsProgram, SilencesUntilSomebodyEndsIt) {
  EXPECT_THAT(said({"silences"}), HasSubstr("nothing is silenced"));
  const json silence = json::parse(said({"silence", "--rule", "slower", "--operation", "render",
                                         "--for", "1h", "--reason", "release", "--json"}));
  EXPECT_EQ(silence["operation"], "render");
  EXPECT_EQ(silence["end_realtime_ns"].get<std::uint64_t>() -
                silence["begin_realtime_ns"].get<std::uint64_t>(),
            3'600 * kNsPerSecond);
  EXPECT_THAT(said({"silences"}), HasSubstr("release"));
  EXPECT_THAT(said({}), HasSubstr("1 silence: goxel-telemetry alerts silences"));
  const std::string number = silence["id"].dump();
  EXPECT_EQ(said({"unsilence", number}), "silence " + number + " has ended\n");
  EXPECT_THAT(complaint({"unsilence", number}, 2), HasSubstr("has no silence"));
  EXPECT_THAT(complaint({"silence", "--for", "31d"}, 2), HasSubstr("at most 30d"));
  EXPECT_THAT(complaint({"silence", "--rule", "nonsense"}, 2), HasSubstr("no rule \"nonsense\""));
}

TEST_F(AlertsProgram, SaysWhatToDoAboutAFileThatCannotBeUsed) {
  file_ = folder_ / "none.db";
  EXPECT_THAT(complaint({}, 1), HasSubstr("name it with --file FILE"));
  EXPECT_THAT(complaint({"silence"}, 1), HasSubstr("name it with --file FILE"));
  EXPECT_FALSE(std::filesystem::exists(file_)) << "none is made";
}

TEST_F(AlertsProgram, WhoMayOnlyReadIsToldSo) {
  if (::geteuid() == 0) GTEST_SKIP() << "root may write anything";
  std::filesystem::permissions(file_, std::filesystem::perms::owner_read);
  std::filesystem::permissions(
      folder_, std::filesystem::perms::owner_read | std::filesystem::perms::owner_exec);
  said({});
  EXPECT_THAT(complaint({"judge", "slower-goxel-2", "true"}, 1), HasSubstr("docs/alerts.md"));
}

}  // namespace
}  // namespace goxel_telemetry::cli
