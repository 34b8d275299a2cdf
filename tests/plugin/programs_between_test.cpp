// SPDX-License-Identifier: GPL-3.0-or-later
// Programs between the launcher and the daemon: the daemon is watched all the same, and what else
// they start is not touched.
#include <gmock/gmock.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

#include "tests/plugin/scenario.h"

namespace goxel_telemetry::plugin {
namespace {

using testing::HasSubstr;
using testing::Not;
using Words = std::vector<std::string>;

Words operator+(Words first, const Words& second) {
  first.insert(first.end(), second.begin(), second.end());
  return first;
}

class ProgramsBetween : public testing::Test, public Scenario {
 protected:
  Words host(const std::string& scenario = "plain") const {
    return {HOST_PATH, scenario, "", "-c", file("daemon_config.json")};
  }
  Words launcher() const { return {LAUNCHER_PATH, "--strict"}; }
  Words launcher_with_config() const {
    return {LAUNCHER_PATH, "--strict", "--config", file("daemon_config.json")};
  }
  static bool is_there(const std::string& program) {
    for (const char* folder : {"/bin/", "/usr/bin/", "/usr/sbin/"}) {
      if (access((folder + program).c_str(), X_OK) == 0) return true;
    }
    return false;
  }
  void expect_watched(const Words& command) {
    EXPECT_EQ(run(command), 0) << output();
    EXPECT_EQ(counts(), (Counts{{"plain ok", 1}})) << testing::PrintToString(command) << output();
    unlink(segment_path().c_str());
  }
  // Runs unwatched after one sentence; with --strict it does not run.
  void expect_refused(const Words& between, const Words& daemon, const std::string& why) {
    EXPECT_EQ(run(Words{LAUNCHER_PATH} + between + daemon), 0) << output();
    EXPECT_THAT(output(), HasSubstr("goxel-plugin-run: telemetry is off: "));
    EXPECT_THAT(output(), HasSubstr(why));
    EXPECT_THAT(output(), HasSubstr("pid "));
    EXPECT_NE(run(launcher() + between + daemon), 0) << output();
    EXPECT_THAT(output(), HasSubstr("goxel-plugin-run: not started: "));
    EXPECT_THAT(output(), HasSubstr(why));
    EXPECT_THAT(output(), Not(HasSubstr("pid ")));
    EXPECT_EQ(reader(), nullptr);
  }
  std::string script(const std::string& name, const std::string& text) const {
    stand_in_test::write_text(file(name), text);
    chmod(file(name).c_str(), 0755);
    return file(name);
  }
  // A copy of a program, to be given rights.
  std::string copy_of(const std::string& program, const std::string& name) const {
    std::filesystem::copy_file(program, file(name));
    chmod(file(name).c_str(), 0755);
    return file(name);
  }
};

TEST_F(ProgramsBetween, WrappersThatExecAndWrappersThatFork) {
  for (const Words& wrapper : std::vector<Words>{
           {"nice", "-n", "5"},
           {"env", "-i", "A=b"},
           {"env", "-u", "LD_PRELOAD"},
           {"taskset", "-c", "0"},
           {"stdbuf", "-oL"},
           {"setpriv", "--no-new-privs"},
           {"unshare", "--map-root-user", "--user"},
           {"unshare", "--map-root-user", "--user", "--fork", "--pid"},
           {"timeout", "100"},
           {"setsid", "--wait"},
           {"strace", "-f", "-e", "trace=none", "-o", file("strace")},
           {"nice", "env", "nohup", "stdbuf", "-oL"},
           {"timeout", "100", "nice", "env", "A=b"},
       }) {
    if (!is_there(wrapper[0])) continue;
    if (run(wrapper + Words{"true"}) != 0) continue;  // not permitted here
    expect_watched(launcher() + wrapper + host());
  }
}

TEST_F(ProgramsBetween, WrappersThatForkADaemonWhoseWordsDoNotNameTheConfig) {
  expect_watched(launcher_with_config() + Words{"timeout", "100", "nice", HOST_PATH, "plain"});
}

TEST_F(ProgramsBetween, AScriptThatExecsTheDaemon) {
  expect_watched(launcher() +
                 Words{script("start", "#!/bin/sh\nls / >/dev/null\nexec nice \"$@\"\n")} + host());
  const std::string fixed = script("fixed", "#!/bin/bash\nA=$(ls /)\nexec " HOST_PATH " plain\n");
  expect_watched(launcher_with_config() + Words{fixed});
  expect_watched(launcher_with_config() + Words{"sh", "-c", "true; exec " HOST_PATH " plain"});
}

TEST_F(ProgramsBetween, AScriptWhoseChildIsTheDaemonThatTheConfigNames) {
  const std::string starts = script("starts", "#!/bin/sh\n" HOST_PATH " plain '' -c " +
                                                  file("daemon_config.json") + " &\nwait\n");
  expect_watched(launcher_with_config() + Words{starts});
}

TEST_F(ProgramsBetween, WhatElseTheyStartHasNoTraceOfThePlugin) {
  const std::string show = "env; cat /proc/self/maps; " HOST_PATH " signals_kept";
  const std::string text = "#!/bin/sh\n" + show + "\n(" + show + ")\nexec \"$@\"\n";
  expect_watched(launcher() + Words{script("start", text)} + host());
  EXPECT_THAT(output(), HasSubstr("PATH="));
  EXPECT_THAT(output(), Not(HasSubstr("LD_PRELOAD")));
  EXPECT_THAT(output(), Not(HasSubstr("GOXEL_TELEMETRY")));
  EXPECT_THAT(output(), Not(HasSubstr("goxel_telemetry.so")));
}

TEST_F(ProgramsBetween, AStaticProgramIsASentence) {
  expect_refused({"nice"}, {STATIC_PROGRAM_PATH, "-c", file("daemon_config.json")},
                 "is statically linked");
  expect_refused({}, {STATIC_PROGRAM_PATH, "-c", file("daemon_config.json")},
                 "is statically linked");
  const std::string start = script("start", "#!/bin/sh\nexec \"$@\"\n");
  expect_refused({start}, {STATIC_PROGRAM_PATH, "-c", file("daemon_config.json")},
                 "is statically linked");
}

TEST_F(ProgramsBetween, AProgramThatGetsMoreRightsIsASentence) {
  if (geteuid() != 0) GTEST_SKIP() << "only root can give a program rights";
  const std::string set_user = copy_of(HOST_PATH, "set-user");
  ASSERT_EQ(chown(set_user.c_str(), 65534, 0), 0);
  ASSERT_EQ(chmod(set_user.c_str(), 04755), 0);
  const Words arguments = {"plain", "", "-c", file("daemon_config.json")};
  expect_refused({}, Words{set_user} + arguments, "set-user-ID");

  const std::string capable = copy_of(HOST_PATH, "capable");
  if (run({"setcap", "cap_net_bind_service=ep", capable}) != 0) return;
  const Words as_nobody = {"setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"};
  if (run(as_nobody + Words{"test", "-x", HOST_PATH}) != 0) return;
  expect_refused(as_nobody, Words{capable} + arguments, "file capabilities");
  expect_watched(launcher() + Words{capable} + arguments);
}

TEST_F(ProgramsBetween, ADaemonWithASanitizersRuntimeIsWatched) {
  const Words daemon = {ASAN_HOST_PATH, "plain", "", "-c", file("daemon_config.json")};
  expect_watched(launcher() + daemon);
  expect_watched(launcher() + Words{"nice"} + daemon);
  expect_watched(Words{"env", "LD_PRELOAD=libm.so.6"} + launcher() + daemon);
}

TEST_F(ProgramsBetween, ALeakDetectorHasNothingToSayOfThePlugin) {
  EXPECT_EQ(run({ASAN_HOST_PATH, PLUGIN_PATH, instance()}), 0) << output();
}

TEST_F(ProgramsBetween, AnEnvironmentWithoutRoomIsASentence) {
  const std::string huge = script("huge",
                                  "#!/bin/bash\nLD_PRELOAD_=$(head -c 5000 /dev/zero | tr "
                                  "'\\0' ' ')\nexport LD_PRELOAD=\"$LD_PRELOAD_\"\nexec "
                                  "\"$@\"\n");
  expect_refused({huge}, host(), "no room");
}

TEST_F(ProgramsBetween, AChildOfVforkBeforeTheDaemonListensIsNotMistakenForIt) {
  expect_watched({LAUNCHER_PATH, "--strict", HOST_PATH, "vfork_before_listening", "", "-c",
                  file("daemon_config.json")});
}

}  // namespace
}  // namespace goxel_telemetry::plugin
