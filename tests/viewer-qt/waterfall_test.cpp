// SPDX-License-Identifier: GPL-3.0-or-later
#include "viewer-qt/charts/waterfall.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <QKeyEvent>
#include <QScrollBar>
#include <QSignalSpy>
#include <QTest>
#include <algorithm>

#include "tests/viewer-qt/application.h"
#include "tests/viewer-qt/labels.h"
#include "tests/viewer-qt/records_samples.h"

namespace goxel_telemetry::viewer {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;

ShownSpan span(const QString& layer, std::uint64_t start_ns, std::uint64_t duration_ns,
               std::uint32_t depth = 0) {
  ShownSpan one;
  one.layer = layer;
  one.ink = theme::Ink::daemon;
  one.operation = "goxel.add_voxel";
  one.key = {"4-layer", "", layer.toStdString(), "goxel.add_voxel"};
  one.status = "ok";
  one.start_ns = start_ns;
  one.duration_ns = one.own_ns = duration_ns;
  one.depth = depth;
  one.rank = metrics::Rank{0.992, 3'412, false};
  return one;
}

ShownTrace trace_of(std::vector<ShownSpan> spans, std::uint64_t number = 1) {
  ShownTrace trace;
  trace.number = number;
  trace.title = "goxel.add_voxel";
  trace.spans = std::move(spans);
  return trace;
}

class WaterfallTest : public testing::Test {
 protected:
  WaterfallTest() {
    application();
    waterfall_ = std::make_unique<Waterfall>();
    waterfall_->setFrameShape(QFrame::NoFrame);
    waterfall_->resize(900, 400);
    waterfall_->show();
  }

  std::vector<std::string> texts() const {
    std::vector<std::string> all;
    for (const PaintedText& one : waterfall_->painted_texts())
      all.push_back(one.text.toStdString());
    return all;
  }
  void press(Qt::Key key) { QTest::keyClick(waterfall_.get(), key); }
  QPoint middle_of(int span) const { return waterfall_->bar(span).center(); }
  QColor pixel(const QPoint& place) const { return waterfall_->grab().toImage().pixelColor(place); }

  std::unique_ptr<Waterfall> waterfall_;
};

TEST_F(WaterfallTest, WithoutARecordItSaysSo) {
  EXPECT_THAT(texts(), IsEmpty());
  EXPECT_EQ(waterfall_->accessibleDescription(), "No record is chosen.");
  EXPECT_EQ(waterfall_->current(), -1);
  press(Qt::Key_Down);
  EXPECT_EQ(waterfall_->current(), -1);
}

TEST_F(WaterfallTest, EachSpanHasItsNameItsLayerItsTimesAndItsRank) {
  ShownSpan outer = span("mcp-client", 0, 10 * kMs);
  outer.operation = "goxel_add_voxels";
  outer.own_ns = 4 * kMs;
  outer.rank = metrics::Rank{1, 3'412, true};
  waterfall_->show_trace(trace_of({outer, span("daemon", 2 * kMs, 6 * kMs, 1)}));
  EXPECT_THAT(texts(),
              testing::IsSupersetOf({"goxel_add_voxels", "mcp-client", "10.0 ms, own 4.00 ms",
                                     "slowest of 3,412", "goxel.add_voxel", "daemon", "6.00 ms",
                                     "slower than 99.2 %"}));
}

// 10 ms at 900 pixels: the bar of 6 ms that begins at 2 ms is 0.6 of the one of 10 ms, and begins at 0.2 of it.
TEST_F(WaterfallTest, BarsStandAtTheirTimes) {
  waterfall_->show_trace(
      trace_of({span("mcp-client", 0, 10 * kMs), span("daemon", 2 * kMs, 6 * kMs, 1)}));
  const QRect outer = waterfall_->bar(0);
  const QRect inner = waterfall_->bar(1);
  EXPECT_NEAR(inner.left() - outer.left(), 0.2 * outer.width(), 1.5);
  EXPECT_NEAR(inner.width(), 0.6 * outer.width(), 1.5);
  EXPECT_GT(inner.top(), outer.bottom());
  EXPECT_EQ(pixel(inner.center()), theme::ink(theme::Ink::daemon, waterfall_->palette()));
}

TEST_F(WaterfallTest, ASpanLiesFurtherInThanTheOneThatItLiesIn) {
  waterfall_->show_trace(
      trace_of({span("mcp-client", 0, 10 * kMs), span("daemon", 2 * kMs, 6 * kMs, 1)}));
  std::vector<int> left;
  for (const PaintedText& one : waterfall_->painted_texts()) {
    if (one.text == "mcp-client" || one.text == "daemon") left.push_back(one.rect.left());
  }
  ASSERT_EQ(left.size(), 2u);
  EXPECT_GT(left[1], left[0]);
}

TEST_F(WaterfallTest, ASpanWithoutADurationIsSeen) {
  waterfall_->show_trace(
      trace_of({span("mcp-client", 0, 10 * kMs), span("daemon", 10 * kMs, 0, 1)}));
  const QRect bar = waterfall_->bar(1);
  EXPECT_GE(bar.width(), 2);
  EXPECT_LE(bar.right(), waterfall_->bar(0).right() + bar.width());
  EXPECT_EQ(pixel(bar.center()), theme::ink(theme::Ink::daemon, waterfall_->palette()));
}

TEST_F(WaterfallTest, IfNothingTookAnyTimeThereIsStillAScale) {
  waterfall_->show_trace(trace_of({span("daemon", 0, 0)}));
  EXPECT_THAT(texts(), Contains(testing::HasSubstr(" µs"))) << "of a microsecond";
  EXPECT_LT(waterfall_->bar(0).width(), 10);
}

TEST_F(WaterfallTest, TheScaleHasRoundTicks) {
  waterfall_->show_trace(trace_of({span("daemon", 0, 12'345'678)}));
  std::vector<std::string> ticks = texts();
  ticks.resize(static_cast<std::size_t>(std::find(ticks.begin(), ticks.end(), "goxel.add_voxel") -
                                        ticks.begin()));
  EXPECT_THAT(ticks,
              testing::AnyOf(ElementsAre("0 ms", "2 ms", "4 ms", "6 ms", "8 ms", "10 ms", "12 ms"),
                             ElementsAre("0 ms", "5 ms", "10 ms"), ElementsAre("0 ms", "10 ms")));
}

TEST_F(WaterfallTest, WhatHappenedOutsideOfTheSpanIsDrawnAndNamed) {
  ShownTrace trace = trace_of({span("daemon", 0, 6 * kMs)});
  trace.outside = OutsideTimes{0, 1 * kMs, 3 * kMs, 2 * kMs};
  waterfall_->show_trace(trace);
  EXPECT_THAT(texts(), Contains("received 1.00 ms, waited 3.00 ms, sent 2.00 ms"));
  // 12 ms in all: 4 before the span, 2 after it.
  const QRect bar = waterfall_->bar(0);
  const int before = waterfall_->bar(0).left();
  trace.outside = OutsideTimes{};
  waterfall_->show_trace(trace);
  const QRect alone = waterfall_->bar(0);
  EXPECT_NEAR(bar.width(), alone.width() * 0.5, 2);
  EXPECT_NEAR(before - alone.left(), alone.width() / 3.0, 2);
  EXPECT_THAT(texts(), Contains(testing::HasSubstr("received")).Times(0));
}

TEST_F(WaterfallTest, WhatFailedHasAWord) {
  ShownSpan failed = span("daemon", 0, kMs);
  failed.failed = true;
  failed.status = "error -32601";
  waterfall_->show_trace(trace_of({failed}));
  EXPECT_THAT(texts(), Contains("✗ error -32601"));
  EXPECT_THAT(waterfall_->description(0).toStdString(), testing::HasSubstr("✗ error -32601"));
}

TEST_F(WaterfallTest, ADescriptionHasTheExactValues) {
  ShownSpan one = span("daemon", 1'234'567, 4'321'012, 1);
  one.own_ns = 321'012;
  one.error_us = 3;
  ShownTrace trace = trace_of({span("mcp-client", 0, 10 * kMs), one});
  trace.outside = OutsideTimes{1, 1, 2'000, 3};
  waterfall_->show_trace(trace);
  EXPECT_EQ(waterfall_->description(1),
            "goxel.add_voxel in daemon: ok\n"
            "4,321,012 ns, begins at 1,234,567 ns, ends at 5,555,579 ns\n"
            "321,012 ns of it are its own: no span below it covers them\n"
            "both ends may be off by 3 µs\n"
            "slower than 99.2 % of 3,412\n"
            "outside of the span: received in 1 ns, waited 2,000 ns, answer sent in 3 ns");
  EXPECT_EQ(waterfall_->description(2), "");
  EXPECT_EQ(waterfall_->description(-1), "");
}

TEST_F(WaterfallTest, TheRecordsOwnSpanIsSelectedFirst) {
  ShownTrace trace = trace_of({span("mcp-client", 0, 9 * kMs), span("daemon", kMs, 6 * kMs, 1)});
  trace.outside = OutsideTimes{1, 0, 0, 0};
  waterfall_->show_trace(trace);
  EXPECT_EQ(waterfall_->selected(), 1);
  EXPECT_EQ(waterfall_->accessibleDescription(), waterfall_->description(1));
}

TEST_F(WaterfallTest, KeysGoFromSpanToSpan) {
  waterfall_->show_trace(
      trace_of({span("mcp-client", 0, 90 * kMs), span("mcp-server", 1, 80 * kMs, 1),
                span("daemon", 2, 6 * kMs, 2), span("daemon", 30, 6 * kMs, 2)}));
  const QSignalSpy moved(waterfall_.get(), &Waterfall::current_changed);
  press(Qt::Key_Down);
  EXPECT_EQ(waterfall_->selected(), 1);
  press(Qt::Key_Right);
  EXPECT_EQ(waterfall_->selected(), 2) << "the first one in it";
  press(Qt::Key_Right);
  EXPECT_EQ(waterfall_->selected(), 2) << "nothing lies in it";
  press(Qt::Key_End);
  EXPECT_EQ(waterfall_->selected(), 3);
  press(Qt::Key_Down);
  EXPECT_EQ(waterfall_->selected(), 3);
  press(Qt::Key_Left);
  EXPECT_EQ(waterfall_->selected(), 1) << "the one that it lies in";
  press(Qt::Key_Up);
  press(Qt::Key_Up);
  EXPECT_EQ(waterfall_->selected(), 0);
  EXPECT_EQ(moved.size(), 5);
  EXPECT_EQ(waterfall_->accessibleDescription(), waterfall_->description(0));
  QSignalSpy activated(waterfall_.get(), &Waterfall::span_activated);
  press(Qt::Key_End);
  press(Qt::Key_Return);
  ASSERT_EQ(activated.size(), 1);
  EXPECT_EQ(activated.at(0).at(0).toInt(), 3);
}

TEST_F(WaterfallTest, TheMousePointsAtSpansAndSelectsThem) {
  waterfall_->show_trace(
      trace_of({span("mcp-client", 0, 9 * kMs), span("daemon", kMs, 6 * kMs, 1)}));
  QWidget* const viewport = waterfall_->viewport();
  QTest::mouseMove(viewport, middle_of(1));
  EXPECT_EQ(waterfall_->current(), 1);
  EXPECT_EQ(waterfall_->selected(), 0) << "only pointed at";
  const QImage pointed_at = waterfall_->grab().toImage();
  QEvent leave(QEvent::Leave);
  QApplication::sendEvent(viewport, &leave);
  EXPECT_EQ(waterfall_->current(), 0);
  EXPECT_NE(waterfall_->grab().toImage(), pointed_at) << "that is to be seen";
  QTest::mouseClick(viewport, Qt::LeftButton, {}, middle_of(1));
  EXPECT_EQ(waterfall_->selected(), 1);
  EXPECT_TRUE(waterfall_->tip_at(middle_of(1)).contains("daemon"));
  EXPECT_EQ(waterfall_->tip_at({5, 2}), "") << "on the axis";
}

TEST_F(WaterfallTest, ManySpansScrollToTheOneThatIsSelected) {
  std::vector<ShownSpan> spans = {span("mcp-client", 0, 1'000 * kMs)};
  for (std::uint64_t i = 1; i < metrics::kMostTracedSpans; ++i) {
    spans.push_back(span("daemon", i * kMs, kMs / 2, 1));
  }
  waterfall_->show_trace(trace_of(spans));
  EXPECT_TRUE(waterfall_->rect().contains(waterfall_->bar(0)));
  press(Qt::Key_End);
  const int last = static_cast<int>(metrics::kMostTracedSpans) - 1;
  EXPECT_TRUE(waterfall_->rect().contains(waterfall_->bar(last)));
  EXPECT_FALSE(waterfall_->rect().contains(waterfall_->bar(0)));
  press(Qt::Key_PageUp);
  EXPECT_LT(waterfall_->selected(), last - 1);
  EXPECT_TRUE(waterfall_->rect().contains(waterfall_->bar(waterfall_->selected())));
  press(Qt::Key_Home);
  EXPECT_EQ(waterfall_->verticalScrollBar()->value(), 0);
}

TEST_F(WaterfallTest, TheSelectedSpanStaysInViewWhenThereIsLessRoom) {
  std::vector<ShownSpan> spans(6, span("daemon", 0, kMs));
  waterfall_->show_trace(trace_of(spans));
  press(Qt::Key_End);
  EXPECT_TRUE(waterfall_->rect().contains(waterfall_->bar(5)));
  waterfall_->resize(900, 150);
  EXPECT_TRUE(waterfall_->rect().contains(waterfall_->bar(5)));
}

TEST_F(WaterfallTest, TheSameRecordsTraceLeavesWhatIsSelected) {
  const ShownTrace trace =
      trace_of({span("mcp-client", 0, 9 * kMs), span("daemon", kMs, 6 * kMs, 1)});
  waterfall_->show_trace(trace);
  press(Qt::Key_Down);
  waterfall_->show_trace(trace);
  EXPECT_EQ(waterfall_->selected(), 1);
  ShownTrace other = trace;
  other.number = 2;
  waterfall_->show_trace(other);
  EXPECT_EQ(waterfall_->selected(), 0);
  waterfall_->show_trace({});
  EXPECT_EQ(waterfall_->current(), -1);
}

// A name of a client may be anything: it is neither markup nor wider than its place.
TEST_F(WaterfallTest, HostileNamesAreTextThatIsElided) {
  ShownSpan one = span("daemon", 0, kMs);
  one.operation = "<b>&amp;" + QString(50, QChar(0xFDFD));  // the widest character there is
  one.layer = QString(300, 'w');
  waterfall_->resize(400, 300);
  waterfall_->show_trace(trace_of({one}));
  EXPECT_TRUE(waterfall_->tip_at(middle_of(0)).contains("&lt;b&gt;&amp;amp;"));
  const Labels labels(*waterfall_);
  EXPECT_THAT(labels.faults(), IsEmpty());
}

}  // namespace
}  // namespace goxel_telemetry::viewer
