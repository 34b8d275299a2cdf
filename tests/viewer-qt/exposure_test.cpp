// SPDX-License-Identifier: GPL-3.0-or-later
// A window that its display does not show, as on another desktop: it is neither hidden nor minimized. In a real window, since
// only a window system takes the exposure away.
#include <gtest/gtest.h>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <QTest>
#include <algorithm>

#include "tests/metrics/test_segment.h"
#include "tests/viewer-qt/application.h"
#include "tests/viewer-qt/virtual_display.h"
#include "viewer-qt/connect.h"
#include "viewer-qt/live_source.h"
#include "viewer-qt/main_window.h"

namespace goxel_telemetry::viewer {
namespace {

constexpr int kLongMs = 60'000;  // only ends a hang

class Exposure : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_GT(display_.name().size(), 1u);
    qputenv("DISPLAY", QByteArray::fromStdString(display_.name()));
    qputenv("QT_QPA_PLATFORM", "xcb");
    application();
  }
  // Qt's connection to the display ends before the display does.
  void TearDown() override { application_slot().reset(); }

  static std::uint64_t taken_ns(const QVariant& frame) {
    return frame.value<FramePointer>()->snapshot.taken_monotonic_ns;
  }
  void tell_display(const MainWindow& window, const std::string& what) const {
    integration::run({"xdotool", what, std::to_string(window.winId())},
                     folder_.filePath("xdotool.log").toStdString());
  }

  const QTemporaryDir folder_;
  const VirtualDisplay display_{folder_.filePath("xvfb.log").toStdString()};
  const std::string instance_ = metrics::unique_instance();
  metrics::TestSegment segment_{instance_};
};

TEST_F(Exposure, WhoIsNotShownGetsTwoFramesASecondAndAllFiguresAtOnceOnReturn) {
  MainWindow window(QString::fromStdString(instance_));
  LiveSource source(QString::fromStdString(instance_), {});
  connect(source, window);
  QSignalSpy shown(&window, &MainWindow::shown_changed);
  QSignalSpy frames(&source, &LiveSource::refreshed);
  QSignalSpy answers(&source, &LiveSource::answered);
  window.show();
  while (answers.size() < 2) ASSERT_TRUE(answers.wait(kLongMs));

  shown.clear();
  tell_display(window, "windowunmap");
  if (shown.isEmpty()) {
    ASSERT_TRUE(shown.wait(kLongMs));
  }
  EXPECT_FALSE(shown.back()[0].toBool());
  EXPECT_TRUE(window.isVisible()) << "it is the display that does not show it";
  EXPECT_FALSE(window.isMinimized());
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(frames.wait(kLongMs));  // what was on its way
  frames.clear();
  answers.clear();
  segment_.publish("while.nobody.looks", shm::monotonic_ns(), 1'000'000);
  while (frames.size() < 5) ASSERT_TRUE(frames.wait(kLongMs));
  // Fewer, if the machine is busy, but no more.
  EXPECT_GE(taken_ns(frames[4][0]) - taken_ns(frames[0][0]), 4 * 400'000'000u);
  EXPECT_TRUE(answers.isEmpty());

  frames.clear();
  tell_display(window, "windowmap");
  ASSERT_TRUE(answers.wait(kLongMs));
  EXPECT_TRUE(shown.back()[0].toBool());
  EXPECT_LE(frames.size(), 2) << "those that were on their way; not those of a second later";
  std::uint64_t records = 0;
  for (const TimePoint& point : answers[0][0].value<ViewPointer>()->points->points) {
    records += point.records;
  }
  EXPECT_EQ(records, 1u) << "what came meanwhile";
  shm::remove_segment(instance_, segment_.header().run_id);
}

}  // namespace
}  // namespace goxel_telemetry::viewer
