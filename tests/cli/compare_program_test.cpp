// SPDX-License-Identifier: GPL-3.0-or-later
// The built program's comparisons and baselines.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <optional>

#include "metrics/history/writer.h"
#include "tests/cli/daemon_process.h"
#include "tests/cli/program.h"

namespace goxel_telemetry::cli {
namespace {

using metrics::TestSegment;
using nlohmann::json;
using testing::AllOf;
using testing::ContainsRegex;
using testing::HasSubstr;
using testing::MatchesRegex;
using testing::Not;

constexpr std::uint64_t kMicrosecond = 1'000;
constexpr std::uint64_t kSecond = metrics::kSecond;
constexpr std::uint64_t kSeconds = 40;  // that the ring has of the past
constexpr std::uint64_t kPerSecond = 10;

// Of each operation ten requests a second, for the last 40 seconds; their durations vary by a few
// percent.
DaemonProcess::Script past(std::uint64_t fill_us, std::uint64_t ping_us) {
  return [=](TestSegment& segment) {
    const std::uint64_t begin = shm::monotonic_ns() - kSeconds * kSecond;
    segment.header().created_monotonic_ns = begin;
    for (std::uint64_t i = 0; i < (kSeconds - 1) * kPerSecond; ++i) {
      const std::uint64_t end = begin + (i + 1) * kSecond / kPerSecond;
      const std::uint64_t wobble = 100 + i * 7919 % 11 % 5;  // percent
      segment.publish("goxel.fill", end, fill_us * kMicrosecond * wobble / 100);
      shm::Record ping = TestSegment::record(segment.operation("ping"), end,
                                             ping_us * kMicrosecond * wobble / 100);
      ping.stack = shm::names::kFourLayer;
      segment.publish(ping);
    }
  };
}

class CompareProgram : public testing::Test {
 protected:
  CompareProgram() {
    std::string name = testing::TempDir() + "compare.XXXXXX";
    folder_ = mkdtemp(name.data());
  }
  ~CompareProgram() override {
    daemon_.reset();
    shm::remove_segment_of(instance_);
    std::filesystem::remove_all(folder_);
  }
  void start(DaemonProcess::Script script) {
    started_ns_ = shm::monotonic_ns();
    daemon_.reset();
    shm::remove_segment_of(instance_);
    daemon_.emplace(instance_, std::move(script));
  }
  // A side that was observed at some time between the start and now. A second more or less: whole
  // seconds are counted.
  void expect_watched_since_begin(const json& side) const {
    const double seconds = side.at("seen").at("observed_seconds");
    const double since_start = static_cast<double>(shm::monotonic_ns() - started_ns_) / 1e9;
    EXPECT_GE(seconds, kSeconds - 1.0);
    EXPECT_LE(seconds, kSeconds + since_start + 1);
  }
  std::string file(const std::string& name) const { return folder_ + '/' + name; }
  // With a folder of baselines of this test.
  Program::Result call(std::vector<std::string> arguments) const {
    return run(std::move(arguments), {"XDG_STATE_HOME=" + folder_});
  }
  Program::Result call_live(std::vector<std::string> arguments) const {
    arguments.insert(arguments.end(), {"--instance", instance_});
    return call(std::move(arguments));
  }
  void save(const std::string& name) const {
    const Program::Result result = call_live({"baseline", "save", name});
    ASSERT_EQ(result.exit_code, 0) << result.error;
  }

  const std::string instance_ = metrics::unique_instance();
  std::string folder_;
  std::uint64_t started_ns_ = 0;
  std::optional<DaemonProcess> daemon_;
};

const auto kOneSentence = MatchesRegex("goxel-telemetry: [^\n]+\n");

std::string verdict_of(const json& comparison, const std::string& operation) {
  for (const json& one : comparison.at("operations")) {
    if (one.at("operation") == operation) return one.at("verdict");
  }
  return "not there";
}

TEST_F(CompareProgram, ALiveDaemonWithABaselineOfItself) {
  start(past(100, 50));
  save("before");
  start(past(300, 50));
  const Program::Result result = call_live({"compare", "before", "live", "--json"});
  ASSERT_EQ(result.exit_code, 0) << result.error;
  const json comparison = json::parse(result.output);
  EXPECT_EQ(comparison.at("a").at("side"), "before");
  expect_watched_since_begin(comparison.at("b"));
  EXPECT_EQ(verdict_of(comparison, "goxel.fill"), "slower");
  EXPECT_EQ(verdict_of(comparison, "ping"), "no proven difference");
  const json& mean = comparison.at("operations").at(0).at("latency").at("mean_ns");
  EXPECT_NEAR(mean.at("shift"), 2, 0.05);
  EXPECT_GT(mean.at("low"), 1.8);
  EXPECT_EQ(comparison.at("operations").at(0).at("probability_b_slower"), 1);

  EXPECT_EQ(call_live({"compare", "before", "live", "--fail-on", "slower"}).exit_code, 3);
  EXPECT_EQ(call_live({"compare", "live", "before", "--fail-on", "slower"}).exit_code, 0);
  EXPECT_EQ(call_live({"compare", "before", "live", "--fail-on", "faster"}).exit_code, 2);

  const Program::Result screen = call_live({"compare", "baseline:before", "live", "--all"});
  EXPECT_THAT(screen.output,
              AllOf(HasSubstr("baseline \"before\", saved "),
                    ContainsRegex("goxel.fill .*\\+200 % .* slower"),
                    ContainsRegex("ping .* no proven difference"), HasSubstr("same mix")));
}

TEST_F(CompareProgram, TwoStacksOfTheLiveDaemon) {
  start(past(100, 50));
  const Program::Result result = call_live({"compare", "stack:4-layer", "stack:2-layer", "--json"});
  ASSERT_EQ(result.exit_code, 0) << result.error;
  const json comparison = json::parse(result.output);
  EXPECT_EQ(verdict_of(comparison, "ping"), "too little data");  // only one of them has it
  EXPECT_EQ(comparison.at("layers").size(), 1u);
  EXPECT_EQ(comparison.at("layers").at(0).at("raw").at("stack"), "");
  EXPECT_THAT(call_live({"compare", "stack:4-layer", "stack:2-layer", "--all"}).output,
              AllOf(ContainsRegex("only in A +daemon: +ping\n"),
                    ContainsRegex("only in B +daemon: +goxel.fill\n")));
  save("before");
  const Program::Result saved =
      call_live({"compare", "stack:4-layer@before", "stack:4-layer", "--json"});
  ASSERT_EQ(saved.exit_code, 0) << saved.error;
  const json with_saved = json::parse(saved.output);
  EXPECT_EQ(with_saved.at("operations").size(), 1u);
  EXPECT_EQ(verdict_of(with_saved, "ping"), "no proven difference");
  EXPECT_EQ(call_live({"compare", "stack:4-layer@stack:4-layer", "live"}).exit_code, 2);
  const Program::Result unknown = call_live({"compare", "stack:4-layer", "stack:3-layer"});
  EXPECT_EQ(unknown.exit_code, 2);
  EXPECT_THAT(unknown.error, HasSubstr("\"3-layer\" was seen, only of: 2-layer, 4-layer"));
}

TEST_F(CompareProgram, ABaselineTravelsAsAFile) {
  start(past(100, 50));
  save("before");
  ASSERT_EQ(call({"baseline", "export", "before", file("sent")}).exit_code, 0);
  const Program::Result there = call({"baseline", "export", "before", file("sent")});
  EXPECT_EQ(there.exit_code, 2);
  EXPECT_THAT(there.error,
              AllOf(kOneSentence, HasSubstr("; --replace puts this one in its place\n")));
  const Program::Result nowhere = call({"baseline", "export", "before", "/dev/null/no/file"});
  EXPECT_EQ(nowhere.exit_code, 1);
  EXPECT_THAT(nowhere.error, AllOf(kOneSentence, Not(HasSubstr("--replace"))));
  EXPECT_EQ(call({"baseline", "export", "before", file("sent"), "--replace"}).exit_code, 0);
  EXPECT_EQ(call({"baseline", "import", file("sent")}).exit_code, 2);  // the name is in use
  ASSERT_EQ(call({"baseline", "import", file("sent"), "copy"}).exit_code, 0);
  for (const auto& shown : std::vector<std::vector<std::string>>{
           {"list"}, {"list", "--json"}, {"show", "copy"}, {"show", "copy", "--json"}}) {
    std::vector<std::string> arguments = {"baseline"};
    arguments.insert(arguments.end(), shown.begin(), shown.end());
    const Program::Result result = call(arguments);
    EXPECT_EQ(result.exit_code, 0) << testing::PrintToString(shown);
    EXPECT_EQ(result.error, "");
  }
  const json list = json::parse(call({"baseline", "list", "--json"}).output);
  ASSERT_EQ(list.at("baselines").size(), 2u);
  EXPECT_EQ(list.at("baselines").at(1).at("name"), "copy");
  EXPECT_THAT(call({"baseline", "list"}).output, ContainsRegex("copy .*live, instance "));

  const Program::Result same = call({"compare", "file:" + file("sent"), "copy", "--json"});
  ASSERT_EQ(same.exit_code, 0) << same.error;
  EXPECT_EQ(verdict_of(json::parse(same.output), "goxel.fill"), "no proven difference");
  EXPECT_EQ(call({"compare", file("sent"), "copy"}).exit_code, 0);

  ASSERT_EQ(call({"baseline", "delete", "copy"}).exit_code, 0);
  EXPECT_EQ(call({"baseline", "show", "copy"}).exit_code, 2);
  const json shown = json::parse(call({"baseline", "show", "before", "--json"}).output);
  EXPECT_EQ(shown.at("operations").at(0).at("stats").at("latency").at("count"), 390);
  EXPECT_THAT(call({"baseline", "show", "before"}).output, ContainsRegex("goxel.fill +390"));

  ASSERT_EQ(call({"baseline", "delete", "before"}).exit_code, 0);
  EXPECT_EQ(call({"baseline", "import", file("sent")}).exit_code, 0);
  EXPECT_EQ(call({"baseline", "show", "before"}).exit_code, 0) << "the name in the file";
}

TEST_F(CompareProgram, ARecordingIsASide) {
  start(past(100, 50));
  ASSERT_EQ(call_live({"record", file("before"), "--backlog", "--seconds", "0.1"}).exit_code, 0);
  save("saved");
  for (const std::string& other : {"file:" + file("before"), std::string("saved")}) {
    const Program::Result same = call({"compare", file("before"), other, "--json"});
    ASSERT_EQ(same.exit_code, 0) << same.error;
    const json comparison = json::parse(same.output);
    EXPECT_EQ(comparison.at("operations").size(), 2u);
    for (const char* operation : {"goxel.fill", "ping"}) {
      EXPECT_EQ(verdict_of(comparison, operation), "no proven difference") << other;
    }
    expect_watched_since_begin(comparison.at("a"));
  }
  start(past(300, 50));
  const Program::Result slower = call_live({"compare", file("before"), "live", "--all"});
  EXPECT_THAT(slower.output, AllOf(HasSubstr("recording of instance \"" + instance_ + '"'),
                                   ContainsRegex("goxel.fill .*\\+200 % .* slower"),
                                   ContainsRegex("ping .* no proven difference")));
  const std::string one_stack = "stack:4-layer@file:" + file("before");
  EXPECT_EQ(call({"compare", one_stack, one_stack}).exit_code, 0);
  ASSERT_EQ(call({"baseline", "save", "kept", "--from", file("before")}).exit_code, 0);

  std::filesystem::resize_file(file("before"), std::filesystem::file_size(file("before")) - 1);
  const Program::Result cut = call({"compare", file("before"), "kept"});
  EXPECT_EQ(cut.exit_code, 0);
  EXPECT_THAT(cut.error, HasSubstr("before breaks off; it holds "));
  std::ofstream(file("newer")) << "GOXLRECD\x7f";
  const Program::Result newer = call({"compare", file("newer"), "kept"});
  EXPECT_EQ(newer.exit_code, 2);
  EXPECT_THAT(newer.error, AllOf(kOneSentence, HasSubstr("newer version")));
  std::ofstream(file("empty")) << "GOXLRECD\x01";
  EXPECT_EQ(call({"compare", file("empty"), "kept"}).exit_code, 1);
}

TEST_F(CompareProgram, RangesOfTheHistory) {
  const std::uint64_t begin = shm::realtime_ns() / kSecond - 1'200;
  metrics::HistoryResult why;
  {
    auto writer = metrics::HistoryWriter::open(file("history.db"), {}, why);
    ASSERT_NE(writer, nullptr) << why.message;
    metrics::HistoryDelta delta;
    delta.instance = instance_;
    for (std::uint64_t second = 0; second < 1'000; ++second) {
      metrics::Rollup rollup{{"2-layer", "mcp", "daemon", "ping"}, begin + second, 1, {}};
      for (std::uint64_t i = 0; i < 5; ++i) {
        metrics::Measurement m;
        m.duration_ns =
            (second < 500 ? 100 : 150) * kMicrosecond * (100 + (second * 5 + i) % 7) / 100;
        rollup.tally.add(m);
      }
      delta.delta.rollups.push_back(std::move(rollup));
    }
    delta.delta.observed = {{begin * kSecond, (begin + 1'000) * kSecond}};
    delta.delta.position.run_id = 1;
    ASSERT_TRUE(writer->commit({delta}, begin + 1'000).done());
  }
  const auto range = [&](std::uint64_t from, std::uint64_t to) {
    return std::to_string(begin + from) + ".." + std::to_string(begin + to);
  };
  const auto with_history = [&](std::vector<std::string> arguments) {
    arguments.insert(arguments.end(), {"--history", file("history.db")});
    return call(std::move(arguments));
  };
  const Program::Result result =
      with_history({"compare", range(0, 500), range(500, 1'000), "--json"});
  ASSERT_EQ(result.exit_code, 0) << result.error;
  const json comparison = json::parse(result.output);
  EXPECT_EQ(verdict_of(comparison, "ping"), "slower");
  EXPECT_NEAR(comparison.at("operations").at(0).at("latency").at("mean_ns").at("shift"), 0.5, 0.02);
  EXPECT_NEAR(comparison.at("a").at("seen").at("observed_seconds"), 500, 10);
  // The whole of it, asked for from long before to after its end.
  EXPECT_EQ(
      with_history({"compare", "-1h..now", range(0, 1'000), "--instance", instance_}).exit_code, 0);
  ASSERT_EQ(with_history({"baseline", "save", "then", "--from", range(0, 500)}).exit_code, 0);
  EXPECT_EQ(with_history({"compare", "then", range(0, 500)}).exit_code, 0);

  for (const auto& bad : std::vector<std::vector<std::string>>{
           {"compare", "-10d..-9d", "then"},                           // before the history
           {"compare", range(0, 500), "now..-1h"},                     // reversed
           {"compare", range(0, 500), "yesterday..now"},               // no time
           {"compare", range(0, 500), "then", "--instance", "other"},  // not in it
           {"compare", range(0, 500), "then", "--operation", "pong"}}) {
    const Program::Result refused = with_history(bad);
    EXPECT_EQ(refused.exit_code, 2) << testing::PrintToString(bad) << refused.error;
    EXPECT_THAT(refused.error, kOneSentence);
  }
}

TEST_F(CompareProgram, BadInputExits2WithOneSentence) {
  std::ofstream(file("foreign")) << "not a baseline at all, but text";
  const std::vector<std::vector<std::string>> bad = {
      {"compare"},
      {"compare", "live"},
      {"compare", "missing", "nothing"},
      {"compare", "baseline:../../etc/passwd", "live"},
      {"compare", "baseline:", "live"},
      {"compare", "stack:", "live"},
      {"compare", file("foreign"), "live"},
      {"compare", "file:" + file("missing"), "live"},
      {"compare", "-24h..-12h", "-12h..now"},  // without a history
      {"compare", "..", "live"},
      {"compare", "a b", "live"},
      {"compare", "live", "live", "--relevant", "-1"},
      {"compare", "live", "live", "--watch", "100000"},
      {"baseline"},
      {"baseline", "save"},
      {"baseline", "save", "../x"},
      {"baseline", "save", "live"},
      {"baseline", "show", "missing"},
      {"baseline", "delete", "missing"},
      {"baseline", "delete", "a/b"},
      {"baseline", "export", "missing", file("out")},
      {"baseline", "import", file("foreign")},
      {"baseline", "import", folder_},
  };
  for (const auto& arguments : bad) {
    const Program::Result result = call(arguments);
    EXPECT_EQ(result.exit_code, 2) << testing::PrintToString(arguments) << result.error;
    EXPECT_THAT(result.error, kOneSentence) << testing::PrintToString(arguments);
    EXPECT_EQ(result.output, "");
  }
}

TEST_F(CompareProgram, WhatIsNotThereExits1) {
  const Program::Result absent = call_live({"compare", "live", "live"});
  EXPECT_EQ(absent.exit_code, 1);
  EXPECT_THAT(absent.error, kOneSentence);
  start([](TestSegment&) {});
  const Program::Result silent = call_live({"baseline", "save", "before"});
  EXPECT_EQ(silent.exit_code, 1);
  EXPECT_THAT(silent.error, HasSubstr("--watch"));
}

}  // namespace
}  // namespace goxel_telemetry::cli
