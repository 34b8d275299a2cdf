// SPDX-License-Identifier: GPL-3.0-or-later
// The built program against the segment of another process.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <optional>
#include <sstream>

#include "tests/cli/daemon_process.h"
#include "tests/cli/program.h"

namespace goxel_telemetry::cli {
namespace {

using metrics::TestSegment;
using nlohmann::json;
using testing::AllOf;
using testing::ContainsRegex;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::MatchesRegex;
using testing::Not;

constexpr std::uint64_t kMicrosecond = 1'000;
constexpr std::uint64_t kMillisecond = 1'000'000;

// Ends with the last of the three additions, and leaves an export in flight that began 5 ms earlier.
void play_three_additions(TestSegment& segment) {
  const std::uint64_t now = shm::monotonic_ns();
  segment.publish("goxel.fill", now - 20 * kMicrosecond, 300 * kMicrosecond, shm::Status::error);
  for (std::uint64_t i = 0; i < 3; ++i) {
    segment.publish("goxel.add_voxel", now - (2 - i) * kMicrosecond, 100 * kMicrosecond);
  }
  shm::InflightEntry entry{};
  entry.since_ticks = now - 5 * kMillisecond;
  entry.connection = 77;
  entry.thread = 4242;
  entry.operation = segment.operation("goxel.export_model");
  entry.stack = shm::names::kTwoLayer;
  entry.layer = shm::names::kDaemon;
  entry.protocol = static_cast<std::uint8_t>(shm::Protocol::mcp);
  segment.hold(0, entry);
}

void ping(TestSegment& segment) {
  segment.publish("ping", shm::monotonic_ns(), 50 * kMicrosecond);
}

void overrun(TestSegment& segment) {
  for (int i = 0; i < 5'000; ++i) ping(segment);
}

class CliProgram : public testing::Test {
 protected:
  ~CliProgram() override {
    daemon_.reset();
    shm::remove_segment_of(instance_);
  }
  void start(DaemonProcess::Script first, DaemonProcess::Script on_poke = ping) {
    daemon_.emplace(instance_, std::move(first), std::move(on_poke));
  }
  std::vector<std::string> command(std::vector<std::string> arguments) const {
    arguments.insert(arguments.end(), {"--instance", instance_});
    return arguments;
  }

  const std::string instance_ = metrics::unique_instance();
  std::optional<DaemonProcess> daemon_;
};

const auto kOneSentence = MatchesRegex("goxel-telemetry: [^\n]+\n");

TEST_F(CliProgram, StatusJsonHasTheNumbersThatWerePublished) {
  start(play_three_additions);
  const Program::Result result = run(command({"status", "--json"}));
  ASSERT_EQ(result.exit_code, 0) << result.error;
  const json instance = json::parse(result.output).at("instances").at(0);
  EXPECT_EQ(instance.at("instance"), instance_);
  EXPECT_EQ(instance.at("daemon").at("state"), "live");
  EXPECT_EQ(instance.at("daemon").at("run_total").at("ok"), 3);
  EXPECT_EQ(instance.at("daemon").at("run_total").at("error"), 1);
  EXPECT_EQ(instance.at("daemon").at("inflight"), 1);
  EXPECT_EQ(instance.at("process").at("pid"), daemon_->pid());
  EXPECT_TRUE(instance.at("process").at("cpu_ratio").is_number());
  EXPECT_EQ(instance.at("ring").at("published"), 4);
  EXPECT_EQ(instance.at("ring").at("lost"), 0);
  const json& additions = instance.at("operations").at(0);
  EXPECT_EQ(additions.at("operation"), "goxel.add_voxel");
  EXPECT_EQ(additions.at("total").at("ok"), 3);
  EXPECT_EQ(additions.at("bytes_in"), 300);
}

TEST_F(CliProgram, StatusScreenIsForPeople) {
  start(play_three_additions);
  const Program::Result result = run(command({"status", "--window", "15m"}));
  ASSERT_EQ(result.exit_code, 0) << result.error;
  EXPECT_THAT(result.output,
              AllOf(HasSubstr(instance_ + ": live since "), HasSubstr("test-daemon 1.2   pid "),
                    HasSubstr("1 in flight"), HasSubstr("4 requests   3 ok   1 error\n"),
                    HasSubstr("Last 15 minutes"), Not(HasSubstr("\033"))));
}

TEST_F(CliProgram, StatusOfADeadDaemonIsShownAndExits1) {
  start(play_three_additions);
  daemon_->kill();
  const Program::Result result = run(command({"status"}));
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.output, HasSubstr(instance_ + ": killed or crashed about "));
}

TEST_F(CliProgram, InflightListsRequestsInFlight) {
  start(play_three_additions);
  EXPECT_THAT(run(command({"inflight"})).output,
              ContainsRegex("goxel.export_model +[0-9.]+ .*s +received +77 +4242 +mcp +2-layer"));
  const json document = json::parse(run(command({"inflight", "--json"})).output);
  EXPECT_EQ(document.at("instances").at(0).at("inflight").at(0).at("operation"),
            "goxel.export_model");
}

TEST_F(CliProgram, BlackboxNamesWhatWasInFlightWhenTheDaemonWasKilled) {
  start(play_three_additions);
  daemon_->kill();
  const Program::Result report = run(command({"blackbox"}));
  EXPECT_EQ(report.exit_code, 0) << report.error;
  EXPECT_THAT(report.output, AllOf(HasSubstr(instance_ + ": killed or crashed about "),
                                   HasSubstr("4 published   4 kept   0 overwritten"),
                                   ContainsRegex("goxel.export_model +5.00 ms +received +77 +4242"),
                                   HasSubstr("Last 4 records")));
  const json document = json::parse(run(command({"blackbox", "--json", "--last", "2"})).output);
  const json& inflight = document.at("instances").at(0).at("inflight").at(0);
  EXPECT_EQ(inflight.at("age_ns"), 5 * kMillisecond);
  EXPECT_EQ(inflight.at("thread"), 4242);
  ASSERT_EQ(document.at("records").size(), 2u);
  EXPECT_EQ(document.at("records").at(0).at("operation"), "goxel.add_voxel");
  EXPECT_EQ(document.at("records").at(1).at("start_monotonic_ns").get<std::uint64_t>() -
                document.at("records").at(0).at("start_monotonic_ns").get<std::uint64_t>(),
            kMicrosecond);
}

TEST_F(CliProgram, BlackboxCountsWhatTheRingOverwrote) {
  start(overrun);
  daemon_->kill();
  EXPECT_THAT(run(command({"blackbox"})).output,
              HasSubstr("5,000 published   1,024 kept   3,976 overwritten"));
}

TEST_F(CliProgram, BlackboxOfALiveDaemonSaysThatItIsAlive) {
  start(play_three_additions);
  const Program::Result result = run(command({"blackbox"}));
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_THAT(result.output, HasSubstr("The daemon is alive"));
}

TEST_F(CliProgram, BlackboxSaysThatTheEndWasOrderly) {
  start([](TestSegment& segment) { segment.retire(); });
  daemon_->kill();
  EXPECT_THAT(run(command({"blackbox"})).output,
              AllOf(HasSubstr("ended in an orderly way"), HasSubstr("Nothing was in flight.")));
}

TEST_F(CliProgram, TailShowsRecordsAsTheyHappen) {
  start(play_three_additions);
  Program tail(command({"tail", "--backlog"}));
  EXPECT_THAT(tail.line(), AllOf(HasSubstr("error"), HasSubstr("300 µs"), HasSubstr("goxel.fill")));
  for (int i = 0; i < 3; ++i) EXPECT_THAT(tail.line(), HasSubstr("goxel.add_voxel"));
  daemon_->poke();
  EXPECT_THAT(tail.line(), AllOf(HasSubstr("ping"), HasSubstr("50.0 µs")));
}

TEST_F(CliProgram, TailWithoutBacklogBeginsWithTheNextRecord) {
  start(play_three_additions);
  Program tail(command({"tail", "--json", "--count", "1"}));
  while (!tail.has_output(20)) daemon_->poke();
  const Program::Result result = tail.finish();
  EXPECT_EQ(result.exit_code, 0);
  const json record = json::parse(result.output);  // one record, or it would not parse
  EXPECT_EQ(record.at("operation"), "ping");
  EXPECT_EQ(record.at("duration_ns"), 50 * kMicrosecond);
  EXPECT_EQ(record.at("status"), "ok");
  EXPECT_EQ(record.at("bytes_in"), 100);
}

TEST_F(CliProgram, TailFiltersByOperation) {
  start(play_three_additions);
  const Program::Result result =
      run(command({"tail", "--backlog", "--count", "3", "--operation", "goxel.add_voxel"}));
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_THAT(result.output, AllOf(HasSubstr("goxel.add_voxel"), Not(HasSubstr("goxel.fill"))));
}

TEST_F(CliProgram, TailEndsWhenItsReaderGoesAwayThoughNothingHappens) {
  start(play_three_additions);
  Program tail(command({"tail", "--backlog"}));
  EXPECT_THAT(tail.line(), Not(IsEmpty()));
  tail.close_output();
  const Program::Result result = tail.finish();
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_EQ(result.error, "");
}

TEST_F(CliProgram, TailEndsAtAnInterrupt) {
  start(play_three_additions);
  Program tail(command({"tail", "--backlog"}));
  EXPECT_THAT(tail.line(), Not(IsEmpty()));
  tail.signal(SIGINT);
  EXPECT_EQ(tail.finish().exit_code, 0);
}

TEST_F(CliProgram, TailFollowsTheDaemonThroughDeathAndReturn) {
  start(play_three_additions);
  Program tail(command({"tail", "--backlog", "--count", "5"}));
  for (int i = 0; i < 4; ++i) EXPECT_THAT(tail.line(), Not(IsEmpty()));
  daemon_->kill();
  EXPECT_THAT(tail.error_line(), HasSubstr("was killed or crashed; waiting for its next run"));
  start(ping);
  EXPECT_THAT(tail.error_line(),
              AllOf(HasSubstr("new run"), HasSubstr(std::to_string(daemon_->pid()))));
  EXPECT_THAT(tail.line(), HasSubstr("ping"));
}

TEST_F(CliProgram, TailSaysHowManyRecordsItLost) {
  start(play_three_additions, overrun);
  Program tail(command({"tail", "--backlog"}));
  for (int i = 0; i < 4; ++i) EXPECT_THAT(tail.line(), Not(IsEmpty()));
  tail.stop();
  daemon_->poke();
  tail.signal(SIGCONT);
  for (int i = 0; i < 1'000; ++i) EXPECT_THAT(tail.line(), HasSubstr("ping"));
  EXPECT_THAT(tail.error_line(),
              MatchesRegex("goxel-telemetry: 3,97[67] records were overwritten.*"));
}

// Commands that look at a daemon, each with flags that make it end by itself.
const std::vector<std::vector<std::string>> kLookAtADaemon = {
    {"status"},
    {"status", "--json"},
    {"top"},
    {"tail", "--backlog", "--count", "1"},
    {"inflight"},
    {"inflight", "--json"},
    {"blackbox"},
    {"blackbox", "--json"},
    {"layers"},
    {"layers", "--json"},
    {"trace", "slowest"},
    {"trace", "00000000000000ff", "--json"},
    {"history"},
    {"history", "--json"},
    {"record", "/dev/null/no-such-folder/s.rec"},
    {"compare", "live", "live"},
    {"compare", "stack:2-layer", "live", "--json"},
    {"baseline", "save", "before", "--dir", "/dev/null/no-such-folder"},
};

TEST_F(CliProgram, WithoutASegmentEachCommandExits1WithOneSentence) {
  for (const auto& arguments : kLookAtADaemon) {
    const Program::Result result = run(command(arguments));
    EXPECT_EQ(result.exit_code, 1) << testing::PrintToString(arguments);
    EXPECT_THAT(result.error, kOneSentence) << testing::PrintToString(arguments);
    EXPECT_THAT(result.error, HasSubstr(instance_)) << testing::PrintToString(arguments);
    EXPECT_EQ(result.output, "");
  }
}

TEST_F(CliProgram, OnAMachineWithoutInstancesEachCommandExits1) {
  const std::string elsewhere =
      "unshare --map-root-user --mount sh -c 'mount -t tmpfs none /dev/shm && ";
  if (std::system((elsewhere + "true' 2> /dev/null").c_str()) != 0) {
    GTEST_SKIP() << "this user may not have a /dev/shm of his own";
  }
  const auto exit_code = [&elsewhere](const std::vector<std::string>& arguments) {
    std::string line = elsewhere + GOXEL_TELEMETRY_PROGRAM;
    for (const std::string& argument : arguments) line += ' ' + argument;
    return WEXITSTATUS(std::system((line + "' > /dev/null 2>&1").c_str()));
  };
  for (const auto& arguments : kLookAtADaemon) {
    EXPECT_EQ(exit_code(arguments), 1) << testing::PrintToString(arguments);
  }
  EXPECT_EQ(exit_code({"instances"}), 0) << "none is an answer, too";
}

// Only those whose help says so: the other commands show what a daemon left behind.
TEST_F(CliProgram, AfterADaemonsDeathOnlyStatusAndLayersExit1) {
  start(play_three_additions);
  daemon_->kill();
  for (const auto& arguments : std::vector<std::vector<std::string>>{
           {"status"}, {"status", "--json"}, {"layers"}, {"layers", "--json"}}) {
    const Program::Result result = run(command(arguments));
    EXPECT_EQ(result.exit_code, 1) << testing::PrintToString(arguments);
    EXPECT_THAT(result.output, HasSubstr(instance_)) << "it is shown all the same";
  }
  for (const auto& arguments :
       std::vector<std::vector<std::string>>{{"tail", "--backlog", "--count", "4"},
                                             {"inflight"},
                                             {"inflight", "--json"},
                                             {"blackbox"},
                                             {"blackbox", "--json"},
                                             {"history"},
                                             {"history", "--json"},
                                             {"compare", "live", "live"}}) {
    const Program::Result result = run(command(arguments));
    EXPECT_EQ(result.exit_code, 0) << testing::PrintToString(arguments) << result.error;
    EXPECT_THAT(result.output, Not(IsEmpty())) << testing::PrintToString(arguments);
  }
  EXPECT_THAT(run(command({"inflight"})).error,
              AllOf(kOneSentence, HasSubstr("this is what it left in flight")));
}

TEST_F(CliProgram, WhileADaemonIsLiveEachCommandExits0) {
  start(play_three_additions);
  for (const auto& arguments : std::vector<std::vector<std::string>>{{"status"},
                                                                     {"status", "--json"},
                                                                     {"layers"},
                                                                     {"layers", "--json"},
                                                                     {"inflight"},
                                                                     {"blackbox", "--json"},
                                                                     {"history"},
                                                                     {"compare", "live", "live"}}) {
    const Program::Result result = run(command(arguments));
    EXPECT_EQ(result.exit_code, 0) << testing::PrintToString(arguments) << result.error;
    EXPECT_EQ(result.error, "");
  }
}

TEST_F(CliProgram, LayersShowsTheWindowThatIsAskedFor) {
  start(play_three_additions);
  EXPECT_THAT(run(command({"layers"})).output, ContainsRegex("window +1m"));
  const Program::Result result = run(command({"layers", "--window", "5m"}));
  EXPECT_THAT(result.output, AllOf(ContainsRegex("window +5m"), HasSubstr("2-layer\n")));
  const json document = json::parse(run(command({"layers", "--json"})).output);
  EXPECT_EQ(document.at("instances").at(0).at("stacks").at(0).at("stack"), "2-layer");
  const json& processes = document.at("instances").at(0).at("processes");
  ASSERT_EQ(processes.size(), 1u);
  EXPECT_EQ(processes.at(0).at("process").at("pid"), daemon_->pid());
  EXPECT_TRUE(processes.at(0).at("process").at("cpu_ratio").is_number()) << "between two readings";
}

TEST_F(CliProgram, InstancesSaysWhichDaemonsLiveAndWhichDied) {
  start(play_three_additions);
  const std::string pid = std::to_string(daemon_->pid());
  EXPECT_THAT(run({"instances"}).output,
              ContainsRegex(instance_ + " +live +" + pid + " +test-daemon +20[0-9-]+ "));
  daemon_->kill();
  EXPECT_THAT(run({"instances"}).output, ContainsRegex(instance_ + " +dead +"));
  const Program::Result result = run({"instances", "--json"});
  EXPECT_EQ(result.exit_code, 0);
  std::istringstream lines(result.output);
  int found = 0;
  for (std::string line; std::getline(lines, line);) {
    const json instance = json::parse(line);
    if (instance.at("instance") != instance_) continue;
    ++found;
    EXPECT_EQ(instance.at("state"), "dead");
    EXPECT_EQ(instance.at("host_name"), "test-daemon");
  }
  EXPECT_EQ(found, 1);
}

TEST_F(CliProgram, BadFlagsAndValuesExit2WithOneSentence) {
  const std::vector<std::vector<std::string>> bad = {
      {},
      {"conquer"},
      {"status", "--frobnicate"},
      {"status", "--window", "2m"},
      {"status", "--instance", "../etc/passwd"},
      {"status", "--instance"},
      {"tail", "--count", "-1"},
      {"tail", "--count", "0"},
      {"tail", "--count", "1.5"},
      {"blackbox", "--last", "many"},
      {"inflight", "stray"},
  };
  for (const auto& arguments : bad) {
    const Program::Result result = run(arguments);
    EXPECT_EQ(result.exit_code, 2) << testing::PrintToString(arguments);
    EXPECT_THAT(result.error, kOneSentence);
    EXPECT_EQ(result.output, "");
  }
}

TEST_F(CliProgram, NaNAndInfinityAreNoValuesOfAnyNumber) {
  const std::vector<std::vector<std::string>> numbers = {
      {"top", "--interval"},
      {"tail", "--count"},
      {"blackbox", "--last"},
      {"history", "--points"},
      {"history", "--from"},
      {"history", "--to"},
      {"record", "/dev/null/no-such-folder/s.rec", "--seconds"},
      {"record", "/dev/null/no-such-folder/s.rec", "--count"},
      {"replay", "/dev/null", "--speed"},
      {"replay", "/dev/null", "--linger"},
      {"compare", "a", "b", "--relevant"},
      {"compare", "a", "b", "--watch"},
      {"baseline", "save", "x", "--watch"},
  };
  for (const auto& number : numbers) {
    for (const char* value : {"nan", "NaN", "inf", "-inf", "infinity", "1e999"}) {
      std::vector<std::string> arguments = number;
      arguments.emplace_back(value);
      const Program::Result result = run(arguments);
      EXPECT_EQ(result.exit_code, 2) << testing::PrintToString(arguments);
      EXPECT_THAT(result.error, AllOf(kOneSentence, HasSubstr(value)))
          << testing::PrintToString(arguments);
    }
  }
}

TEST_F(CliProgram, WhatItComplainsAboutHidesNothing) {
  const Program::Result result = run({"status", "a\u202Eb\033[31m"});
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_THAT(result.error, AllOf(kOneSentence, HasSubstr("a<U+202E>b\uFFFD[31m")));
}

TEST_F(CliProgram, TheWordThatIsNotKnownIsNamed) {
  for (const auto& arguments :
       std::vector<std::vector<std::string>>{{"wrongword"},
                                             {"status", "wrongword"},
                                             {"top", "--wrongword"},
                                             {"tail", "--wrongword=1"},
                                             {"baseline", "wrongword"},
                                             {"status", "--window", "wrongword"},
                                             {"layers", "--window", "wrongword"},
                                             {"top", "--sort", "wrongword"},
                                             {"history", "--to", "wrongword"},
                                             {"compare", "a", "b", "wrongword"}}) {
    const Program::Result result = run(arguments);
    EXPECT_EQ(result.exit_code, 2) << testing::PrintToString(arguments);
    EXPECT_THAT(result.error, AllOf(kOneSentence, HasSubstr("wrongword")));
  }
}

// An empty operation must not mean all of them, nor an empty file the ring.
TEST_F(CliProgram, AnEmptyValueIsNamedAndRefused) {
  for (const auto& [command, flags] : std::vector<std::pair<std::string, std::vector<std::string>>>{
           {"status", {"--instance", "--window"}},
           {"top", {"--sort", "--interval"}},
           {"tail", {"--operation", "--count"}},
           {"history", {"--file", "--from", "--to", "--operation", "--layer"}},
           {"compare", {"--operation", "--stack", "--layer", "--history", "--dir"}}}) {
    for (const std::string& flag : flags) {
      for (const auto& arguments :
           std::vector<std::vector<std::string>>{{command, flag, ""}, {command, flag + "=", "1"}}) {
        const Program::Result result = run(arguments);
        EXPECT_EQ(result.exit_code, 2) << testing::PrintToString(arguments);
        EXPECT_THAT(result.error, AllOf(kOneSentence, HasSubstr(flag)));
      }
    }
  }
  EXPECT_THAT(run({"record", ""}).error, HasSubstr("what follows record is empty"));
}

TEST_F(CliProgram, WithSeveralLiveInstancesOneMustBeChosen) {
  start(play_three_additions);
  const std::string other = metrics::unique_instance();
  const DaemonProcess second(other, play_three_additions, ping);
  for (const auto& arguments : kLookAtADaemon) {
    const Program::Result result = run(arguments);
    EXPECT_EQ(result.exit_code, 2) << testing::PrintToString(arguments);
    EXPECT_THAT(result.error, kOneSentence);
    EXPECT_THAT(result.error, HasSubstr("--instance"));
  }
  EXPECT_THAT(run({"instances"}).output,
              AllOf(ContainsRegex(instance_ + " +live +[0-9]+"), HasSubstr(other)));
  shm::remove_segment_of(other);
}

TEST_F(CliProgram, HelpAndVersionExit0) {
  for (const char* flag : {"--help", "--version"}) {
    const Program::Result result = run({flag});
    EXPECT_EQ(result.exit_code, 0);
    EXPECT_THAT(result.output, HasSubstr("goxel"));
    EXPECT_EQ(result.error, "");
  }
  EXPECT_THAT(run({"--help"}).output, HasSubstr("Usage: goxel-telemetry ")) << "without a path";
  EXPECT_THAT(run({"status", "--help"}).output, HasSubstr("--window"));
}

TEST_F(CliProgram, HelpOfACommandEndsWithWhatItsFlagsDoNotSay) {
  const std::vector<std::pair<std::string, std::string>> last_words = {
      {"status", "Exit codes: 0 the daemon is live; 1 it is not"},
      {"top", "Press ? for the keys."},
      {"tail", "Goes on when the daemon is restarted. The time is that of the answer."},
      {"layers", "Exit codes: 0 the daemon is live; 1 it is not"},
      {"history",
       "TIME is now, -90s, -30m, -24h, -7d, Unix seconds or milliseconds, or 2025-11-25T18:46:03Z "
       "(or with +01:00; without an offset: local)."},
      {"record", "Goes on when the daemon is restarted. Layers outside of it are recorded, too."},
      {"replay",
       "The segments are removed at the end: NAME, and NAME.layers if outer layers were "
       "recorded."},
      {"compare", "file:PATH an exported baseline, or what record wrote; or just PATH, with a /"}};
  for (const auto& [name, words] : last_words) {
    std::istringstream printed(run({name, "--help"}).output);
    std::string text;  // whatever the lines are broken at
    for (std::string word; printed >> word;) text += word + ' ';
    EXPECT_THAT(text, HasSubstr(words)) << name;
  }
}

TEST_F(CliProgram, HelpOfEveryCommandTellsItsExitCodes) {
  for (const char* name : {"",
                           "status",
                           "top",
                           "tail",
                           "inflight",
                           "blackbox",
                           "layers",
                           "trace",
                           "instances",
                           "history",
                           "compare",
                           "baseline",
                           "baseline save",
                           "baseline list",
                           "baseline show",
                           "baseline delete",
                           "baseline export",
                           "baseline import",
                           "record",
                           "replay"}) {
    std::istringstream words(std::string(name) + " --help");
    const std::vector<std::string> arguments{std::istream_iterator<std::string>(words), {}};
    const std::string help = run(arguments).output;
    const std::size_t codes = help.find("Exit codes: 0 ");
    ASSERT_NE(codes, std::string::npos) << name;
    EXPECT_THAT(help.substr(codes), AllOf(HasSubstr("; 1 "), HasSubstr("; 2 ")));
    EXPECT_EQ(help.find("Exit codes", codes + 1), std::string::npos) << "once";
  }
}

TEST_F(CliProgram, FullDiskIsAFailure) {
  start(play_three_additions);
  for (const char* name : {"status", "layers --json", "inflight", "tail --backlog --count 1",
                           "blackbox", "history", "compare live live"}) {
    const std::string shell_command = std::string(GOXEL_TELEMETRY_PROGRAM " ") + name +
                                      " --instance " + instance_ + " > /dev/full 2> /dev/null";
    const int status = std::system(shell_command.c_str());
    EXPECT_EQ(WEXITSTATUS(status), 1) << name;
  }
}

TEST_F(CliProgram, HistoryWithoutAFileIsWhatTheRingHolds) {
  daemon_.emplace(instance_, play_three_additions);
  const Program::Result table = run({"history", "--instance", instance_});
  EXPECT_EQ(table.exit_code, 0) << table.error;
  EXPECT_THAT(table.output, AllOf(HasSubstr("FROM"), HasSubstr("4 requests in"),
                                  HasSubstr("1 failed"), HasSubstr("p50 100 µs")));
  const json document = json::parse(
      run({"history", "--instance", instance_, "--operation", "goxel.add_voxel", "--json"}).output);
  EXPECT_EQ(document["whole"]["outcomes"]["ok"], 3);
  EXPECT_EQ(document["operation"], "goxel.add_voxel");
  EXPECT_EQ(document["layer"], "daemon");
}

TEST_F(CliProgram, EachFlagOfHistoryGoesToItsOwnPlace) {
  daemon_.emplace(instance_, play_three_additions);
  const Program::Result result =
      run({"history", "--instance", instance_, "--stack", "2-layer", "--protocol", "mcp",
           "--operation", "goxel.fill", "--layer", "daemon", "--from", "-10m", "--to", "now",
           "--points", "5", "--json"});
  ASSERT_EQ(result.exit_code, 0) << result.error;
  const json document = json::parse(result.output);
  EXPECT_EQ(document["stack"], "2-layer");
  EXPECT_EQ(document["protocol"], "mcp");
  EXPECT_EQ(document["operation"], "goxel.fill");
  EXPECT_EQ(document["layer"], "daemon");
  EXPECT_EQ(document["point_seconds"], 120) << "ten minutes in five";
  EXPECT_EQ(document["whole"]["outcomes"]["error"], 1);
  const Program::Result other =
      run({"history", "--instance", instance_, "--stack", "4-layer", "--json"});
  EXPECT_EQ(json::parse(other.output)["whole"]["outcomes"]["all"], 0);
}

TEST_F(CliProgram, HistoryRefusesBadInputInOneSentence) {
  daemon_.emplace(instance_, play_three_additions);
  const std::string no_history = testing::TempDir() + instance_ + ".txt";
  std::ofstream(no_history) << std::string(1'000, 'x');
  const auto refused = [this](std::vector<std::string> arguments, int exit_code,
                              const std::string& sentence) {
    arguments.insert(arguments.begin(), {"history", "--instance", instance_});
    const Program::Result result = run(arguments);
    EXPECT_EQ(result.exit_code, exit_code) << testing::PrintToString(arguments);
    EXPECT_EQ(result.output, "");
    EXPECT_THAT(result.error, AllOf(HasSubstr("goxel-telemetry: "), HasSubstr(sentence)));
    EXPECT_EQ(std::count(result.error.begin(), result.error.end(), '\n'), 1) << result.error;
  };
  refused({"--operation", "nothing"}, 2, "no operation \"nothing\"");
  refused({"--from", "-1h", "--to", "-2h"}, 2, "reversed");
  refused({"--from", "now"}, 2, "empty");
  refused({"--from", "soon"}, 2, "no point in time");
  refused({"--points", "0"}, 2, "--points");
  refused({"--file", no_history}, 2, "is not a history file");
  refused({"--file", no_history + ".db"}, 1, "there is no history file");
  std::remove(no_history.c_str());
}

}  // namespace
}  // namespace goxel_telemetry::cli
