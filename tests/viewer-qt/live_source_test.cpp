// SPDX-License-Identifier: GPL-3.0-or-later
// What the window gets to know of a segment that another thread reads.
#include "viewer-qt/live_source.h"

#include <gtest/gtest.h>
#include <QSignalSpy>

#include "metrics/live/snapshot.h"
#include "tests/metrics/test_segment.h"
#include "tests/viewer-qt/application.h"
#include "viewer-qt/models/time_series.h"

namespace goxel_telemetry::viewer {
namespace {

constexpr int kLongMs = 60'000;  // only ends a hang

class LiveSourceTest : public testing::Test {
 protected:
  LiveSourceTest() { application(); }
  ~LiveSourceTest() override { shm::remove_segment(instance_, segment_.header().run_id); }

  const std::string instance_ = metrics::unique_instance();
  metrics::TestSegment segment_{instance_};
};

TEST_F(LiveSourceTest, SaysWhichInstancesThereAreAndThenFollowsTheChosenOne) {
  LiveSource source("not-there", {});
  QSignalSpy around(&source, &LiveSource::looked_around);
  QSignalSpy refreshed(&source, &LiveSource::refreshed);
  ASSERT_TRUE(around.wait(kLongMs));
  bool listed = false;
  for (const Instance& each : around[0][0].value<QList<Instance>>()) {
    listed |= each.name.toStdString() == instance_ && each.state == "live" &&
              each.program == "test-daemon";
  }
  EXPECT_TRUE(listed);

  QSignalSpy began(&source, &LiveSource::began);
  source.watch(QString::fromStdString(instance_));
  ASSERT_TRUE(began.wait(kLongMs));
  EXPECT_EQ(began[0][0].value<PastPointer>()->run_id, segment_.header().run_id);
  refreshed.clear();
  ASSERT_TRUE(refreshed.wait(kLongMs));
  EXPECT_EQ(refreshed[0][0].value<SnapshotPointer>()->instance, instance_);
}

TEST_F(LiveSourceTest, ThePastComesOnceAndBeforeTheFirstLiveSnapshot) {
  LiveSource source(QString::fromStdString(instance_), {});
  std::string order;
  QObject::connect(&source, &LiveSource::began, &source, [&] { order += 'p'; });
  QObject::connect(&source, &LiveSource::refreshed, &source, [&] { order += 's'; });
  QSignalSpy refreshed(&source, &LiveSource::refreshed);
  while (refreshed.size() < 3) ASSERT_TRUE(refreshed.wait(kLongMs));
  EXPECT_EQ(order.substr(0, 4), "psss");
}

// Compares their numbers: looks replace no snapshots, and come a quarter as often.
TEST_F(LiveSourceTest, LooksAroundOnceForFourSnapshotsUntilThereIsALiveDaemon) {
  LiveSource source("not-there", {});
  QSignalSpy around(&source, &LiveSource::looked_around);
  QSignalSpy refreshed(&source, &LiveSource::refreshed);
  while (around.size() < 3) ASSERT_TRUE(around.wait(kLongMs));
  EXPECT_GE(refreshed.size(), 3);  // 8 or 9 but on a machine that is too busy to take them
  EXPECT_LE(refreshed.size(), 12);

  QSignalSpy began(&source, &LiveSource::began);
  source.watch(QString::fromStdString(instance_));
  ASSERT_TRUE(began.wait(kLongMs));
  around.clear();
  refreshed.clear();
  while (refreshed.size() < 6) ASSERT_TRUE(refreshed.wait(kLongMs));
  EXPECT_EQ(around.size(), 0);
}

}  // namespace
}  // namespace goxel_telemetry::viewer
