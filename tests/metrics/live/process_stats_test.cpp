// SPDX-License-Identifier: GPL-3.0-or-later
#include "metrics/live/process_stats.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#include <csignal>
#include <ctime>

#include "shm/clock.h"

namespace goxel_telemetry::metrics {
namespace {

constexpr std::uint64_t kSecond = 1'000'000'000;

TEST(ProcessReader, ReadsWhatThisProcessKnowsOfItself) {
  ProcessReader reader(shm::this_process());
  const ProcessStats before = reader.read(0);
  EXPECT_EQ(before.pid, static_cast<std::uint32_t>(getpid()));
  ASSERT_TRUE(before.open_fds && before.threads && before.resident_bytes && before.virtual_bytes);
  EXPECT_GE(*before.threads, 1u);
  EXPECT_GT(*before.resident_bytes, 100'000u);
  EXPECT_GT(*before.virtual_bytes, *before.resident_bytes);
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  EXPECT_EQ(before.max_fds.value_or(UINT64_MAX), limit.rlim_cur);

  const int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
  EXPECT_EQ(reader.read(ProcessReader::kFreshNs - 1).open_fds, before.open_fds)
      << "what was read just before";
  EXPECT_EQ(reader.read(ProcessReader::kFreshNs).open_fds, *before.open_fds + 1);
  close(fd);

  ASSERT_TRUE(before.start_realtime_seconds);
  const double age = static_cast<double>(time(nullptr)) - *before.start_realtime_seconds;
  EXPECT_GT(age, -5);
  EXPECT_LT(age, 3600);
}

TEST(ProcessReader, CountsNeitherItsOwnDescriptorsNorDots) {
  int ready[2];
  ASSERT_EQ(pipe(ready), 0);
  const pid_t child = fork();
  if (child == 0) {
    dup2(ready[1], 0);
    close_range(1, ~0u, 0);
    const shm::ProcessIdentity self = shm::this_process();
    if (write(0, &self, sizeof self) == sizeof self) pause();
    _exit(1);
  }
  close(ready[1]);
  shm::ProcessIdentity process;
  ASSERT_EQ(read(ready[0], &process, sizeof process), static_cast<ssize_t>(sizeof process));
  EXPECT_EQ(ProcessReader(process).read(0).open_fds, 1u);
  close(ready[0]);
  kill(child, SIGKILL);
  waitpid(child, nullptr, 0);
}

TEST(ProcessReader, CpuRatioIsCpuTimeOverTheTimeBetweenReadings) {
  ProcessReader reader(shm::this_process());
  const ProcessStats first = reader.read(10 * kSecond);
  EXPECT_FALSE(first.cpu_ratio) << "one reading has no ratio";
  ASSERT_TRUE(first.cpu_seconds_total);
  constexpr double kSpent = 0.1;
  const std::clock_t began = std::clock();
  while (static_cast<double>(std::clock() - began) / CLOCKS_PER_SEC < kSpent + 0.02) {
  }
  EXPECT_FALSE(reader.read(10 * kSecond + ProcessReader::kFreshNs - 1).cpu_ratio)
      << "too short a time";
  const ProcessStats second = reader.read(12 * kSecond);
  ASSERT_TRUE(second.cpu_ratio && second.cpu_seconds_total);
  ASSERT_GE(*second.cpu_seconds_total - *first.cpu_seconds_total, kSpent);
  EXPECT_NEAR(*second.cpu_ratio, (*second.cpu_seconds_total - *first.cpu_seconds_total) / 2, 1e-9);
  EXPECT_EQ(reader.read(12 * kSecond + 1).cpu_ratio, second.cpu_ratio) << "keeps its last value";
}

TEST(ProcessReader, APidThatStandsForAnotherProcessShowsNothing) {
  shm::ProcessIdentity reused = shm::this_process();
  reused.start_time += 1;
  const ProcessStats stats = ProcessReader(reused).read(0);
  EXPECT_EQ(stats.pid, reused.pid);
  EXPECT_FALSE(stats.resident_bytes || stats.open_fds || stats.cpu_seconds_total || stats.max_fds ||
               stats.threads || stats.start_realtime_seconds);
}

TEST(ProcessReader, WhatThisUserMayNotReadStaysEmpty) {
  if (geteuid() != 0) GTEST_SKIP() << "only root can become another user";
  const shm::ProcessIdentity process = shm::this_process();
  const pid_t child = fork();
  if (child == 0) {
    constexpr uid_t kNobody = 65534;
    if (setgid(kNobody) != 0 || setuid(kNobody) != 0) _exit(2);
    const ProcessStats stats = ProcessReader(process).read(0);
    _exit(stats.resident_bytes && !stats.open_fds ? 0 : 1);
  }
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0) << "memory is for all to see, descriptors are not";
}

}  // namespace
}  // namespace goxel_telemetry::metrics
