// SPDX-License-Identifier: GPL-3.0-or-later
// How large the segment is, and that its lanes are long enough for readers.
#include "plugin/segment_size.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <barrier>
#include <thread>
#include <vector>

#include "tests/plugin/abi_fixture.h"

namespace goxel_telemetry::plugin {
namespace {

constexpr std::uint64_t kMiB = std::uint64_t{1} << 20;

Machine machine(std::uint32_t processors) {
  return {processors, UINT64_MAX, UINT64_MAX};
}

std::uint64_t size_on(const Machine& machine) {
  return shm::segment_bytes(choose_segment({}, machine).options);
}

std::uint64_t size_within(std::uint64_t bytes) {
  Settings settings;
  settings.segment_bytes = bytes;
  // What the machine has does not count then.
  return shm::segment_bytes(choose_segment(settings, {1, 0, 0}).options);
}

// The slots of each lane that a thread can have of its own, in the order in which threads get them.
std::vector<std::uint64_t> own_lanes(const ChosenSegment& segment) {
  std::vector<std::uint64_t> lanes;
  for (const shm::LaneTier& tier : segment.options.tiers) {
    lanes.insert(lanes.end(), tier.lanes, tier.slots);
  }
  lanes.resize(lanes.size() - segment.shared_lanes);
  return lanes;
}

TEST(SegmentSize, IsWithinTheBoundAndUsesMostOfIt) {
  for (std::uint64_t bytes = kLeastSegmentBytes; bytes <= shm::kMaxSegmentBytes;
       bytes += bytes / 16) {
    EXPECT_LE(size_within(bytes), bytes);
    EXPECT_GT(size_within(bytes), bytes / 2);
  }
}

// Without a bound, each processor adds 3 MiB of lanes for threads and 0.6 MiB of shared ones to the
// tables' 0.6 MiB; a fifth and further ones add nothing.
TEST(SegmentSize, FollowsTheProcessors) {
  EXPECT_NEAR(static_cast<double>(size_on(machine(1))), 4.3 * kMiB, 0.1 * kMiB);
  EXPECT_NEAR(static_cast<double>(size_on(machine(2))), 7.9 * kMiB, 0.1 * kMiB);
  EXPECT_NEAR(static_cast<double>(size_on(machine(4))), 15.2 * kMiB, 0.1 * kMiB);
  EXPECT_EQ(size_on(machine(0)), size_on(machine(1)));
  EXPECT_EQ(size_on(machine(128)), size_on(machine(4)));
}

TEST(SegmentSize, LeavesRoomInASmallSharedMemory) {
  EXPECT_EQ(size_on({64, 64 * kMiB, 64 * kMiB}), size_on(machine(2)));  // docker's default: 8 MiB
  EXPECT_LE(size_on({64, 64 * kMiB, 5 * kMiB}), 5 * kMiB / 2);
  EXPECT_LE(size_on({64, 16 * kMiB, 16 * kMiB}), 2 * kMiB);
  EXPECT_EQ(size_on({64, 0, 0}), size_within(kLeastSegmentBytes));
}

// The stock daemon makes at most 10,000 records a second on each processor; readers look ten times a
// second. Half a second may pass before a record is overwritten, however many threads share the work.
TEST(SegmentSize, EveryLaneLastsForSeveralSweeps) {
  for (const std::uint32_t processors : {1u, 2u, 3u, 4u}) {
    std::uint32_t threads = 0;
    for (const std::uint64_t slots : own_lanes(choose_segment({}, machine(processors)))) {
      ++threads;
      const std::uint32_t each = 10'000 * processors / std::max(threads, processors);
      EXPECT_GE(slots, each / 2) << "lane of " << threads << " threads";
    }
    EXPECT_GE(threads, 31 * processors);
  }
  // The least lasts for two sweeps of its busiest thread, and for one of any other.
  Settings least;
  least.segment_bytes = kLeastSegmentBytes;
  const std::vector<std::uint64_t> lanes = own_lanes(choose_segment(least, machine(1)));
  ASSERT_GE(lanes.size(), 4u);
  EXPECT_GE(lanes.front(), 2'000u);
  EXPECT_GE(lanes.back(), 1'000u);
}

TEST(SegmentSize, OfThisMachineIsKnown) {
  const Machine here = this_machine();
  EXPECT_GE(here.processors, 1u);
  EXPECT_GE(here.shared_memory_bytes, here.free_bytes);
  EXPECT_GT(here.free_bytes, 0u);
}

class BoundedSegment : public Abi {
 protected:
  std::uint64_t taken() const {
    struct stat status {};
    if (stat(instance_.path().c_str(), &status) != 0) return 0;
    return static_cast<std::uint64_t>(status.st_blocks) * 512;
  }
};

TEST_F(BoundedSegment, TakesNoMoreAlsoWhenItIsMadeAgain) {
  // What one of them takes exactly: the second one, which is larger, does not fit.
  const std::uint64_t bytes = size_within(3 * kMiB);
  ASSERT_EQ(activate({{"segment_size", (std::to_string(bytes / 1024) + "KiB").c_str()}}), 0);
  EXPECT_GT(taken(), 0u);
  EXPECT_LE(taken(), bytes);
  ASSERT_EQ(unlink(instance_.path().c_str()), 0);
  EXPECT_TRUE(wait_until([&] { return taken() != 0; }));
  EXPECT_LE(taken(), bytes);
}

// The smallest has seven lanes for threads.
class SharedLanes : public BoundedSegment {
 protected:
  static constexpr std::uint64_t kThreads = 32;
  static constexpr std::uint64_t kEach = 50;

  // As many requests of each thread. All threads live as long as the last one.
  void publish(bool one_at_a_time) {
    ASSERT_EQ(activate({{"segment_size", "1.5"}}), 0);
    watch();
    std::barrier together(kThreads);
    std::vector<std::thread> threads;
    for (std::uint64_t t = 0; t < kThreads; ++t) {
      threads.emplace_back([&, t] {
        for (std::uint64_t turn = 0; turn < (one_at_a_time ? kThreads * kEach : kEach); ++turn) {
          if (!one_at_a_time || turn % kThreads == t) {
            plugin_.request_finished(received("ping", t + 1), GOXEL_STATUS_OK, 0);
          }
          together.arrive_and_wait();
        }
      });
    }
    for (std::thread& thread : threads) thread.join();
  }
  std::uint64_t misses() const { return reader_->gauges()[shm::Gauge::lane_misses]; }
};

TEST_F(SharedLanes, LoseNothing) {
  publish(true);
  EXPECT_EQ(records().size(), kThreads * kEach);
  EXPECT_EQ(misses(), 0u);
}

// A thread that is preempted keeps its lane meanwhile, so that all can be taken, and the others make do with the short ones that come
// after it: more than those hold may come before the only sweep here.
TEST_F(SharedLanes, OfThreadsThatPublishAtOnceCountWhatFindsNoneFree) {
  publish(false);
  std::uint64_t delivered = 0;
  const shm::Sweep sweep = reader_->sweep([&](const shm::Record&, std::uint32_t) { ++delivered; });
  EXPECT_EQ(sweep.records, delivered);
  EXPECT_EQ(delivered + sweep.lost + misses(), kThreads * kEach);
}

}  // namespace
}  // namespace goxel_telemetry::plugin
