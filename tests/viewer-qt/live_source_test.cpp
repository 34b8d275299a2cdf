// SPDX-License-Identifier: GPL-3.0-or-later
// What the window gets to know of a segment that another thread reads.
#include "viewer-qt/live_source.h"

#include <gtest/gtest.h>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <QTest>
#include <algorithm>

#include "metrics/comparison/baseline_store.h"
#include "metrics/history/writer.h"
#include "metrics/live/snapshot.h"
#include "tests/metrics/test_segment.h"
#include "tests/viewer-qt/application.h"

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

  source.watch(QString::fromStdString(instance_));
  const auto follows = [&] {
    return !refreshed.isEmpty() &&
           refreshed.back()[0].value<FramePointer>()->snapshot.instance == instance_;
  };
  while (!follows()) ASSERT_TRUE(refreshed.wait(kLongMs));
  EXPECT_EQ(refreshed.back()[0].value<FramePointer>()->snapshot.daemon.run_id,
            segment_.header().run_id);
}

TEST_F(LiveSourceTest, LooksAroundOnlyUntilThereIsALiveDaemon) {
  LiveSource source("not-there", {});
  QSignalSpy around(&source, &LiveSource::looked_around);
  QSignalSpy answered(&source, &LiveSource::answered);
  ASSERT_TRUE(around.wait(kLongMs));
  source.watch(QString::fromStdString(instance_));
  ASSERT_TRUE(answered.wait(kLongMs));
  around.clear();
  answered.clear();
  while (answered.size() < 2) ASSERT_TRUE(answered.wait(kLongMs));
  EXPECT_EQ(around.size(), 0);
}

TEST_F(LiveSourceTest, AnswersALookAtOnceAndALiveOneAnew) {
  LiveSource source(QString::fromStdString(instance_), {});
  QSignalSpy answered(&source, &LiveSource::answered);
  QSignalSpy days(&source, &LiveSource::day_passed);
  ASSERT_TRUE(answered.wait(kLongMs));
  Look look;
  look.live_ns = 300 * metrics::kNsPerSecond;
  look.selection.operation = "ping";
  answered.clear();
  source.look_at(look);
  ASSERT_TRUE(answered.wait(kLongMs));
  const auto first = answered[0][0].value<ViewPointer>();
  EXPECT_EQ(first->look, look);
  EXPECT_TRUE(first->is_new);
  EXPECT_LE(first->range.end_ns - first->range.begin_ns, look.live_ns);
  while (answered.size() < 2) ASSERT_TRUE(answered.wait(kLongMs));
  EXPECT_FALSE(answered[1][0].value<ViewPointer>()->is_new);
  EXPECT_EQ(days.size(), 1);
}

// A range that is over does not change: nothing is asked for it again.
TEST_F(LiveSourceTest, ARangeInThePastIsAnsweredOnce) {
  LiveSource source(QString::fromStdString(instance_), {});
  QSignalSpy answered(&source, &LiveSource::answered);
  QSignalSpy refreshed(&source, &LiveSource::refreshed);
  ASSERT_TRUE(answered.wait(kLongMs));
  Look look;
  const std::uint64_t now = metrics::Time::now().realtime_ns;
  look.selection.range = {{now - 100 * metrics::kNsPerSecond, now - 50 * metrics::kNsPerSecond}};
  source.look_at(look);
  while (answered.back()[0].value<ViewPointer>()->look != look) ASSERT_TRUE(answered.wait(kLongMs));
  const auto before = answered.size();
  refreshed.clear();
  while (refreshed.size() < 30) ASSERT_TRUE(refreshed.wait(kLongMs));
  EXPECT_EQ(answered.size(), before);
}

TEST_F(LiveSourceTest, AHiddenWindowGetsOnlyWhatItsTitleSaysAndThenAllThatItMissed) {
  QTemporaryDir home;
  qputenv("XDG_DATA_HOME", home.path().toUtf8());
  LiveSource source(QString::fromStdString(instance_), {});
  QSignalSpy answered(&source, &LiveSource::answered);
  ASSERT_TRUE(answered.wait(kLongMs));
  source.show_values(false);
  // A note is answered also then, and after all that was on its way.
  source.note(1, "hidden");
  const auto noted = [&] {
    return std::ranges::any_of(answered.back()[0].value<ViewPointer>()->marks,
                               [](const Mark& mark) { return mark.kind == MarkKind::note; });
  };
  while (!noted()) ASSERT_TRUE(answered.wait(kLongMs));
  qunsetenv("XDG_DATA_HOME");
  answered.clear();
  QSignalSpy refreshed(&source, &LiveSource::refreshed);
  // The window would call what is a second old stale.
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(refreshed.wait(900));
  EXPECT_EQ(answered.size(), 0);
  source.show_values(true);
  ASSERT_TRUE(answered.wait(kLongMs));
  std::uint64_t unwatched = 0;
  const auto view = answered[0][0].value<ViewPointer>();
  for (const TimePoint& point : view->points->points) {
    const bool since = point.begin_ns + 1'000'000'000 >= segment_.header().created_realtime_ns;
    unwatched += since && !point.watched;
  }
  EXPECT_LE(unwatched, 1u) << "but the second in which it began";
}

// A baseline is there, a broken one beside it: what changed is against it, and it is a mark.
TEST_F(LiveSourceTest, ComparesWithABaselineThatIsReadAnewWhenThePageOpens) {
  QTemporaryDir state;
  qputenv("XDG_STATE_HOME", state.path().toUtf8());
  metrics::Baseline baseline;
  baseline.name = "good";
  baseline.source = "live, instance \"" + instance_ + '"';
  baseline.observation.begin_seconds = 1'780'000'000;
  baseline.observation.observed_ns.assign(10, metrics::kNsPerSecond);
  metrics::BaselineStore store(metrics::default_baseline_folder());
  LiveSource source(QString::fromStdString(instance_), {});
  QSignalSpy answered(&source, &LiveSource::answered);
  ASSERT_TRUE(answered.wait(kLongMs));
  ASSERT_TRUE(store.save(baseline, metrics::IfThere::refuse).done());
  Look look;
  look.wanted = Wanted::changes;
  look.baseline = "good";
  const auto answer_to = [&](const Look& wanted) {
    source.look_at(wanted);
    while (answered.back()[0].value<ViewPointer>()->look != wanted) {
      EXPECT_TRUE(answered.wait(kLongMs));
    }
    return answered.back()[0].value<ViewPointer>();
  };
  const ViewPointer view = answer_to(look);
  ASSERT_NE(view->changes, nullptr);
  EXPECT_EQ(view->changes->message, "");
  EXPECT_EQ(view->changes->baseline->name, "good");
  EXPECT_FALSE(view->changes->is_of_other_instance);
  EXPECT_EQ(view->changes->before.begin_ns, 1'780'000'000 * metrics::kNsPerSecond);
  ASSERT_EQ(view->baselines->all.size(), 1u);
  EXPECT_TRUE(std::ranges::any_of(
      view->marks, [](const Mark& mark) { return mark.kind == MarkKind::baseline; }));
  ASSERT_TRUE(store.remove("good").done());
  look.most_points = 300;
  EXPECT_NE(answer_to(look)->changes->message.find("there is no baseline \"good\""),
            std::string::npos);
  look.baseline.clear();
  const ViewPointer before = answer_to(look);
  EXPECT_EQ(before->changes->baseline, std::nullopt);
  EXPECT_EQ(before->baselines->all.size(), 1u) << "the page has been open since";
  qunsetenv("XDG_STATE_HOME");
}

// Its file tells when it began, which was before this daemon did.
TEST_F(LiveSourceTest, WhereTheBridgeBeganIsAMarkAndAllStandInTheOrderOfTime) {
  constexpr std::uint64_t kBegan = 1'780'000'000;
  const QTemporaryDir folder;
  const std::string file = folder.filePath("history").toStdString();
  metrics::HistoryResult why;
  metrics::HistoryDelta delta;
  delta.instance = instance_;
  delta.delta.observed = {{kBegan * metrics::kNsPerSecond, (kBegan + 1) * metrics::kNsPerSecond}};
  delta.delta.position = {7, {1}, (kBegan + 1) * metrics::kNsPerSecond};
  ASSERT_TRUE(metrics::HistoryWriter::open(file, {}, why)->commit({delta}, kBegan).done());
  LiveSource source(QString::fromStdString(instance_), QString::fromStdString(file));
  QSignalSpy answered(&source, &LiveSource::answered);
  QSignalSpy days(&source, &LiveSource::day_passed);
  ASSERT_TRUE(days.wait(kLongMs)) << "it is read with the day";
  answered.clear();
  ASSERT_TRUE(answered.wait(kLongMs));
  const QList<Mark> marks = answered[0][0].value<ViewPointer>()->marks;
  ASSERT_EQ(marks.size(), 2);
  EXPECT_EQ(marks[0].kind, MarkKind::bridge);
  EXPECT_EQ(marks[0].at_ns, kBegan * metrics::kNsPerSecond);
  EXPECT_EQ(marks[1].kind, MarkKind::start);
}

TEST_F(LiveSourceTest, ANoteIsAMarkInTheNextAnswer) {
  QTemporaryDir home;
  qputenv("XDG_DATA_HOME", home.path().toUtf8());
  LiveSource source(QString::fromStdString(instance_), {});
  QSignalSpy answered(&source, &LiveSource::answered);
  ASSERT_TRUE(answered.wait(kLongMs));
  answered.clear();
  source.note(metrics::Time::now().realtime_ns, "a new build");
  const auto noted = [&] {
    return !answered.isEmpty() && answered.back()[0].value<ViewPointer>()->marks.size() == 2;
  };
  while (!noted()) ASSERT_TRUE(answered.wait(kLongMs));
  EXPECT_EQ(answered.back()[0].value<ViewPointer>()->marks.back().text, "a new build");
  qunsetenv("XDG_DATA_HOME");
}

}  // namespace
}  // namespace goxel_telemetry::viewer
