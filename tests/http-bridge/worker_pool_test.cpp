// SPDX-License-Identifier: GPL-3.0-or-later
#include "http-bridge/worker_pool.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <future>
#include <latch>

namespace goxel_telemetry::http_bridge {
namespace {

TEST(WorkerPool, EveryJobIsDoneBeforeItFinishes) {
  std::atomic<int> done{0};
  {
    WorkerPool pool(4, 2);
    for (int i = 0; i < 1000; ++i) pool.submit([&] { ++done; });
  }
  EXPECT_EQ(done, 1000);
}

TEST(WorkerPool, AsManyJobsRunAtOnceAsThereAreThreads) {
  WorkerPool pool(3, 3);
  std::latch all(3);
  for (int i = 0; i < 3; ++i) pool.submit([&] { all.arrive_and_wait(); });
  all.wait();  // comes back only if the three met
  SUCCEED();
}

TEST(WorkerPool, FullQueueMakesTheSubmitterWait) {
  WorkerPool pool(1, 1);
  std::promise<void> started;
  std::promise<void> release;
  pool.submit([&] {
    started.set_value();
    release.get_future().wait();
  });
  started.get_future().wait();
  EXPECT_EQ(pool.waiting(), 0u);
  pool.submit([] {});
  EXPECT_EQ(pool.waiting(), 1u);

  auto third = std::async(std::launch::async, [&] { pool.submit([] {}); });
  EXPECT_EQ(third.wait_for(std::chrono::milliseconds(50)), std::future_status::timeout);
  EXPECT_EQ(pool.waiting(), 1u);
  release.set_value();
  third.get();
}

}  // namespace
}  // namespace goxel_telemetry::http_bridge
