// SPDX-License-Identifier: GPL-3.0-or-later
// Somebody removes the segment under a living daemon: the plugin makes it again, readers go over,
// and every request counts once.
#include <gmock/gmock.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <thread>

#include "tests/plugin/abi_fixture.h"

namespace goxel_telemetry::plugin {
namespace {

class RemovedSegment : public Abi {
 protected:
  std::string path() const { return "/dev/shm/goxel-telemetry." + instance_.name(); }
  void remove() { ASSERT_EQ(unlink(path().c_str()), 0); }
  // Goes over to the segment that the name stands for, once that can be read.
  bool follow() {
    if (!shm::segment_was_replaced(instance_.name(), reader_->producer().run_id)) return false;
    std::unique_ptr<shm::Reader> next = shm::Reader::open(instance_.name());
    if (next == nullptr) return false;
    left_ = std::move(reader_);
    reader_ = std::move(next);
    return true;
  }
  void one_request(const std::string& operation) {
    plugin_.request_finished(received(operation), GOXEL_STATUS_OK, 10);
  }

  std::unique_ptr<shm::Reader> left_;
};

TEST_F(RemovedSegment, IsMadeAgainAndSaidOnce) {
  ASSERT_EQ(activate(), 0);
  watch();
  testing::internal::CaptureStderr();
  remove();
  ASSERT_TRUE(wait_until([&] { return follow(); }));
  EXPECT_EQ(reader_->state(shm::monotonic_ns()), shm::ProducerState::live);
  EXPECT_TRUE(wait_until([&] { return left_->state(0) == shm::ProducerState::retired; }))
      << "a reader that does not look at the name";
  const std::uint64_t beat = reader_->heartbeat_ns();
  EXPECT_TRUE(wait_until([&] { return reader_->heartbeat_ns() != beat; }));
  EXPECT_EQ(testing::internal::GetCapturedStderr(),
            "goxel-telemetry: somebody removed the segment from /dev/shm; it was made again, and "
            "readers go on with it\n");
  plugin_.deactivate();
  EXPECT_EQ(reader_->state(0), shm::ProducerState::retired);
}

TEST_F(RemovedSegment, WhatWasCountedIsNotCountedAgainAndWhatComesIs) {
  ASSERT_EQ(activate(), 0);
  watch();
  one_request("before");
  EXPECT_EQ(seen(), std::vector<std::string>{"before 0"});
  remove();
  one_request("between");
  ASSERT_TRUE(wait_until([&] { return follow(); }));
  one_request("after");
  EXPECT_EQ(seen(), std::vector<std::string>{"after 0"});
  std::swap(left_, reader_);
  EXPECT_EQ(seen(), std::vector<std::string>{"between 0"})
      << "in the memory that readers still have";
}

TEST_F(RemovedSegment, WhatIsInFlightStaysSoAndEndsOnce) {
  ASSERT_EQ(activate(), 0);
  watch();
  plugin_.connection_opened(7);
  const goxel_plugin_request_token token = received("slow", 7);
  plugin_.request_started(token, 2);
  const std::vector<shm::InflightEntry> before = reader_->inflight();
  ASSERT_EQ(before.size(), 1u);
  remove();
  ASSERT_TRUE(wait_until([&] { return follow(); }));

  const std::vector<shm::InflightEntry> after = reader_->inflight();
  ASSERT_EQ(after.size(), 1u);
  EXPECT_EQ(after[0].words(), before[0].words());
  EXPECT_EQ(reader_->name(after[0].operation), "slow");
  EXPECT_EQ(reader_->gauges()[shm::Gauge::connections], 1u);
  EXPECT_EQ(reader_->gauges()[shm::Gauge::workers_configured], 3u);

  plugin_.request_finished(token, GOXEL_STATUS_OK, 10);
  const std::vector<shm::Record> ended = records();
  ASSERT_EQ(ended.size(), 1u);
  EXPECT_EQ(reader_->name(ended[0].operation), "slow");
  EXPECT_EQ(ended[0].start_ticks, before[0].since_ticks);
  EXPECT_EQ(ended[0].worker, 2u);
  EXPECT_EQ(reader_->totals().by_status[0], 1u);
  EXPECT_TRUE(wait_until([&] { return reader_->inflight().empty(); }));
  plugin_.connection_closed(7);
  EXPECT_EQ(reader_->gauges()[shm::Gauge::connections], 0u);
}

TEST_F(RemovedSegment, NamesOfBeforeAndAfterAreThere) {
  ASSERT_EQ(activate(), 0);
  watch();
  one_request("before");
  for (const std::string name : {"after.first", "after.second"}) {
    remove();
    ASSERT_TRUE(wait_until([&] { return follow(); }));
    one_request(name);
    one_request("before");
    EXPECT_EQ(seen(), (std::vector<std::string>{name + " 0", "before 0"}));
  }
}

// Threads of the host work on meanwhile. Their names are known before, or come up at any moment.
TEST_F(RemovedSegment, NoRequestIsLostOrCountedTwiceUnderLoad) {
  constexpr int kThreads = 3;
  constexpr int kRemovals = 2;
  ASSERT_EQ(activate(), 0);
  watch();
  std::atomic<bool> stop{false};
  std::atomic<std::uint64_t> finished{0};
  std::vector<std::thread> threads;
  for (int thread = 0; thread < kThreads; ++thread) {
    threads.emplace_back([&, thread] {
      for (int i = 0; !stop; ++i) {
        plugin_.connection_opened(1);
        const std::string operation =
            "load." + std::to_string(thread) + std::to_string(i / 500 % 30);
        const goxel_plugin_request_token token = received(operation);
        plugin_.request_started(token, 1);
        plugin_.request_finished(token, GOXEL_STATUS_OK, 10);
        plugin_.connection_closed(2);  // the gauges go down, and no request ends
        ++finished;
        std::this_thread::sleep_for(std::chrono::microseconds(100));
      }
    });
  }
  std::uint64_t read = 0;
  std::uint64_t lost = 0;
  const auto sweep = [&](shm::Reader& reader) {
    const shm::Sweep swept = reader.sweep([&](const shm::Record& record, std::uint32_t) {
      const std::string name = reader.name(record.operation);
      EXPECT_TRUE(name.starts_with("load.")) << name;
    });
    read += swept.records;
    lost += swept.lost;
  };
  for (int i = 0; i < kRemovals; ++i) {
    remove();
    EXPECT_TRUE(wait_until([&] {
      sweep(*reader_);
      return follow();
    }));
    if (left_ != nullptr) sweep(*left_);
  }
  stop = true;
  for (std::thread& thread : threads) thread.join();
  sweep(*reader_);
  EXPECT_EQ(read + lost, finished);
  EXPECT_EQ(lost, 0u);
  const shm::OperationTotals totals = reader_->operation_totals();
  std::uint64_t in_operations = 0;
  std::uint64_t earlier = 0;
  for (const auto& operation : totals.operations) in_operations += operation.records[0];
  for (std::uint32_t lane = 0; lane < reader_->lane_count(); ++lane) {
    EXPECT_TRUE(reader_->between(lane, totals.places[lane], reader_->lane_head(lane),
                                 [&](const shm::Record&) { ++in_operations; }));
  }
  for (const std::uint64_t records : totals.earlier_records) earlier += records;
  EXPECT_EQ(in_operations, finished) << "the totals go on";
  EXPECT_EQ(earlier + reader_->totals().published, finished);
  EXPECT_EQ(reader_->gauges()[shm::Gauge::connections], 0u);
  EXPECT_EQ(reader_->gauges()[shm::Gauge::connections_total], finished);
  EXPECT_TRUE(reader_->inflight().empty());
}

TEST_F(RemovedSegment, TheNameOfAnotherDaemonIsLeftToIt) {
  ASSERT_EQ(activate(), 0);
  watch();
  remove();
  // A segment of a process that lives, this one.
  shm::SegmentOptions options;
  options.instance = instance_.name();
  testing::internal::CaptureStderr();
  const shm::Created other = shm::create_segment(options);
  ASSERT_EQ(other.outcome, shm::CreateOutcome::created);
  const std::uint64_t beat = reader_->heartbeat_ns();
  EXPECT_TRUE(wait_until([&] { return reader_->heartbeat_ns() > beat + 2'000'000'000; }));
  EXPECT_THAT(testing::internal::GetCapturedStderr(),
              testing::MatchesRegex("[^\n]*removed from /dev/shm, and cannot be made again: "
                                    "instance[^\n]*is in use by process[^\n]*\n"));
  EXPECT_EQ(shm::Reader::open(instance_.name())->producer().run_id,
            shm::ProducerView(other.mapping->bytes()).header().run_id);
  remove();
  EXPECT_TRUE(wait_until([&] {
    const std::unique_ptr<shm::Reader> again = shm::Reader::open(instance_.name());
    return again != nullptr && again->producer().host_name == "abi-test";
  }));
}

}  // namespace
}  // namespace goxel_telemetry::plugin
