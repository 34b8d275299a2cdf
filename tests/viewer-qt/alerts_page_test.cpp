// SPDX-License-Identifier: GPL-3.0-or-later
// Alerts in the window, read from a file by a thread of its own, and judged there.
#include "viewer-qt/pages/alerts_page.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <QFile>
#include <QLabel>
#include <QSignalSpy>
#include <QTabWidget>
#include <QTableView>
#include <QTest>
#include <QToolButton>
#include <algorithm>

#include "tests/metrics/alerts/alert_file_fixture.h"
#include "tests/viewer-qt/application.h"
#include "tests/viewer-qt/snapshots.h"
#include "viewer-qt/alert_source.h"
#include "viewer-qt/charts/course_chart.h"
#include "viewer-qt/charts/time_chart.h"
#include "viewer-qt/connect.h"
#include "viewer-qt/main_window.h"
#include "viewer-qt/theme.h"

namespace goxel_telemetry::viewer {
namespace {

using metrics::Alert;
using metrics::AlertEnd;
using metrics::kNsPerSecond;
using metrics::sample_alert;

AlertsPointer known(std::vector<Alert> alerts) {
  auto all = std::make_shared<KnownAlerts>();
  all->alerts = std::move(alerts);
  all->has_file = true;
  return all;
}

Alert other(const std::string& id) {
  Alert alert = sample_alert(id);
  alert.summary = "about " + id;
  alert.evidence = {};
  return alert;
}

template <class Parent>
QToolButton* button(const Parent& parent, const QString& text) {
  for (QToolButton* one : parent.template findChildren<QToolButton*>()) {
    if (one->text() == text || one->objectName() == text) return one;
  }
  return nullptr;
}

class AlertsPageTest : public testing::Test {
 protected:
  AlertsPageTest() { application(); }
  std::string text(const char* name) const {
    return page().findChild<QLabel*>(name)->text().toStdString();
  }
  QTableView* list() const {
    for (QTableView* table : page().findChildren<QTableView*>()) {
      if (qobject_cast<AlertsModel*>(table->model()) != nullptr) return table;
    }
    return nullptr;
  }
  AlertsPage& page() const {
    if (page_ == nullptr) page_ = std::make_unique<AlertsPage>();
    return *page_;
  }
  mutable std::unique_ptr<AlertsPage> page_;
};

TEST_F(AlertsPageTest, SaysThatThereIsNoFile) {
  EXPECT_EQ(text("accuracy"),
            "There is no file of alerts: a bridge that keeps a history makes one.");
  EXPECT_FALSE(button(page(), "right")->isVisibleTo(&page())) << "there is nothing to judge";
}

TEST_F(AlertsPageTest, ShowsTheEvidenceOfWhatIsChosenAndKeepsTheChoice) {
  page().show_alerts(known({sample_alert("a"), other("b")}));
  EXPECT_NE(text("evidence").find("queue depth: 14"), std::string::npos);
  list()->setCurrentIndex(list()->model()->index(1, 0));
  EXPECT_NE(text("evidence").find("About b."), std::string::npos);
  page().show_alerts(known({other("new"), sample_alert("a"), other("b")}));
  EXPECT_EQ(list()->currentIndex().row(), 2);
  EXPECT_NE(text("evidence").find("About b."), std::string::npos);
  page().show_alerts(known({other("new")}));
  EXPECT_NE(text("evidence").find("About new."), std::string::npos) << "the chosen one is gone";
}

TEST_F(AlertsPageTest, WhoReadsFurtherDownGoesOnToWhenAnAlertComes) {
  std::vector<Alert> alerts;
  for (int i = 0; i < 40; ++i) alerts.push_back(other(std::to_string(i)));
  page().resize(900, 300);
  page().show();
  page().show_alerts(known(alerts));
  const auto top = [&] {
    return list()->indexAt(QPoint(0, 0)).siblingAtColumn(1).data().toString();
  };
  alerts.insert(alerts.begin(), other("new"));
  page().show_alerts(known(alerts));
  EXPECT_EQ(top(), "about new") << "at the top one sees what is new";
  list()->scrollTo(list()->model()->index(20, 0), QAbstractItemView::PositionAtTop);
  const QString before = top();
  ASSERT_NE(before, "about new");
  alerts.insert(alerts.begin(), other("newer"));
  page().show_alerts(known(alerts));
  EXPECT_EQ(top(), before);
}

TEST_F(AlertsPageTest, TheCourseIsDrawnAndToldAndGoesWithItsAlert) {
  Alert alert = other("a");
  alert.evidence.course = {1e6, 1e6, NAN, 4e6, 4e6};
  alert.evidence.course_usual = 1e6;
  alert.evidence.unit = "ns";
  page().resize(900, 500);
  page().show();
  page().show_alerts(known({alert, other("b")}));
  auto* const chart = page().findChild<CourseChart*>();
  EXPECT_TRUE(chart->isVisible());
  EXPECT_EQ(text("course"), "Last 4.00 ms, at most 4.00 ms, usual 1.00 ms, with gaps.");
  EXPECT_EQ(chart->accessibleDescription().toStdString(), text("course"));
  const QImage image = chart->grab().toImage();
  const QColor ink = theme::ink(theme::Ink::p50, chart->palette());
  const auto has_ink = [&](int from, int to, const auto& is_wanted) {
    for (int x = from; x < to; ++x) {
      for (int y = 0; y < image.height(); ++y) {
        if (is_wanted(image.pixelColor(x, y))) return true;
      }
    }
    return false;
  };
  const int quarter = std::min(chart->width(), chart->sizeHint().width()) / 4;
  const auto is_line = [&](const QColor& color) { return color == ink; };
  EXPECT_TRUE(has_ink(0, quarter, is_line));
  EXPECT_FALSE(has_ink(quarter + 8, 3 * quarter - 8, is_line)) << "nothing is drawn over a gap";
  EXPECT_TRUE(has_ink(3 * quarter, 4 * quarter, is_line));
  const QColor usual = theme::ink(theme::Ink::quiet, chart->palette());
  EXPECT_TRUE(has_ink(quarter + 8, 3 * quarter - 8, [&](const QColor& c) { return c == usual; }));
  list()->setCurrentIndex(list()->model()->index(1, 0));
  EXPECT_FALSE(chart->isVisible());
}

TEST_F(AlertsPageTest, EnterAndADoubleClickOpenAndAClickOnlyChooses) {
  page().resize(900, 500);
  page().show();
  page().show_alerts(known({sample_alert("a"), other("b")}));
  page().activateWindow();
  list()->setFocus();
  QCoreApplication::processEvents();
  std::string opened;
  QObject::connect(&page(), &AlertsPage::opened, &page(),
                   [&](const Alert& alert) { opened += alert.id; });
  const QPoint second = list()->visualRect(list()->model()->index(1, 0)).center();
  QTest::mouseClick(list()->viewport(), Qt::LeftButton, {}, second);
  EXPECT_EQ(opened, "");
  QTest::mouseDClick(list()->viewport(), Qt::LeftButton, {}, second);
  EXPECT_EQ(opened, "b");
  QTest::keyClick(list(), Qt::Key_Return);
  EXPECT_EQ(opened, "bb");
}

TEST_F(AlertsPageTest, OneClickJudgesTheChosenOne) {
  Alert judged = sample_alert("a");
  judged.judgement = metrics::Judgement::known;
  page().show_alerts(known({judged}));
  EXPECT_TRUE(button(page(), "known")->isChecked());
  QSignalSpy said(&page(), &AlertsPage::judged);
  button(page(), "wrong")->click();
  ASSERT_EQ(said.size(), 1);
  EXPECT_EQ(said[0][0].toString(), "a");
  EXPECT_EQ(said[0][1].value<metrics::Judgement>(), metrics::Judgement::wrong);
  page().show_alerts(known({judged}));
  EXPECT_FALSE(button(page(), "wrong")->isChecked()) << "it was not written";
  EXPECT_TRUE(button(page(), "known")->isChecked());
}

TEST_F(AlertsPageTest, TellsHowFarAlertsCanBeReliedOnBesideThePromise) {
  auto all = std::make_shared<KnownAlerts>(*known({sample_alert()}));
  all->accuracy = {.raised = 12, .right = 9, .wrong = 1};
  all->message = "the file is damaged";
  page().show_alerts(all);
  EXPECT_EQ(text("accuracy"),
            "12 alerts in the last 30 days; of 10 that were judged 10.0 % wrong (promised: less "
            "than 1.00 %).");
  EXPECT_EQ(text("alerts message"), "The file is damaged.");
}

TEST_F(AlertsPageTest, WhatWouldBeNoticedTakesTurnsWithTheAlerts) {
  auto all = std::make_shared<KnownAlerts>(*known({sample_alert()}));
  all->series = metrics::sample_series();
  all->series_as_of_ns = metrics::kThenNs;
  page().resize(900, 500);
  page().show();
  page().show_alerts(all);
  const auto* const series = page().findChild<QTableView*>("series");
  EXPECT_FALSE(series->isVisible());
  button(page(), "noticed")->click();
  EXPECT_TRUE(series->isVisible());
  EXPECT_FALSE(list()->isVisible());
  EXPECT_EQ(text("not judged"), "ping (daemon) needs 43 more minutes of traffic");
  EXPECT_EQ(series->model()->rowCount(), 2);
  button(page(), "noticed")->click();
  EXPECT_TRUE(list()->isVisible());
}

TEST_F(AlertsPageTest, ARefreshLeavesTheUsersRowOfWhatIsWatchedInItsPlace) {
  auto all = std::make_shared<KnownAlerts>(*known({}));
  const metrics::WatchedSeries one = metrics::sample_series().series[0];
  for (int i = 0; i < 60; ++i)
    all->series.series.emplace_back(one).key->operation = "op" + std::to_string(i);
  all->series_as_of_ns = metrics::kThenNs;
  page().resize(900, 300);
  page().show();
  button(page(), "noticed")->click();
  page().show_alerts(all);
  auto* const series = page().findChild<QTableView*>("series");
  series->scrollTo(series->model()->index(20, 0), QAbstractItemView::PositionAtTop);
  series->setCurrentIndex(series->model()->index(22, 0));
  const auto top = [&] { return series->indexAt(QPoint(0, 0)).data().toString(); };
  ASSERT_EQ(top(), "op20");
  auto next = std::make_shared<KnownAlerts>(*all);
  std::ranges::rotate(next->series.series, next->series.series.end() - 7);
  page().show_alerts(next);
  EXPECT_EQ(top(), "op20");
  EXPECT_EQ(series->currentIndex().data(), "op22");
  EXPECT_EQ(series->currentIndex().row(), 29);
}

class AlertsInTheWindow : public metrics::AlertFileTest {
 protected:
  AlertsInTheWindow() { application(); }

  static bool eventually(const std::function<bool()>& condition) {
    return QTest::qWaitFor(condition, 20'000);
  }
  static QString page_of(const MainWindow& window) {
    const auto* tabs = window.findChild<QTabWidget*>();
    return tabs->tabText(tabs->currentIndex());
  }
  static QList<Mark> marks(const MainWindow& window) {
    return window.findChild<TimeChart*>()->plot().marks;
  }
  static FramePointer frame_of(const std::string& instance) {
    auto frame = std::make_shared<Frame>();
    frame->snapshot = *snapshot_of(1, "ping 100 250");
    frame->snapshot.instance = instance;
    frame->snapshot.taken_realtime_ns = metrics::Time::now().realtime_ns;
    frame->revision = 1;
    return frame;
  }
};

TEST_F(AlertsInTheWindow, ASignInTheHeaderOpensThePage) {
  MainWindow window("goxel");
  window.show();
  window.show_frame(frame_of("goxel"));
  const QToolButton* const sign = button(window, "alert sign");
  EXPECT_FALSE(sign->isVisible());
  window.show_alerts(known({sample_alert()}));
  EXPECT_TRUE(sign->isVisible());
  EXPECT_EQ(sign->text(), QString::fromUtf8("△ 1 alert"));
  EXPECT_THAT(window.windowTitle().toStdString(), testing::StartsWith("goxel: △ 1 alert, Live"));
  EXPECT_NE(sign->focusPolicy() & Qt::TabFocus, 0);
  button(window, "alert sign")->click();
  EXPECT_EQ(page_of(window), "Alerts");
  button(window, "noticed")->click();
  button(window, "alert sign")->click();
  EXPECT_FALSE(button(window, "noticed")->isChecked());
  window.show_alerts(known({}));
  EXPECT_FALSE(sign->isVisible());
  EXPECT_THAT(window.windowTitle().toStdString(), testing::StartsWith("goxel: Live"));
}

TEST_F(AlertsInTheWindow, ThePageIsThereAlsoWithoutADaemon) {
  MainWindow window("goxel");
  window.show();
  auto frame = std::make_shared<Frame>(*frame_of("goxel"));
  frame->snapshot.daemon.state = shm::ProducerState::absent;
  window.show_frame(frame);
  window.show_alerts(known({sample_alert()}));
  button(window, "alert sign")->click();
  window.show_frame(frame);
  EXPECT_TRUE(window.findChild<AlertsPage*>()->isVisible());
  window.turn_to("overview");
  window.show_frame(frame);
  EXPECT_FALSE(window.findChild<QTabWidget*>()->isVisible()) << "waiting for the daemon";
  window.turn_to("alerts");
  EXPECT_TRUE(window.findChild<AlertsPage*>()->isVisible()) << "as --page does";
}

TEST_F(AlertsInTheWindow, OpeningOneComparesItsStretchOfAllOperationsWithTheTimeBefore) {
  MainWindow window("goxel");
  window.show();
  window.show_frame(frame_of("goxel"));
  Alert alert = sample_alert();
  alert.end = AlertEnd::resolved;
  alert.ended_ns = alert.since_ns + 100 * kNsPerSecond;
  window.show_alerts(known({alert}));
  Selection narrow;
  narrow.operation = "ping";
  window.select(narrow);
  Look asked;
  QObject::connect(&window, &MainWindow::looks_at, &window,
                   [&](const Look& look) { asked = look; });
  button(window, "open alert")->click();
  EXPECT_EQ(page_of(window), "What changed");
  EXPECT_EQ(asked.wanted, Wanted::changes);
  EXPECT_EQ(asked.baseline, "");
  EXPECT_EQ(asked.selection.operation, "");
  EXPECT_EQ(asked.selection.range, (metrics::TimeStretch{alert.since_ns, alert.ended_ns}));
}

TEST_F(AlertsInTheWindow, WhatTheFileSaysBecomesMarksAndAJudgementIsWritten) {
  Alert of_other = sample_alert("other");
  of_other.instance = "other";
  Alert of_bridge = other("bridge");
  of_bridge.instance = "";
  put(sample_alert("a"));
  put(of_other);
  MainWindow window("goxel");
  window.show();
  AlertSource source(QString::fromStdString(file_));
  connect(source, window);
  window.show_frame(frame_of("goxel"));
  const QToolButton* const sign = button(window, "alert sign");
  EXPECT_TRUE(eventually([&] { return sign->text() == QString::fromUtf8("△ 1 alert"); }))
      << sign->text().toStdString();
  put(of_bridge);
  EXPECT_TRUE(eventually([&] { return sign->text() == QString::fromUtf8("△ 2 alerts"); }))
      << sign->text().toStdString();
  EXPECT_EQ(marks(window).size(), 2);
  EXPECT_EQ(marks(window)[0].until_ns, Mark::kNoEnd);
  const auto* page = window.findChild<AlertsPage*>();
  const QString chosen = page->findChild<QLabel*>("evidence")->text().section('\n', -1);
  button(*page, "wrong")->click();
  EXPECT_TRUE(eventually(
      [&] { return found(chosen.toStdString()).judgement == metrics::Judgement::wrong; }));
  EXPECT_TRUE(eventually([&] { return button(*page, "wrong")->isChecked(); }));
}

TEST_F(AlertsInTheWindow, WhatIsWatchedIsThatOfThisInstance) {
  metrics::InstanceSeries of_other = metrics::sample_series();
  of_other.instance = "other";
  of_other.series.resize(1);
  const std::uint64_t now_ns = metrics::Time::now().realtime_ns;
  expect_done(store().put_series({of_other, metrics::sample_series()}, now_ns));
  AlertSource source(QString::fromStdString(file_));
  AlertsPointer last;
  QObject::connect(&source, &AlertSource::told, &source,
                   [&](const AlertsPointer& alerts) { last = alerts; });
  source.watch("goxel");
  EXPECT_TRUE(eventually([&] { return last != nullptr && last->series.series.size() == 3; }));
  EXPECT_EQ(last->series_as_of_ns, now_ns);
  source.watch("third");
  EXPECT_TRUE(eventually([&] { return last->series_as_of_ns == 0; }));
  EXPECT_TRUE(last->series.series.empty());
}

TEST_F(AlertsInTheWindow, ThatThereIsNoFileYetIsNoError) {
  AlertSource source(QString::fromStdString(file_));
  AlertsPointer last;
  QObject::connect(&source, &AlertSource::told, &source,
                   [&](const AlertsPointer& alerts) { last = alerts; });
  ASSERT_TRUE(eventually([&] { return last != nullptr; }));
  EXPECT_FALSE(last->has_file);
  EXPECT_EQ(last->message, "");
  source.judge("a", metrics::Judgement::right);
  EXPECT_TRUE(eventually([&] { return !last->message.empty(); }));
  EXPECT_FALSE(QFile::exists(QString::fromStdString(file_))) << "a judgement makes none";
  put(sample_alert());
  EXPECT_TRUE(eventually([&] { return last->has_file && last->alerts.size() == 1; }));
}

TEST_F(AlertsInTheWindow, AFileThatIsNoneIsASentenceAndItsSuccessorIsRead) {
  QFile file(QString::fromStdString(file_));
  ASSERT_TRUE(file.open(QIODevice::WriteOnly));
  file.write("something else");
  file.close();
  AlertSource source(QString::fromStdString(file_));
  AlertsPointer last;
  QObject::connect(&source, &AlertSource::told, &source,
                   [&](const AlertsPointer& alerts) { last = alerts; });
  ASSERT_TRUE(eventually([&] { return last != nullptr; }));
  EXPECT_NE(last->message.find(file_), std::string::npos) << last->message;
  ASSERT_TRUE(file.remove());
  put(sample_alert());
  EXPECT_TRUE(eventually([&] { return last->message.empty() && last->alerts.size() == 1; }))
      << last->message;
  store_.reset();
  ASSERT_TRUE(file.rename(QString::fromStdString(file_ + ".old")));
  EXPECT_TRUE(eventually([&] { return !last->has_file && last->alerts.empty(); }));
}

}  // namespace
}  // namespace goxel_telemetry::viewer
