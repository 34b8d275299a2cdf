// SPDX-License-Identifier: GPL-3.0-or-later
// One method gets slower by half: how long it takes a robot at a display until the names of the operation and of the layer
// are on the screen. Runs alone: what else the machine does would make everything slower.
#include <gtest/gtest.h>
#include <QTime>
#include <algorithm>
#include <chrono>
#include <csignal>
#include <fstream>
#include <optional>
#include <thread>

#include "tests/integration/watched_daemon.h"
#include "tests/viewer-qt/robot.h"

namespace goxel_telemetry::viewer {
namespace {

using integration::ChildProcess;
using integration::eventually;
using integration::RunningBridge;
using integration::WatchedDaemon;
using std::chrono::seconds;

constexpr int kMostActions = 3;
constexpr seconds kPatience{3};  // of somebody who waits for the window to say something
constexpr seconds kLongest{10};  // a few times what it takes on a busy machine

// A daemon at work with all layers of its stack, the bridge that keeps its past, and a robot that watches it.
class Answer : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(robot_.is_ready());
    daemon_.start();
    bridge_ = std::make_unique<RunningBridge>(
        daemon_.instance(), daemon_.file("bridge.log"),
        std::vector<std::string>{"--port", "0", "--history", daemon_.file("history")});
    load_ = daemon_.start_load({"--connections", "3", "--rate", "60", "--seconds", "600",
                                "--methods", "goxel.get_voxel,ping,goxel.list_layers", "--layers",
                                daemon_.instance()});
  }

  void slow_down() {
    std::ofstream(is_slow_) << "now";
    slow_since_ = QTime::currentTime();
  }

  void open_viewer() {
    viewer_ = std::make_unique<ChildProcess>(
        robot_.at_the_display(
            {VIEWER_PATH, "--instance", daemon_.instance(), "--history", daemon_.file("history")}),
        daemon_.file("viewer.log"));
  }

  // A drag over the part of the chart that is higher, and the page.
  void look_at_what_is_slow() {
    // The ruler says which time it is at the pointer.
    const std::optional<Seen> chart = find("chart", "Latency");
    ASSERT_TRUE(chart);
    const auto at = [&](int percent) {
      return QPoint(chart->rect.left() + chart->rect.width() * percent / 100,
                    chart->rect.center().y());
    };
    const auto time_at = [&](QPoint place) {
      robot_.point_at(place);
      QTime time;
      EXPECT_TRUE(eventually([&] {
        const std::optional<Seen> ruler = find("chart", "Time");
        if (ruler) time = QTime::fromString(QString::fromStdString(ruler->description), "HH:mm:ss");
        return time.isValid();
      }));
      return time;
    };
    const double pixels_per_second =
        (at(80) - at(40)).x() / static_cast<double>(time_at(at(40)).secsTo(time_at(at(80))));
    const int back = static_cast<int>(slow_since_.secsTo(time_at(at(80))) * pixels_per_second);
    robot_.drag(at(80) - QPoint(back, 0), at(99));
    robot_.press("alt+5");
  }

  // In one line of a table.
  bool both_are_named() {
    std::vector<Seen> cells = robot_.look();
    std::erase_if(cells, [](const Seen& one) { return one.role != "table cell"; });
    const auto beside = [&cells](const Seen& cell, const char* name) {
      return std::any_of(cells.begin(), cells.end(), [&](const Seen& other) {
        return other.name == name && other.rect.top() == cell.rect.top();
      });
    };
    return std::any_of(cells.begin(), cells.end(), [&](const Seen& cell) {
      return cell.name == "goxel.get_voxel" && beside(cell, "daemon") &&
             beside(cell, "slower, proven");
    });
  }

  void expect_names_since(std::chrono::steady_clock::time_point begin) {
    EXPECT_TRUE(eventually([this] { return both_are_named(); })) << screen();
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
    EXPECT_LE(took, kLongest);
    EXPECT_LE(robot_.actions(), kMostActions);
    for (const Seen& one : robot_.look()) {
      EXPECT_FALSE(one.focusable && one.name.empty()) << one.role;
    }
    RecordProperty("actions", robot_.actions());
    RecordProperty("seconds_to_the_names", std::to_string(took.count()));
  }

  std::optional<Seen> find(const std::string& role, const std::string& name) {
    for (const Seen& one : robot_.look()) {
      if (one.role == role && one.name == name) return one;
    }
    return std::nullopt;
  }

  // For the message of a test that fails.
  std::string screen() {
    std::string all;
    for (const Seen& one : robot_.look())
      all += one.role + " \"" + one.name + "\": " + one.description + '\n';
    return all;
  }

  QTime slow_since_;
  const stand_in_test::TemporaryFolder folder_;
  const std::string is_slow_ = folder_.file("slow");
  WatchedDaemon daemon_{shm::Door::preload,
                        {"--slow", "goxel.get_voxel", "20000", "30000", is_slow_}};
  Robot robot_{folder_.path()};
  std::unique_ptr<RunningBridge> bridge_;
  std::unique_ptr<ChildProcess> load_;
  std::unique_ptr<ChildProcess> viewer_;
};

// Somebody is called because it is slow now: for a quarter of a minute one method has been slower.
// The viewer opens with the answer, unless the machine is so busy that nothing is proven at once.
TEST_F(Answer, IsOnTheScreenOfAViewerThatIsOpenedNow) {
  std::this_thread::sleep_for(seconds(20));
  slow_down();
  std::this_thread::sleep_for(seconds(17));
  const auto begin = std::chrono::steady_clock::now();
  open_viewer();
  bool are_named = false;
  while (!are_named && std::chrono::steady_clock::now() < begin + kPatience) {
    are_named = both_are_named();
  }
  if (!are_named) look_at_what_is_slow();
  expect_names_since(begin);
}

// Somebody looks at the window, and sees the latency go up.
TEST_F(Answer, IsTwoActionsAwayInAViewerThatIsOpenAlready) {
  open_viewer();
  EXPECT_TRUE(eventually([this] { return find("chart", "Latency").has_value(); })) << screen();
  std::this_thread::sleep_for(seconds(20));
  slow_down();
  std::this_thread::sleep_for(seconds(15));
  const auto begin = std::chrono::steady_clock::now();
  look_at_what_is_slow();
  expect_names_since(begin);
}

}  // namespace
}  // namespace goxel_telemetry::viewer
