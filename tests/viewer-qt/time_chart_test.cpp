// SPDX-License-Identifier: GPL-3.0-or-later
// The charts on their common clock: what they draw, what they read out, and what mouse and keys do.
#include "viewer-qt/charts/time_chart.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <QCategoryAxis>
#include <QChart>
#include <QChartView>
#include <QHelpEvent>
#include <QScreen>
#include <QSignalSpy>
#include <QTest>
#include <QToolTip>
#include <QVBoxLayout>
#include <QWheelEvent>
#include <cmath>
#include <utility>
#include <vector>

#include "tests/viewer-qt/application.h"
#include "viewer-qt/charts/steady_scale.h"
#include "viewer-qt/charts/time_ruler.h"

namespace goxel_telemetry::viewer {
namespace {

using metrics::kNsPerSecond;

constexpr std::uint64_t kThen = 1'780'000'000 * kNsPerSecond;

// "200 -" are two seconds: in the first one answer after 200 µs, the second was not watched. "0": no answer.
std::shared_ptr<TimePoints> seconds(const std::string& words) {
  auto all = std::make_shared<TimePoints>();
  std::istringstream in(words);
  std::uint64_t at = kThen;
  for (std::string word; in >> word; at += kNsPerSecond) {
    TimePoint& point = all->points.emplace_back();
    point.begin_ns = at;
    point.end_ns = at + kNsPerSecond;
    point.watched = word != "-";
    const double ns = point.watched ? std::stod(word) * 1'000 : 0;
    point.answered = point.records = ns > 0 ? 7 : 0;
    point.per_second = static_cast<double>(point.records);
    point.p50_ns = point.answered != 0 ? ns : std::nan("");
    point.p99_ns = point.p50_ns * 2;
    point.max_ns = point.p50_ns * 10;
  }
  return all;
}

// Before any widget is made, members included.
class WithApplication : public testing::Test {
 protected:
  WithApplication() { application(); }
};

class TimeChartTest : public WithApplication {
 protected:
  TimeChartTest() {
    view_.show({kThen, kThen + 10 * kNsPerSecond}, false);
    for (TimeChart* chart : {&latency_, &throughput_}) {
      chart->resize(600, 150);
      chart->show();
    }
    QCoreApplication::processEvents();
  }
  static QCategoryAxis* axis(const TimeChart& chart) {
    return qobject_cast<QCategoryAxis*>(
        chart.findChild<QChartView*>()->chart()->axes(Qt::Vertical).first());
  }
  static double left(const TimeChart& chart) {
    const auto* frame = chart.findChild<QChartView*>();
    return frame->mapTo(&chart, QPoint(0, 0)).x() + frame->chart()->plotArea().left();
  }
  static double width(const TimeChart& chart) {
    return chart.findChild<QChartView*>()->chart()->plotArea().width();
  }
  // Where second `at` of the ten is.
  QPoint place(double at) const {
    return {static_cast<int>(std::lround(left(latency_) + width(latency_) * at / 10)), 100};
  }
  static std::string text(const QString& words) { return words.toStdString(); }

  TimeView view_;
  TimeChart latency_{
      "Latency",
      Quantity::duration,
      {{"p50", theme::Ink::p50, &TimePoint::p50_ns, nullptr, {}, true},
       {"p99", theme::Ink::p99, &TimePoint::p99_ns, &TimePoint::max_ns, "max", true}},
      &view_};
  TimeChart throughput_{
      "Throughput",
      Quantity::rate,
      {{"all", theme::Ink::operations, &TimePoint::per_second, nullptr, {}, false}},
      &view_};
};

TEST_F(TimeChartTest, ReadsTheNewestValuesUntilThereIsACrossHair) {
  latency_.show_points(seconds("200 300"), true);
  EXPECT_EQ(text(latency_.reading()), "p50 300 µs, p99 600 µs, max 3.00 ms, of 7");
  EXPECT_EQ(latency_.accessibleDescription(), latency_.reading());
  latency_.show_points(seconds("200 300 0"), false);
  EXPECT_EQ(text(latency_.reading()), "p50 –, p99 –, max –, of 0") << "nothing was answered";
}

TEST_F(TimeChartTest, CrossHairReadsAllChartsAtOnce) {
  latency_.show_points(seconds("200 300 - 0"), true);
  throughput_.show_points(seconds("200 300 - 0"), true);
  QTest::mouseMove(&latency_, place(1.5));
  ASSERT_TRUE(view_.cursor());
  EXPECT_EQ((*view_.cursor() - kThen) / kNsPerSecond, 1u);
  EXPECT_EQ(text(latency_.reading()), "p50 300 µs, p99 600 µs, max 3.00 ms, of 7");
  EXPECT_EQ(text(throughput_.reading()), "all 7.00/s, count 7");
  view_.point_at(kThen + 2'500'000'000);
  EXPECT_EQ(text(throughput_.reading()), "not watched");
  view_.point_at(kThen + 3'500'000'000);
  EXPECT_EQ(text(throughput_.reading()), "all 0/s, count 0") << "zero is not unknown";
  view_.point_at(kThen + 5'500'000'000);
  EXPECT_EQ(text(throughput_.reading()), "not watched") << "later than all that is known";
  view_.show(view_.shown(), true);
  view_.point_at(kThen + 4'500'000'000);
  EXPECT_EQ(text(throughput_.reading()), "not over yet")
      << "a live chart's last column is drawn late";
  QEvent leave(QEvent::Leave);
  QCoreApplication::sendEvent(&latency_, &leave);
  EXPECT_FALSE(view_.cursor());
}

TEST_F(TimeChartTest, WhatLastsIsReadAfterTheValuesAndToldByATip) {
  latency_.show_points(seconds("100 200 300 400 500 600 700 800 900 900"), true);
  latency_.show_marks(
      {{kThen + 2 * kNsPerSecond, MarkKind::warning, "slower <b>", kThen + 6 * kNsPerSecond}});
  view_.point_at(kThen + 4'500'000'000);
  EXPECT_TRUE(latency_.reading().startsWith("p50 500")) << text(latency_.reading());
  EXPECT_TRUE(latency_.reading().endsWith("slower <b>")) << text(latency_.reading());
  view_.point_at(kThen + 7'500'000'000);
  EXPECT_FALSE(latency_.reading().contains("slower")) << text(latency_.reading());
  const auto tip_at = [&](double second) {
    QHelpEvent help(QEvent::ToolTip, place(second), latency_.mapToGlobal(place(second)));
    QCoreApplication::sendEvent(&latency_, &help);
    return QToolTip::text();
  };
  EXPECT_TRUE(tip_at(8).isEmpty()) << text(tip_at(8));
  EXPECT_TRUE(tip_at(4).contains("slower &lt;b&gt;")) << text(tip_at(4));
}

TEST_F(TimeChartTest, AClickPinsASecondOneMeasuresAndEscapeTakesBothAway) {
  latency_.show_points(seconds("200 300 400 500"), true);
  QTest::mouseClick(&latency_, Qt::LeftButton, {}, place(0.5));
  view_.point_at({});
  EXPECT_EQ(text(latency_.reading()), "p50 200 µs, p99 400 µs, max 2.00 ms, of 7");
  QTest::mouseClick(&latency_, Qt::LeftButton, {}, place(3.5));
  view_.point_at({});
  EXPECT_EQ(text(latency_.reading()),
            "p50 200 µs → 500 µs, p99 400 µs → 1.00 ms, max 2.00 ms → 5.00 ms");
  QTest::mouseClick(&latency_, Qt::LeftButton, {}, place(2.5));
  EXPECT_FALSE(view_.second_pin()) << "a third begins anew";
  QTest::keyClick(&latency_, Qt::Key_Escape);
  EXPECT_FALSE(view_.first_pin());
}

TEST_F(TimeChartTest, ADragChoosesARangeAndNoPin) {
  QSignalSpy wanted(&view_, &TimeView::wanted);
  QTest::mousePress(&latency_, Qt::LeftButton, {}, place(2));
  QTest::mouseMove(&latency_, place(5));
  QTest::mouseMove(&latency_, place(8));
  EXPECT_TRUE(view_.band());
  QTest::mouseRelease(&latency_, Qt::LeftButton, {}, place(8));
  ASSERT_EQ(wanted.size(), 1);
  const auto chosen = wanted[0][0].value<metrics::TimeStretch>();
  const double pixel = 10e9 / width(latency_);
  EXPECT_NEAR(static_cast<double>(chosen.begin_ns - kThen), 2e9, pixel);
  EXPECT_NEAR(static_cast<double>(chosen.end_ns - kThen), 8e9, pixel);
  EXPECT_TRUE(wanted[0][1].toBool());
  EXPECT_FALSE(view_.first_pin());
  EXPECT_FALSE(view_.band());
}

TEST_F(TimeChartTest, EscapeGivesADragUp) {
  QSignalSpy wanted(&view_, &TimeView::wanted);
  QTest::mousePress(&latency_, Qt::LeftButton, {}, place(2));
  QTest::mouseMove(&latency_, place(8));
  QTest::keyClick(&latency_, Qt::Key_Escape);
  QTest::mouseRelease(&latency_, Qt::LeftButton, {}, place(8));
  EXPECT_TRUE(wanted.isEmpty());
  EXPECT_FALSE(view_.first_pin());
}

TEST_F(TimeChartTest, ADoubleClickLooksIntoItsMoment) {
  QSignalSpy looked(&view_, &TimeView::looked_into);
  QTest::mouseClick(&latency_, Qt::LeftButton, {}, place(4));
  QTest::mouseDClick(&latency_, Qt::LeftButton, {}, place(4));
  ASSERT_EQ(looked.size(), 1);
  EXPECT_NEAR(static_cast<double>(looked[0][0].value<std::uint64_t>() - kThen), 4e9,
              10e9 / width(latency_));
  EXPECT_FALSE(view_.first_pin());
}

class Wheel {
 public:
  static bool turn(QWidget& over, QPoint at, int notches, Qt::KeyboardModifiers modifiers) {
    QWheelEvent event(at, over.mapToGlobal(at), {}, {0, notches * 120}, Qt::NoButton, modifiers,
                      Qt::NoScrollPhase, false);
    event.setAccepted(false);
    QCoreApplication::sendEvent(&over, &event);
    return event.isAccepted();
  }
};

TEST_F(TimeChartTest, TheWheelZoomsOnlyWithControlOrTheFocus) {
  QSignalSpy wanted(&view_, &TimeView::wanted);
  latency_.clearFocus();
  Wheel::turn(latency_, place(5), 1, Qt::NoModifier);
  EXPECT_TRUE(wanted.isEmpty()) << "it scrolls the page";
  Wheel::turn(latency_, place(5), 1, Qt::ControlModifier);
  ASSERT_EQ(wanted.size(), 1);
  const auto closer = wanted[0][0].value<metrics::TimeStretch>();
  EXPECT_NEAR(static_cast<double>(closer.end_ns - closer.begin_ns), 8e9, 2) << "a fifth less";
  const double pixel = 10e9 / width(latency_);
  EXPECT_NEAR(static_cast<double>(closer.begin_ns - kThen), 1e9, pixel) << "around the pointer";
  EXPECT_FALSE(wanted[0][1].toBool()) << "one of many small moves";
  Wheel::turn(latency_, place(5), 1, Qt::ShiftModifier);
  EXPECT_EQ(kThen - wanted[1][0].value<metrics::TimeStretch>().begin_ns, kNsPerSecond) << "earlier";
}

TEST_F(TimeChartTest, LiveTheWheelChangesHowMuchIsShown) {
  view_.show({kThen, kThen + 10 * kNsPerSecond}, true);
  QSignalSpy wanted(&view_, &TimeView::wanted);
  QSignalSpy length(&view_, &TimeView::live_length_wanted);
  Wheel::turn(latency_, place(2), -1, Qt::ControlModifier);
  ASSERT_EQ(length.size(), 1);
  EXPECT_EQ(length[0][0].value<std::uint64_t>(), 12'500'000'000u);
  EXPECT_TRUE(wanted.isEmpty()) << "and stays live";
}

TEST_F(TimeChartTest, NobodyZoomsOutOfTimeOrIntoNothing) {
  QSignalSpy wanted(&view_, &TimeView::wanted);
  view_.zoom(1e-9, kThen);
  view_.zoom(1e12, kThen);
  view_.choose({kThen, kThen + 1});
  for (const auto& each : wanted) {
    const auto stretch = each[0].value<metrics::TimeStretch>();
    EXPECT_GE(stretch.end_ns - stretch.begin_ns, TimeView::kShortestNs);
    EXPECT_LE(stretch.end_ns - stretch.begin_ns, TimeView::kLongestNs);
  }
  EXPECT_EQ(wanted.size(), 3);
}

TEST_F(TimeChartTest, KeysDoWhatTheMouseDoes) {
  latency_.show_points(seconds("200 300 400 500 600 700 800"), true);
  QSignalSpy wanted(&view_, &TimeView::wanted);
  QSignalSpy looked(&view_, &TimeView::looked_into);
  QTest::keyClick(&latency_, Qt::Key_Right);
  EXPECT_EQ(view_.cursor(), kThen + 6 * kNsPerSecond) << "from the middle, by a column";
  QTest::keyClick(&latency_, Qt::Key_Left);
  QTest::keyClick(&latency_, Qt::Key_Left);
  EXPECT_EQ(view_.cursor(), kThen + 4 * kNsPerSecond);
  QTest::keyClick(&latency_, Qt::Key_P);
  EXPECT_EQ(view_.first_pin(), view_.cursor());
  QTest::keyClick(&latency_, Qt::Key_Return);
  EXPECT_EQ(looked.size(), 1);
  QTest::keyClick(&latency_, Qt::Key_Plus);
  QTest::keyClick(&latency_, Qt::Key_Minus);
  QTest::keyClick(&latency_, Qt::Key_Left, Qt::ControlModifier);
  EXPECT_EQ(wanted.size(), 3);
}

TEST_F(TimeChartTest, TimesOfAllChartsStandBelowEachOther) {
  latency_.show_points(seconds("200 300"), true);
  throughput_.show_points(seconds("200 300"), true);
  QCoreApplication::processEvents();
  EXPECT_NEAR(left(latency_), left(throughput_), 1);
  EXPECT_NEAR(width(latency_), width(throughput_), 1);
  EXPECT_NEAR(left(latency_), TimeChart::left_margin(latency_.fontMetrics(), view_), 1);
}

TEST_F(TimeChartTest, WiderLabelsOfOneChartMoveAll) {
  latency_.show_points(seconds("200 300"), true);
  throughput_.show_points(seconds("200 300"), true);
  QCoreApplication::processEvents();
  const double before = left(latency_);
  auto busy = seconds("200 300");
  for (TimePoint& point : busy->points) point.per_second = 8.8e11;
  throughput_.show_points(busy, true);
  for (int i = 0; i < 5; ++i) QCoreApplication::processEvents();
  EXPECT_GT(left(throughput_), before + 10);
  EXPECT_NEAR(left(latency_), left(throughput_), 1);
  EXPECT_NEAR(left(latency_), TimeChart::left_margin(latency_.fontMetrics(), view_), 1)
      << "and the ruler's";
}

TEST_F(TimeChartTest, AxisHoldsStillWhileLockedAndShowsWhatIsCut) {
  latency_.show_points(seconds("200 300"), true);
  const double high = axis(latency_)->max();
  latency_.lock_axis(true);
  latency_.show_points(seconds("200 900000"), false);
  EXPECT_EQ(axis(latency_)->max(), high);
  latency_.lock_axis(false);
  EXPECT_GT(axis(latency_)->max(), high);
}

TEST_F(TimeChartTest, ATargetIsOnTheAxisUnlessItIsFarAway) {
  latency_.show_points(seconds("200 300"), true);
  latency_.show_target(6e6);
  EXPECT_GE(axis(latency_)->max(), std::log10(6e6));
  latency_.show_target(6e12);
  EXPECT_LT(axis(latency_)->max(), std::log10(6e12));
}

TEST_F(TimeChartTest, LinearAxisBeginsAtZero) {
  latency_.show_points(seconds("200 300"), true);
  latency_.set_logarithmic(false);
  EXPECT_EQ(axis(latency_)->min(), 0);
  EXPECT_GE(axis(latency_)->max(), 3e6) << "up to the slowest";
}

// What mouse and eye tell apart: a gap, zero, and where nothing is known.
TEST_F(TimeChartTest, DrawsAGapAZeroAndTheUnknownDifferently) {
  const auto picture = [this](const std::string& words) {
    throughput_.show_points(seconds(words), true);
    QCoreApplication::processEvents();
    const auto* frame = throughput_.findChild<QChartView*>();
    const QRect area =
        frame->chart()->plotArea().toRect().translated(frame->mapTo(&throughput_, QPoint(0, 0)));
    return throughput_.grab().toImage().copy(area.left() + area.width() * 3 / 10, area.top(),
                                             area.width() / 10, area.height());
  };
  const std::string before = "200 200 200 ", after = " 200 200 200 200 200 200";
  const QImage known = picture(before + "200" + after);
  const QImage zero = picture(before + "0" + after);
  const QImage unknown = picture(before + "-" + after);
  EXPECT_NE(known, zero);
  EXPECT_NE(known, unknown);
  EXPECT_NE(zero, unknown);
}

// Counts how often a chart is painted.
class Paints : public QObject {
 public:
  explicit Paints(const TimeChart& chart) {
    chart.findChild<QChartView*>()->viewport()->installEventFilter(this);
  }
  int taken() { return std::exchange(count_, 0); }
  bool eventFilter(QObject*, QEvent* event) override {
    count_ += event->type() == QEvent::Paint;
    return false;
  }

 private:
  int count_ = 0;
};

TEST_F(WithApplication, ChangesPaintEachChartOfAWindowOnceAndAllOfIt) {
  TimeView view;
  view.show({kThen, kThen + 10 * kNsPerSecond}, false);
  QWidget window;
  auto* rows = new QVBoxLayout(&window);
  std::vector<TimeChart*> charts;
  for (const char* title : {"one", "other"}) {
    charts.push_back(new TimeChart(
        title, Quantity::duration,
        {{"p50", theme::Ink::p50, &TimePoint::p50_ns, &TimePoint::max_ns, "max", true}}, &view));
    rows->addWidget(charts.back());
  }
  window.resize(600, 300);
  window.show();
  const auto settle = [] {
    for (int i = 0; i < 5; ++i) QCoreApplication::processEvents();
  };
  for (TimeChart* chart : charts) chart->show_points(seconds("200 300"), true);
  settle();
  Paints one(*charts[0]);
  Paints other(*charts[1]);
  view.show({kThen, kThen + 9 * kNsPerSecond}, false);
  for (TimeChart* chart : charts) chart->show_points(seconds("200 900000"), true);
  settle();
  EXPECT_EQ(one.taken(), 1);
  EXPECT_EQ(other.taken(), 1);
  const QImage on_screen = window.screen()->grabWindow(window.winId()).toImage();
  EXPECT_EQ(on_screen.convertedTo(QImage::Format_RGB32),
            window.grab().toImage().convertedTo(QImage::Format_RGB32));
}

TEST(PlotItemTest, APeakOfOneColumnReachesUpToIt) {
  application();
  PlotItem item;
  Plot plot;
  auto points = seconds("100 100 100");
  points->points[1].max_ns = 1e8;
  plot.points = points;
  plot.lines = {{Qt::red, &TimePoint::p50_ns, &TimePoint::max_ns, true}};
  plot.shown = {kThen, kThen + 3 * kNsPerSecond};
  plot.low = 4;
  plot.high = 9;
  item.draw(plot, QRectF(0, 0, 300, 100));
  EXPECT_DOUBLE_EQ(item.x_of(kThen + 1'500'000'000), 150);
  EXPECT_NEAR(item.y_of(1e8), 20, 1e-9);
  QImage image(300, 100, QImage::Format_RGB32);
  image.fill(Qt::white);
  QPainter painter(&image);
  item.paint(&painter, nullptr, nullptr);
  painter.end();
  const auto reddish = [&image](int x, int y) {
    const QColor color = image.pixelColor(x, y);
    return color.red() > 200 && color.green() < 230;
  };
  EXPECT_TRUE(reddish(150, 30) || reddish(149, 30)) << "the band below the peak";
  EXPECT_FALSE(reddish(50, 30) || reddish(49, 30));
}

// The pixels of one colour in a column.
int count(const QImage& image, int x, const QColor& color) {
  int found = 0;
  for (int y = 0; y < image.height(); ++y) found += image.pixelColor(x, y) == color ? 1 : 0;
  return found;
}

TEST(PlotItemTest, WhatLastsIsFilledIfConfirmedAndHollowIfNot) {
  application();
  PlotItem item;
  Plot plot;
  plot.points = seconds("100");
  plot.shown = {kThen, kThen + 300 * kNsPerSecond};
  plot.low = 4;
  plot.high = 9;
  plot.warning_ink = Qt::blue;
  plot.confirmed_ink = Qt::red;
  plot.marks = {{kThen - kNsPerSecond, MarkKind::warning, {}, kThen + 100 * kNsPerSecond},
                {kThen + 150 * kNsPerSecond, MarkKind::confirmed, {}, Mark::kNoEnd}};
  item.draw(plot, QRectF(0, 0, 300, 100));
  QImage image(300, 100, QImage::Format_RGB32);
  image.fill(Qt::white);
  QPainter painter(&image);
  item.paint(&painter, nullptr, nullptr);
  painter.end();
  EXPECT_EQ(count(image, 50, Qt::blue), 2) << "an upper and a lower edge";
  EXPECT_EQ(count(image, 120, Qt::blue) + count(image, 120, Qt::red), 0);
  EXPECT_EQ(count(image, 200, Qt::red), 4);
  EXPECT_EQ(count(image, 299, Qt::red), 4) << "it goes on";
}

TEST(PlotItemTest, NumbersThatAreNoneAreNotDrawn) {
  PlotItem item;
  Plot plot;
  auto points = seconds("100 100 100 100");
  points->points[0].p50_ns = INFINITY;
  points->points[1].p50_ns = -INFINITY;
  points->points[2].p50_ns = 1e300;
  points->points[3].begin_ns = 0;
  plot.points = points;
  plot.lines = {{Qt::red, &TimePoint::p50_ns, &TimePoint::max_ns, true}};
  plot.shown = {kThen, kThen + 3 * kNsPerSecond};
  plot.low = 4;
  plot.high = 9;
  item.draw(plot, QRectF(0, 0, 300, 100));
  QImage image(300, 100, QImage::Format_RGB32);
  image.fill(Qt::white);
  QPainter painter(&image);
  item.paint(&painter, nullptr, nullptr);
  EXPECT_EQ(image.pixelColor(10, 10), Qt::white);
}

AxisScale up_to(double, double most) {
  return {0, most, {}};
}

TEST(SteadyScaleTest, GrowsAtOnceAndShrinksLate) {
  SteadyScale scale(up_to, {0, 5, {}});
  EXPECT_TRUE(scale.hold(0, 10, 0));
  EXPECT_EQ(scale.scale().high, 10);
  EXPECT_TRUE(scale.hold(0, 30, 1'000'000'000));
  EXPECT_FALSE(scale.hold(0, 10, 2'000'000'000)) << "not at once";
  EXPECT_FALSE(scale.hold(0, 10, SteadyScale::kShrinkAfterNs + 500'000'000));
  EXPECT_TRUE(scale.hold(0, 10, 2 * SteadyScale::kShrinkAfterNs + 1'000'000'000));
  EXPECT_EQ(scale.scale().high, 10);
}

TEST(SteadyScaleTest, BeginsAnewWithOtherData) {
  SteadyScale scale(up_to, {0, 5, {}});
  scale.hold(0, 1'000, 0);
  EXPECT_TRUE(scale.begin(0, 7, 1));
  EXPECT_EQ(scale.scale().high, 7);
}

TEST(SteadyScaleTest, LockedItKeepsAndThenKnowsWhatCameMeanwhile) {
  SteadyScale scale(up_to, {0, 5, {}});
  scale.lock(true);
  EXPECT_FALSE(scale.hold(0, 50, 0));
  EXPECT_EQ(scale.scale().high, 5);
  scale.lock(false);
  EXPECT_TRUE(scale.hold(0, 1, 1));
  EXPECT_EQ(scale.scale().high, 50);
}

TEST(TimeViewTest, ThePointerRestsOnThePlaceWhileLiveTimeMoves) {
  TimeView view;
  view.show({kThen, kThen + 10 * kNsPerSecond}, true);
  view.point_at(kThen + 5 * kNsPerSecond);
  view.pin(kThen + 4 * kNsPerSecond);
  view.show({kThen + kNsPerSecond, kThen + 11 * kNsPerSecond}, true);
  EXPECT_EQ(view.cursor(), kThen + 6 * kNsPerSecond);
  EXPECT_EQ(view.first_pin(), kThen + 4 * kNsPerSecond) << "a pin is in a moment";
}

TEST(TimeViewTest, AChoiceThatIsTooShortIsWidenedOnBothSides) {
  TimeView view;
  QSignalSpy wanted(&view, &TimeView::wanted);
  view.choose({kThen, kThen + 2});
  ASSERT_EQ(wanted.size(), 1);
  const auto chosen = wanted[0][0].value<metrics::TimeStretch>();
  EXPECT_EQ(chosen.begin_ns, kThen + 1 - TimeView::kShortestNs / 2);
  EXPECT_EQ(chosen.end_ns, chosen.begin_ns + TimeView::kShortestNs);
}

TEST(TimeRulerTest, TextsNeverOverlapOrStickOut) {
  application();
  TimeView view;
  TimeRuler ruler(&view);
  for (const int points : {9, 12, 16}) {
    QFont font = ruler.font();
    font.setPointSize(points);
    ruler.setFont(font);
    for (const int width : {200, 350, 600, 900, 2560}) {
      ruler.resize(width, ruler.sizeHint().height());
      for (std::uint64_t length = 5; length < 40'000'000; length *= 3) {
        view.show({kThen, kThen + length * kNsPerSecond}, false);
        for (const double part : {0.0, 0.01, 0.5, 0.99, 1.0}) {
          view.point_at(kThen + static_cast<std::uint64_t>(static_cast<double>(length) * part) *
                                    kNsPerSecond);
          const auto texts = ruler.texts();
          EXPECT_GE(texts.size(), 1);
          for (qsizetype i = 0; i < texts.size(); ++i) {
            EXPECT_TRUE(QRectF(ruler.rect()).contains(texts[i].rect))
                << width << ' ' << texts[i].text.toStdString();
            for (qsizetype k = 0; k < i; ++k) {
              EXPECT_FALSE(texts[i].rect.intersects(texts[k].rect))
                  << width << ' ' << texts[i].text.toStdString() << ' '
                  << texts[k].text.toStdString();
            }
          }
        }
      }
    }
  }
}

}  // namespace
}  // namespace goxel_telemetry::viewer
