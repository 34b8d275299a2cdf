// SPDX-License-Identifier: GPL-3.0-or-later
// What the window shows while a daemon is stopped, ends, comes back, and loses its segment.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>
#include <QTableView>
#include <QTest>
#include <csignal>

#include "metrics/time.h"
#include "tests/viewer-qt/watching.h"
#include "viewer-qt/models/inflight_model.h"
#include "viewer-qt/pages/black_box_page.h"

namespace goxel_telemetry::viewer {
namespace {

using integration::total_requests;
using integration::WatchedDaemon;
using testing::HasSubstr;
using testing::StartsWith;

class DaemonLife : public testing::Test {
 protected:
  void run_load() {
    load_ = daemon_.start_load({"--connections", "2", "--rate", "300", "--seconds", "600"});
  }
  void kill_daemon() {
    daemon_.process().signal(SIGKILL);
    daemon_.process().wait();
  }
  // Sends so many requests, and returns how many that were.
  std::uint64_t send() {
    return total_requests(daemon_.load({"--connections", "2", "--requests", "200"}));
  }
  std::string process() { return "process " + std::to_string(daemon_.process().pid()) + " "; }
  std::string segment() const { return "/dev/shm/goxel-telemetry." + daemon_.instance(); }

  WatchedDaemon daemon_{shm::Door::preload};
  std::unique_ptr<integration::ChildProcess> load_;
};

TEST_F(DaemonLife, AStoppedDaemonIsSilentAndLeavesNoHoleWhenItGoesOn) {
  daemon_.start();
  run_load();
  Watching watching(daemon_.instance());
  ASSERT_TRUE(watching.until([&] { return watching.is_live() && watching.charted_records() > 0; }));
  daemon_.process().signal(SIGSTOP);
  EXPECT_TRUE(watching.until([&] { return watching.badge() == "▲ Silent"; })) << watching.badge();
  EXPECT_THAT(watching.facts(), HasSubstr("no sign of life for"));
  EXPECT_THAT(watching.title(), HasSubstr(daemon_.instance() + ": Silent"));
  const std::uint64_t resumed = metrics::Time::now().realtime_ns;
  daemon_.process().signal(SIGCONT);
  EXPECT_TRUE(watching.until([&] {
    return watching.is_live() && watching.plot().points->end_ns() > resumed + 2'000'000'000 &&
           watching.plot().points->points.back().records > 0;
  })) << watching.badge();
  bool known = false;
  for (const TimePoint& point : watching.plot().points->points) {
    EXPECT_TRUE(point.watched || !known) << "nothing happened, and that was seen";
    known |= point.watched;
  }
  EXPECT_EQ(watching.marks(), "▶");
}

TEST_F(DaemonLife, AKilledDaemonIsGoneAndItsBlackBoxOpens) {
  WatchedDaemon stuck(shm::Door::preload, {"--slow", "goxel.get_voxel", "600000000", "600000000",
                                           daemon_.file("never")});
  stuck.start();
  const auto load =
      stuck.start_load({"--connections", "1", "--requests", "1", "--methods", "goxel.get_voxel"});
  Watching watching(stuck.instance());
  ASSERT_TRUE(
      watching.until([&] { return watching.figure("In flight") != "0" && watching.is_live(); }));
  const std::string pid = std::to_string(stuck.process().pid());
  stuck.process().signal(SIGKILL);
  stuck.process().wait();
  EXPECT_TRUE(watching.until([&] { return watching.marks() == "▶✖"; })) << watching.marks();
  EXPECT_THAT(watching.badge(), StartsWith("✖ Gone since "));
  EXPECT_THAT(watching.title(), StartsWith(stuck.instance() + ": Gone since "));
  EXPECT_THAT(watching.facts(), HasSubstr("(process " + pid + ", instance " + stuck.instance() +
                                          ") was killed or crashed at about "));
  EXPECT_EQ(watching.open_page(), "Black box");
  const auto tables = watching.window().findChild<BlackBoxPage*>()->findChildren<QTableView*>();
  ASSERT_EQ(tables[0]->model()->rowCount(), 1);
  EXPECT_EQ(tables[0]->model()->index(0, InflightModel::kOperation).data().toString(),
            "goxel.get_voxel");
}

TEST_F(DaemonLife, AnOrderlyEndIsNoAlarm) {
  daemon_.start();
  const std::uint64_t sent = send();
  Watching watching(daemon_.instance());
  ASSERT_TRUE(watching.until([&] { return watching.is_live(); }));
  daemon_.process().signal(SIGTERM);
  daemon_.process().wait();
  EXPECT_TRUE(watching.until([&] { return watching.marks() == "▶■"; })) << watching.marks();
  EXPECT_THAT(watching.badge(), StartsWith("■ Gone since "));
  EXPECT_THAT(watching.facts(), HasSubstr("ended in an orderly way at about "));
  EXPECT_EQ(watching.open_page(), "Overview");
  EXPECT_EQ(watching.figure("Requests"), std::to_string(sent)) << "what it did is still to be read";
}

TEST_F(DaemonLife, ARestartedDaemonCountsAnewAndTheChartsKnowBothRuns) {
  daemon_.start();
  const std::uint64_t first = send();
  Watching watching(daemon_.instance());
  ASSERT_TRUE(watching.until([&] {
    return watching.figure("Requests") == std::to_string(first) &&
           watching.charted_records() == first;
  }));
  kill_daemon();
  EXPECT_TRUE(watching.until([&] { return watching.open_page() == "Black box"; }));
  daemon_.start();
  watching.window().turn_to("overview");
  EXPECT_TRUE(watching.until([&] { return watching.is_live(); })) << watching.badge();
  EXPECT_THAT(watching.facts(), HasSubstr(process()));
  EXPECT_TRUE(watching.until([&] { return watching.figure("Requests") == "0"; }));
  const std::uint64_t second = send();
  EXPECT_TRUE(watching.until([&] {
    return watching.figure("Requests") == std::to_string(second) &&
           watching.charted_records() == first + second;
  })) << watching.figure("Requests")
      << ' ' << watching.charted_records();
  EXPECT_EQ(watching.marks(), "▶✖▶");
}

// By a supervisor, say: nobody looked in between.
TEST_F(DaemonLife, ADeathIsToldAlsoIfTheNextRunBeganAtOnce) {
  daemon_.start();
  Watching watching(daemon_.instance());
  ASSERT_TRUE(watching.until([&] { return watching.is_live(); }));
  kill_daemon();
  daemon_.start();
  EXPECT_TRUE(watching.until([&] { return watching.marks().ends_with("✖▶"); })) << watching.marks();
  EXPECT_TRUE(watching.is_live());
  EXPECT_EQ(watching.open_page(), "Black box");
}

TEST_F(DaemonLife, ARestartDuringAPauseIsCountedAsNew) {
  daemon_.start();
  const std::uint64_t first = send();
  Watching watching(daemon_.instance());
  ASSERT_TRUE(watching.until([&] { return watching.charted_records() == first; }));
  QTest::keyClick(&watching.window(), Qt::Key_Space);
  ASSERT_TRUE(watching.until([&] { return watching.badge().ends_with(" 0 new"); }));
  kill_daemon();
  daemon_.start();
  const std::uint64_t second = send();
  const std::string news = " " + std::to_string(second) + " new";
  EXPECT_TRUE(watching.until([&] { return watching.badge().ends_with(news); })) << watching.badge();
}

TEST_F(DaemonLife, ASegmentThatSomebodyRemovesIsMadeAnewAndTheDaemonHasNotBegunAnew) {
  daemon_.start();
  const std::uint64_t first = send();
  Watching watching(daemon_.instance());
  ASSERT_TRUE(watching.until([&] { return watching.charted_records() == first; }));
  const std::string began = watching.facts().substr(0, watching.facts().rfind(" ("));
  ASSERT_EQ(unlink(segment().c_str()), 0);
  EXPECT_TRUE(watching.until([&] { return access(segment().c_str(), F_OK) == 0; }));
  const std::uint64_t second = send();
  EXPECT_TRUE(watching.until([&] {
    return watching.figure("Requests") == std::to_string(first + second) &&
           watching.charted_records() == first + second;
  })) << watching.figure("Requests")
      << ' ' << watching.charted_records();
  EXPECT_TRUE(watching.is_live()) << watching.badge();
  EXPECT_EQ(watching.marks(), "▶");
  EXPECT_THAT(watching.facts(), StartsWith(began));
}

TEST_F(DaemonLife, APausedViewOutlivesItsInstance) {
  daemon_.start();
  const std::uint64_t sent = send();
  Watching watching(daemon_.instance());
  ASSERT_TRUE(watching.until([&] { return watching.charted_records() == sent; }));
  QTest::keyClick(&watching.window(), Qt::Key_Space);
  kill_daemon();
  ASSERT_EQ(unlink(segment().c_str()), 0);
  EXPECT_TRUE(watching.until([&] { return watching.badge().starts_with("❚❚ Gone since "); }))
      << watching.badge();
  EXPECT_THAT(watching.badge(), HasSubstr(" · Paused at "));
  EXPECT_EQ(watching.charted_records(), sent);
}

TEST_F(DaemonLife, OfTwoDaemonsOneIsChosenAndKept) {
  WatchedDaemon other(shm::Door::preload);
  daemon_.start();
  other.start();
  Watching watching("");
  const auto listed = [&](const WatchedDaemon& one) {
    return watching.says("<a href=\"" + one.instance() + "\">");
  };
  ASSERT_TRUE(watching.until([&] { return listed(daemon_) && listed(other); }));
  EXPECT_TRUE(watching.until([&] {
    return watching.facts().find("There are several instances (") != std::string::npos;
  })) << watching.facts();
  Q_EMIT watching.window()
      .findChild<QLabel*>("instances")
      ->linkActivated(QString::fromStdString(other.instance()));
  EXPECT_TRUE(watching.until([&] { return watching.is_live(); }));
  EXPECT_THAT(watching.title(), StartsWith(other.instance() + ": Live"));
  other.process().signal(SIGKILL);
  other.process().wait();
  EXPECT_TRUE(watching.until([&] { return watching.badge().starts_with("✖ Gone since "); }));
  EXPECT_THAT(watching.title(), StartsWith(other.instance() + ": Gone since "))
      << "the one that lives is another";
}

TEST_F(DaemonLife, WithoutASegmentItSaysWhatToDoAndBeginsWhenThereIsOne) {
  Watching watching(daemon_.instance());
  EXPECT_TRUE(watching.until([&] { return watching.badge() == "■ Waiting"; })) << watching.badge();
  EXPECT_THAT(watching.facts(), HasSubstr("No daemon with telemetry has run as instance"));
  EXPECT_TRUE(watching.says("goxel-plugin-run"));
  daemon_.start();
  EXPECT_TRUE(watching.until([&] { return watching.is_live(); })) << watching.badge();
  EXPECT_FALSE(watching.says("goxel-plugin-run"));
}

}  // namespace
}  // namespace goxel_telemetry::viewer
