// SPDX-License-Identifier: GPL-3.0-or-later
// Histogram, heat map and their page: by what they draw, say and emit. Runs at one and at two pixels a point.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <QKeyEvent>
#include <QLabel>
#include <QMouseEvent>
#include <QPainter>
#include <QRadioButton>
#include <QTest>
#include <QTranslator>
#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>
#include <ctime>
#include <string>
#include <tuple>
#include <vector>

#include "tests/viewer-qt/application.h"
#include "viewer-qt/charts/heat_map.h"
#include "viewer-qt/charts/heat_ramp.h"
#include "viewer-qt/charts/histogram_chart.h"
#include "viewer-qt/pages/distribution_page.h"
#include "viewer-qt/theme.h"

namespace goxel_telemetry::viewer {
namespace {

using metrics::Histogram;
using testing::ElementsAre;
using testing::HasSubstr;

constexpr std::uint64_t kMs = 1'000'000;
constexpr std::uint64_t kSecond = metrics::kNsPerSecond;
constexpr std::uint64_t kBegin = 1'764'096'360;  // 2025-11-25 18:46:00 UTC, a multiple of 60

Histogram histogram_of(std::uint64_t count, std::uint64_t ns) {
  Histogram latency;
  for (std::uint64_t i = 0; i < count; ++i) latency.record(ns);
  return latency;
}

// As many at the lower as at the upper end of a bucket, so that its middle is the mean.
void record_evenly(Histogram& latency, int pairs, std::uint64_t lowest_ns) {
  for (int i = 0; i < pairs; ++i) {
    latency.record(lowest_ns);
    latency.record(Histogram::highest_in(Histogram::bucket_of(lowest_ns)));
  }
}

// A hundred requests: 26 with a mean of 1,204,223.5 ns, 50 of 2,007,039.5 ns, 24 of 4,014,079.5 ns; 228.0 ms together.
Distribution three_peaks() {
  Distribution shown;
  record_evenly(shown.latency, 13, 73 << 14);
  record_evenly(shown.latency, 25, 122 << 14);
  record_evenly(shown.latency, 12, 122 << 15);
  shown.range = {kBegin * kSecond, (kBegin + 60) * kSecond};
  shown.columns = {{kBegin, 60, 60, shown.latency}};
  return shown;
}

// A request of a millisecond in every second; the columns `unwatched` to 9 further were not watched.
Distribution seconds_of(std::uint32_t count, std::uint32_t unwatched = UINT32_MAX - 10) {
  Distribution shown;
  for (std::uint32_t i = 0; i < count; ++i) {
    const bool watched = i < unwatched || i >= unwatched + 10;
    shown.columns.push_back(
        {kBegin + i, 1, watched ? 1.0 : 0, watched ? histogram_of(1, kMs) : Histogram()});
    shown.latency.merge(shown.columns.back().latency);
  }
  shown.range = {kBegin * kSecond, (kBegin + count) * kSecond};
  return shown;
}

QPalette palette_of(const QColor& base, const QColor& text) {
  QPalette palette(text, base);
  for (const auto role : {QPalette::Base, QPalette::Window}) palette.setColor(role, base);
  for (const auto role : {QPalette::Text, QPalette::WindowText}) palette.setColor(role, text);
  return palette;
}
QPalette light() {
  return palette_of(Qt::white, Qt::black);
}
QPalette dark() {
  return palette_of(QColor(0x1E, 0x1E, 0x20), QColor(0xE8, 0xE8, 0xE8));
}

void send_mouse(QWidget& widget, QEvent::Type type, QPoint at, Qt::MouseButton button,
                Qt::MouseButtons buttons) {
  QMouseEvent event(type, at, widget.mapToGlobal(at), button, buttons, Qt::NoModifier);
  QApplication::sendEvent(&widget, &event);
}
void press(QWidget& widget, QPoint at) {
  send_mouse(widget, QEvent::MouseButtonPress, at, Qt::LeftButton, Qt::LeftButton);
}
void move(QWidget& widget, QPoint at, Qt::MouseButtons buttons = Qt::LeftButton) {
  send_mouse(widget, QEvent::MouseMove, at, Qt::NoButton, buttons);
}
void release(QWidget& widget, QPoint at) {
  send_mouse(widget, QEvent::MouseButtonRelease, at, Qt::LeftButton, Qt::NoButton);
}
void drag(QWidget& widget, QPoint from, QPoint to) {
  press(widget, from);
  move(widget, to);
  release(widget, to);
}
void hover(QWidget& widget, QPoint at) {
  move(widget, at, Qt::NoButton);
}
void press_key(QWidget& widget, int key, Qt::KeyboardModifiers modifiers = Qt::NoModifier) {
  QKeyEvent event(QEvent::KeyPress, key, modifiers);
  QApplication::sendEvent(&widget, &event);
}
void release_shift(QWidget& widget) {
  QKeyEvent event(QEvent::KeyRelease, Qt::Key_Shift, Qt::NoModifier);
  QApplication::sendEvent(&widget, &event);
}

// The share of pixels that stand out from `base`, and do so with 3 : 1 of contrast.
double visible_share(const QImage& picture, const QRect& rect, const QColor& base) {
  const double ratio = picture.devicePixelRatio();
  const QRect pixels =
      QRectF(rect.x() * ratio, rect.y() * ratio, rect.width() * ratio, rect.height() * ratio)
          .toRect();
  int visible = 0;
  for (int x = pixels.left(); x <= pixels.right(); ++x) {
    for (int y = pixels.top(); y <= pixels.bottom(); ++y) {
      if (theme::contrast(picture.pixelColor(x, y), base) >= 3) ++visible;
    }
  }
  return static_cast<double>(visible) / (pixels.width() * pixels.height());
}

// The pixel in the middle of a rectangle.
QColor color_at(const QImage& picture, const QRect& rect) {
  const double ratio = picture.devicePixelRatio();
  return picture.pixelColor(static_cast<int>((rect.left() + rect.width() / 2.0) * ratio),
                            static_cast<int>((rect.top() + rect.height() / 2.0) * ratio));
}

void expect_tidy(CellChart& chart) {
  const QList<CellChart::PaintedLabel> labels = chart.labels();
  for (qsizetype a = 0; a < labels.size(); ++a) {
    EXPECT_TRUE(chart.rect().contains(labels[a].rect)) << labels[a].text.toStdString();
    for (qsizetype b = a + 1; b < labels.size(); ++b) {
      EXPECT_FALSE(labels[a].rect.intersects(labels[b].rect))
          << labels[a].text.toStdString() << " | " << labels[b].text.toStdString();
    }
  }
}

std::vector<std::string> texts(CellChart& chart) {
  std::vector<std::string> all;
  for (const CellChart::PaintedLabel& label : chart.labels())
    all.push_back(label.text.toStdString());
  return all;
}

class DistributionCharts : public testing::Test {
 protected:
  DistributionCharts() {
    application();
    setenv("TZ", "UTC", 1);
    tzset();
  }
  // Only who has the focus has a cursor.
  static void show_with_focus(QWidget& window, QWidget& widget) {
    window.show();
    window.activateWindow();
    widget.setFocus();
    ASSERT_TRUE(QTest::qWaitForWindowActive(&window));
    ASSERT_TRUE(widget.hasFocus());
  }
};

class HistogramChartTest : public DistributionCharts {
 protected:
  HistogramChartTest() {
    chart_.resize(800, 300);
    QObject::connect(
        &chart_, &HistogramChart::durations_chosen, &chart_,
        [this](std::uint64_t low, std::uint64_t high) { chosen_.emplace_back(low, high); });
    QObject::connect(&chart_, &CellChart::brush_cleared, &chart_, [this] { ++cleared_; });
  }
  void show(const Distribution& shown) {
    grid_ = grid_for(shown, std::nullopt);
    chart_.show(shown, grid_);
  }
  // Of the first and the last column of pixels of a bar, as high as the plot. A bar begins at the pixel after the gap.
  QPoint left_of(int bar) const { return {chart_.bar_rect(bar).left(), 200}; }
  QPoint right_of(int bar) const { return {chart_.bar_rect(bar).right(), 200}; }

  HistogramChart chart_;
  DurationGrid grid_;
  std::vector<std::pair<std::uint64_t, std::uint64_t>> chosen_;
  int cleared_ = 0;
};

// 26 * 1,204,223.5 ns are 31.3 ms; what is longer takes 196.7 of 228.0 ms.
TEST_F(HistogramChartTest, SaysTheExactFiguresOfTheBarUnderThePointer) {
  show(three_peaks());
  EXPECT_EQ(chart_.reading(), "Drag to choose requests by how long they took");
  hover(chart_, left_of(grid_.bar_of(1'200'000)));
  EXPECT_EQ(chart_.reading(),
            "1.15 to 1.25 ms: 26 requests, 26.0 %, 31.3 ms; longer: 74.0 % of the requests, 86.3 % "
            "of the time");
  EXPECT_EQ(chart_.accessibleDescription(), chart_.reading());
  hover(chart_, right_of(grid_.bar_of(1'200'000)) + QPoint(30, 0));
  EXPECT_THAT(chart_.reading().toStdString(), HasSubstr(": no request; longer: 74.0 %"));
  QEvent leave(QEvent::Leave);
  QApplication::sendEvent(&chart_, &leave);
  EXPECT_EQ(chart_.reading(), "Drag to choose requests by how long they took");
}

TEST_F(HistogramChartTest, ADragBrushesTheBarsWhereItBeginsAndEnds) {
  show(three_peaks());
  const int first = grid_.bar_of(1'200'000);
  const int last = grid_.bar_of(2'000'000);
  drag(chart_, right_of(first), left_of(last));
  drag(chart_, right_of(last), left_of(first));  // the other way round
  const std::pair both(grid_.low_ns(first), grid_.high_ns(last));
  EXPECT_THAT(chosen_, ElementsAre(both, both));
  EXPECT_EQ(both.first, 70U << 14);
  EXPECT_EQ(both.second, (128U << 14) - 1);
  QEvent leave(QEvent::Leave);
  QApplication::sendEvent(&chart_, &leave);
  // 26 * 1,204,223.5 + 50 * 2,007,039.5 ns
  EXPECT_EQ(chart_.reading(), "Chosen: 1.15 to 2.10 ms: 76 requests, 76.0 %, 132 ms");
}

TEST_F(HistogramChartTest, ADragThatLeavesThePlotEndsAtItsEdge) {
  show(three_peaks());
  const int first = grid_.bar_of(4'000'000);
  drag(chart_, left_of(first), {5'000, -100});
  EXPECT_THAT(chosen_,
              ElementsAre(std::pair(grid_.low_ns(first), grid_.high_ns(grid_.bars() - 1))));
}

TEST_F(HistogramChartTest, AClickChoosesNothing) {
  show(three_peaks());
  press(chart_, left_of(grid_.bar_of(4'000'000)));
  move(chart_, left_of(grid_.bar_of(4'000'000)) + QPoint(1, 1));
  release(chart_, left_of(grid_.bar_of(4'000'000)));
  EXPECT_TRUE(chosen_.empty());
  EXPECT_EQ(chart_.brush(), std::nullopt);
}

TEST_F(HistogramChartTest, WhatTookLongerThanTheLastBucketIsChosenWithoutAnEnd) {
  Distribution shown = three_peaks();
  shown.latency.record(200 * kSecond);
  show(shown);
  const int beyond = grid_.bars();
  EXPECT_FALSE(chart_.bar_rect(beyond).isNull());
  EXPECT_THAT(texts(chart_), testing::Contains("> 137 s"));
  hover(chart_, left_of(beyond));
  EXPECT_EQ(chart_.reading(), "longer than 2 min 17 s: 1 request, 0.99 %, 3 min 20 s");
  drag(chart_, left_of(beyond), right_of(beyond));
  EXPECT_THAT(chosen_, ElementsAre(std::pair<std::uint64_t, std::uint64_t>{Histogram::kHighest + 1,
                                                                           UINT64_MAX}));
}

TEST_F(HistogramChartTest, KeysPointAndBrushAsTheMouseDoes) {
  show(three_peaks());
  show_with_focus(chart_, chart_);
  const int fullest = grid_.bar_of(2'000'000);
  press_key(chart_, Qt::Key_Right);  // shows where the cursor is
  EXPECT_THAT(chart_.reading().toStdString(), HasSubstr("1.92 to 2.10 ms: 50 requests"));
  press_key(chart_, Qt::Key_Left);
  press_key(chart_, Qt::Key_Right, Qt::ShiftModifier);
  press_key(chart_, Qt::Key_Right, Qt::ShiftModifier);
  EXPECT_TRUE(chosen_.empty());
  release_shift(chart_);
  EXPECT_THAT(chosen_,
              ElementsAre(std::pair(grid_.low_ns(fullest - 1), grid_.high_ns(fullest + 1))));
  press_key(chart_, Qt::Key_Home);
  press_key(chart_, Qt::Key_Return);
  EXPECT_EQ(chosen_.back(), std::pair(grid_.low_ns(0), grid_.high_ns(0)));
  press_key(chart_, Qt::Key_End);
  press_key(chart_, Qt::Key_Right);
  press_key(chart_, Qt::Key_Return);
  EXPECT_EQ(chosen_.back(),
            std::pair(grid_.low_ns(grid_.bars() - 1), grid_.high_ns(grid_.bars() - 1)));
}

TEST_F(HistogramChartTest, EscapeGivesUpADragAndThenClears) {
  show(three_peaks());
  const int bar = grid_.bar_of(2'000'000);
  drag(chart_, left_of(bar), right_of(bar));
  press(chart_, left_of(bar));
  move(chart_, right_of(bar) + QPoint(200, 0));
  press_key(chart_, Qt::Key_Escape);
  move(chart_, right_of(bar) + QPoint(100, 0));
  release(chart_, right_of(bar) + QPoint(100, 0));
  EXPECT_EQ(chosen_.size(), 1U);
  EXPECT_TRUE(chart_.brush());
  EXPECT_EQ(cleared_, 0);
  press_key(chart_, Qt::Key_Escape);
  EXPECT_FALSE(chart_.brush());
  EXPECT_EQ(cleared_, 1);
  // With nothing to clear the key is for others.
  QKeyEvent event(QEvent::KeyPress, Qt::Key_Escape, Qt::NoModifier);
  QApplication::sendEvent(&chart_, &event);
  EXPECT_FALSE(event.isAccepted());
  EXPECT_EQ(cleared_, 1);
}

TEST_F(HistogramChartTest, ADoubleClickClears) {
  show(three_peaks());
  const int bar = grid_.bar_of(2'000'000);
  drag(chart_, left_of(bar), right_of(bar));
  for (int again = 0; again < 2; ++again) {
    send_mouse(chart_, QEvent::MouseButtonDblClick, left_of(bar), Qt::LeftButton, Qt::LeftButton);
    EXPECT_FALSE(chart_.brush());
    EXPECT_EQ(cleared_, 1);
  }
}

// Data that come while somebody drags do not move where the drag began, nor what is brushed.
TEST_F(HistogramChartTest, NewDataMoveNeitherDragNorBrushNorPointer) {
  show(three_peaks());
  const std::uint64_t low = grid_.low_ns(grid_.bar_of(1'200'000));
  press(chart_, left_of(grid_.bar_of(1'200'000)));
  move(chart_, left_of(grid_.bar_of(2'000'000)));
  Distribution wider = three_peaks();
  wider.latency.record(90 * kMs);
  show(wider);
  move(chart_, left_of(grid_.bar_of(4'000'000)));
  release(chart_, left_of(grid_.bar_of(4'000'000)));
  const std::uint64_t high = grid_.high_ns(grid_.bar_of(4'000'000));
  EXPECT_THAT(chosen_, ElementsAre(std::pair(low, high)));
  wider.latency.record(kSecond);
  show(wider);
  ASSERT_TRUE(chart_.brush());
  EXPECT_EQ(chart_.brush()->durations, (Durations{low, high}));
  EXPECT_EQ(chosen_.size(), 1U);
  EXPECT_EQ(cleared_, 0);
  hover(chart_, left_of(grid_.bar_of(2'000'000)));
  wider.latency.record(2'000'000);
  show(wider);
  EXPECT_THAT(chart_.reading().toStdString(), HasSubstr(": 51 requests"));
}

TEST_F(HistogramChartTest, BarsAreAsHighAsTheirCountsOrTheirTime) {
  show(three_peaks());
  const auto height = [this](std::uint64_t ns) {
    return chart_.bar_rect(grid_.bar_of(ns)).height();
  };
  EXPECT_NEAR(height(1'200'000), height(2'000'000) * 26 / 50.0, 1);
  EXPECT_NEAR(height(4'000'000), height(2'000'000) * 24 / 50.0, 1);
  chart_.set_quantity(HistogramChart::Quantity::time);  // 31.3, 100.4 and 96.3 ms
  EXPECT_NEAR(height(1'200'000), height(2'000'000) * 31.31 / 100.35, 1);
  EXPECT_NEAR(height(4'000'000), height(2'000'000) * 96.34 / 100.35, 1);
  EXPECT_THAT(texts(chart_), testing::Contains("100 ms"));
  chart_.set_quantity(HistogramChart::Quantity::count);
  chart_.set_scale(HistogramChart::Scale::log);  // from a half
  EXPECT_NEAR(height(1'200'000), height(2'000'000) * std::log(52) / std::log(100), 1);
  EXPECT_THAT(texts(chart_), testing::IsSupersetOf({"1", "10", "100"}));
}

TEST_F(HistogramChartTest, OneRequestShowsBesideAMillion) {
  Distribution shown;
  shown.latency = histogram_of(1'000'000, kMs);
  shown.latency.record(80 * kMs);
  show(shown);
  chart_.setPalette(light());
  const QRect bar = chart_.bar_rect(grid_.bar_of(80 * kMs));
  EXPECT_GE(bar.height(), 2);
  // Beside the mark of the longest, which may lie on it.
  const QImage picture = chart_.grab().toImage();
  EXPECT_GE(theme::contrast(color_at(picture, QRect(bar.left() + 2, bar.top(), 1, 1)), Qt::white),
            3);
}

TEST_F(HistogramChartTest, WhatIsNotBrushedStaysVisible) {
  show(three_peaks());
  const int bar = grid_.bar_of(4'000'000);
  for (const QPalette& palette : {light(), dark()}) {
    chart_.setPalette(palette);
    const QRect low = chart_.bar_rect(grid_.bar_of(1'200'000));
    const QColor before = color_at(chart_.grab().toImage(), low);
    chart_.set_brush(CellChart::Area{{}, {grid_.low_ns(bar), grid_.high_ns(bar)}});
    const QColor after = color_at(chart_.grab().toImage(), low);
    EXPECT_NE(before, after);
    EXPECT_GE(theme::contrast(after, palette.color(QPalette::Base)), 3);
    chart_.set_brush(std::nullopt);
  }
}

TEST_F(HistogramChartTest, MarksSayWhereThePercentilesAndTheTargetAre) {
  Distribution shown = three_peaks();
  shown.target_ns = 3 * kMs;
  show(shown);
  EXPECT_THAT(texts(chart_),
              testing::IsSupersetOf({"p50 2.01 ms", "p95, p99 4.01 ms", "target 3.00 ms"}));
  shown.latency = histogram_of(5, kMs);
  show(shown);
  EXPECT_THAT(texts(chart_), testing::Contains("p50, p95, p99 1.00 ms"));
  expect_tidy(chart_);
}

TEST_F(HistogramChartTest, ABaselineOfTwiceAsManyRequestsIsDrawnAsIfOfAsMany) {
  Distribution shown = three_peaks();
  shown.baseline = three_peaks().latency;
  shown.baseline->merge(*shown.baseline);
  shown.baseline_name = "yester\u202Eday";
  show(shown);
  EXPECT_EQ(chart_.reading(),
            "Line: yester<U+202E>day, as if of as many requests. Drag to choose requests by how "
            "long they took");
  hover(chart_, left_of(grid_.bar_of(2'000'000)));
  EXPECT_THAT(chart_.reading().toStdString(), testing::EndsWith("; yester<U+202E>day: 50.0 %"));
  const QRect bar = chart_.bar_rect(grid_.bar_of(2'000'000));
  show(three_peaks());
  EXPECT_EQ(chart_.bar_rect(grid_.bar_of(2'000'000)), bar);
}

TEST_F(HistogramChartTest, NothingIsSaidInWords) {
  show(Distribution());
  EXPECT_THAT(texts(chart_), testing::Contains("No answered request"));
  for (int bar = 0; bar < grid_.bars(); ++bar) EXPECT_TRUE(chart_.bar_rect(bar).isNull());
  hover(chart_, {400, 200});
  EXPECT_THAT(chart_.reading().toStdString(), testing::EndsWith(": no request"));
  chart_.grab();
}

TEST_F(HistogramChartTest, LabelsAreTidyAtAnySize) {
  Distribution shown = three_peaks();
  shown.target_ns = 3 * kMs;
  shown.latency.record(200 * kSecond);
  for (const QSize size :
       {QSize(60, 40), QSize(150, 90), QSize(320, 130), QSize(900, 300), QSize(2560, 1000)}) {
    chart_.resize(size);
    for (const auto quantity : {HistogramChart::Quantity::count, HistogramChart::Quantity::time}) {
      for (const auto scale : {HistogramChart::Scale::linear, HistogramChart::Scale::log}) {
        chart_.set_quantity(quantity);
        chart_.set_scale(scale);
        show(shown);
        expect_tidy(chart_);
        chart_.grab();
      }
    }
  }
}

class HeatMapTest : public DistributionCharts {
 protected:
  using Picked = std::tuple<std::uint64_t, std::uint64_t, std::uint64_t, std::uint64_t>;

  HeatMapTest() {
    map_.setPalette(light());
    map_.resize(1'000, 300);
    QObject::connect(&map_, &HeatMap::picked, &map_,
                     [this](std::uint64_t from, std::uint64_t to, std::uint64_t low,
                            std::uint64_t high) { picked_.emplace_back(from, to, low, high); });
  }
  void show(const Distribution& shown) {
    grid_ = grid_for(shown, std::nullopt);
    map_.show(shown, grid_);
  }
  QRect cell(std::size_t column, std::uint64_t ns) const {
    return map_.cell_rect(column, grid_.bar_of(ns));
  }

  HeatMap map_;
  DurationGrid grid_;
  std::vector<Picked> picked_;
};

TEST_F(HeatMapTest, ASingleRequestIsVisibleAtAnySizeOnLightAndOnDark) {
  for (const std::uint32_t columns : {1U, 60U, 300U, 5'000U}) {
    // Many requests of a millisecond, and in the middle two that took longer.
    Distribution shown = seconds_of(columns);
    for (DistributionColumn& column : shown.columns) column.latency.merge(histogram_of(2'000, kMs));
    shown.columns[columns / 2].latency.record(9 * kSecond);
    shown.columns[columns / 2].latency.record(100 * kMs);
    for (const QPalette& palette : {light(), dark()}) {
      map_.setPalette(palette);
      for (const QSize size :
           {QSize(90, 60), QSize(301, 107), QSize(1'000, 300), QSize(1'777, 900)}) {
        map_.resize(size);
        show(shown);
        const std::uint64_t at = kBegin + columns / 2;
        std::size_t column = 0;
        while (map_.column(column).end_seconds <= at) ++column;
        const QImage picture = map_.grab().toImage();
        // A point more: at two pixels a point a row may begin within one.
        for (const std::uint64_t ns : {9 * kSecond, 100 * kMs}) {
          const QRect around = cell(column, ns).adjusted(0, -1, 0, 1);
          EXPECT_GT(visible_share(picture, around, palette.color(QPalette::Base)), 0)
              << columns << " columns, " << size.width() << " wide";
        }
      }
    }
  }
}

// A single request has as little contrast as is allowed.
TEST_F(HeatMapTest, ABrushDoesNotTouchTheColours) {
  show(seconds_of(30));
  const QColor before = color_at(map_.grab().toImage(), cell(2, kMs));
  map_.set_brush(
      CellChart::Area{{(kBegin + 10) * kSecond, (kBegin + 20) * kSecond}, {0, UINT64_MAX}});
  const QImage picture = map_.grab().toImage();
  EXPECT_EQ(color_at(picture, cell(2, kMs)), before);
  EXPECT_EQ(color_at(picture, cell(15, kMs)), before);
}

TEST_F(HeatMapTest, NotWatchedNothingAndFewLookDifferent) {
  Distribution shown = seconds_of(30, 10);
  shown.columns[25].latency = {};
  shown.columns[27].covered_seconds = 0.5;
  show(shown);
  const QImage picture = map_.grab().toImage();
  // A point less on each side: at two pixels a point a cell may begin within one.
  const auto inked = [&](const QRect& rect) {
    return visible_share(picture, rect.adjusted(1, 1, -1, -1), Qt::white);
  };
  EXPECT_EQ(inked(cell(2, kMs)), 1);   // one request
  EXPECT_EQ(inked(cell(25, kMs)), 0);  // nothing
  EXPECT_EQ(inked(cell(2, 800'000)), 0);
  EXPECT_GT(inked(cell(12, 800'000)), 0.1);  // hatched
  EXPECT_LT(inked(cell(12, 800'000)), 0.4);
  const QRect plot = map_.plot_rect();
  const auto below = [&](std::size_t column) {
    const QRect first = map_.cell_rect(column, 0);
    return QRect(first.left() + 1, plot.bottom() + 3, first.width() - 2, 4);
  };
  EXPECT_EQ(inked(below(27)), 1);  // watched in part
  EXPECT_EQ(inked(below(26)), 0);
  EXPECT_THAT(texts(map_), testing::IsSupersetOf({"none", "not watched", "watched in part"}));
  hover(map_, cell(12, kMs).center());
  EXPECT_EQ(map_.reading(), "18:46:12 to 18:46:13: not watched");
  hover(map_, cell(27, kMs).center());
  EXPECT_EQ(
      map_.reading(),
      "18:46:27 to 18:46:28, 958 µs to 1.05 ms: 1 request of 1; watched for 500 ms of 1.00 s");
}

TEST_F(HeatMapTest, TimeWithoutAColumnIsNotWatched) {
  Distribution shown = seconds_of(30);
  shown.columns.erase(shown.columns.begin() + 10, shown.columns.begin() + 20);
  shown.range.end_ns += 10 * kSecond;
  show(shown);
  const QImage picture = map_.grab().toImage();
  const QRect plot = map_.plot_rect();
  // 40 s: a hole from 10 to 20, nothing from 30 on. Hatched: in a row of pixels there are both inked and blank ones.
  const auto inked_at = [&](double second) {
    int pixels = 0;
    const int y = static_cast<int>((plot.top() + 20) * picture.devicePixelRatio());
    const double left = (plot.left() + plot.width() * second / 40) * picture.devicePixelRatio();
    for (int x = 0; x < 20; ++x) {
      if (picture.pixelColor(static_cast<int>(left) + x, y) != QColor(Qt::white)) ++pixels;
    }
    return pixels;
  };
  EXPECT_EQ(inked_at(5), 0);
  EXPECT_GT(inked_at(15), 0);
  EXPECT_LT(inked_at(15), 10);
  EXPECT_EQ(inked_at(25), 0);
  EXPECT_GT(inked_at(35), 0);
}

TEST_F(HeatMapTest, ADragPicksTheCellsWhereItBeginsAndEnds) {
  show(seconds_of(30));
  const int low = grid_.bar_of(700'000);
  const int high = grid_.bar_of(2 * kMs);
  const Picked wanted((kBegin + 4) * kSecond, (kBegin + 8) * kSecond, grid_.low_ns(low),
                      grid_.high_ns(high));
  drag(map_, map_.cell_rect(4, high).topLeft(), map_.cell_rect(7, low).bottomRight());
  drag(map_, map_.cell_rect(7, high).topRight(), map_.cell_rect(4, low).bottomLeft());
  drag(map_, map_.cell_rect(4, low).bottomRight(), map_.cell_rect(7, high).topLeft());
  EXPECT_THAT(picked_, ElementsAre(wanted, wanted, wanted));
  QEvent leave(QEvent::Leave);
  QApplication::sendEvent(&map_, &leave);
  EXPECT_THAT(map_.reading().toStdString(), HasSubstr("Chosen: 18:46:04 to 18:46:08, "));
  EXPECT_THAT(map_.reading().toStdString(), testing::EndsWith(": 4 requests"));
}

TEST_F(HeatMapTest, KeysPickAsTheMouseDoes) {
  show(seconds_of(30));
  show_with_focus(map_, map_);
  const int bar = grid_.bar_of(kMs);
  press_key(map_, Qt::Key_Left);  // shows where the cursor is: the last second that has any
  EXPECT_THAT(map_.reading().toStdString(),
              testing::StartsWith("18:46:29 to 18:46:30, 958 µs to 1.05 ms"));
  press_key(map_, Qt::Key_Left);
  press_key(map_, Qt::Key_Return);
  EXPECT_EQ(picked_.back(), Picked((kBegin + 28) * kSecond, (kBegin + 29) * kSecond,
                                   grid_.low_ns(bar), grid_.high_ns(bar)));
  press_key(map_, Qt::Key_Left, Qt::ShiftModifier);
  press_key(map_, Qt::Key_Up, Qt::ShiftModifier);
  press_key(map_, Qt::Key_Up, Qt::ShiftModifier);
  release_shift(map_);
  EXPECT_EQ(picked_.back(), Picked((kBegin + 27) * kSecond, (kBegin + 29) * kSecond,
                                   grid_.low_ns(bar), grid_.high_ns(bar + 2)));
  EXPECT_EQ(picked_.size(), 2U);
}

// A live view: each second one column leaves and one comes.
TEST_F(HeatMapTest, TimeThatGoesOnMovesNeitherDragNorCursor) {
  Distribution shown = seconds_of(30);
  show(shown);
  show_with_focus(map_, map_);
  const auto next = [&] {
    shown.columns.erase(shown.columns.begin());
    shown.columns.push_back({shown.columns.back().begin_seconds + 1, 1, 1, {}});
    shown.range.begin_ns += kSecond;
    shown.range.end_ns += kSecond;
    map_.show(shown, grid_);
  };
  press_key(map_, Qt::Key_Left);
  next();
  EXPECT_THAT(map_.reading().toStdString(), testing::StartsWith("18:46:29 to 18:46:30, "));
  press(map_, cell(10, kMs).center());  // second 11
  move(map_, cell(14, kMs).center());
  next();
  move(map_, cell(14, kMs).center());  // second 16 by now
  release(map_, cell(14, kMs).center());
  ASSERT_EQ(picked_.size(), 1U);
  EXPECT_EQ(std::get<0>(picked_[0]), (kBegin + 11) * kSecond);
  EXPECT_EQ(std::get<1>(picked_[0]), (kBegin + 17) * kSecond);
}

TEST_F(HeatMapTest, LinesUpWithOtherCharts) {
  show(seconds_of(30));
  map_.set_plot_margins(120, 40);
  EXPECT_EQ(map_.plot_rect().left(), 120);
  EXPECT_EQ(map_.plot_rect().right() + 1, 960);
  EXPECT_EQ(cell(15, kMs).left(), 120 + 840 / 2);
  // Twice as long: what is known takes the first half.
  map_.set_range(metrics::TimeStretch{kBegin * kSecond, (kBegin + 60) * kSecond});
  EXPECT_EQ(cell(15, kMs).left(), 120 + 840 / 4);
  // A part of it: columns outside are not drawn.
  map_.set_range(metrics::TimeStretch{(kBegin + 10) * kSecond, (kBegin + 20) * kSecond});
  EXPECT_EQ(cell(15, kMs).left(), 120 + 840 / 2);
  EXPECT_EQ(cell(15, kMs).width(), 84);
  EXPECT_TRUE(cell(5, kMs).isEmpty());
}

TEST_F(HeatMapTest, ManyColumnsAreMergedWithoutLosingARequest) {
  Distribution shown = seconds_of(5'000);
  show(shown);
  EXPECT_LE(map_.columns(), 333U);
  std::uint64_t count = 0;
  for (std::size_t i = 0; i < map_.columns(); ++i) {
    count += map_.column(i).count;
    EXPECT_GE(map_.cell_rect(i, 0).width(), 2) << i;
  }
  EXPECT_EQ(count, 5'000U);
  // 970 pixels or less, three each: 20 s are the first round number above 5000 / 323.
  EXPECT_THAT(texts(map_), testing::Contains("20 requests in a cell of 20.0 s"));
  hover(map_, cell(3, kMs).center());
  EXPECT_EQ(map_.reading(), "18:47:00 to 18:47:20, 958 µs to 1.05 ms: 20 requests of 20");
}

// The strongest colour never stands for less than the fullest cell has.
TEST_F(HeatMapTest, TheLegendCountsUpToTheFullestCell) {
  Distribution shown = seconds_of(30);
  show(shown);
  EXPECT_THAT(texts(map_), testing::Contains("10 requests in a cell of 1.00 s"));
  shown.columns[3].latency = histogram_of(501, kMs);
  show(shown);
  EXPECT_THAT(texts(map_), testing::IsSupersetOf({"1", "1,000 requests in a cell of 1.00 s"}));
}

TEST_F(HeatMapTest, WhatTookLongerThanTheLastBucketHasARowOnTop) {
  Distribution shown = seconds_of(30);
  shown.columns[3].latency.record(200 * kSecond);
  show(shown);
  EXPECT_THAT(texts(map_), testing::Contains("> 137 s"));
  const QRect top = map_.cell_rect(3, grid_.bars());
  EXPECT_EQ(top.top(), map_.plot_rect().top());
  hover(map_, top.center());
  EXPECT_EQ(map_.reading(), "18:46:03 to 18:46:04, longer than 2 min 17 s: 1 request of 2");
  drag(map_, top.topLeft(), top.bottomRight());
  EXPECT_THAT(picked_, ElementsAre(Picked((kBegin + 3) * kSecond, (kBegin + 4) * kSecond,
                                          Histogram::kHighest + 1, UINT64_MAX)));
}

TEST_F(HeatMapTest, ABrushOfOtherCellsSaysThatItMayBeLess) {
  show(seconds_of(30));
  map_.set_brush(CellChart::Area{{kBegin * kSecond, (kBegin + 3) * kSecond}, {kMs, 2 * kMs}});
  EXPECT_THAT(map_.reading().toStdString(), testing::EndsWith(": at most 3 requests"));
  EXPECT_TRUE(picked_.empty());
}

TEST_F(HeatMapTest, NothingToShowIsHatchedAndPicksNothing) {
  show(Distribution());
  map_.grab();
  drag(map_, {300, 100}, {500, 150});
  press_key(map_, Qt::Key_Left);
  press_key(map_, Qt::Key_Return);
  EXPECT_TRUE(picked_.empty());
  EXPECT_EQ(map_.columns(), 0U);
}

TEST_F(HeatMapTest, LabelsAreTidyAtAnySize) {
  Distribution shown = seconds_of(300, 100);
  shown.columns[3].latency.record(200 * kSecond);
  shown.columns[5].covered_seconds = 0.1;
  for (const QSize size :
       {QSize(60, 40), QSize(150, 90), QSize(320, 130), QSize(900, 300), QSize(2560, 1000)}) {
    map_.resize(size);
    show(shown);
    expect_tidy(map_);
    map_.grab();
  }
}

// CIE 1976 lightness, another measure than the one the ramp is made with.
double lightness(const QColor& color) {
  const double luminance = 1.05 / theme::contrast(color, Qt::white) - 0.05;
  return luminance > 0.008856 ? 116 * std::cbrt(luminance) - 16 : 903.3 * luminance;
}

TEST(HeatRamp, EveryStepStandsOutFromTheBaseAndFromTheOneBefore) {
  for (const QPalette& palette :
       {light(), dark(), palette_of(QColor(0xF2, 0xF2, 0xF2), Qt::black),
        palette_of(QColor(0x2D, 0x2D, 0x30), Qt::white), palette_of(Qt::black, Qt::white)}) {
    const HeatRamp ramp(palette);
    const QColor base = palette.color(QPalette::Base);
    constexpr int kSteps = 8;
    EXPECT_GE(theme::contrast(ramp.at(0), base), 3.1);
    EXPECT_LE(theme::contrast(ramp.at(0), base), 4.0);  // and leaves room for the others
    const double whole = std::abs(lightness(ramp.at(1)) - lightness(ramp.at(0)));
    EXPECT_GE(whole, 30);
    for (int step = 1; step <= kSteps; ++step) {
      const QColor before = ramp.at((step - 1.0) / kSteps);
      const QColor after = ramp.at(static_cast<double>(step) / kSteps);
      EXPECT_GT(theme::contrast(after, base), theme::contrast(before, base)) << step;
      EXPECT_NEAR(std::abs(lightness(after) - lightness(before)), whole / kSteps,
                  whole / kSteps * 0.3)
          << step;
    }
  }
}

TEST(HeatRamp, CountsStandOnALogarithmicScaleFromOne) {
  EXPECT_EQ(heat_share(1, 1'000), 0);
  EXPECT_NEAR(heat_share(10, 1'000), 1.0 / 3, 1e-12);
  EXPECT_EQ(heat_share(1'000, 1'000), 1);
  EXPECT_EQ(heat_most(0), 10U);
  EXPECT_EQ(heat_most(10), 10U);
  EXPECT_EQ(heat_most(11), 20U);
  EXPECT_EQ(heat_most(201), 500U);
  EXPECT_EQ(heat_most(501), 1'000U);
}

// Makes each text of ours two fifths longer.
class LongerWords : public QTranslator {
 public:
  bool isEmpty() const override { return false; }
  QString translate(const char* /*context*/, const char* text, const char* /*disambiguation*/,
                    int /*n*/) const override {
    const QString words = QString::fromUtf8(text);
    return words + QString(words.size() * 2 / 5, QLatin1Char('m'));
  }
};

class DistributionPageTest : public DistributionCharts {
 protected:
  static QRadioButton* button(const DistributionPage& page, const QString& text) {
    for (QRadioButton* button : page.findChildren<QRadioButton*>()) {
      if (button->text() == text) return button;
    }
    return nullptr;
  }
};

TEST_F(DistributionPageTest, ShowsTheSentenceAndPassesOnWhatIsChosen) {
  DistributionPage page;
  page.resize(900, 600);
  int cleared = 0;
  std::vector<std::uint64_t> seen;
  QObject::connect(&page, &DistributionPage::durations_chosen, &page,
                   [&](std::uint64_t low, std::uint64_t high) {
                     seen = {low, high};
                   });
  QObject::connect(
      &page, &DistributionPage::picked, &page,
      [&](std::uint64_t from, std::uint64_t to, std::uint64_t low, std::uint64_t high) {
        seen = {from, to, low, high};
      });
  QObject::connect(&page, &DistributionPage::brush_cleared, &page, [&] { ++cleared; });
  page.show(seconds_of(30));
  page.grab();
  EXPECT_THAT(page.findChild<QLabel*>()->text().toStdString(),
              testing::StartsWith("30 answered requests, 18:46:00"));
  const QRect cell = page.heat_map().cell_rect(3, 0);
  drag(page.heat_map(), cell.topLeft(), cell.bottomRight());
  const std::vector<std::uint64_t> picked = seen;
  ASSERT_EQ(picked.size(), 4U);
  EXPECT_EQ(picked[0], (kBegin + 3) * kSecond);
  EXPECT_EQ(picked[1], (kBegin + 4) * kSecond);
  // The histogram shows the durations that were picked; a choice there takes its place.
  ASSERT_TRUE(page.histogram().brush());
  EXPECT_EQ(page.histogram().brush()->durations, (Durations{picked[2], picked[3]}));
  press_key(page.histogram(), Qt::Key_Left);
  press_key(page.histogram(), Qt::Key_Right, Qt::ShiftModifier);
  release_shift(page.histogram());
  EXPECT_EQ(seen.size(), 2U);
  EXPECT_FALSE(page.heat_map().brush());
  press_key(page.histogram(), Qt::Key_Escape);
  EXPECT_EQ(cleared, 1);
  EXPECT_FALSE(page.histogram().brush());
}

TEST_F(DistributionPageTest, ABrushFromOutsideIsShownWithoutASignal) {
  DistributionPage page;
  page.show(seconds_of(30));
  int signals_seen = 0;
  QObject::connect(&page, &DistributionPage::durations_chosen, &page, [&] { ++signals_seen; });
  QObject::connect(&page, &DistributionPage::picked, &page, [&] { ++signals_seen; });
  QObject::connect(&page, &DistributionPage::brush_cleared, &page, [&] { ++signals_seen; });
  page.set_brush(Durations{kMs, 2 * kMs},
                 metrics::TimeStretch{kBegin * kSecond, (kBegin + 3) * kSecond});
  EXPECT_TRUE(page.histogram().brush());
  EXPECT_TRUE(page.heat_map().brush());
  page.set_brush(std::nullopt, std::nullopt);
  EXPECT_FALSE(page.histogram().brush());
  EXPECT_FALSE(page.heat_map().brush());
  EXPECT_EQ(signals_seen, 0);
}

TEST_F(DistributionPageTest, TheControlsChangeTheBars) {
  DistributionPage page;
  page.resize(900, 600);
  page.show(three_peaks());
  page.grab();
  const DurationGrid grid = grid_for(three_peaks(), std::nullopt);
  const auto height = [&](std::uint64_t ns) {
    return page.histogram().bar_rect(grid.bar_of(ns)).height();
  };
  // 24 of 50, and 96.3 of 100.4 ms.
  const int by_count = height(4'000'000);
  EXPECT_LT(by_count * 2, height(2'000'000));
  button(page, "Time spent")->click();
  EXPECT_GT(height(4'000'000) * 10, height(2'000'000) * 9);
  button(page, "Counts")->click();
  EXPECT_EQ(height(4'000'000), by_count);
  button(page, "Log")->click();
  EXPECT_GT(height(4'000'000) * 10, height(2'000'000) * 8);
}

TEST_F(DistributionPageTest, LiveDataKeepFocusAndBarsWhereTheyAre) {
  DistributionPage page;
  page.resize(900, 600);
  Distribution shown = three_peaks();
  page.show(shown);
  show_with_focus(page, page.heat_map());
  const int bar = grid_for(shown, std::nullopt).bar_of(2'000'000);
  const int left = page.histogram().bar_rect(bar).left();
  shown.latency.record(3'000'000);
  page.show(shown);
  EXPECT_TRUE(page.heat_map().hasFocus());
  EXPECT_EQ(page.histogram().bar_rect(grid_for(shown, std::nullopt).bar_of(2'000'000)).left(),
            left);
}

TEST_F(DistributionPageTest, FitsWithLargeFontsAndLongWords) {
  LongerWords longer;
  const QFont before = QApplication::font();
  Distribution shown = seconds_of(300, 100);
  shown.operation = "goxel.a_rather_long_name_of_an_operation";
  shown.target_ns = 2 * kMs;
  shown.latency.record(200 * kSecond);
  shown.columns[5].latency.record(200 * kSecond);
  for (const bool longer_words : {false, true}) {
    if (longer_words) QApplication::installTranslator(&longer);
    for (const int points : {9, 12, 16}) {
      QFont font = before;
      font.setPointSize(points);
      QApplication::setFont(font);
      DistributionPage page;
      page.show(shown);
      for (const QSize size : {QSize(900, 540), QSize(1'440, 900), QSize(2'560, 1'440)}) {
        page.resize(size);
        page.grab();
        EXPECT_LE(page.minimumSizeHint().width(), 900) << points;
        EXPECT_EQ(page.size(), size) << points;
        expect_tidy(page.histogram());
        expect_tidy(page.heat_map());
        for (const QRadioButton* button : page.findChildren<QRadioButton*>()) {
          EXPECT_GE(button->width(), button->sizeHint().width()) << button->text().toStdString();
        }
        const auto* sentence = page.findChild<QLabel*>();
        EXPECT_GE(sentence->height(), sentence->heightForWidth(sentence->width()));
      }
    }
  }
  QApplication::removeTranslator(&longer);
  QApplication::setFont(before);
}

}  // namespace
}  // namespace goxel_telemetry::viewer
