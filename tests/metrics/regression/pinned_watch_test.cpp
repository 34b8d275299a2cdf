// SPDX-License-Identifier: GPL-3.0-or-later
#include "metrics/regression/pinned_watch.h"

#include <gtest/gtest.h>

#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>

#include "metrics/tally/tally.h"
#include "pinned_sessions.h"

namespace goxel_telemetry::metrics {
namespace {

namespace fs = std::filesystem;

const PlayedSession kUsual = {{{"goxel.fill", 2e6, 600}}};

class PinnedWatchTest : public testing::Test {
 protected:
  ~PinnedWatchTest() override { fs::remove_all(folder_); }

  void save(const PlayedSession& session, std::uint64_t seed) {
    Baseline baseline{"last-release", "a test", 1'700'000'000'000'000'000, play(session, seed)};
    ASSERT_TRUE(BaselineStore(folder_).save(baseline, IfThere::replace).done());
  }
  // So many minutes with requests that all take the median, or a little more or less.
  void run(unsigned minutes, double median_ns) {
    for (unsigned i = 0; i < minutes * 12; ++i, ++tick_) {
      OperationTick one{{"2-layer", "jsonrpc", "daemon", "goxel.fill"}, {}};
      for (int request = -25; request <= 25; ++request) {
        one.tally.add({.duration_ns =
                           static_cast<std::uint64_t>(median_ns * std::exp(0.5 * request / 15.0))});
      }
      watch_.tick(tick_, {&one, 1});
    }
  }

  std::string folder_ = testing::TempDir() + "pinned_watch_" + std::to_string(::getpid());
  PinnedWatch watch_ = PinnedWatch("goxel", BaselineStore(folder_), "last-release", 1'000'000);
  std::uint64_t tick_ = 1'200;
};

TEST_F(PinnedWatchTest, AnAlertBeginsAndEnds) {
  save(kUsual, 1);
  run(31, 2e6);
  EXPECT_EQ(watch_.message(), "");
  EXPECT_FALSE(watch_.condition());
  run(31, 3e6);
  ASSERT_TRUE(watch_.condition());
  EXPECT_EQ(watch_.condition()->instance, "goxel");
  EXPECT_EQ(watch_.condition()->evidence.compared_with.find("last-release, saved "), 0U);
  EXPECT_GE(watch_.condition()->since_ns, 1'006'000'000'000'000U);
  EXPECT_LT(watch_.condition()->since_ns, 1'006'000'000'000'000U + 31 * 60'000'000'000U);
  const AlertEvidence& evidence = watch_.condition()->evidence;
  EXPECT_EQ(evidence.course.size(), kMostCourse);
  EXPECT_NEAR(evidence.course.back(), 3, 0.1);
  EXPECT_NEAR(evidence.course_usual, 2, 0.1);
  EXPECT_EQ(evidence.unit, "ms");
  const auto of_operation =
      std::find_if(evidence.operations.begin(), evidence.operations.end(),
                   [](const OperationShift& shift) { return !shift.key.operation.empty(); });
  ASSERT_NE(of_operation, evidence.operations.end());
  ASSERT_FALSE(of_operation->phases.empty());
  EXPECT_EQ(of_operation->phases[0].phase, "working");
  EXPECT_NE(evidence.not_looked_at.back().find("the layers outside"), std::string::npos);
  run(31, 2e6);
  EXPECT_FALSE(watch_.condition());
}

TEST_F(PinnedWatchTest, ABaselineThatIsSavedAnewIsReadAnew) {
  run(2, 3e6);
  EXPECT_NE(watch_.message(), "");
  EXPECT_FALSE(watch_.condition());
  save(kUsual, 1);
  run(31, 3e6);
  EXPECT_EQ(watch_.message(), "");
  EXPECT_TRUE(watch_.condition());
  PlayedSession slower = kUsual;
  slower.slower = 1.5;
  save(slower, 2);
  run(1, 3e6);
  EXPECT_FALSE(watch_.condition());
  save(kUsual, 1);
  run(1, 3e6);
  EXPECT_TRUE(watch_.condition());
  std::ofstream(folder_ + "/last-release.baseline") << "no baseline";
  run(1, 3e6);
  EXPECT_NE(watch_.message(), "");
  EXPECT_FALSE(watch_.condition());
}

}  // namespace
}  // namespace goxel_telemetry::metrics
