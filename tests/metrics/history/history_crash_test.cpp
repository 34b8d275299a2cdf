// SPDX-License-Identifier: GPL-3.0-or-later
// Writers that are killed at any moment: the records in the file always match the position that is
// stored in it, so that the next writer counts every record once.
#include <gmock/gmock.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <random>
#include <thread>

#include "../test_segment.h"
#include "history_fixture.h"

namespace goxel_telemetry::metrics {
namespace {

class HistoryCrashTest : public HistoryTest {
 protected:
  ~HistoryCrashTest() override {
    const shm::Opened left = shm::open_segment(instance_);
    if (left.mapping == nullptr) return;
    const auto* header = reinterpret_cast<const shm::Header*>(left.mapping->bytes().data());
    shm::remove_segment(instance_, header->run_id);
  }

  // Does what the bridge does, without pauses: sweeps, and commits what came in.
  [[noreturn]] void follow_until_killed() {
    Follower follower(instance_);
    const auto known = writer().positions().find(instance_);
    follower.keep_rollups(known == writer().positions().end() ? std::nullopt
                                                              : std::optional(known->second));
    while (true) commit_once(follower);
  }
  void commit_once(Follower& follower) {
    const auto now = Time::now();
    follower.sweep(now);
    const HistoryResult result =
        writer().commit({{instance_, follower.take_rollups()}}, now.realtime_ns / kNs);
    if (!result.done()) _exit(1);
  }

  const std::string instance_ = unique_instance();
};

TEST_F(HistoryCrashTest, EveryRecordCountsOnceWhateverTheWritersDieOf) {
  const std::uint32_t seed = std::random_device{}();
  SCOPED_TRACE(seed);
  std::mt19937 random(seed);
  TestSegment segment(instance_, {{2, 65'536}});
  std::uint64_t published = 0;
  for (int life = 0; life < 15; ++life) {
    const pid_t child = fork();
    if (child == 0) follow_until_killed();
    const auto end =
        std::chrono::steady_clock::now() + std::chrono::microseconds(random() % 100'000);
    while (std::chrono::steady_clock::now() < end) {
      segment.use_lane(static_cast<std::uint32_t>(random() % 2));
      segment.publish(random() % 2 == 0 ? "ping" : "add", shm::monotonic_ns(), random() % 100'000);
      ++published;
      std::this_thread::sleep_for(std::chrono::microseconds(50));
    }
    kill(child, SIGKILL);
    int status = 0;
    ASSERT_EQ(waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFSIGNALED(status)) << "a commit failed";
  }
  Follower last(instance_);
  const auto known = writer().positions().find(instance_);
  if (known != writer().positions().end()) {
    last.keep_rollups(known->second);
  } else {
    last.keep_rollups();
  }
  commit_once(last);
  const std::uint64_t now = Time::now().realtime_ns;
  for (const std::uint32_t points : {1u, 10u, 100u}) {
    HistoryAnswer answer;
    const HistoryResult result = reader()->query(
        {{instance_, {}, {}, {}, {}}, {now - 3'600 * kNs, now + kNs}, points}, answer);
    ASSERT_EQ(result.message, "");
    EXPECT_EQ(answer.whole.outcomes.all(), published);
  }
}

}  // namespace
}  // namespace goxel_telemetry::metrics
