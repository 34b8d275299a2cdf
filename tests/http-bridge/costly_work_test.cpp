// SPDX-License-Identifier: GPL-3.0-or-later
#include "http-bridge/costly_work.h"

#include <gtest/gtest.h>

#include <atomic>
#include <latch>
#include <stdexcept>
#include <thread>
#include <vector>

namespace goxel_telemetry::http_bridge {
namespace {

// Eight at once, none of which ends before four were sent away.
TEST(CostlyWork, FewAreInFlightAndTheRestIsAskedToComeAgain) {
  for (const unsigned at_a_time : {1U, 2U}) {
    CostlyWork costly(at_a_time);
    constexpr unsigned kAtOnce = 2 * CostlyWork::kMostInflight;
    std::latch sent_away(kAtOnce - CostlyWork::kMostInflight);
    std::atomic<unsigned> working{0};
    std::atomic<unsigned> made{0};
    {
      std::vector<std::jthread> clients;
      for (unsigned i = 0; i < kAtOnce; ++i) {
        clients.emplace_back([&] {
          const Response response = costly.run([&] {
            EXPECT_LE(++working, at_a_time);
            sent_away.wait();
            --working;
            ++made;
            return Response{};
          });
          if (response.status != 503) return;
          EXPECT_EQ(response.retry_after_seconds, 1);
          sent_away.count_down();
        });
      }
    }
    EXPECT_EQ(made, CostlyWork::kMostInflight);
    EXPECT_EQ(costly.run([] { return Response{}; }).status, 200) << "there is room again";
  }
}

TEST(CostlyWork, AsManyAreMadeAtATimeAsItIsTold) {
  CostlyWork costly(2);
  std::latch both(2);
  std::vector<std::jthread> clients;
  for (int i = 0; i < 2; ++i) {
    clients.emplace_back([&] {
      costly.run([&] {
        both.arrive_and_wait();  // comes back only if the two met
        return Response{};
      });
    });
  }
  clients.clear();
  SUCCEED();
}

TEST(CostlyWork, ExceptionGivesTheTurnBack) {
  CostlyWork costly(1);
  for (unsigned i = 0; i < 2 * CostlyWork::kMostInflight; ++i)
    EXPECT_THROW(costly.run([]() -> Response { throw std::runtime_error(""); }),
                 std::runtime_error);
  EXPECT_EQ(costly.run([] { return Response{}; }).status, 200);
}

}  // namespace
}  // namespace goxel_telemetry::http_bridge
