// SPDX-License-Identifier: GPL-3.0-or-later
// The window, and the built program: without a display, and in a real window under Xvfb.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <QImage>
#include <QSet>
#include <csignal>

#include "metrics/alerts/alert_store.h"
#include "tests/integration/watched_daemon.h"
#include "tests/viewer-qt/application.h"
#include "tests/viewer-qt/snapshots.h"
#include "tests/viewer-qt/virtual_display.h"
#include "viewer-qt/main_window.h"
#include "viewer-qt/pages/inflight_strip.h"
#include "viewer-qt/theme.h"

namespace goxel_telemetry::viewer {
namespace {

using integration::ChildProcess;
using integration::eventually;
using integration::WatchedDaemon;

bool shows_text(const QWidget& window, const QString& text) {
  for (const QLabel* label : window.findChildren<QLabel*>()) {
    if (label->isVisibleTo(&window) && label->text().contains(text)) return true;
  }
  return false;
}

// Pixels of nearly that colour: lines are smoothed into their background.
int count_pixels(const QImage& image, const QColor& color) {
  constexpr int kNearly = 40;
  int count = 0;
  for (int y = 0; y < image.height(); ++y) {
    for (int x = 0; x < image.width(); ++x) {
      const QColor pixel = image.pixelColor(x, y);
      count += std::abs(pixel.red() - color.red()) < kNearly &&
               std::abs(pixel.green() - color.green()) < kNearly &&
               std::abs(pixel.blue() - color.blue()) < kNearly;
    }
  }
  return count;
}

// More than the mark in the legend has.
constexpr int kLegendPixels = 100;

FramePointer frame_of(const std::shared_ptr<metrics::Snapshot>& snapshot) {
  auto frame = std::make_shared<Frame>();
  frame->snapshot = *snapshot;
  frame->snapshot.taken_realtime_ns = metrics::Time::now().realtime_ns;
  static std::uint64_t revision = 0;
  frame->revision = ++revision;
  return frame;
}

TEST(MainWindow, SaysHowToSwitchThePluginOnWhileThereIsNoDaemon) {
  application();
  MainWindow window("atelier");
  auto snapshot = snapshot_of(1, "");
  snapshot->daemon.state = shm::ProducerState::absent;
  snapshot->daemon.message = "there is no such daemon yet";
  window.show_frame(frame_of(snapshot));
  EXPECT_TRUE(shows_text(window, "There is no such daemon yet"));
  EXPECT_TRUE(shows_text(window, "Waiting for the daemon of instance \"atelier\""));
  EXPECT_TRUE(shows_text(window, "goxel-plugin-run"));
  EXPECT_TRUE(shows_text(window, "\"instance\": \"atelier\""));
  window.show_frame(frame_of(snapshot_of(2, "ping 100 250")));
  EXPECT_FALSE(shows_text(window, "goxel-plugin-run"));
}

TEST(MainWindow, SaysThatTheDaemonDiedAndWhatWasInFlight) {
  application();
  MainWindow window("atelier");
  auto snapshot = snapshot_of(1, "ping 100 250");
  snapshot->daemon.state = shm::ProducerState::dead;
  snapshot->inflight.emplace_back().operation = "goxel.export_model";
  window.show();
  window.show_frame(frame_of(snapshot));
  EXPECT_TRUE(shows_text(window, "killed or crashed"));
  EXPECT_TRUE(window.findChild<InflightStrip*>()->text().startsWith("In flight when it ended"));
}

TEST(LiveSource, ShowsWhatTheRingHeldWhenItCame) {
  application();
  WatchedDaemon daemon(shm::Door::preload);
  daemon.start();
  const auto sent = daemon.load({"--connections", "2", "--requests", "200"});
  std::uint64_t counted = 0;
  LiveSource source(QString::fromStdString(daemon.instance()), QString());
  QObject::connect(&source, &LiveSource::answered, &application(), [&](const ViewPointer& view) {
    counted = 0;
    for (const TimePoint& point : view->points->points) counted += point.records;
  });
  source.look_at({{}, 600 * metrics::kNsPerSecond, 600, Wanted::charts});
  EXPECT_TRUE(eventually([&] {
    QApplication::processEvents();
    return counted == total_requests(sent);
  })) << counted;
}

TEST(Viewer, DrawsALiveDaemonWithoutADisplay) {
  WatchedDaemon daemon(shm::Door::preload);
  daemon.start();
  const auto load = daemon.start_load({"--connections", "2", "--rate", "300", "--seconds", "600"});
  const std::string picture = daemon.file("viewer.png");
  int p50_pixels = 0;
  int p99_pixels = 0;
  // The lines grow by the second, on a busy machine more slowly.
  for (const char* seconds : {"6", "12", "24", "48"}) {
    const integration::Finished viewer = integration::run(
        {"env", "-u", "DISPLAY", "-u", "QT_QPA_PLATFORM", VIEWER_PATH, "--instance",
         daemon.instance(), "--screenshot", picture, "--after", seconds, "--size", "1000x700"},
        daemon.file("viewer.log"));
    ASSERT_EQ(viewer.exit_code, 0) << viewer.output;
    const QImage image(QString::fromStdString(picture));
    ASSERT_EQ(image.size(), QSize(1000, 700));
    p50_pixels = count_pixels(image, theme::ink(theme::Ink::p50));
    p99_pixels = count_pixels(image, theme::ink(theme::Ink::p99));
    if (p50_pixels > kLegendPixels && p99_pixels > kLegendPixels) break;
  }
  load->signal(SIGTERM);
  EXPECT_GT(p50_pixels, kLegendPixels);
  EXPECT_GT(p99_pixels, kLegendPixels);
}

TEST(Viewer, DrawsTheAlertsOfAFile) {
  WatchedDaemon daemon(shm::Door::preload);
  daemon.start();
  const std::string file = daemon.file("alerts.db");
  const auto confirmed_pixels = [&] {
    const std::string picture = daemon.file("alerts.png");
    const integration::Finished viewer =
        integration::run({"env", "-u", "DISPLAY", "-u", "QT_QPA_PLATFORM", VIEWER_PATH,
                          "--instance", daemon.instance(), "--alerts-file", file, "--page",
                          "alerts", "--screenshot", picture, "--after", "4", "--size", "1000x700"},
                         daemon.file("viewer.log"));
    EXPECT_EQ(viewer.exit_code, 0) << viewer.output;
    return count_pixels(QImage(QString::fromStdString(picture)), theme::ink(theme::Ink::bad));
  };
  const int without = confirmed_pixels();
  metrics::HistoryResult result;
  const auto store = metrics::AlertStore::open(file, metrics::AlertStore::Mode::write, result);
  ASSERT_NE(store, nullptr) << result.message;
  metrics::Alert alert;
  alert.id = "daemon_silent-1";
  alert.instance = daemon.instance();
  alert.level = metrics::AlertLevel::confirmed;
  alert.raised_ns = metrics::Time::now().realtime_ns;
  alert.since_ns = alert.raised_ns - 3'600 * metrics::kNsPerSecond;
  alert.summary = "the daemon is silent";
  ASSERT_TRUE(store->put(alert).done());
  // Four pixels high, and as long as each of the two charts.
  EXPECT_GT(confirmed_pixels(), without + 4 * 2 * 500);
}

TEST(Viewer, LivesInARealWindowThroughTheDaemonsDeath) {
  WatchedDaemon daemon(shm::Door::preload);
  const VirtualDisplay display(daemon.file("xvfb.log"));
  ASSERT_GT(display.name().size(), 1u);
  daemon.start();
  const auto load = daemon.start_load({"--connections", "2", "--rate", "300", "--seconds", "600"});
  ChildProcess viewer({"env", "DISPLAY=" + display.name(), "QT_QPA_PLATFORM=xcb", VIEWER_PATH,
                       "--instance", daemon.instance()},
                      daemon.file("viewer.log"));
  int pictures = 0;
  const auto screen = [&] {
    const std::string picture = daemon.file("screen" + std::to_string(pictures++) + ".png");
    integration::run({"env", "DISPLAY=" + display.name(), "import", "-window", "root", picture},
                     daemon.file("import.log"));
    return QImage(QString::fromStdString(picture));
  };
  // The line at the top is a red bar while the daemon is dead.
  const auto shows_death = [&] {
    return count_pixels(screen(), theme::ink(theme::Ink::bad)) > 5000;
  };
  const auto shows_life = [&] {
    const QImage image = screen();
    return count_pixels(image, theme::ink(theme::Ink::p99)) > kLegendPixels &&
           count_pixels(image, theme::ink(theme::Ink::bad)) < 5000;
  };
  EXPECT_TRUE(eventually(shows_life)) << viewer.output();
  daemon.process().signal(SIGKILL);
  daemon.process().wait();
  load->signal(SIGTERM);
  EXPECT_TRUE(eventually(shows_death));
  daemon.start();
  const auto more_load =
      daemon.start_load({"--connections", "2", "--rate", "300", "--seconds", "600"});
  EXPECT_TRUE(eventually(shows_life));
  more_load->signal(SIGTERM);
  EXPECT_TRUE(viewer.running());
  viewer.signal(SIGTERM);
}

TEST(Viewer, RefusesBadFlagsInOneSentence) {
  const stand_in_test::TemporaryFolder folder;
  for (const std::vector<std::string>& bad : {std::vector<std::string>{"--nonsense"},
                                              {"--size", "big"},
                                              {"--size", "900"},
                                              {"--size", "900x"},
                                              {"--size", "900x600x1"},
                                              {"--size", "899x600"},
                                              {"--size", "900x599"},
                                              {"--size", "8001x600"},
                                              {"--size", "900x8001"},
                                              {"--after", "-1"},
                                              {"--after", "3601"},
                                              {"--after", "soon"},
                                              {"--after", "nan"},
                                              {"--after", "inf"},
                                              {"--screenshot", ""},
                                              {"--screenshot=", "x"},
                                              {"--instance", ""},
                                              {"--history", ""},
                                              {"--alerts-file", ""},
                                              {"--instance", "../x"},
                                              {"--page", "nonsense"},
                                              {"--history", "/dev/null/history.db"},
                                              {"surplus"}}) {
    std::vector<std::string> command = {VIEWER_PATH};
    command.insert(command.end(), bad.begin(), bad.end());
    const integration::Finished viewer = integration::run(command, folder.file("log"));
    EXPECT_EQ(viewer.exit_code, 2) << bad[0];
    EXPECT_EQ(std::count(viewer.output.begin(), viewer.output.end(), '\n'), 1) << viewer.output;
  }
}

TEST(Viewer, HelpTellsTheExitCodes) {
  const stand_in_test::TemporaryFolder folder;
  const integration::Finished viewer =
      integration::run({VIEWER_PATH, "--help"}, folder.file("log"));
  EXPECT_EQ(viewer.exit_code, 0);
  EXPECT_NE(viewer.output.find("Exit codes: 0 "), std::string::npos) << viewer.output;
}

// The bad flag after it shows that it was taken.
TEST(Viewer, TakesSecondsFromNothingToAnHour) {
  const stand_in_test::TemporaryFolder folder;
  for (const char* seconds : {"0", "3600"}) {
    const integration::Finished viewer =
        integration::run({VIEWER_PATH, "--after", seconds, "--size", "1x1"}, folder.file("log"));
    EXPECT_EQ(viewer.exit_code, 2) << seconds;
    EXPECT_NE(viewer.output.find("--size takes"), std::string::npos) << viewer.output;
  }
}

}  // namespace
}  // namespace goxel_telemetry::viewer
