// SPDX-License-Identifier: GPL-3.0-or-later
// goxel-plugin-run: the daemon starts, whatever becomes of the plugin. The "daemon" is a shell
// script that says how it was started.
#include <dlfcn.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <string>
#include <vector>

#include "tests/integration/child_process.h"
#include "tests/stand-in-daemon/running_daemon.h"

namespace goxel_telemetry::integration {
namespace {

const std::string kScript = R"(#!/bin/sh
echo "pid $$"
grep -q /goxel_telemetry.so /proc/$$/maps && echo "plugin loaded"
env | grep -e ^LD_PRELOAD= -e ^GOXEL_TELEMETRY_SETTINGS= | sed 's/^/child has /'
echo "arguments $*"
exit 7
)";
constexpr int kExitCode = 7;

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

// A library that is there on every machine and no plugin.
std::string libc_path() {
  Dl_info libc{};
  return dladdr(dlsym(RTLD_DEFAULT, "getpid"), &libc) != 0 ? libc.dli_fname : "";
}

class Launcher : public testing::Test {
 protected:
  void SetUp() override {
    stand_in_test::write_text(daemon_, kScript);
    ASSERT_EQ(chmod(daemon_.c_str(), 0700), 0);
  }
  void TearDown() override { unlink(("/dev/shm/goxel-telemetry." + instance_).c_str()); }

  void write_config(const std::string& text) { stand_in_test::write_text(config_, text); }
  void write_section(const std::string& enabled, const std::string& library,
                     const std::string& settings = "") {
    write_config(R"({"plugins": {"telemetry": {"enabled": )" + enabled + R"(, "library": ")" +
                 library + R"(", "config": {"instance": ")" + instance_ + "\"" + settings + "}}}}");
  }
  Finished launch(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), LAUNCHER_PATH);
    return run(arguments, folder_.file("log"));
  }
  Finished launch() { return launch({daemon_, "-c", config_}); }

  // The daemon started, as if there were no plugin, after one sentence with this in it; with
  // --strict the same sentence, and no daemon.
  void expect_refused_plugin(const std::string& why) {
    const Finished lenient = launch();
    EXPECT_EQ(lenient.exit_code, kExitCode);
    EXPECT_TRUE(lenient.output.starts_with("goxel-plugin-run: telemetry is off: "))
        << lenient.output;
    EXPECT_TRUE(has(lenient.output.substr(0, lenient.output.find('\n')), why)) << lenient.output;
    EXPECT_TRUE(has(lenient.output, "\npid ")) << lenient.output;
    EXPECT_FALSE(has(lenient.output, "plugin loaded")) << lenient.output;
    EXPECT_FALSE(has(lenient.output, "child has")) << lenient.output;

    const Finished strict = launch({"--strict", daemon_, "-c", config_});
    EXPECT_EQ(strict.exit_code, 1);
    EXPECT_TRUE(strict.output.starts_with("goxel-plugin-run: not started: ")) << strict.output;
    EXPECT_TRUE(has(strict.output, why)) << strict.output;
    EXPECT_EQ(std::count(strict.output.begin(), strict.output.end(), '\n'), 1) << strict.output;
  }

  stand_in_test::TemporaryFolder folder_;
  const std::string daemon_ = folder_.file("daemon");
  const std::string config_ = folder_.file("daemon_config.json");
  const std::string instance_ = "launcher-" + std::to_string(getpid());
};

TEST_F(Launcher, BecomesTheDaemonWithThePluginLoaded) {
  write_section("true", PLUGIN_PATH);
  ChildProcess child({LAUNCHER_PATH, "--strict", daemon_, "-c", config_, "--workers", "3"},
                     folder_.file("log"));
  const int status = child.wait();
  ASSERT_TRUE(WIFEXITED(status)) << child.output();
  EXPECT_EQ(WEXITSTATUS(status), kExitCode);
  EXPECT_EQ(child.output(), "pid " + std::to_string(child.pid()) +
                                "\nplugin loaded\narguments -c " + config_ + " --workers 3\n");
}

TEST_F(Launcher, TakesTheConfigInEachFormThatTheDaemonDoes) {
  write_section("true", PLUGIN_PATH);
  for (const std::vector<std::string>& form :
       std::vector<std::vector<std::string>>{{"-c", config_},
                                             {"-c" + config_},
                                             {"--config", config_},
                                             {"--config=" + config_},
                                             {"--foreground", "-c", config_, "--", "-c"}}) {
    std::vector<std::string> arguments = {"--strict", daemon_};
    arguments.insert(arguments.end(), form.begin(), form.end());
    const Finished finished = launch(arguments);
    EXPECT_EQ(finished.exit_code, kExitCode) << form[0];
    EXPECT_TRUE(has(finished.output, "plugin loaded")) << form[0] << ": " << finished.output;
  }
}

TEST_F(Launcher, DisabledGivesTheDaemonAsItWas) {
  write_section("false", PLUGIN_PATH);
  const Finished finished = launch({"--strict", daemon_, "-c", config_});
  EXPECT_EQ(finished.exit_code, kExitCode);
  EXPECT_TRUE(finished.output.starts_with("pid ")) << finished.output;
  EXPECT_FALSE(has(finished.output, "plugin loaded")) << finished.output;
}

TEST_F(Launcher, WhatElseIsPreloadedStays) {
  write_section("true", PLUGIN_PATH);
  const Finished finished =
      run({"env", "LD_PRELOAD=" + libc_path(), LAUNCHER_PATH, daemon_, "-c", config_},
          folder_.file("log"));
  EXPECT_TRUE(has(finished.output, "plugin loaded")) << finished.output;
  EXPECT_TRUE(has(finished.output, "child has LD_PRELOAD=" + libc_path() + "\n"))
      << finished.output;
}

TEST_F(Launcher, ABadConfigCostsOneSentenceAndNotTheDaemon) {
  write_config("{");
  expect_refused_plugin(config_ + " is not valid JSON: ");
  write_section("true", PLUGIN_PATH, R"(, "colour": "red")");
  expect_refused_plugin(config_ + ": telemetry has no setting \"colour\"");
  write_section("true", PLUGIN_PATH, R"(, "segment_size": 1)");
  expect_refused_plugin(config_ +
                        ": telemetry's \"segment_size\" is \"1\", but must be 1.5 to 1024");
  std::remove(config_.c_str());
  expect_refused_plugin(config_ + " cannot be read: No such file or directory");
}

TEST_F(Launcher, ABadLibraryCostsOneSentenceAndNotTheDaemon) {
  write_section("true", "missing.so");
  expect_refused_plugin("the plugin's library \"missing.so\" was not found");
  write_section("true", "./missing.so");
  expect_refused_plugin("the plugin's library \"./missing.so\" was not found");

  const std::string text = folder_.file("text.so");
  stand_in_test::write_text(text, "no library");
  write_section("true", "./text.so");
  expect_refused_plugin("the plugin cannot be loaded: " + text + ": ");

  write_section("true", libc_path());
  expect_refused_plugin(" is no Goxel plugin: it has no goxel_plugin_entry");

  ASSERT_EQ(symlink(PLUGIN_PATH, folder_.file("link.so").c_str()), 0);
  write_section("true", "./link.so");
  EXPECT_TRUE(has(launch().output, "plugin loaded"));
}

TEST_F(Launcher, ASegmentThatCannotBeMadeCostsOneSentenceAndNotTheDaemon) {
  write_section("true", PLUGIN_PATH, R"(, "segment_group": "no-such-group")");
  expect_refused_plugin("no-such-group");
  EXPECT_NE(access(("/dev/shm/goxel-telemetry." + instance_).c_str(), F_OK), 0);
}

TEST_F(Launcher, TheInstanceOfALiveDaemonIsRefusedToASecondOne) {
  write_section("true", PLUGIN_PATH);
  ChildProcess first({LAUNCHER_PATH, "--strict", STAND_IN_DAEMON_PATH, "-c", config_, "--socket",
                      folder_.file("goxel.sock")},
                     folder_.file("first.log"));
  // The segment and the socket come earlier: the launcher tries the one, and the plugin wakes after
  // the other.
  ASSERT_TRUE(stand_in_test::becomes_true([&] { return has(first.output(), "Listening on "); }))
      << first.output();
  expect_refused_plugin("\"" + instance_ + "\"");
  EXPECT_TRUE(first.running());

  // A dead one's is not.
  first.signal(SIGKILL);
  first.wait();
  EXPECT_TRUE(has(launch({"--strict", daemon_, "-c", config_}).output, "plugin loaded"));
}

TEST_F(Launcher, WithoutAConfigThereIsNothingThatSwitchesThePluginOn) {
  const Finished finished = launch({daemon_, "--", "-c", config_});
  EXPECT_EQ(finished.exit_code, kExitCode);
  EXPECT_TRUE(finished.output.starts_with(
      "goxel-plugin-run: telemetry is off: the daemon's arguments name no config file (-c FILE)"))
      << finished.output;
}

TEST_F(Launcher, ADaemonThatCannotBeStartedIsToldAsAShellTellsIt) {
  write_section("false", PLUGIN_PATH);
  const std::string missing = folder_.file("missing");
  const Finished not_found = launch({missing, "-c", config_});
  EXPECT_EQ(not_found.exit_code, 127);
  EXPECT_EQ(not_found.output,
            "goxel-plugin-run: " + missing + " cannot be started: No such file or directory\n");
  EXPECT_EQ(launch({folder_.path(), "-c", config_}).exit_code, 126);
}

TEST_F(Launcher, ItsOwnOptions) {
  EXPECT_EQ(launch({"--version"}).exit_code, 0);
  const Finished help = launch({"--help"});
  EXPECT_EQ(help.exit_code, 0);
  EXPECT_TRUE(help.output.starts_with("usage: goxel-plugin-run ")) << help.output;

  const Finished unknown = launch({"--strikt", daemon_});
  EXPECT_EQ(unknown.exit_code, 2);
  EXPECT_EQ(unknown.output,
            "goxel-plugin-run: unknown option --strikt; --help tells the options\n");
  const Finished nothing = launch({"--strict"});
  EXPECT_EQ(nothing.exit_code, 2);
  EXPECT_EQ(nothing.output, "goxel-plugin-run: name the daemon to start; --help tells how\n");
}

}  // namespace
}  // namespace goxel_telemetry::integration
