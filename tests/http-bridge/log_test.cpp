// SPDX-License-Identifier: GPL-3.0-or-later
// The lines that an operator is told, and how often.
#include "http-bridge/log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <nlohmann/json.hpp>

namespace goxel_telemetry::http_bridge {
namespace {

using nlohmann::json;

constexpr std::uint64_t kTimeNs = 1'764'096'363'007'000'000;

std::string logfmt(const std::string& value) {
  return log_line(LogFormat::logfmt, std::nullopt, LogLevel::warning, "e", {{"name", value}});
}

TEST(Log, ALineIsLogfmt) {
  EXPECT_EQ(log_line(LogFormat::logfmt, kTimeNs, LogLevel::warning, "sweep_failed",
                     {{"why", "no memory"}, {"instance", "goxel"}}, 3),
            "time=2025-11-25T18:46:03.007Z level=warning event=sweep_failed why=\"no memory\" "
            "instance=goxel kept_back=3\n");
}

TEST(Log, ALineIsJsonWhereThatIsAsked) {
  const std::string line = log_line(LogFormat::json, kTimeNs, LogLevel::error, "sweep_failed",
                                    {{"why", "a \"b\" \\ c\n"}}, 1);
  EXPECT_EQ(line.back(), '\n');
  EXPECT_EQ(json::parse(line), json({{"time", "2025-11-25T18:46:03.007Z"},
                                     {"level", "error"},
                                     {"event", "sweep_failed"},
                                     {"why", "a \"b\" \\ c\xEF\xBF\xBD"},
                                     {"kept_back", "1"}}));
}

TEST(Log, TheJournalKnowsTheTime) {
  EXPECT_EQ(logfmt("x"), "level=warning event=e name=x\n");
}

// Names come from segments that anybody may have written.
TEST(Log, NoValueEndsALineOrAQuotationOrMovesTheScreen) {
  EXPECT_EQ(logfmt("a\nlevel=error event=x"),
            "level=warning event=e name=\"a\xEF\xBF\xBDlevel=error event=x\"\n");
  EXPECT_EQ(logfmt("a\" event=\"x"), "level=warning event=e name=\"a\\\" event=\\\"x\"\n");
  EXPECT_EQ(logfmt("a\\"), "level=warning event=e name=\"a\\\\\"\n");
  EXPECT_EQ(logfmt(""), "level=warning event=e name=\"\"\n");
  EXPECT_EQ(logfmt("\x1b[2J"), "level=warning event=e name=\xEF\xBF\xBD[2J\n");
  EXPECT_EQ(logfmt("a\xE2\x80\xAE\x62"), "level=warning event=e name=a<U+202E>b\n");
  EXPECT_EQ(logfmt("\xFF"), "level=warning event=e name=\xEF\xBF\xBD\n");
}

TEST(Log, ALineIsNoLongerThanAPipeTakesAtOnce) {
  const std::string value(5'000, '"');
  for (const LogFormat format : {LogFormat::logfmt, LogFormat::json}) {
    const std::string line =
        log_line(format, kTimeNs, LogLevel::info, "e", {{"a", value}, {"b", value}, {"c", value}});
    EXPECT_LE(line.size(), 4'096u);
    EXPECT_GT(line.size(), 2'000u);
    EXPECT_EQ(line.back(), '\n');
    if (format == LogFormat::json) {
      EXPECT_TRUE(json::accept(line));
    }
  }
}

TEST(Log, TheSameTroubleIsToldOnceAMinuteWithACount) {
  LogRepeats repeats;
  constexpr std::uint64_t kMinute = LogRepeats::kIntervalNs;
  EXPECT_EQ(repeats.admit("a", 7), 0u);
  EXPECT_EQ(repeats.admit("b", 7), 0u);
  for (std::uint64_t i = 0; i < 5; ++i) EXPECT_EQ(repeats.admit("a", 8 + i), std::nullopt);
  EXPECT_EQ(repeats.admit("a", 7 + kMinute - 1), std::nullopt);
  EXPECT_EQ(repeats.admit("a", 7 + kMinute), 6u);
  EXPECT_EQ(repeats.admit("a", 7 + kMinute + 1), std::nullopt);
  EXPECT_EQ(repeats.admit("b", 7 + kMinute), 0u);
}

TEST(Log, TroubleThatIsNewEachTimeIsBoundedToo) {
  LogRepeats repeats;
  std::size_t admitted = 0;
  for (int i = 0; i < 1'000; ++i) {
    if (repeats.admit(std::to_string(i), 0)) ++admitted;
  }
  EXPECT_EQ(admitted, LogRepeats::kMostLines);
  EXPECT_EQ(repeats.admit("new", LogRepeats::kIntervalNs), 0u);
}

TEST(Log, BelowItsLevelNothingIsWritten) {
  testing::internal::CaptureStderr();
  set_log({LogLevel::warning, LogFormat::logfmt});
  log_event(LogLevel::info, "start");
  log_event(LogLevel::warning, "reload_refused");
  log_event(LogLevel::warning, "reload_refused");
  log_trouble(LogLevel::error, "sweep_failed");
  log_trouble(LogLevel::error, "sweep_failed");
  set_log({});
  const std::string said = testing::internal::GetCapturedStderr();
  EXPECT_THAT(said, testing::MatchesRegex("time=[^ ]+ level=warning event=reload_refused\n"
                                          "time=[^ ]+ level=warning event=reload_refused\n"
                                          "time=[^ ]+ level=error event=sweep_failed\n"));
}

TEST(Log, TheJournalGetsPrioritiesAndNoTime) {
  testing::internal::CaptureStderr();
  struct stat error {};
  ::fstat(STDERR_FILENO, &error);
  const auto named = [&error](std::uint64_t inode) {
    ::setenv("JOURNAL_STREAM", (std::to_string(error.st_dev) + ':' + std::to_string(inode)).c_str(),
             1);
  };
  named(error.st_ino);
  log_event(LogLevel::info, "a");
  log_event(LogLevel::warning, "b");
  log_event(LogLevel::error, "c");
  named(error.st_ino + 1);  // standard error was taken elsewhere since
  log_event(LogLevel::info, "d");
  ::unsetenv("JOURNAL_STREAM");
  EXPECT_THAT(testing::internal::GetCapturedStderr(),
              testing::MatchesRegex("<6>level=info event=a\n<4>level=warning event=b\n"
                                    "<3>level=error event=c\ntime=[^ ]+ level=info event=d\n"));
}

TEST(Log, NobodyWaitsForWhoeverReadsIt) {
  const int before = ::dup(STDERR_FILENO);
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  ::dup2(ends[1], STDERR_FILENO);
  for (int i = 0; i < 10'000; ++i) log_event(LogLevel::info, "more_than_a_pipe_holds");
  ::dup2(before, STDERR_FILENO);
  for (const int fd : {before, ends[0], ends[1]}) ::close(fd);
}

}  // namespace
}  // namespace goxel_telemetry::http_bridge
