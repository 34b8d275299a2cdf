// SPDX-License-Identifier: GPL-3.0-or-later
// goxel-telemetry top in a real terminal: tmux's.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <optional>
#include <thread>

#include "tests/cli/daemon_process.h"
#include "tests/cli/program.h"

namespace goxel_telemetry::cli {
namespace {

using metrics::TestSegment;
using testing::ContainsRegex;
using testing::HasSubstr;
using testing::MatchesRegex;
using testing::Not;

void play(TestSegment& segment) {
  for (std::uint64_t i = 0; i < 3; ++i) {
    segment.publish("goxel.add_voxel", shm::monotonic_ns(), 100'000);
  }
  segment.publish("goxel.fill", shm::monotonic_ns(), 300'000);
}

std::string output_of(const std::string& command) {
  std::string text;
  FILE* pipe = popen(command.c_str(), "r");
  std::array<char, 4096> buffer;
  for (std::size_t got = 0; (got = fread(buffer.data(), 1, buffer.size(), pipe)) > 0;) {
    text.append(buffer.data(), got);
  }
  pclose(pipe);
  return text;
}

// A shell in a terminal of 100 by 30 that runs a given command.
class TopProgram : public testing::Test {
 protected:
  TopProgram() {
    tmux("-f /dev/null new-session -d -x 100 -y 30 'PS1=\"$ \" LC_ALL=C.UTF-8 sh -i'");
    daemon_.emplace(instance_, play);
  }
  ~TopProgram() override {
    tmux("kill-server 2>/dev/null");
    std::remove(socket_.c_str());
    daemon_.reset();
    shm::remove_segment_of(instance_);
  }

  std::string tmux(const std::string& command) const {
    return output_of("tmux -S " + socket_ + ' ' + command);
  }
  void type(const std::string& text) const { tmux("send-keys -l '" + text + "'"); }
  void press(const std::string& key) const { tmux("send-keys " + key); }
  void start(const std::string& environment = "") const {
    type(environment + " " GOXEL_TELEMETRY_PROGRAM " top --interval 0.2 --instance " + instance_ +
         "; echo ended $?");
    press("Enter");
    EXPECT_TRUE(shows("goxel.add_voxel")) << screen();
  }

  // When this returns, the keys that were pressed before have been taken, too.
  void help_and_back(const std::string& text) const {
    press("?");
    EXPECT_TRUE(shows("Any key goes back.")) << screen();
    press("x");
    EXPECT_TRUE(shows(text)) << screen();
  }

  std::string screen() const { return tmux("capture-pane -p"); }
  bool becomes(const std::function<bool(const std::string&)>& condition) const {
    const auto limit = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (!condition(screen())) {
      if (std::chrono::steady_clock::now() > limit) return false;
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
    return true;
  }
  bool shows(const std::string& text) const {
    return becomes([&](const std::string& s) { return s.find(text) != std::string::npos; });
  }
  bool shows_no(const std::string& text) const {
    return becomes([&](const std::string& s) { return s.find(text) == std::string::npos; });
  }

  const std::string instance_ = metrics::unique_instance();
  const std::string socket_ = testing::TempDir() + instance_ + ".tmux";
  std::optional<DaemonProcess> daemon_;
};

TEST_F(TopProgram, ShowsTheDaemonAndGivesTheTerminalBack) {
  type("before=$(stty -g); echo shell");
  press("Enter");
  start();
  EXPECT_TRUE(shows(instance_ + ": live, up ")) << screen();
  EXPECT_TRUE(shows("µs")) << screen();
  EXPECT_THAT(screen(), Not(HasSubstr("echo shell")));
  press("q");
  EXPECT_TRUE(shows("ended 0")) << screen();
  EXPECT_TRUE(shows("echo shell")) << screen();
  type("test $before = $(stty -g) && echo as$((1))before");
  press("Enter");
  EXPECT_TRUE(shows("as1before")) << screen();
}

TEST_F(TopProgram, FiltersAsItIsTyped) {
  start();
  press("/");
  type("fil");
  EXPECT_TRUE(shows_no("goxel.add_voxel")) << screen();
  EXPECT_TRUE(shows("goxel.fill")) << screen();
  press("Escape");
  EXPECT_TRUE(shows("goxel.add_voxel")) << screen();
}

// An arrow key sends an escape and more; alone, that would clear the filter.
TEST_F(TopProgram, AnArrowKeyIsOneKey) {
  start();
  press("/");
  type("fil");
  press("Enter");
  EXPECT_TRUE(shows_no("goxel.add_voxel")) << screen();
  press("Down");
  help_and_back("goxel.fill");
  EXPECT_THAT(screen(), Not(HasSubstr("goxel.add_voxel")));
}

TEST_F(TopProgram, FollowsTheTerminalsSize) {
  start();
  tmux("resize-window -x 60 -y 12");
  EXPECT_TRUE(shows_no("MEAN")) << screen();
  EXPECT_TRUE(shows("goxel.add_voxel")) << screen();
  tmux("resize-window -x 140 -y 40");
  EXPECT_TRUE(shows("PROTOCOL")) << screen();
}

TEST_F(TopProgram, ShowsTheDaemonsDeathAndReturn) {
  start();
  daemon_.reset();
  EXPECT_TRUE(shows("killed or crashed")) << screen();
  daemon_.emplace(instance_, play);
  EXPECT_TRUE(shows(": live, up ")) << screen();
}

TEST_F(TopProgram, BetweenPicturesItShowsTheLastOne) {
  type(GOXEL_TELEMETRY_PROGRAM " top --interval 3600 --instance " + instance_);
  press("Enter");
  EXPECT_TRUE(shows(": live, up ")) << screen();
  daemon_.reset();
  EXPECT_TRUE(becomes([this](const std::string&) {
    return run({"status", "--instance", instance_}).exit_code == 1;
  }));
  for (int i = 0; i < 2; ++i) help_and_back(": live, up ");
}

TEST_F(TopProgram, IsStoppedAndGoesOn) {
  start();
  press("C-z");
  EXPECT_TRUE(shows("Stopped")) << screen();
  type("fg");
  press("Enter");
  EXPECT_TRUE(shows_no("Stopped")) << screen();
  EXPECT_TRUE(shows("goxel.add_voxel")) << screen();
  press("C-c");
  EXPECT_TRUE(shows_no("goxel.add_voxel")) << screen();
  type("echo ended $?");
  press("Enter");
  EXPECT_TRUE(shows("ended 0")) << screen();
}

TEST_F(TopProgram, WithoutUtf8AndColoursItShowsTheSameInPlainText) {
  start("NO_COLOR=1 LC_ALL=C TERM=vt100");
  EXPECT_TRUE(shows(" us")) << screen();
  EXPECT_THAT(tmux("capture-pane -p -e"), Not(HasSubstr("\033[31m")));
}

TEST_F(TopProgram, WithoutUtf8ACharacterOfSeveralBytesIsOneQuestionMark) {
  daemon_.reset();
  daemon_.emplace(instance_, [](TestSegment& segment) {
    play(segment);
    segment.publish("goxel.\u2014\u00e9box", shm::monotonic_ns(), 300'000);
  });
  start("LC_ALL=C TERM=vt100");
  EXPECT_TRUE(shows("goxel.??box")) << screen();
}

// The colours of the terminal: green, yellow, and red with bold letters.
TEST_F(TopProgram, ColoursShowWhatIsWellAndWhatIsNot) {
  daemon_.reset();
  daemon_.emplace(instance_, [](TestSegment& segment) {
    play(segment);
    segment.publish("goxel.fill", shm::monotonic_ns(), 300'000, shm::Status::error);
  });
  start("TERM=screen");
  const auto painted = [this] { return tmux("capture-pane -p -e"); };
  EXPECT_THAT(painted(), HasSubstr("\033[32mlive"));
  EXPECT_THAT(painted(), ContainsRegex("\033\\[(1;31m|31;1m|1m\033\\[31m)1 failed"));
  EXPECT_THAT(painted(), HasSubstr("\033[1m" + instance_));
  press("Space");
  EXPECT_TRUE(shows("PAUSED")) << screen();
  EXPECT_THAT(painted(), HasSubstr("\033[33mPAUSED"));
}

TEST_F(TopProgram, HelpIsShownUntilAKeyIsPressed) {
  start();
  press("?");
  EXPECT_TRUE(shows("Any key goes back.")) << screen();
  EXPECT_TRUE(shows_no("goxel.add_voxel")) << screen();
  press("x");
  EXPECT_TRUE(shows("goxel.add_voxel")) << screen();
}

TEST_F(TopProgram, BeginsWithTheOrderAndTheWindowThatAreAskedFor) {
  type(GOXEL_TELEMETRY_PROGRAM " top --sort count --window 5m --instance " + instance_);
  press("Enter");
  EXPECT_TRUE(shows("COUNT*")) << screen();
  EXPECT_TRUE(shows("window 5m, 2 operations")) << screen();
}

TEST_F(TopProgram, WithoutATerminalItSaysSoAndExits1) {
  const Program::Result result = run({"top", "--instance", instance_});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.error, MatchesRegex("goxel-telemetry: top needs a terminal [^\n]+\n"));
  for (const auto& [name, environment] : {std::pair<std::string, std::string>{"dumb", "TERM=dumb"},
                                          {"empty", "TERM="},
                                          {"none", "env -u TERM"}}) {
    type(environment + " " GOXEL_TELEMETRY_PROGRAM " top --instance " + instance_ + "; echo " +
         name + " $?");
    press("Enter");
    EXPECT_TRUE(shows(name + " 1\n")) << screen();
    EXPECT_TRUE(shows("top needs a terminal")) << screen();
  }
}

TEST_F(TopProgram, BadFlagsExit2) {
  EXPECT_EQ(run({"top", "--sort", "length"}).exit_code, 2);
  EXPECT_EQ(run({"top", "--interval", "0"}).exit_code, 2);
  EXPECT_EQ(run({"top", "--window", "2m"}).exit_code, 2);
}

}  // namespace
}  // namespace goxel_telemetry::cli
