// SPDX-License-Identifier: GPL-3.0-or-later
// The window and its pages by the state of their widgets: no daemon is watched.
#include "viewer-qt/main_window.h"

#include <gtest/gtest.h>
#include <QComboBox>
#include <QLabel>
#include <QLineEdit>
#include <QSignalSpy>
#include <QTabWidget>
#include <QTableView>
#include <QTest>
#include <QToolButton>
#include <QTreeView>
#include <algorithm>

#include "tests/viewer-qt/application.h"
#include "tests/viewer-qt/snapshots.h"
#include "viewer-qt/charts/elided_label.h"
#include "viewer-qt/charts/heat_map.h"
#include "viewer-qt/charts/time_chart.h"
#include "viewer-qt/models/changes.h"
#include "viewer-qt/models/operations_model.h"
#include "viewer-qt/models/records_model.h"
#include "viewer-qt/pages/black_box_page.h"
#include "viewer-qt/pages/distribution_page.h"
#include "viewer-qt/pages/elided_box.h"
#include "viewer-qt/pages/inflight_strip.h"
#include "viewer-qt/pages/records_page.h"
#include "viewer-qt/pages/slowdown_notice.h"
#include "viewer-qt/pages/value_label.h"
#include "viewer-qt/selection_bar.h"
#include "viewer-qt/theme.h"
#include "viewer-qt/waiting_page.h"

namespace goxel_telemetry::viewer {
namespace {

using metrics::kNsPerSecond;

class PageTest : public testing::Test {
 protected:
  PageTest() { application(); }
  template <class Widget = QLabel>
  static Widget* find(const QWidget& in, const char* name) {
    return in.findChild<Widget*>(name);
  }
};

TEST_F(PageTest, WaitingPageNamesWhoIsHereAsWhatTheyAre) {
  WaitingPage page;
  EXPECT_EQ(find(page, "heading")->text(), "Waiting for a daemon");
  EXPECT_EQ(find(page, "instances")->text(), "No daemon with telemetry has run here.");
  EXPECT_TRUE(find(page, "config")->text().contains("{ \"instance\": \"goxel\" }"));
  page.show_instances({{"a", "live", "goxel <b>"}, {"b", "", ""}, {"<c>", "dead", ""}});
  EXPECT_EQ(
      find(page, "instances")->text(),
      QString::fromUtf8("<a href=\"a\">a</a> – live, goxel &lt;b&gt;<br>"
                        "<a href=\"b\">b</a> – this user may not read it, or it is no segment<br>"
                        "<a href=\"&lt;c&gt;\">&lt;c&gt;</a> – dead<br>Choose one to watch it."));
  page.show_instances({});
  EXPECT_EQ(find(page, "instances")->text(), "No daemon with telemetry has run here.");
}

class Window : public PageTest {
 protected:
  Window() {
    window_.show();
    QCoreApplication::processEvents();
  }

  static FramePointer frame_of(const std::shared_ptr<metrics::Snapshot>& snapshot) {
    auto frame = std::make_shared<Frame>();
    frame->snapshot = *snapshot;
    frame->snapshot.taken_realtime_ns = metrics::Time::now().realtime_ns;
    static std::uint64_t revision = 0;
    frame->revision = ++revision;
    return frame;
  }
  void show(const std::shared_ptr<metrics::Snapshot>& snapshot) {
    window_.show_frame(frame_of(snapshot));
    QCoreApplication::processEvents();
  }
  // What the window asked last.
  Look asked() const { return asks_.isEmpty() ? Look() : asks_.back()[0].value<Look>(); }
  // An answer with so many columns of a second, the last of which ended now.
  ViewPointer answer(int columns) const {
    auto view = std::make_shared<View>();
    view->look = asked();
    const std::uint64_t now = metrics::Time::now().realtime_ns / kNsPerSecond * kNsPerSecond;
    view->range = view->look.selection.range.value_or(
        metrics::TimeStretch{now - static_cast<std::uint64_t>(columns) * kNsPerSecond, now});
    auto points = std::make_shared<TimePoints>();
    for (int i = 0; i < columns; ++i) {
      TimePoint& point = points->points.emplace_back();
      point.begin_ns = view->range.begin_ns + static_cast<std::uint64_t>(i) * kNsPerSecond;
      point.end_ns = point.begin_ns + kNsPerSecond;
      point.watched = true;
      point.records = point.answered = 100;
      point.per_second = 100;
      point.p50_ns = 250'000;
      point.p99_ns = 500'000;
      point.max_ns = 900'000;
    }
    view->points = points;
    return view;
  }
  const ValueLabel* figure(const QString& name) const {
    for (const ValueLabel* label : window_.findChildren<ValueLabel*>()) {
      if (label->accessibleName() == name) return label;
    }
    return nullptr;
  }
  const TimeChart* chart(const QString& name) const {
    for (const TimeChart* one : window_.findChildren<TimeChart*>()) {
      if (one->accessibleName().startsWith(name)) return one;  // an operation may follow
    }
    return nullptr;
  }
  QStringList chips() const { return window_.findChild<SelectionBar*>()->chips(); }
  QToolButton* button(const QString& text) const {
    QCoreApplication::processEvents();  // what is new in a layout is shown later
    for (QToolButton* one : window_.findChildren<QToolButton*>()) {
      if (one->text().startsWith(text) && one->isVisibleTo(&window_)) return one;
    }
    return nullptr;
  }
  void choose(const std::string& operation) {
    Selection selection = asked().selection;
    selection.operation = operation;
    window_.select(selection);
  }

  MainWindow window_{""};
  QSignalSpy asks_{&window_, &MainWindow::looks_at};
};

TEST_F(Window, ChoosingAnInstanceNamesTheWindowAfterIt) {
  EXPECT_EQ(window_.windowTitle(), "Goxel telemetry");
  QSignalSpy chosen(&window_, &MainWindow::instance_chosen);
  window_.show_instances({{"studio", "live", ""}});
  EXPECT_TRUE(find(window_, "instances")->text().contains("studio"));
  Q_EMIT find(window_, "instances")->linkActivated("studio");
  ASSERT_EQ(chosen.size(), 1);
  EXPECT_EQ(window_.windowTitle(), QString::fromUtf8("studio – Goxel telemetry"));
  EXPECT_EQ(find(window_, "heading")->text(), "Waiting for the daemon of instance \"studio\"");
}

TEST_F(Window, BesideAlertsThereAreNoChartsUntilThereIsADaemon) {
  const auto absent = std::make_shared<metrics::Snapshot>();
  EXPECT_TRUE(window_.turn_to("alerts"));
  show(absent);
  ASSERT_NE(chart("Latency"), nullptr);
  EXPECT_FALSE(chart("Latency")->isVisible());
  show(snapshot_of(1, "ping 100 250"));
  EXPECT_TRUE(chart("Latency")->isVisible());
  show(absent);
  EXPECT_TRUE(chart("Latency")->isVisible()) << "they have a past now";
}

TEST_F(Window, ShowsTheFrameInTheHeaderTheFiguresAndTheStrip) {
  const auto snapshot = snapshot_of(1, "ping 100 250");
  snapshot->ring.lost = 7;
  show(snapshot);
  EXPECT_TRUE(
      find<ValueLabel>(window_, "badge")->text().startsWith(QString::fromUtf8("● Live, 0.")));
  EXPECT_EQ(window_.windowTitle(), QString::fromUtf8("test: Live, p99 500 µs – Goxel telemetry"));
  ASSERT_NE(figure("Lost"), nullptr);
  EXPECT_EQ(figure("Lost")->text(), QString::fromUtf8("▲ 7"));
  EXPECT_EQ(figure("Lost")->palette().color(QPalette::WindowText), theme::ink(theme::Ink::warning));
  EXPECT_EQ(figure("Requests")->palette().color(QPalette::WindowText),
            window_.palette().color(QPalette::WindowText));
  EXPECT_TRUE(figure("Requests")->toolTip().contains("Since the daemon began"));
  EXPECT_EQ(window_.findChild<InflightStrip*>()->text(), "In flight: nothing");
}

TEST_F(Window, WhatEachRequestChangesIsShownAtOnceAndWindowsWithTheirSecond) {
  const auto snapshot = snapshot_of(1, "ping 100 250");
  auto first = std::make_shared<Frame>(*frame_of(snapshot));
  window_.show_frame(first);
  const QString requests = figure("Requests")->text();
  const QString p99 = figure("p99")->text();
  auto same_second = std::make_shared<Frame>(*first);
  same_second->snapshot.daemon.run_total.ok += 7;
  constexpr auto kMinute = static_cast<std::size_t>(metrics::Window::one_minute);
  same_second->snapshot.daemon.windows[kMinute].latency.p99_ns *= 3;
  window_.show_frame(same_second);
  EXPECT_NE(figure("Requests")->text(), requests);
  EXPECT_EQ(figure("p99")->text(), p99);
  auto next_second = std::make_shared<Frame>(*same_second);
  next_second->revision = first->revision + 1;
  window_.show_frame(next_second);
  EXPECT_NE(figure("p99")->text(), p99);
}

TEST_F(Window, ChartsShowTheAnswerToWhatWasAskedAndNoOther) {
  show(snapshot_of(1, "ping 100 250"));
  window_.show_view(answer(30));
  EXPECT_EQ(chart("Latency")->reading().toStdString(),
            "p50 250 µs, p99 500 µs, max 900 µs, of 100");
  EXPECT_EQ(chart("Throughput")->reading().toStdString(),
            "all 100/s, not ok 0/s, peak 0/s, count 100");
  const ViewPointer late = answer(5);
  choose("ping");
  EXPECT_EQ(asked().selection.operation, "ping");
  window_.show_view(late);
  EXPECT_EQ(chart("Latency")->plot().points->points.size(), 30u)
      << "an answer to the question before";
}

TEST_F(Window, PauseStopsAtWhatIsShownAndHomeGoesOn) {
  const auto snapshot = snapshot_of(1, "ping 100 250");
  snapshot->ring.published = 1'000;
  show(snapshot);
  const ViewPointer view = answer(30);
  window_.show_view(view);
  QTest::keyClick(&window_, Qt::Key_Space);
  ASSERT_TRUE(asked().selection.range);
  EXPECT_EQ(*asked().selection.range, view->range);
  snapshot->ring.published = 12'000;
  show(snapshot);
  EXPECT_TRUE(find<ValueLabel>(window_, "badge")->text().contains("11,000 new"))
      << find<ValueLabel>(window_, "badge")->text().toStdString();
  EXPECT_EQ(chips().size(), 1);
  QTest::keyClick(&window_, Qt::Key_Home);
  EXPECT_TRUE(asked().selection.is_live());
  EXPECT_TRUE(chips().isEmpty());
  EXPECT_TRUE(find<ValueLabel>(window_, "badge")->text().contains("Live"));
}

TEST_F(Window, ChipsTakeARestrictionAwayAndTheTrailBringsItBack) {
  show(snapshot_of(1, "ping 100 250"));
  Selection selection;
  selection.operation = "goxel.add_voxel";
  selection.stack = "4-layer";
  selection.status = StatusChoice::failed;
  window_.select(selection);
  EXPECT_EQ(chips(), (QStringList{QString::fromUtf8("goxel.add_voxel  ✕"),
                                  QString::fromUtf8("stack 4-layer  ✕"),
                                  QString::fromUtf8("only not ok  ✕")}));
  EXPECT_EQ(asked().selection, selection);
  QTest::mouseClick(button("stack 4-layer"), Qt::LeftButton);
  EXPECT_EQ(asked().selection.stack, "");
  EXPECT_EQ(chips().size(), 2);
  QTest::keyClick(&window_, Qt::Key_Left, Qt::AltModifier);
  EXPECT_EQ(asked().selection, selection);
  QTest::keyClick(&window_, Qt::Key_Right, Qt::AltModifier);
  EXPECT_EQ(asked().selection.stack, "");
}

TEST_F(Window, TheChoiceOfAStackStandsBesideTheChips) {
  auto frame = std::make_shared<Frame>(*frame_of(snapshot_of(1, "ping 100 250")));
  auto layers = std::make_shared<metrics::LayersView>();
  layers->stacks.resize(1);
  layers->stacks[0].stack = "2-layer";
  frame->layers = layers;
  window_.show_frame(frame);
  EXPECT_EQ(button("2-layer"), nullptr) << "there is nothing to choose";
  auto two = std::make_shared<metrics::LayersView>(*layers);
  two->stacks.resize(2);
  two->stacks[1].stack = "4-layer";
  auto next = std::make_shared<Frame>(*frame);
  next->layers = two;
  next->revision = frame->revision + 1;
  window_.show_frame(next);
  ASSERT_NE(button("4-layer"), nullptr);
  EXPECT_TRUE(button("both")->isChecked());
  button("4-layer")->click();
  EXPECT_EQ(asked().selection.stack, "4-layer");
  EXPECT_FALSE(button("both")->isChecked());
  button("both")->click();
  EXPECT_EQ(asked().selection.stack, "");
}

TEST_F(Window, TheChoiceOfAStatusRestrictsWhatIsAskedAndFollowsTheTrail) {
  show(snapshot_of(1, "ping 100 250"));
  QComboBox* choice = nullptr;
  for (QComboBox* one : window_.findChildren<QComboBox*>()) {
    if (one->accessibleName().contains("by how they ended")) choice = one;
  }
  ASSERT_NE(choice, nullptr);
  EXPECT_EQ(choice->currentText(), "ok or not");
  EXPECT_NE(choice->focusPolicy() & Qt::TabFocus, 0) << "keys reach it";
  QTest::keyClick(choice, Qt::Key_Down);
  EXPECT_EQ(asked().selection.status, StatusChoice::ok);
  QTest::keyClick(choice, Qt::Key_Down);
  EXPECT_EQ(asked().selection.status, StatusChoice::failed);
  EXPECT_EQ(chips(), QStringList(QString::fromUtf8("only not ok  ✕")));
  ASSERT_NE(button("only not ok"), nullptr);
  QTest::mouseClick(button("only not ok"), Qt::LeftButton);
  EXPECT_EQ(asked().selection.status, StatusChoice::any);
  EXPECT_EQ(choice->currentText(), "ok or not");
  QTest::keyClick(&window_, Qt::Key_Left, Qt::AltModifier);
  EXPECT_EQ(choice->currentText(), "not ok");
}

TEST_F(Window, OperationsAreAskedForWhileTheirPageIsOpenAndAClickedRowRestrictsAll) {
  show(snapshot_of(1, "ping 100 250"));
  EXPECT_EQ(asked().wanted, Wanted::charts);
  EXPECT_TRUE(window_.turn_to("operations"));
  EXPECT_FALSE(window_.turn_to("nonsense"));
  EXPECT_EQ(asked().wanted, Wanted::operations);
  auto view = std::make_shared<View>(*answer(30));
  auto groups = std::make_shared<std::vector<OperationGroup>>(2);
  (*groups)[0].sum.key.operation = "goxel.add_voxel";
  (*groups)[0].sum.share = 0.9;
  (*groups)[0].sum.busy_ns = 1;
  (*groups)[1].sum.key.operation = "ping";
  view->operations = groups;
  window_.show_view(view);
  auto* table = window_.findChild<QTreeView*>();
  ASSERT_EQ(table->model()->rowCount(), 2);
  EXPECT_TRUE(table->isColumnHidden(OperationsModel::kTarget)) << "none has a target";
  Q_EMIT table->clicked(table->model()->index(0, 0));
  EXPECT_EQ(asked().selection.operation, "goxel.add_voxel");
  EXPECT_TRUE(asked().selection.is_live());
  EXPECT_EQ(table->currentIndex().row(), 0);
}

// Of 10 s before and after: "fill" took 1 ms longer in the daemon, and nothing else changed.
std::shared_ptr<const Changes> slower() {
  auto changes = std::make_shared<Changes>();
  changes->after = {1'780'000'010 * kNsPerSecond, 1'780'000'020 * kNsPerSecond};
  changes->before = {1'780'000'000 * kNsPerSecond, 1'780'000'010 * kNsPerSecond};
  metrics::AddedTime found;
  found.level = 0.95;
  metrics::OwnTimeChange& row = found.own_times.emplace_back();
  row.stack = "4-layer";
  row.operation = "fill";
  row.layer = "daemon";
  row.own_time = {.a = 2e6,
                  .b = 3e6,
                  .shift = 1e6,
                  .low = 9e5,
                  .high = 1.1e6,
                  .p = 0.001,
                  .change = metrics::Change::more};
  row.added_per_second = 4e6;
  found.total.before = 8e6;
  found.total.after = 12e6;
  found.total.by_own_time = 4e6;
  changes->found = found;
  return changes;
}

TEST_F(Window, WhatGotSlowerOpensByItselfAndNamesOperationAndLayer) {
  show(snapshot_of(1, "ping 100 250"));
  window_.show_slowdown();
  EXPECT_EQ(asked().wanted, Wanted::changes);
  EXPECT_TRUE(asked().slowdown);
  auto view = std::make_shared<View>(*answer(30));
  view->changes = slower();
  window_.show_view(view);
  QTableView* table = nullptr;
  for (QTableView* one : window_.findChildren<QTableView*>()) {
    if (one->accessibleName().startsWith("What changed")) table = one;
  }
  ASSERT_NE(table, nullptr);
  EXPECT_TRUE(table->isVisibleTo(&window_));
  QStringList cells;
  for (int column = 0; column < ChangesModel::kColumnCount; ++column) {
    cells += table->model()->index(0, column).data().toString();
  }
  EXPECT_EQ(cells.join("|").toStdString(),
            "fill|daemon|4-layer|+4.00 ms/s|+1.00 ms|+900 µs to +1.10 ms|2.00 ms → 3.00 ms|slower, "
            "proven");
  Q_EMIT table->clicked(table->model()->index(0, 0));
  EXPECT_EQ(asked().selection.operation, "fill");
  EXPECT_EQ(asked().selection.layer, "daemon");
  EXPECT_EQ(asked().selection.stack, "4-layer");
}

TEST_F(Window, WhoLooksAtSomethingElseIsNotTornAway) {
  show(snapshot_of(1, "ping 100 250"));
  window_.turn_to("operations");
  window_.show_slowdown();
  EXPECT_EQ(asked().wanted, Wanted::operations);
  window_.turn_to("changes");
  choose("ping");
  window_.show_slowdown();
  EXPECT_EQ(asked().selection.operation, "ping");
  EXPECT_FALSE(asked().slowdown);
}

SlowdownPointer slowdown() {
  return std::make_shared<const Slowdown>(Slowdown{slower(), 0});
}

TEST_F(Window, WhatGetsSlowerLaterIsALineThatTakesNeitherPageNorFocus) {
  show(snapshot_of(1, "ping 100 250"));
  window_.turn_to("records");
  choose("ping");
  const Look before = asked();
  QWidget* const focus = window_.focusWidget();
  auto* line = window_.findChild<SlowdownNotice*>();
  EXPECT_FALSE(line->isVisibleTo(&window_));
  window_.note_slowdown(slowdown());
  EXPECT_TRUE(line->isVisibleTo(&window_));
  EXPECT_TRUE(line->findChild<ElidedLabel*>()->text().startsWith(
      "fill in daemon takes 1.00 ms longer since about "));
  EXPECT_EQ(asked(), before);
  EXPECT_EQ(window_.focusWidget(), focus);
  window_.note_slowdown(nullptr);
  EXPECT_FALSE(line->isVisibleTo(&window_)) << "it is so no longer";
}

TEST_F(Window, TheLineOfWhatGotSlowerIsPutAwayUntilThereIsAnotherOne) {
  show(snapshot_of(1, "ping 100 250"));
  auto* line = window_.findChild<SlowdownNotice*>();
  window_.note_slowdown(slowdown());
  ASSERT_NE(button("✕"), nullptr);
  button("✕")->click();
  EXPECT_FALSE(line->isVisibleTo(&window_));
  window_.note_slowdown(slowdown());
  EXPECT_TRUE(line->isVisibleTo(&window_));
}

TEST_F(Window, TheLineOfWhatGotSlowerOpensWhatWasFoundUntilSomethingElseIsLookedAt) {
  show(snapshot_of(1, "ping 100 250"));
  window_.turn_to("changes");
  auto* box = window_.findChild<ElidedBox*>();
  const auto open = [&] {
    window_.turn_to("records");
    choose("ping");
    QTest::keyClick(&window_, Qt::Key_Space);
    window_.note_slowdown(slowdown());
    button("Show what changed")->click();
    EXPECT_EQ(asked().wanted, Wanted::changes);
    EXPECT_TRUE(asked().slowdown);
    EXPECT_EQ(asked().selection, Selection());
    EXPECT_EQ(asked().baseline, "");
    EXPECT_EQ(box->currentIndex(), 0);
  };
  open();
  QTest::keyClick(&window_, Qt::Key_Left, Qt::AltModifier);
  EXPECT_FALSE(asked().slowdown);
  EXPECT_EQ(asked().selection.operation, "ping") << "the way back";
  open();
  window_.turn_to("overview");
  window_.turn_to("changes");
  EXPECT_FALSE(asked().slowdown);
  auto view = std::make_shared<View>(*answer(30));
  view->changes = slower();
  view->baselines = std::make_shared<KnownBaselines>(KnownBaselines{{{"good", "live", 1}}, ""});
  window_.show_view(view);
  QTest::keyClick(box, Qt::Key_Down);
  ASSERT_EQ(asked().baseline, "good");
  open();
  QTest::keyClick(box, Qt::Key_Down);
  EXPECT_FALSE(asked().slowdown);
  EXPECT_EQ(asked().baseline, "good");
}

TEST_F(Window, SpacePressesTheButtonThatHasTheFocusAndDoesNotPause) {
  show(snapshot_of(1, "ping 100 250"));
  choose("ping");
  QToolButton* const chip = button("ping");
  ASSERT_NE(chip, nullptr);
  window_.activateWindow();
  chip->setFocus();
  QTest::keyClick(chip, Qt::Key_Space);
  EXPECT_TRUE(chips().isEmpty());
  EXPECT_TRUE(asked().selection.is_live());
}

TEST_F(Window, ABaselineCanBeChosenToCompareWith) {
  show(snapshot_of(1, "ping 100 250"));
  window_.turn_to("changes");
  auto* box = window_.findChild<ElidedBox*>();
  ASSERT_NE(box, nullptr);
  const auto show_baselines = [&](const KnownBaselines& known) {
    auto view = std::make_shared<View>(*answer(30));
    view->changes = slower();
    view->baselines = std::make_shared<KnownBaselines>(known);
    window_.show_view(view);
  };
  show_baselines({{{"good", "live", 1}, {"older", "live", 1}}, "/x/bad.baseline is damaged"});
  ASSERT_EQ(box->count(), 3);
  EXPECT_EQ(asked().baseline, "");
  QTest::keyClick(box, Qt::Key_Down);
  EXPECT_EQ(asked().baseline, "good");
  EXPECT_TRUE(std::ranges::any_of(window_.findChildren<QLabel*>(), [this](const QLabel* label) {
    return label->text() == "/x/bad.baseline is damaged." && label->isVisibleTo(&window_);
  }));
  show_baselines({{{"older", "live", 1}}, ""});
  EXPECT_EQ(box->currentText(), "baseline good, not found") << "what is asked stays what is shown";
  EXPECT_EQ(asked().baseline, "good");
  QTest::keyClick(box, Qt::Key_Up);
  EXPECT_EQ(asked().baseline, "older");
  QTest::keyClick(box, Qt::Key_Up);
  EXPECT_EQ(asked().baseline, "");
}

// The page of distributions with 30 columns of a second, below charts that go on.
class HeatMapBelow : public Window {
 protected:
  HeatMapBelow() {
    show(snapshot_of(1, "ping 100 250"));
    window_.turn_to("distribution");
  }

  const HeatMap& map() const { return window_.findChild<DistributionPage*>()->heat_map(); }
  // Of requests that took `ns`, at so many a second.
  void show_charts(double per_second, std::uint64_t ns) {
    view_ = std::make_shared<View>(*answer(30));
    auto points = std::make_shared<TimePoints>(*view_->points);
    for (TimePoint& point : points->points) point.per_second = per_second;
    view_->points = points;
    view_->is_new = true;
    auto distribution = std::make_shared<Distribution>();
    distribution->range = view_->range;
    for (const TimePoint& point : points->points) {
      metrics::Histogram latency;
      latency.record(ns);
      distribution->latency.merge(latency);
      distribution->columns.push_back({point.begin_ns / kNsPerSecond, 1, 1, std::move(latency)});
    }
    view_->distribution = distribution;
    show_view();
  }
  void show_view() {
    window_.show_view(view_);
    settle();
  }
  static void settle() {
    for (int i = 0; i < 5; ++i) QCoreApplication::processEvents();
  }
  // The twelfth column of the heat map stands where the charts have it, so many columns from their left.
  void expect_below(int columns, const std::string& when) const {
    ASSERT_EQ(map().columns(), 30u);
    for (const char* name : {"Latency", "Throughput"}) {
      const QRectF plot = chart(name)->plot_area();
      const double in_chart =
          chart(name)->mapToGlobal(plot.topLeft()).x() + plot.width() * columns / 30;
      const int in_map = map().mapToGlobal(map().cell_rect(12, 0).topLeft()).x();
      EXPECT_NEAR(in_map, in_chart, 1) << name << ' ' << when;
    }
    EXPECT_GE(map().plot_rect().left(), map().wanted_left_margin()) << when;
  }

  std::shared_ptr<View> view_;
};

TEST_F(HeatMapBelow, ItsColumnsStandBelowTheChartsAlsoWhenTheirLabelsGrow) {
  show_charts(100, 1'000'000);
  expect_below(12, "at first");
  show_charts(8.8e11, 1'000'000);
  expect_below(12, "with long labels");
}

TEST_F(HeatMapBelow, TheChartsMakeRoomForItsLabels) {
  QFont large = window_.font();
  large.setPointSize(large.pointSize() * 2);
  window_.findChild<DistributionPage*>()->setFont(large);
  show_charts(1, 3'000'000'000'000);
  const double before = chart("Latency")->plot_area().left();
  ASSERT_GT(map().wanted_left_margin(), 0);
  expect_below(12, "with long labels of its own");
  EXPECT_GE(before, map().wanted_left_margin() - 16);
}

TEST_F(HeatMapBelow, ItGoesWithTheChartsBetweenItsOwnAnswers) {
  show_charts(100, 1'000'000);
  const auto distribution = view_->distribution;
  view_ = std::make_shared<View>(*view_);
  view_->is_new = false;
  view_->range.begin_ns += 5 * kNsPerSecond;
  view_->range.end_ns += 5 * kNsPerSecond;
  show_view();
  expect_below(12 - 5, "five seconds later");
}

TEST_F(HeatMapBelow, ItStandsThereAlsoIfTheChartsMovedWhileAnotherPageWasOpen) {
  show_charts(100, 1'000'000);
  window_.turn_to("records");
  show_charts(8.8e11, 1'000'000);
  window_.turn_to("distribution");
  settle();
  expect_below(12, "opened again");
}

TEST_F(HeatMapBelow, ItStandsThereInAWindowOfAnotherSizeToo) {
  show_charts(100, 1'000'000);
  window_.resize(1'000, 800);
  settle();
  expect_below(12, "narrower");
  window_.turn_to("records");
  window_.resize(1'300, 800);
  settle();
  window_.turn_to("distribution");
  settle();
  expect_below(12, "opened in a wider window");
}

TEST_F(Window, LookingIntoAMomentOpensWhatChangedAroundIt) {
  show(snapshot_of(1, "ping 100 250"));
  window_.show_view(answer(300));
  auto* latency = const_cast<TimeChart*>(chart("Latency"));
  QTest::keyClick(latency, Qt::Key_Return);
  EXPECT_EQ(asked().wanted, Wanted::changes);
  ASSERT_TRUE(asked().selection.range);
  EXPECT_EQ(asked().selection.range->end_ns - asked().selection.range->begin_ns, 60 * kNsPerSecond);
}

TEST_F(Window, ABrushIsAChip) {
  show(snapshot_of(1, "ping 100 250"));
  window_.turn_to("distribution");
  EXPECT_EQ(asked().wanted, Wanted::distribution);
  auto* page = window_.findChild<DistributionPage*>();
  Q_EMIT page->durations_chosen(1'000'000, 2'000'000);
  EXPECT_EQ(chips(), QStringList(QString::fromUtf8("records of 1.00 ms to 2.00 ms  ✕")));
  Q_EMIT page->brush_cleared();
  EXPECT_TRUE(chips().isEmpty());
  Q_EMIT page->picked(1'780'000'000 * kNsPerSecond, 1'780'000'060 * kNsPerSecond, 5, UINT64_MAX);
  EXPECT_EQ(chips().size(), 2);
  EXPECT_EQ(asked().selection.range->end_ns, 1'780'000'060 * kNsPerSecond);
}

RecordList one_record() {
  RecordList list;
  RankedRecord& row = list.rows.emplace_back();
  row.found.number = 7;
  row.found.record.operation = "goxel_add_voxel";
  row.found.record.layer = "daemon";
  row.found.record.duration_ns = 5'000'000;
  list.matched = 1;
  return list;
}

TEST_F(Window, TheTraceOfTheChosenRecordIsAskedForAndAnotherOrder) {
  show(snapshot_of(1, "ping 100 250"));
  window_.turn_to("records");
  EXPECT_EQ(asked().wanted, Wanted::records);
  QSignalSpy traces(&window_, &MainWindow::trace_wanted);
  auto view = std::make_shared<View>(*answer(30));
  view->records = std::make_shared<RecordList>(one_record());
  window_.show_view(view);
  ASSERT_EQ(traces.size(), 1);
  EXPECT_EQ(traces[0][0].value<metrics::FoundRecord>().number, 7u);
  auto* page = window_.findChild<RecordsPage*>();
  Q_EMIT page->order_chosen(RecordOrder::newest_first);
  EXPECT_EQ(asked().order, RecordOrder::newest_first);
  Q_EMIT page->operation_chosen({"2-layer", "", "daemon", "goxel_add_voxel"});
  EXPECT_EQ(asked().selection.operation, "goxel.add_voxel")
      << "the method whose work the tool does";
}

TEST_F(Window, BlackBoxOpensByItselfWhenTheDaemonDies) {
  auto* tabs = window_.findChild<QTabWidget*>();
  auto* page = window_.findChild<BlackBoxPage*>();
  show(snapshot_of(1, "ping 100 250"));
  EXPECT_FALSE(tabs->isTabVisible(tabs->indexOf(page))) << "nothing has died";
  auto end = std::make_shared<DaemonEnd>();
  end->snapshot = *snapshot_of(1, "ping 100 250");
  end->snapshot.daemon.state = shm::ProducerState::dead;
  end->snapshot.inflight.emplace_back().operation = "goxel.export_model";
  end->records = one_record();
  window_.show_end(end);
  EXPECT_EQ(tabs->currentWidget(), page);
  const auto tables = page->findChildren<QTableView*>();
  ASSERT_EQ(tables.size(), 2);
  EXPECT_EQ(tables[0]->model()->index(0, InflightModel::kOperation).data().toString(),
            "goxel.export_model");
  EXPECT_EQ(tables[1]->model()->index(0, RecordsModel::kOperation).data().toString(),
            "goxel_add_voxel");
  EXPECT_TRUE(std::ranges::any_of(page->findChildren<QLabel*>(), [](const QLabel* label) {
    return label->text().contains("killed or crashed");
  }));
}

TEST_F(Window, FindGoesToTheFieldOfTheOperations) {
  show(snapshot_of(1, "ping 100 250"));
  window_.activateWindow();
  QTest::keyClick(&window_, Qt::Key_F, Qt::ControlModifier);
  EXPECT_TRUE(window_.findChild<QLineEdit*>()->isVisibleTo(&window_));
}

TEST_F(Window, HeaderIsCalmOnlyWhileAllIsWell) {
  const auto look = [this](shm::ProducerState state, double silent_seconds) {
    const auto snapshot = snapshot_of(1, "ping 100 250");
    snapshot->daemon.state = state;
    snapshot->daemon.heartbeat_age_seconds = silent_seconds;
    show(snapshot);
    return find<ValueLabel>(window_, "badge")->parentWidget()->palette().color(QPalette::Window);
  };
  using shm::ProducerState;
  EXPECT_EQ(look(ProducerState::live, 0), window_.palette().color(QPalette::Base));
  EXPECT_EQ(find<ValueLabel>(window_, "badge")->palette().color(QPalette::WindowText),
            theme::ink(theme::Ink::good));
  EXPECT_EQ(look(ProducerState::live, 6), theme::ink(theme::Ink::warning));
  EXPECT_EQ(look(ProducerState::dead, 0), theme::ink(theme::Ink::bad));
  EXPECT_GE(
      theme::contrast(find<ValueLabel>(window_, "badge")->palette().color(QPalette::WindowText),
                      theme::ink(theme::Ink::bad)),
      4.5);
  EXPECT_EQ(look(ProducerState::retired, 0), theme::ink(theme::Ink::quiet));
}

TEST_F(Window, WhatSeemsStuckOpensTheStripAndWhoClosesItKeepsItClosed) {
  auto* strip = window_.findChild<InflightStrip*>();
  const auto snapshot = snapshot_of(1, "ping 100 250");
  snapshot->inflight.resize(2);
  snapshot->inflight[0].operation = "goxel.export_model";
  show(snapshot);
  EXPECT_FALSE(strip->is_open()) << "requests come and go";
  snapshot->inflight[0].age_ns = 2'000'000'000;
  show(snapshot);
  EXPECT_TRUE(strip->is_open());
  EXPECT_EQ(strip->text().toStdString(), "▲ In flight: 2, oldest 2.00 s, goxel.export_model");
  strip->findChild<QToolButton*>()->click();
  show(snapshot);
  EXPECT_FALSE(strip->is_open());
}

TEST_F(Window, WhatIsWrongWithThePastIsSaidInASentence) {
  show(snapshot_of(1, "ping 100 250"));
  auto view = std::make_shared<View>(*answer(3));
  view->message = "the past is not kept: no room";
  window_.show_view(view);
  const auto labels = window_.findChildren<QLabel*>();
  EXPECT_TRUE(std::any_of(labels.begin(), labels.end(), [this](const QLabel* label) {
    return label->text() == "The past is not kept: no room." && label->isVisibleTo(&window_);
  }));
}

TEST_F(Window, SaysWhenNobodySeesIt) {
  QSignalSpy shown(&window_, &MainWindow::shown_changed);
  window_.hide();
  ASSERT_EQ(shown.size(), 1);
  EXPECT_FALSE(shown[0][0].toBool());
  window_.show();
  EXPECT_TRUE(shown.back()[0].toBool());
}

TEST_F(Window, NothingAfterNowCanBeWanted) {
  show(snapshot_of(1, "ping 100 250"));
  window_.show_view(answer(30));
  QTest::keyClick(&window_, Qt::Key_Space);
  auto* latency = const_cast<TimeChart*>(chart("Latency"));
  for (int i = 0; i < 50; ++i) QTest::keyClick(latency, Qt::Key_Right, Qt::ControlModifier);
  EXPECT_LE(asked().selection.range->end_ns, metrics::Time::now().realtime_ns);
  EXPECT_EQ(asked().selection.range->end_ns - asked().selection.range->begin_ns, 30 * kNsPerSecond);
}

// Widgets that lay themselves out anew whenever they were laid out kept a processor busy.
class LayoutRequests : public QObject {
 public:
  int count = 0;

 protected:
  bool eventFilter(QObject*, QEvent* event) override {
    count += event->type() == QEvent::LayoutRequest;
    return false;
  }
};

TEST_F(Window, RestsWhileNothingChanges) {
  for (const QSize& size : {QSize(900, 600), QSize(1200, 800)}) {
    window_.resize(size);
    for (const QString& page : MainWindow::page_names()) {
      show(snapshot_of(1, "ping 100 250"));
      window_.show_view(answer(30));
      window_.turn_to(page);
      QTest::qWait(50);
      LayoutRequests requests;
      qApp->installEventFilter(&requests);
      for (int i = 0; i < 100; ++i) QCoreApplication::processEvents();
      qApp->removeEventFilter(&requests);
      EXPECT_LT(requests.count, 30) << page.toStdString() << ' ' << size.width();
    }
  }
}

TEST_F(Window, QuittingClosesTheWindow) {
  QTest::keyClick(&window_, Qt::Key_Q, Qt::ControlModifier);
  EXPECT_FALSE(window_.isVisible());
}

}  // namespace
}  // namespace goxel_telemetry::viewer
