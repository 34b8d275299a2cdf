// SPDX-License-Identifier: GPL-3.0-or-later
// record and replay, as programs.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <memory>
#include <optional>
#include <span>

#include "tests/cli/daemon_process.h"
#include "tests/cli/program.h"
#include "tests/metrics/recording/recording_samples.h"

namespace goxel_telemetry::cli {
namespace {

namespace recording = metrics::recording;
using metrics::TestSegment;
using testing::AllOf;
using testing::ContainsRegex;
using testing::HasSubstr;
using testing::MatchesRegex;
using testing::Not;

const auto kOneSentence = MatchesRegex("goxel-telemetry: [^\n]+\n");

void ping(TestSegment& segment) {
  segment.publish("ping", shm::monotonic_ns(), 50'000);
}

class RecordingProgram : public testing::Test {
 protected:
  RecordingProgram() { std::filesystem::create_directory(folder_); }
  ~RecordingProgram() override {
    daemon_.reset();
    shm::remove_segment_of(instance_);
    std::filesystem::remove_all(folder_);
  }
  std::string file(const std::string& name) const { return folder_ + "/" + name; }

  // Three records, taken from the ring.
  void record_three(const std::string& path) {
    if (!daemon_) {
      daemon_.emplace(instance_, [](TestSegment& segment) {
        for (int i = 0; i < 3; ++i) ping(segment);
      });
    }
    const Program::Result result =
        run({"record", path, "--backlog", "--count", "3", "--instance", instance_});
    ASSERT_EQ(result.exit_code, 0) << result.error;
    EXPECT_THAT(result.output,
                MatchesRegex(path + ": 3 records in [0-9.]+ [mµn]*s, [0-9.]+ (B|KiB)\n"));
  }

  // At once, under a name that no other test uses.
  Program::Result replay_fast(const std::string& path) const {
    return run({"replay", path, "--fast", "--linger", "0", "--instance", instance_ + "-r"});
  }

  const std::string instance_ = metrics::unique_instance();
  const std::string folder_ = testing::TempDir() + instance_;
  std::optional<DaemonProcess> daemon_;
};

TEST_F(RecordingProgram, RecordsUntilItIsInterrupted) {
  daemon_.emplace(instance_, ping, ping);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) {
    const std::string session = file(std::to_string(signal) + ".rec");
    Program record({"record", session, "--backlog", "--instance", instance_});
    EXPECT_THAT(record.error_line(), HasSubstr("recording instance \"" + instance_ + "\" into "));
    record.signal(signal);
    const Program::Result result = record.finish();
    EXPECT_EQ(result.exit_code, 0);
    EXPECT_THAT(result.output, HasSubstr(" record"));
    EXPECT_THAT(replay_fast(session).error, Not(HasSubstr("breaks off"))) << "it was closed";
  }
}

// nohup lets SIGHUP be ignored.
TEST_F(RecordingProgram, UnderNohupItGoesOnWhenItsTerminalIsClosed) {
  daemon_.emplace(instance_, ping, ping);
  std::signal(SIGHUP, SIG_IGN);
  Program record({"record", file("s.rec"), "--backlog", "--count", "2", "--instance", instance_});
  std::signal(SIGHUP, SIG_DFL);
  EXPECT_THAT(record.error_line(), HasSubstr("recording"));
  record.signal(SIGHUP);
  while (!record.has_output(20)) daemon_->poke();
  EXPECT_THAT(record.finish().output, HasSubstr("s.rec: 2 records"));
}

TEST_F(RecordingProgram, ReplayedSegmentIsThereUntilInterruptedAndThenGone) {
  const std::string session = file(instance_ + " session.rec");
  const std::string name = "replay-" + instance_ + "-session";
  record_three(session);
  Program replay({"replay", session});
  EXPECT_THAT(replay.error_line(),
              AllOf(HasSubstr("replaying 3 records of "), HasSubstr('"' + name + '"')));
  EXPECT_THAT(replay.error_line(), HasSubstr("stays until Ctrl-C"));
  const Program::Result status = run({"status", "--instance", name});
  EXPECT_EQ(status.exit_code, 1) << "its end was replayed, too";
  EXPECT_THAT(status.output, AllOf(HasSubstr("3 requests   3 ok"), HasSubstr("through replay")));
  replay.signal(SIGTERM);
  EXPECT_EQ(replay.finish().exit_code, 0);
  EXPECT_EQ(shm::open_segment(name).outcome, shm::OpenOutcome::absent);
}

TEST_F(RecordingProgram, ReplayedSegmentIsGoneWhenTheTerminalWasClosed) {
  record_three(file("s.rec"));
  Program replay({"replay", file("s.rec"), "--instance", instance_ + "-r"});
  EXPECT_THAT(replay.error_line(), HasSubstr("replaying 3 records of "));
  EXPECT_THAT(replay.error_line(), HasSubstr("stays until Ctrl-C"));
  replay.signal(SIGHUP);
  EXPECT_EQ(replay.finish().exit_code, 0);
  EXPECT_EQ(shm::open_segment(instance_ + "-r").outcome, shm::OpenOutcome::absent);
}

TEST_F(RecordingProgram, WhatWasOverwrittenIsCounted) {
  daemon_.emplace(instance_, ping, [](TestSegment& segment) {
    for (int i = 0; i < 5'000; ++i) ping(segment);
  });
  Program record({"record", file("s.rec"), "--instance", instance_});
  EXPECT_THAT(record.error_line(), HasSubstr("recording"));
  // The first look has been written.
  while (std::filesystem::file_size(file("s.rec")) < 20) usleep(1'000);
  record.signal(SIGSTOP);
  daemon_->poke();
  record.signal(SIGCONT);
  record.signal(SIGINT);
  EXPECT_THAT(record.finish().output,
              ContainsRegex("; [0-9],[0-9]+ were overwritten before they could be read\n"));
}

// A minute in which nothing happens.
TEST_F(RecordingProgram, AReplayedDaemonGivesSignsOfLife) {
  recording::Bytes bytes;
  recording::Writer writer([&bytes](std::span<const std::uint8_t> more) {
    bytes.insert(bytes.end(), more.begin(), more.end());
  });
  recording::RunBegan run;
  run.complete_since_ns = 100 * metrics::kSecond;
  for (const recording::Segment segment :
       {recording::Segment::outer_layers, recording::Segment::daemon}) {
    writer.add(run, segment);
  }
  for (const std::uint64_t second : {100, 160}) {
    recording::Moment moment;
    moment.monotonic_ns = second * metrics::kSecond;
    writer.add(moment);
  }
  writer.finish();
  std::ofstream(file("s.rec"))
      .write(reinterpret_cast<const char*>(bytes.data()),
             static_cast<std::streamsize>(bytes.size()));
  Program replay({"replay", file("s.rec"), "--instance", instance_});
  EXPECT_THAT(replay.error_line(), HasSubstr("with its outer layers"));
  for (const std::string& name : {instance_, shm::layers_instance(instance_)}) {
    const auto limit = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    std::unique_ptr<shm::Reader> reader;
    std::uint64_t first_ns = 0;
    while (reader == nullptr || first_ns == 0 || reader->heartbeat_ns() == first_ns) {
      ASSERT_LT(std::chrono::steady_clock::now(), limit) << name;
      if (reader == nullptr) reader = shm::Reader::open(name);
      if (reader != nullptr && first_ns == 0) first_ns = reader->heartbeat_ns();
      usleep(1'000);
    }
    EXPECT_GT(reader->heartbeat_ns(), first_ns);
  }
  replay.signal(SIGTERM);
  const Program::Result result = replay.finish();
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_EQ(result.error, "") << "not all is replayed";
}

TEST_F(RecordingProgram, LingersForAsLongAsAsked) {
  record_three(file("s.rec"));
  const Program::Result result = replay_fast(file("s.rec"));
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_THAT(result.error, HasSubstr("stays for 0 ns"));
  const std::string name = instance_ + "-r";
  Program replay({"replay", file("s.rec"), "--fast", "--linger", "1000", "--instance", name});
  EXPECT_THAT(replay.error_line(), HasSubstr("replaying 3 records of "));
  EXPECT_THAT(replay.error_line(), HasSubstr("stays for "));
  EXPECT_THAT(run({"status", "--instance", name}).output, HasSubstr("through replay"));
  replay.signal(SIGTERM);
  EXPECT_EQ(replay.finish().exit_code, 0);
}

TEST_F(RecordingProgram, WhatIsCutOffIsReplayedAndSaidToBe) {
  record_three(file("s.rec"));
  std::filesystem::resize_file(file("s.rec"), std::filesystem::file_size(file("s.rec")) - 1);
  const Program::Result result = replay_fast(file("s.rec"));
  EXPECT_THAT(result.error, HasSubstr("s.rec breaks off; it holds "));
}

TEST_F(RecordingProgram, OuterLayersAreReplayedBesideTheDaemon) {
  const std::string outer_instance = shm::layers_instance(instance_);
  const DaemonProcess outer(outer_instance, [](TestSegment& segment) {
    for (int i = 0; i < 2; ++i) ping(segment);
  });
  daemon_.emplace(instance_, [](TestSegment& segment) { ping(segment); });
  const Program::Result record =
      run({"record", file("s.rec"), "--backlog", "--count", "3", "--instance", instance_});
  EXPECT_THAT(record.output, HasSubstr("s.rec: 3 records, 2 of outer layers, in "));
  shm::remove_segment_of(outer_instance);

  const std::string name = instance_ + "-r";
  Program replay({"replay", file("s.rec"), "--fast", "--instance", name});
  EXPECT_THAT(replay.error_line(), HasSubstr("\"" + name + "\" with its outer layers"));
  EXPECT_THAT(replay.error_line(), HasSubstr("stays until Ctrl-C"));
  EXPECT_THAT(run({"status", "--instance", name}).output, HasSubstr("1 request   1 ok"));
  EXPECT_THAT(run({"status", "--instance", name + ".layers"}).output,
              HasSubstr("2 requests   2 ok"));
  replay.signal(SIGTERM);
  EXPECT_EQ(replay.finish().exit_code, 0);
  EXPECT_EQ(shm::open_segment(name + ".layers").outcome, shm::OpenOutcome::absent);

  for (const std::string& bad : {name + ".layers", std::string(60, 'x')}) {
    const Program::Result refused = run({"replay", file("s.rec"), "--fast", "--instance", bad});
    EXPECT_EQ(refused.exit_code, 2);
    EXPECT_THAT(refused.error, AllOf(kOneSentence, HasSubstr("at most 56 bytes")));
  }
}

TEST_F(RecordingProgram, FastReplayOfAFileFullOfRestartsHearsSignals) {
  const auto write_restarts = [this](int runs) {
    std::ofstream out(file("s.rec"), std::ios::binary);
    recording::Writer writer([&out](std::span<const std::uint8_t> bytes) {
      out.write(reinterpret_cast<const char*>(bytes.data()), std::ssize(bytes));
    });
    recording::RunBegan run;
    run.instance = "goxel";
    for (int i = 0; i < runs; ++i) writer.add(run);
    writer.add(recording::Moment{});
    writer.finish();
  };
  write_restarts(10'001);
  const Program::Result refused = replay_fast(file("s.rec"));
  EXPECT_EQ(refused.exit_code, 2);
  EXPECT_THAT(refused.error, AllOf(kOneSentence, HasSubstr("restarts")));

  write_restarts(10'000);  // each makes a segment: many seconds
  Program replay({"replay", file("s.rec"), "--fast", "--linger", "0", "--instance", instance_});
  EXPECT_THAT(replay.error_line(), HasSubstr("replaying 0 records"));
  replay.signal(SIGINT);
  const Program::Result result = replay.finish();
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_EQ(result.error, "") << "not all is replayed";
}

void ping_often(TestSegment& segment) {
  for (int i = 0; i < 1'000; ++i) ping(segment);
}

TEST_F(RecordingProgram, FullDiskEndsItAndLeavesWhatWasThere) {
  daemon_.emplace(instance_, ping_often, ping_often);
  // Stands for a full disk: no file of the program may grow beyond it.
  rlimit before{};
  getrlimit(RLIMIT_FSIZE, &before);
  const rlimit small = {30'000, before.rlim_max};
  std::signal(SIGXFSZ, SIG_IGN);
  setrlimit(RLIMIT_FSIZE, &small);
  Program record({"record", file("s.rec"), "--backlog", "--instance", instance_});
  setrlimit(RLIMIT_FSIZE, &before);
  EXPECT_THAT(record.error_line(), HasSubstr("recording"));
  while (!record.has_error(20)) daemon_->poke();
  const Program::Result result = record.finish();
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.error, AllOf(kOneSentence, HasSubstr("cannot write to " + file("s.rec"))));
  const Program::Result replay = replay_fast(file("s.rec"));
  EXPECT_EQ(replay.exit_code, 0);
  EXPECT_THAT(replay.error, ContainsRegex("breaks off; it holds 1,0[0-9][0-9] records"));
}

TEST_F(RecordingProgram, BadInputExits2WithOneSentence) {
  record_three(file("s.rec"));
  std::ofstream(file("foreign.rec")) << "no recording\n";
  std::ofstream(file("newer.rec")) << "GOXLRECD\x7f";
  const std::vector<std::vector<std::string>> bad = {
      {"record"},
      {"record", file("s.rec"), "--instance", instance_},  // exists
      {"record", file("t.rec"), "--seconds", "0"},
      {"record", file("t.rec"), "--count", "none"},
      {"replay"},
      {"replay", file("foreign.rec")},
      {"replay", file("newer.rec")},
      {"replay", file("s.rec"), "--speed", "0"},
      {"replay", file("s.rec"), "--speed", "2", "--fast"},
      {"replay", file("s.rec"), "--instance", "a/b"},
  };
  for (const auto& arguments : bad) {
    const Program::Result result = run(arguments);
    EXPECT_EQ(result.exit_code, 2) << testing::PrintToString(arguments);
    EXPECT_THAT(result.error, kOneSentence);
    EXPECT_EQ(result.output, "");
  }
}

TEST_F(RecordingProgram, WhatCannotBeDoneExits1WithOneSentence) {
  record_three(file("s.rec"));
  std::ofstream(file("empty.rec")) << "GOXLRECD\x01";
  const std::vector<std::vector<std::string>> impossible = {
      {"record", file("t.rec"), "--instance", instance_ + "-no-such"},
      {"record", "/no/such/folder/t.rec", "--instance", instance_},
      {"replay", file("no-such.rec")},
      {"replay", file("s.rec"), "--instance", instance_},  // a live daemon's name
  };
  for (const auto& arguments : impossible) {
    const Program::Result result = run(arguments);
    EXPECT_EQ(result.exit_code, 1) << testing::PrintToString(arguments);
    EXPECT_THAT(result.error, HasSubstr("goxel-telemetry: "));
    EXPECT_EQ(result.output, "");
  }
  EXPECT_THAT(run({"replay", file("empty.rec")}).error, HasSubstr("holds nothing"));
}

}  // namespace
}  // namespace goxel_telemetry::cli
