// SPDX-License-Identifier: GPL-3.0-or-later
// Hosts that do what real daemons do, and what they should not: each goes on as if the plugin were
// not there, and is counted right. The hosts check themselves (hosts/); here is what was recorded.
#include <gmock/gmock.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <fstream>
#include <memory>
#include <thread>

#include "tests/plugin/scenario.h"

namespace goxel_telemetry::plugin {
namespace {

using testing::HasSubstr;
using testing::Not;

class HostSafety : public testing::Test, public Scenario {
 protected:
  // Ran to its end with nothing to complain of, and left these records and no others. False if
  // there is nothing more to look at.
  bool expect_run(const std::string& name, const Counts& wanted, const std::string& argument = "") {
    run_or_skip(name, argument);
    if (IsSkipped() || HasFailure()) return false;
    EXPECT_EQ(counts(), wanted) << output();
    EXPECT_TRUE(reader()->inflight().empty());
    EXPECT_EQ(reader()->gauges()[shm::Gauge::lane_misses], 0u);
    EXPECT_EQ(reader()->gauges()[shm::Gauge::inflight_misses], 0u);
    EXPECT_EQ(reader()->gauges()[shm::Gauge::unobserved_connections], 0u);
    return !HasFailure();
  }
  void run_or_skip(const std::string& name, const std::string& argument = "") {
    const int code = run(name, argument);
    if (code == 77) GTEST_SKIP() << output();
    ASSERT_EQ(code, 0) << output();
    ASSERT_NE(reader(), nullptr) << output();
  }
};

TEST_F(HostSafety, EveryFormOfEveryCallIsObserved) {
  if (!expect_run("every_form", {{"every.form ok", 40}})) return;
  for (const shm::Record& record : records("every.form")) {
    EXPECT_EQ(record.bytes_in, 51u);
    EXPECT_EQ(record.bytes_out, 57u);
  }
}

TEST_F(HostSafety, EveryFormOfPollSeesAHangUp) {
  if (!expect_run("every_poll", {{"left.behind unanswered", 4}})) return;
  EXPECT_EQ(reader()->gauges()[shm::Gauge::connections], 0u);
  EXPECT_EQ(reader()->gauges()[shm::Gauge::open_descriptors], 4u);
}

TEST_F(HostSafety, EveryFormOfEveryCallSeesAHangUpOnEitherDescriptorOfAConnection) {
  if (!expect_run("every_hang_up", {{"reset unanswered", 16},
                                    {"_MALFORMED malformed", 16},
                                    {"refused cancelled", 10},
                                    {"polled unanswered", 2}})) {
    return;
  }
  // The end of its input does not say that a client is gone; a reset and a poll do.
  EXPECT_EQ(reader()->gauges()[shm::Gauge::connections], 16u);
  EXPECT_EQ(reader()->gauges()[shm::Gauge::open_descriptors], 2u * (16 + 16 + 2));
}

TEST_F(HostSafety, WhatTheHostItselfShutsDownIsUnansweredAndNotCancelled) {
  expect_run("shut_down", {{"shut.down ok", 1}, {"shut.down unanswered", 2}});
}

TEST_F(HostSafety, TheNumberOfWorkersIsThatOfTheCommandLine) {
  const auto workers = [this](const std::vector<std::string>& arguments) -> std::uint64_t {
    std::vector<std::string> command = launched("plain");
    command.insert(command.end(), arguments.begin(), arguments.end());
    EXPECT_EQ(run(command), 0) << output();
    return reader() == nullptr ? 0 : reader()->gauges()[shm::Gauge::workers_configured];
  };
  constexpr std::uint64_t kStock = 8;
  EXPECT_EQ(workers({}), kStock);
  EXPECT_EQ(workers({"--workers", "3"}), 3u);
  EXPECT_EQ(workers({"--workers=5", "--more"}), 5u);
  EXPECT_EQ(workers({"--workers"}), kStock) << "no number follows";
  EXPECT_EQ(workers({"--workers", "many", "7"}), kStock) << "what follows is none";
  EXPECT_EQ(workers({"--workersets=5", "7"}), kStock) << "another option";
}

TEST_F(HostSafety, ARequestThatIsStuckOnABusyConnectionIsGivenUpWhileTheHostRuns) {
  write_config(R"(, "unanswered_after_seconds": 1)");
  const std::string enough = file("enough");
  integration::ChildProcess host(launched("stuck", enough), file("log"));
  std::unique_ptr<shm::Reader> running;
  std::uint64_t given_up = 0;
  for (int i = 0; i < 2000 && given_up == 0; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
    if (running == nullptr) running = shm::Reader::open(instance());
    if (running != nullptr) {
      given_up = running->totals().by_status[static_cast<int>(shm::Status::unanswered)];
    }
  }
  EXPECT_EQ(given_up, 1u);
  stand_in_test::write_text(enough, "");
  EXPECT_EQ(host.wait(), 0) << host.output();
}

TEST_F(HostSafety, ErrnoAndResultsAreTheKernels) {
  expect_run("errno_kept", {{"errno.kept ok", 200}});
}

TEST_F(HostSafety, ReadsThatDeliverNothingNewCountNothing) {
  if (!expect_run("odd_reads", {{"odd.reads ok", 1}})) return;
  EXPECT_EQ(records("odd.reads")[0].bytes_in, 50u);
}

TEST_F(HostSafety, AnAnswerInPartialSendsIsOneWithAllItsBytes) {
  if (!expect_run("partial_sends", {{"partial.sends ok", 5}})) return;
  for (const shm::Record& record : records("partial.sends")) {
    EXPECT_EQ(record.bytes_out, 4'000'000u);
  }
}

TEST_F(HostSafety, WhatIsNoClientsConnectionIsNotCounted) {
  if (!expect_run("foreign_descriptors", {{"real ok", 1}})) return;
  EXPECT_EQ(reader()->gauges()[shm::Gauge::connections_total], 1u);
  EXPECT_EQ(reader()->gauges()[shm::Gauge::open_descriptors], 0u);
  EXPECT_EQ(reader()->totals().published, 1u);
}

TEST_F(HostSafety, AConnectionIsOneUnderAllItsNumbersAlsoHighOnes) {
  if (!expect_run("duplicates", {{"duplicates ok", 6}})) return;
  EXPECT_EQ(reader()->gauges()[shm::Gauge::connections_total], 1u);
  EXPECT_EQ(reader()->gauges()[shm::Gauge::connections], 0u);
  EXPECT_EQ(reader()->gauges()[shm::Gauge::open_descriptors], 0u);
}

TEST_F(HostSafety, ANumberThatIsReusedForSomethingElseIsNoConnection) {
  if (!expect_run("number_reused", {{"reused ok", 3}})) return;
  EXPECT_EQ(reader()->gauges()[shm::Gauge::connections_total], 3u);
  EXPECT_EQ(reader()->gauges()[shm::Gauge::open_descriptors], 0u);
}

TEST_F(HostSafety, AForkedChildWritesNothing) {
  if (!expect_run("fork_without_exec", {{"parents ok", 2}})) return;
  EXPECT_EQ(reader()->gauges()[shm::Gauge::connections], 1u);
  EXPECT_EQ(reader()->state(0), shm::ProducerState::retired);
}

TEST_F(HostSafety, AForkedChildThatServesBesideItsParentIsRefusedWithASentence) {
  if (!expect_run("fork_that_serves", {{"parents ok", 2}})) return;
  EXPECT_THAT(output(), HasSubstr("the daemon runs without telemetry: "));
  EXPECT_THAT(output(), HasSubstr("in use by process " + std::to_string(pid())));
}

TEST_F(HostSafety, AProcessThatGoesToTheBackgroundOpensItsOwnSegment) {
  if (!expect_run("daemonized", {{"daemons ok", 1}})) return;
  EXPECT_NE(reader()->producer().process.pid, static_cast<std::uint32_t>(pid()));
  EXPECT_EQ(output(), "");
}

TEST_F(HostSafety, AVforkChildThatClosesTheConnectionEndsNothing) {
  if (!expect_run("vfork_that_closes", {{"vforks ok", 20}})) return;
  EXPECT_EQ(reader()->gauges()[shm::Gauge::connections], 1u);
  EXPECT_EQ(reader()->gauges()[shm::Gauge::open_descriptors], 1u);
}

TEST_F(HostSafety, ChildrenInheritNoTraceOfThePlugin) {
  if (!expect_run("spawned", {{"spawns ok", 4}})) return;
  EXPECT_THAT(output(), HasSubstr("PATH="));
  EXPECT_THAT(output(), Not(HasSubstr("LD_PRELOAD")));
  EXPECT_THAT(output(), Not(HasSubstr("GOXEL_TELEMETRY")));
}

TEST_F(HostSafety, UnloadingThePluginLeavesItsThreadsAlive) {
  const std::string argument = std::string(PLUGIN_PATH) + "," + instance();
  ASSERT_EQ(run({HOST_PATH, "unloaded", argument}), 0) << output();
  EXPECT_EQ(counts(), (Counts{{"abi ok", 1}}));
}

TEST_F(HostSafety, ASignalHandlersCallsDisturbNoOthers) {
  ASSERT_EQ(run("signal_handler"), 0) << output();
  EXPECT_EQ(counts()["mains ok"], 5000u);
  for (const auto& [name, count] : counts()) {
    EXPECT_TRUE(name == "mains ok" || name == "handlers ok" || name == "handlers unanswered")
        << name;
  }
  EXPECT_GT(counts()["handlers ok"], 0u);
}

TEST_F(HostSafety, ThreadsMayBeCancelledInEveryCallThatWaits) {
  if (!expect_run("cancellation", {{"after.cancellation ok", 160}})) return;
  EXPECT_EQ(reader()->gauges()[shm::Gauge::connections], 0u);
  EXPECT_EQ(reader()->gauges()[shm::Gauge::contended_calls], 0u);
}

TEST_F(HostSafety, ALibraryThatIsLoadedLaterIsObservedToo) {
  expect_run("dlopened", {{"library ok", 2}}, LIBRARY_PATH);
}

TEST_F(HostSafety, AllOf256ConnectionsAtOnceAreCounted) {
  if (!expect_run("crowd", {{"crowd ok", 512}}, "256")) return;
  EXPECT_EQ(reader()->gauges()[shm::Gauge::connections_total], 256u);
  EXPECT_EQ(reader()->gauges()[shm::Gauge::connections], 0u);
}

TEST_F(HostSafety, AllOf4096ConnectionsAtOnceAreCounted) {
  run_or_skip("crowd", "4096");  // their shared lanes do not hold all of their records at once
  if (IsSkipped() || HasFailure()) return;
  EXPECT_EQ(reader()->totals().by_status[0], 2u * 4096u);
  EXPECT_EQ(reader()->totals().published, 2u * 4096u);
  EXPECT_EQ(reader()->gauges()[shm::Gauge::lane_misses], 0u);
  EXPECT_EQ(reader()->gauges()[shm::Gauge::unobserved_connections], 0u);
}

TEST_F(HostSafety, ThreadsThatEndGiveTheirLanesToOthers) {
  if (!expect_run("churn", {{"crowd ok", 800}, {"few ok", 240}})) return;
  for (const shm::Record& record : records("few")) EXPECT_NE(record.worker, shm::kNoWorker);
}

TEST_F(HostSafety, ARequestAllocatesNothing) {
  expect_run("no_allocation", {{"allocates.nothing ok", 1000}});
}

TEST_F(HostSafety, ARequestMakesNoSystemCall) {
  expect_run("no_system_call", {{"calls.nothing ok", 5000}});
}

// A host that the plugin is of no use to runs all the same.
class WithoutTelemetry : public HostSafety {
 protected:
  // Past the launcher, which would find out first and leave the plugin away.
  std::vector<std::string> preloaded(const std::string& name) const {
    return {"env", "LD_PRELOAD=" PLUGIN_PATH,
            "GOXEL_TELEMETRY_SETTINGS=instance=" + instance() + "\n" + settings_, HOST_PATH, name};
  }
  void expect_unwatched(const std::vector<std::string>& command, const std::string& why) {
    ASSERT_EQ(run(command), 0) << output();
    EXPECT_THAT(output(), HasSubstr("telemetry"));
    EXPECT_THAT(output(), HasSubstr(why));
    EXPECT_THAT(output(), HasSubstr("pid "));
  }
  // With another /dev/shm, which only this process sees; empty if that is not permitted.
  static std::vector<std::string> with_mounts(const std::string& mounts,
                                              const std::vector<std::string>& command) {
    static const bool permitted = [] {
      const stand_in_test::TemporaryFolder folder;
      return integration::run({"unshare", "--map-root-user", "--mount", "mount", "-t", "tmpfs",
                               "tmpfs", "/dev/shm"},
                              folder.file("log"))
                 .exit_code == 0;
    }();
    if (!permitted) return {};
    std::vector<std::string> all = {"unshare", "--map-root-user",          "--mount", "sh",
                                    "-c",      mounts + " && exec \"$@\"", "sh"};
    all.insert(all.end(), command.begin(), command.end());
    return all;
  }
  std::vector<std::string> as_nobody(const std::vector<std::string>& command) {
    std::vector<std::string> all = {"setpriv", "--reuid=nobody", "--regid=nogroup",
                                    "--clear-groups"};
    all.insert(all.end(), command.begin(), command.end());
    return all;
  }

  // Only root can become another user, who must be able to reach what was built.
  bool can_run_as_nobody() {
    return geteuid() == 0 && run(as_nobody({"test", "-x", HOST_PATH})) == 0;
  }
  static constexpr const char* kNobodyCannot =
      "this user cannot become another one, or the build folder is closed to others";

  std::string settings_;
};

TEST_F(WithoutTelemetry, AFullSharedMemoryIsASentence) {
  const auto full = [&](const auto& command) {
    return with_mounts("mount -t tmpfs -o size=1m tmpfs /dev/shm", command);
  };
  if (full(launched("plain")).empty()) GTEST_SKIP() << "no mounts of one's own here";
  expect_unwatched(full(launched("plain")), "has no room for");
  expect_unwatched(full(preloaded("plain")), "has no room for");
}

TEST_F(WithoutTelemetry, AMissingSharedMemoryIsASentence) {
  const auto missing = [&](const auto& command) {
    return with_mounts("mount -t tmpfs tmpfs /dev", command);
  };
  if (missing(launched("plain")).empty()) GTEST_SKIP() << "no mounts of one's own here";
  expect_unwatched(missing(launched("plain")), "shared memory cannot be made");
  expect_unwatched(missing(preloaded("plain")), "shared memory cannot be made");
}

TEST_F(WithoutTelemetry, ASharedMemoryWithoutPermissionIsASentence) {
  const auto forbidden = [&](const auto& command) {
    return with_mounts("mount -t tmpfs -o ro tmpfs /dev/shm", command);
  };
  if (forbidden(launched("plain")).empty()) GTEST_SKIP() << "no mounts of one's own here";
  expect_unwatched(forbidden(launched("plain")), "shared memory cannot be made");
  expect_unwatched(forbidden(preloaded("plain")), "shared memory cannot be made");
}

// So it is not without telemetry: its segment gets another name, and it says which.
TEST_F(WithoutTelemetry, ASegmentOfAnotherUserIsNoReason) {
  if (!can_run_as_nobody()) GTEST_SKIP() << kNobodyCannot;
  ASSERT_EQ(run("plain"), 0) << output();  // root's, its producer dead
  for (const unsigned mode : {0600u, 0644u}) {
    ASSERT_EQ(chmod(segment_path().c_str(), mode), 0);
    for (const auto& command : {as_nobody(launched("plain")), as_nobody(preloaded("plain"))}) {
      EXPECT_EQ(run(command), 0) << output();
      EXPECT_THAT(output(), HasSubstr("@65534\""));
      EXPECT_EQ(unlink((segment_path() + "@65534").c_str()), 0);
    }
  }
}

TEST_F(WithoutTelemetry, AGroupThatTheUserIsNotInIsASentence) {
  if (!can_run_as_nobody()) GTEST_SKIP() << kNobodyCannot;
  write_config(R"(, "segment_group": "root")");
  settings_ = "segment_group=root";
  expect_unwatched(as_nobody(launched("plain")), "group \"root\"");
  expect_unwatched(as_nobody(preloaded("plain")), "group \"root\"");
}

TEST_F(WithoutTelemetry, AnotherUserHasASegmentOfItsOwn) {
  if (!can_run_as_nobody()) GTEST_SKIP() << kNobodyCannot;
  ASSERT_EQ(run(as_nobody(launched("plain"))), 0) << output();
  EXPECT_EQ(counts(), (Counts{{"plain ok", 1}})) << output();
  struct stat status {};
  ASSERT_EQ(stat(segment_path().c_str(), &status), 0);
  EXPECT_EQ(status.st_uid, getpwnam("nobody")->pw_uid);
  EXPECT_EQ(status.st_mode & 0777u, 0640u);
}

TEST_F(WithoutTelemetry, BadSettingsInTheEnvironmentAreASentence) {
  settings_ = "clock=sundial";
  expect_unwatched(preloaded("plain"), "clock");
  EXPECT_EQ(reader(), nullptr);
}

TEST_F(WithoutTelemetry, PreloadedWithoutTheLauncherItSleeps) {
  ASSERT_EQ(run({"env", "LD_PRELOAD=" PLUGIN_PATH, HOST_PATH, "plain"}), 0);
  EXPECT_EQ(output(), "pid " + std::to_string(pid()) + "\n");
}

TEST_F(HostSafety, LoadedTwiceOneRecords) {
  const std::string copy = file("second.so");
  std::ofstream(copy, std::ios::binary) << std::ifstream(PLUGIN_PATH, std::ios::binary).rdbuf();
  for (const std::string& preload : {copy + ":" PLUGIN_PATH, PLUGIN_PATH ":" + copy}) {
    ASSERT_EQ(run({"env", "LD_PRELOAD=" + preload,
                   "GOXEL_TELEMETRY_SETTINGS=instance=" + instance(), HOST_PATH, "every_form"}),
              0)
        << output();
    EXPECT_EQ(output(), "");
    EXPECT_EQ(counts(), (Counts{{"every.form ok", 40}}));
  }
}

TEST_F(HostSafety, ThroughBothDoorsAtOnceOneRecordsAndTheOtherSaysSo) {
  const std::string argument = std::string(PLUGIN_PATH) + "," + instance();
  ASSERT_EQ(run(launched("both_doors", argument)), 0) << output();
  EXPECT_EQ(output(),
            "goxel-telemetry: telemetry is already on in this process, through the other door\n");
  EXPECT_EQ(counts(), (Counts{{"preload ok", 2}}));
  ASSERT_EQ(run(launched("both_doors_abi_first", argument)), 0) << output();
  EXPECT_EQ(output(),
            "goxel-telemetry: telemetry is already on in this process, through the other door\n");
  EXPECT_EQ(counts(), (Counts{{"abi ok", 1}}));
  EXPECT_EQ(reader()->state(0), shm::ProducerState::retired) << "it did not deactivate";
}

}  // namespace
}  // namespace goxel_telemetry::plugin
