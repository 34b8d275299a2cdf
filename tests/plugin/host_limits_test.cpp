// SPDX-License-Identifier: GPL-3.0-or-later
// Hosts under limits that leave the plugin no room: launcher and host go on, with a sentence, and
// nothing is left behind.
#include <gmock/gmock.h>
#include <unistd.h>

#include "shm/clock.h"
#include "tests/plugin/scenario.h"

namespace goxel_telemetry::plugin {
namespace {

using testing::HasSubstr;

class HostLimits : public testing::Test, public Scenario {
 protected:
  // After a shell's `before`, which the command then replaces.
  static std::vector<std::string> after(const std::string& before,
                                        const std::vector<std::string>& command) {
    std::vector<std::string> all = {"sh", "-c", before + " && exec \"$@\"", "sh"};
    all.insert(all.end(), command.begin(), command.end());
    return all;
  }
  // Past the launcher, which would find out first and leave the plugin away.
  std::vector<std::string> preloaded(const std::string& name) const {
    return {"env", "LD_PRELOAD=" PLUGIN_PATH,
            "GOXEL_TELEMETRY_SETTINGS=instance=" + instance() + "\n", HOST_PATH, name};
  }
  void expect_unwatched(const std::vector<std::string>& command, const std::string& why) {
    EXPECT_EQ(run(command), 0) << output();
    EXPECT_THAT(output(), HasSubstr(why));
    EXPECT_NE(access(segment_path().c_str(), F_OK), 0) << "a segment was left behind";
  }
};

TEST_F(HostLimits, FilesTooSmallForTheSegmentAreASentence) {
  for (const char* limit : {"ulimit -f 0", "ulimit -f 64"}) {
    SCOPED_TRACE(limit);
    // The output goes through a pipe: a file would be at its limit, too.
    const auto limited = [&](const std::vector<std::string>& command) {
      std::vector<std::string> all = after(limit, command);
      all[2] = "(" + all[2] + ") 2>&1 | cat";
      return all;
    };
    expect_unwatched(limited(launched("signals_kept")), "ulimit -f");
    expect_unwatched(limited(preloaded("signals_kept")), "ulimit -f");
  }
}

TEST_F(HostLimits, ASentenceThatNoFileTakesEndsNobody) {
  expect_unwatched(after("ulimit -f 0", launched("signals_kept")), "");
  expect_unwatched(after("ulimit -f 0", preloaded("signals_kept")), "");
}

TEST_F(HostLimits, ASentenceThatNobodyHearsEndsAndStopsNobody) {
  for (const char* scenario : {"stderr_gone", "stderr_full"}) {
    SCOPED_TRACE(scenario);
    expect_unwatched(after("ulimit -f 0", preloaded(scenario)), "");
  }
}

TEST_F(HostLimits, TooFewDescriptorsAreASentence) {
  // Standard streams, the listener; no further one for the segment. Whoever runs the tests may have
  // left more of them open.
  expect_unwatched(
      after("exec 3>&- 4>&- 5>&- 6>&- 7>&- 8>&- 9>&-; ulimit -n 4", preloaded("few_descriptors")),
      "Too many open files");
}

TEST_F(HostLimits, NoMemoryForTheMappingIsASentence) {
  expect_unwatched(preloaded("little_memory"), "shared memory cannot be made");
}

TEST_F(HostLimits, NoThreadForThePluginIsASentence) {
  expect_unwatched(preloaded("no_thread"), "its thread cannot be started");
}

TEST_F(HostLimits, SignalsAreAsTheyWere) {
  for (const auto& command : {launched("signals_kept"), preloaded("signals_kept")}) {
    ASSERT_EQ(run(command), 0) << output();
    EXPECT_EQ(counts(), (Counts{{"plain ok", 1}}));
  }
}

TEST_F(HostLimits, AClockThatStandsStillIsNotWaitedForAndNotBelieved) {
  const std::uint64_t before = shm::monotonic_ns();
  ASSERT_EQ(run("clock_stands_still"), 0) << output();
  EXPECT_EQ(counts(), (Counts{{"still ok", 1}}));
  EXPECT_GE(reader()->heartbeat_ns(), before);
  EXPECT_LE(reader()->heartbeat_ns(), shm::monotonic_ns());
}

}  // namespace
}  // namespace goxel_telemetry::plugin
