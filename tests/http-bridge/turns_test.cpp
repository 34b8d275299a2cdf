// SPDX-License-Identifier: GPL-3.0-or-later
#include "http-bridge/turns.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "shm/clock.h"

namespace goxel_telemetry::http_bridge {
namespace {

using testing::ElementsAre;

constexpr std::uint64_t kBudgetNs = 20'000'000;

class TurnsTest : public testing::Test {
 protected:
  std::vector<std::string> round() {
    served_.clear();
    turns_.round(
        names_.size(), [this](std::size_t i) -> const std::string& { return names_[i]; },
        [this](std::size_t i) {
          served_.push_back(names_[i]);
          if (names_[i][0] != 'c') return;
          const std::uint64_t until_ns = shm::clock_ns(CLOCK_THREAD_CPUTIME_ID) + 2 * kBudgetNs;
          while (shm::clock_ns(CLOCK_THREAD_CPUTIME_ID) < until_ns) {
          }
        });
    return served_;
  }

  Turns turns_{kBudgetNs};
  std::vector<std::string> names_ = {"costly 1", "costly 2", "light 1", "light 2"};
  std::vector<std::string> served_;
};

TEST_F(TurnsTest, TheCostlyComeLastAndOneAtATimeIfEachTakesAllTheTime) {
  EXPECT_THAT(round(), ElementsAre("costly 1", "costly 2", "light 1", "light 2"));
  EXPECT_GE(turns_.usual_round_ns(), 4 * kBudgetNs / 16);
  EXPECT_THAT(round(), ElementsAre("light 1", "light 2", "costly 1"));
  EXPECT_THAT(round(), ElementsAre("light 1", "light 2", "costly 2"));
  EXPECT_THAT(round(), ElementsAre("light 1", "light 2", "costly 1"));
}

TEST_F(TurnsTest, WhoIsForgottenIsServedAsIfNew) {
  round();
  turns_.forget("costly 2");
  EXPECT_THAT(round(), ElementsAre("costly 2", "light 1", "light 2", "costly 1"));
}

}  // namespace
}  // namespace goxel_telemetry::http_bridge
