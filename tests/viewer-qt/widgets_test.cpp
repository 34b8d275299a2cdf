// SPDX-License-Identifier: GPL-3.0-or-later
// Charts, pages and the window by the state of their widgets: nothing is drawn, no daemon is watched.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <QCategoryAxis>
#include <QChart>
#include <QChartView>
#include <QComboBox>
#include <QHeaderView>
#include <QLabel>
#include <QLegend>
#include <QLineSeries>
#include <QShortcut>
#include <QTableView>
#include <algorithm>
#include <cmath>

#include "tests/viewer-qt/application.h"
#include "tests/viewer-qt/snapshots.h"
#include "viewer-qt/charts/axis_scale.h"
#include "viewer-qt/charts/line_chart.h"
#include "viewer-qt/main_window.h"
#include "viewer-qt/models/figures.h"
#include "viewer-qt/models/operations_model.h"
#include "viewer-qt/theme.h"
#include "viewer-qt/waiting_page.h"

namespace goxel_telemetry::viewer {
namespace {

using testing::ElementsAre;

std::vector<std::string> labels(const AxisScale& scale) {
  std::vector<std::string> all;
  for (const Tick& tick : scale.ticks) all.push_back(tick.label.toStdString());
  return all;
}

// Each label stands where it says, and the outermost at the ends.
void expect_duration_scale(double least_ns, double most_ns, double low_ns, double high_ns,
                           const std::vector<std::pair<double, std::string>>& ticks) {
  const AxisScale scale = duration_scale(least_ns, most_ns);
  EXPECT_NEAR(scale.low, std::log10(low_ns), 1e-9);
  EXPECT_NEAR(scale.high, std::log10(high_ns), 1e-9);
  ASSERT_EQ(static_cast<std::size_t>(scale.ticks.size()), ticks.size());
  for (std::size_t i = 0; i < ticks.size(); ++i) {
    const Tick& tick = scale.ticks[static_cast<qsizetype>(i)];
    EXPECT_NEAR(tick.at, std::log10(ticks[i].first), 1e-9);
    EXPECT_EQ(tick.label.toStdString(), ticks[i].second);
  }
}

TEST(AxisScale, DurationsStandAtOneTwoAndFiveOfEachDecade) {
  expect_duration_scale(2e5, 2e6, 2e5, 2e6,
                        {{2e5, "200 µs"}, {5e5, "500 µs"}, {1e6, "1 ms"}, {2e6, "2 ms"}});
  expect_duration_scale(1e5, 1e7, 1e5, 1e7,
                        {{1e5, "100 µs"},
                         {2e5, "200 µs"},
                         {5e5, "500 µs"},
                         {1e6, "1 ms"},
                         {2e6, "2 ms"},
                         {5e6, "5 ms"},
                         {1e7, "10 ms"}});
}

TEST(AxisScale, BeyondTwoDecadesOnlyPowersOfTenAreNamed) {
  expect_duration_scale(1e5, 1.5e7, 1e5, 2e7, {{1e5, "100 µs"}, {1e6, "1 ms"}, {1e7, "10 ms"}});
  expect_duration_scale(1e3, 1e9, 1e3, 1e9,
                        {{1e3, "1 µs"},
                         {1e4, "10 µs"},
                         {1e5, "100 µs"},
                         {1e6, "1 ms"},
                         {1e7, "10 ms"},
                         {1e8, "100 ms"},
                         {1e9, "1 s"}});
}

// One step down, one up, until there are three.
TEST(AxisScale, ASingleDurationHasADecadeAroundIt) {
  expect_duration_scale(3e5, 3e5, 1e5, 1e6,
                        {{1e5, "100 µs"}, {2e5, "200 µs"}, {5e5, "500 µs"}, {1e6, "1 ms"}});
  expect_duration_scale(1e12, 1e12, 2e11, 2e12,
                        {{2e11, "200 s"}, {5e11, "500 s"}, {1e12, "1000 s"}, {2e12, "2000 s"}});
  expect_duration_scale(0, 0, 1, 10, {{1, "1 ns"}, {2, "2 ns"}, {5, "5 ns"}, {10, "10 ns"}});
}

TEST(AxisScale, RatesBeginAtZeroAndGoUpInAtMostFiveSteps) {
  EXPECT_THAT(labels(rate_scale(0)), ElementsAre("0", "1", "2", "3", "4", "5"));
  EXPECT_THAT(labels(rate_scale(10)), ElementsAre("0", "2", "4", "6", "8", "10"));
  EXPECT_THAT(labels(rate_scale(10.1)), ElementsAre("0", "5", "10", "15"));
  EXPECT_THAT(labels(rate_scale(10'000)),
              ElementsAre("0", "2,000", "4,000", "6,000", "8,000", "10,000"));
  EXPECT_EQ(rate_scale(10.1).low, 0);
  EXPECT_EQ(rate_scale(10.1).high, 15);
  EXPECT_EQ(rate_scale(10.1).ticks[1].at, 5);
}

TEST(AxisScale, TimeIsNamedAtEachQuarter) {
  const AxisScale scale = time_scale(120);
  EXPECT_EQ(scale.low, -120);
  EXPECT_EQ(scale.high, 0);
  EXPECT_EQ(scale.ticks, (QList<Tick>{{-120, QString::fromUtf8("−120 s")},
                                      {-90, QString::fromUtf8("−90 s")},
                                      {-60, QString::fromUtf8("−60 s")},
                                      {-30, QString::fromUtf8("−30 s")},
                                      {0, "now"}}));
}

class LineChartTest : public testing::Test {
 protected:
  LineChartTest() { application(); }

  static QList<QList<QPointF>> drawn(const LineChart& chart, const QColor& color) {
    QList<QList<QPointF>> pieces;
    for (const QAbstractSeries* series : view(chart)->chart()->series()) {
      const auto* line = qobject_cast<const QLineSeries*>(series);
      if (line->pen().color() == color) pieces.append(line->points());
    }
    return pieces;
  }
  static QChartView* view(const LineChart& chart) { return chart.findChild<QChartView*>(); }
  static QString said(const LineChart& chart) { return view(chart)->accessibleDescription(); }
  static QCategoryAxis* axis(const LineChart& chart, Qt::Orientation orientation) {
    return qobject_cast<QCategoryAxis*>(view(chart)->chart()->axes(orientation).first());
  }
};

TEST_F(LineChartTest, DrawsEachPieceByItselfAndForgetsThoseThatAreGone) {
  LineChart chart("Latency", LineChart::Quantity::duration, 120,
                  {{"p50", theme::ink(theme::Ink::p50)}, {"p99", theme::ink(theme::Ink::p99)}});
  EXPECT_EQ(view(chart)->accessibleName(), "Latency");
  EXPECT_EQ(said(chart), QString::fromUtf8("p50 –, p99 –"));
  chart.show_lines({{{{-9, 1e5}, {-8, 1e6}}, {{0, 1e7}}}, {{{-1, 0}, {0, 2e6}}}});
  using Points = QList<QPointF>;
  // Powers of ten; a second by itself is a dash; nothing is shorter than a nanosecond.
  EXPECT_EQ(drawn(chart, theme::ink(theme::Ink::p50)),
            (QList<Points>{{{-9, 5}, {-8, 6}}, {{-0.5, 7}, {0, 7}}}));
  EXPECT_EQ(drawn(chart, theme::ink(theme::Ink::p99)),
            (QList<Points>{{{-1, 0}, {0, std::log10(2e6)}}}));
  EXPECT_EQ(said(chart), "p50 10.0 ms, p99 2.00 ms");

  chart.show_lines({{{{-2, 1e5}, {-1, 1e6}}}, {}});
  EXPECT_EQ(drawn(chart, theme::ink(theme::Ink::p50)), (QList<Points>{{{-2, 5}, {-1, 6}}, {}}));
  EXPECT_EQ(drawn(chart, theme::ink(theme::Ink::p99)), (QList<Points>{{}}));
  EXPECT_EQ(said(chart), QString::fromUtf8("p50 –, p99 –")) << "broken off a second ago";
}

TEST_F(LineChartTest, BeforeThereAreDataAnAxisIsThatOfItsQuantity) {
  const LineChart latency("Latency", LineChart::Quantity::duration, 120,
                          {{"p50", theme::ink(theme::Ink::p50)}});
  EXPECT_EQ(axis(latency, Qt::Vertical)->min(), 5) << "100 µs, as a power of ten";
  EXPECT_EQ(axis(latency, Qt::Vertical)->max(), 7) << "10 ms";
  const LineChart rate("Throughput", LineChart::Quantity::rate, 120,
                       {{"all", theme::ink(theme::Ink::p50)}});
  EXPECT_EQ(axis(rate, Qt::Vertical)->min(), 0);
  EXPECT_EQ(axis(rate, Qt::Vertical)->max(), 5);
}

// Qt's own choices would put a label between two ticks, shorten it, repeat our legend below the
// chart, and stop at each chart on the way through the window by keyboard.
TEST_F(LineChartTest, LabelsStandAtTheirTicksAndNothingIsShownTwice) {
  const LineChart chart("Latency", LineChart::Quantity::duration, 120,
                        {{"p50", theme::ink(theme::Ink::p50)}});
  for (const Qt::Orientation each : {Qt::Horizontal, Qt::Vertical}) {
    EXPECT_EQ(axis(chart, each)->labelsPosition(), QCategoryAxis::AxisLabelsPositionOnValue);
    EXPECT_FALSE(axis(chart, each)->truncateLabels());
  }
  EXPECT_FALSE(view(chart)->chart()->legend()->isVisibleTo(view(chart)->chart()));
  EXPECT_EQ(view(chart)->focusPolicy(), Qt::NoFocus);
}

TEST_F(LineChartTest, AxisFitsWhatIsShown) {
  LineChart chart("Throughput", LineChart::Quantity::rate, 120,
                  {{"all", theme::ink(theme::Ink::operations)}});
  EXPECT_EQ(axis(chart, Qt::Horizontal)->min(), -120);
  EXPECT_EQ(axis(chart, Qt::Horizontal)->max(), 0);
  chart.show_lines({{{{-1, 10}, {0, 20}}}});
  // 5 % more than 20: steps of 5 up to 25.
  EXPECT_EQ(axis(chart, Qt::Vertical)->max(), 25);
  EXPECT_EQ(axis(chart, Qt::Vertical)->categoriesLabels(),
            (QStringList{"0", "5", "10", "15", "20", "25"}));
  EXPECT_EQ(said(chart), "all 20.0/s");
  chart.show_lines({{}});
  EXPECT_EQ(axis(chart, Qt::Vertical)->max(), 25) << "nothing to fit to";
  chart.show_lines({{{{0, 1}}}});
  EXPECT_EQ(axis(chart, Qt::Vertical)->categoriesLabels(),
            (QStringList{"0", "1", "2", "3", "4", "5"}));
}

TEST_F(LineChartTest, HeadHasTheTitleAndEachLineInItsColour) {
  const LineChart chart("Latency", LineChart::Quantity::duration, 120,
                        {{"p50", theme::ink(theme::Ink::p50)}});
  QStringList texts;
  for (const QLabel* label : chart.findChildren<QLabel*>()) {
    if (label->parentWidget() == &chart) texts += label->text();
  }
  texts.sort();
  EXPECT_EQ(texts, (QStringList{QString::fromUtf8("<span style=\"color:#1f6fb5\">●</span>&nbsp;p50"
                                                  "&nbsp;<b>–</b>"),
                                "Latency"}));
}

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

TEST_F(PageTest, ChoosingAnInstanceNamesTheWindowAfterIt) {
  MainWindow window("");
  EXPECT_EQ(window.windowTitle(), "Goxel telemetry");
  QString chosen;
  QObject::connect(&window, &MainWindow::instance_chosen,
                   [&chosen](const QString& name) { chosen = name; });
  window.show_instances({{"studio", "live", ""}});
  EXPECT_TRUE(find(window, "instances")->text().contains("studio"));
  Q_EMIT find(window, "instances")->linkActivated("studio");
  EXPECT_EQ(chosen, "studio");
  EXPECT_EQ(window.windowTitle(), QString::fromUtf8("studio – Goxel telemetry"));
  EXPECT_EQ(find(window, "heading")->text(), "Waiting for the daemon of instance \"studio\"");
}

TEST_F(PageTest, WindowShowsTheSnapshotInFiguresChartsAndTables) {
  MainWindow window("");
  const auto snapshot = snapshot_of(1, "ping 100 250; save 3 4000");
  for (std::size_t i = 0; i < snapshot->operations.size(); ++i) {
    snapshot->operations.replace(i).key.layer = "daemon";
  }
  snapshot->ring.lost = 7;
  window.show_snapshot(snapshot);
  const auto figure = [&window](const QString& name) -> const QLabel* {
    for (const QLabel* label : window.findChildren<QLabel*>()) {
      if (label->accessibleName() == name) return label;
    }
    return nullptr;
  };
  ASSERT_NE(figure("Records lost"), nullptr);
  EXPECT_EQ(figure("Records lost")->text(), "7");
  EXPECT_EQ(figure("Records lost")->palette().color(QPalette::WindowText),
            theme::ink(theme::Ink::failures));
  EXPECT_EQ(figure("Throughput")->text(), "100/s");
  EXPECT_NE(figure("Throughput")->palette().color(QPalette::WindowText),
            theme::ink(theme::Ink::failures));
  EXPECT_TRUE(figure("Throughput")->toolTip().contains("last second"));
  EXPECT_TRUE(window.isAncestorOf(figure("Throughput")));

  const auto* operations = find<QTableView>(window, "operations");
  const auto cell = [operations](int row, int column) {
    return operations->model()->index(row, column).data().toString();
  };
  EXPECT_EQ(cell(0, OperationsModel::kOperation), "ping") << "the one that came most often first";
  EXPECT_EQ(cell(1, OperationsModel::kOperation), "save");
  EXPECT_TRUE(operations->isColumnHidden(OperationsModel::kLayer));
  snapshot->operations.replace(1).windows[3].outcomes.ok = 5'000;
  find<QComboBox>(window, "window")->setCurrentIndex(3);
  EXPECT_EQ(cell(0, OperationsModel::kCount), "5,000") << "of fifteen minutes";
  EXPECT_EQ(find(window, "inflight_title")->text(), "In flight: nothing");

  const auto other = snapshot_of(2, "ping 100 250");
  other->operations.replace(0).key.layer = "mcp-client";
  other->inflight.resize(2);
  other->inflight[0].age_ns = 2'000'000'000;
  window.show_snapshot(other);
  EXPECT_FALSE(operations->isColumnHidden(OperationsModel::kLayer));
  EXPECT_EQ(find(window, "inflight_title")->text(), "In flight: 2, oldest 2.00 s");
  const auto said = [&window] {
    QStringList all;
    for (const QChartView* view : window.findChildren<QChartView*>()) {
      all += view->accessibleDescription();
    }
    all.sort();
    return all.join("; ").toStdString();
  };
  EXPECT_EQ(said(), "all –, failed –; p50 –, p99 –") << "records were lost in that second";
  window.show_snapshot(snapshot_of(3, "ping 100 250"));
  EXPECT_EQ(said(), "all 100/s, failed 0/s; p50 250 µs, p99 500 µs");
}

TEST_F(PageTest, TablesAreReadNotEditedAndTabLeavesThem) {
  const MainWindow window("");
  for (const char* name : {"operations", "inflight"}) {
    const auto* table = find<QTableView>(window, name);
    ASSERT_NE(table, nullptr) << name;
    EXPECT_EQ(table->editTriggers(), QAbstractItemView::NoEditTriggers) << name;
    EXPECT_FALSE(table->tabKeyNavigation()) << name;
    EXPECT_EQ(table->horizontalScrollMode(), QAbstractItemView::ScrollPerPixel) << name;
  }
  EXPECT_TRUE(find<QTableView>(window, "inflight")->horizontalHeader()->stretchLastSection());
  EXPECT_EQ(find<QTableView>(window, "operations")
                ->horizontalHeader()
                ->sectionResizeMode(OperationsModel::kOperation),
            QHeaderView::Stretch)
      << "long names get the room";
}

TEST_F(PageTest, AFiguresValueStandsOutFromItsName) {
  const MainWindow window("");
  for (const Figure& figure : figures({})) {
    const auto labels = window.findChildren<QLabel*>();
    const auto value = std::find_if(labels.begin(), labels.end(), [&figure](const QLabel* label) {
      return label->accessibleName() == figure.name;
    });
    ASSERT_NE(value, labels.end()) << figure.name.toStdString();
    EXPECT_TRUE((*value)->font().bold()) << figure.name.toStdString();
    EXPECT_GT((*value)->font().pointSizeF(), window.font().pointSizeF());
  }
  const WaitingPage page;
  EXPECT_GT(find(page, "heading")->font().pointSizeF(), page.font().pointSizeF());
}

TEST_F(PageTest, ChartsBeginWithThePastOfTheDaemonThatIsShown) {
  MainWindow window("");
  const auto points = [&window] {
    qsizetype count = 0;
    for (const QChartView* view : window.findChildren<QChartView*>()) {
      if (view->accessibleName() != "Throughput") continue;
      for (const QAbstractSeries* series : view->chart()->series()) {
        const auto* line = qobject_cast<const QLineSeries*>(series);
        if (line->pen().color() == theme::ink(theme::Ink::operations)) count += line->count();
      }
    }
    return count;
  };
  constexpr std::uint64_t kSecond = 1'000'000'000;
  auto past = std::make_shared<Past>();
  past->instance = "test";
  past->run_id = 1;
  past->now_monotonic_ns = 100 * kSecond;
  past->now_realtime_ns = 5'000 * kSecond;
  for (std::uint64_t second = 4'997; second < 5'000; ++second) {
    metrics::HistoryPoint& point = past->seconds.emplace_back();
    point.begin_seconds = second;
    point.seconds = 1;
    point.stats.covered_seconds = 1;
  }
  window.show_past(past);
  window.show_snapshot(snapshot_of(101, "ping 100 250"));
  EXPECT_EQ(points(), 4);
  window.show_snapshot(snapshot_of(102, "ping 100 250"));
  EXPECT_EQ(points(), 5);
  window.show_past(past);
  window.show_snapshot(snapshot_of(101, "ping 100 250"));
  EXPECT_EQ(points(), 4) << "started again";
}

TEST_F(PageTest, StateLineIsCalmOnlyWhileAllIsWell) {
  MainWindow window("");
  const auto look = [&window](shm::ProducerState state, double silent_seconds) {
    const auto snapshot = snapshot_of(1, "ping 100 250");
    snapshot->daemon.state = state;
    snapshot->daemon.heartbeat_age_seconds = silent_seconds;
    window.show_snapshot(snapshot);
    return find<QFrame>(window, "state")->palette().color(QPalette::Window);
  };
  using shm::ProducerState;
  EXPECT_EQ(look(ProducerState::live, 0), window.palette().color(QPalette::Base));
  EXPECT_EQ(find(window, "state_badge")->text(), QString::fromUtf8("● Live"));
  EXPECT_EQ(find(window, "state_badge")->palette().color(QPalette::WindowText),
            theme::ink(theme::Ink::good));
  EXPECT_EQ(look(ProducerState::live, 6), theme::ink(theme::Ink::warning));
  EXPECT_EQ(find(window, "state_badge")->palette().color(QPalette::WindowText), Qt::white);
  EXPECT_EQ(look(ProducerState::dead, 0), theme::ink(theme::Ink::bad));
  EXPECT_EQ(look(ProducerState::retired, 0), theme::ink(theme::Ink::quiet));
  EXPECT_EQ(find(window, "state_badge")->text(), QString::fromUtf8("● Ended"));
}

TEST_F(PageTest, QuittingClosesTheWindow) {
  MainWindow window("");
  window.show();
  auto* quit = window.findChild<QShortcut*>();
  ASSERT_NE(quit, nullptr);
  QMetaObject::invokeMethod(quit, "activated");
  EXPECT_FALSE(window.isVisible());
}

}  // namespace
}  // namespace goxel_telemetry::viewer
