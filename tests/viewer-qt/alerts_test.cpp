// SPDX-License-Identifier: GPL-3.0-or-later
// What the window says of alerts: in lists, on time lines, in words.
#include "viewer-qt/models/alerts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <QAbstractItemModelTester>
#include <QSignalSpy>
#include <cmath>

#include "metrics/text/format.h"
#include "tests/metrics/alerts/alert_file_fixture.h"
#include "viewer-qt/models/alerts_model.h"
#include "viewer-qt/models/series_model.h"
#include "viewer-qt/models/shifts_model.h"

namespace goxel_telemetry::viewer {
namespace {

using metrics::Alert;
using metrics::AlertEnd;
using metrics::AlertLevel;
using metrics::kNsPerSecond;
using metrics::kThenNs;
using metrics::sample_alert;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::IsNan;

Alert ended(const std::string& id, AlertEnd end, std::uint64_t lasted_seconds) {
  Alert alert = sample_alert(id);
  alert.end = end;
  alert.ended_ns = alert.since_ns + lasted_seconds * kNsPerSecond;
  return alert;
}

Alert confirmed(const std::string& id) {
  Alert alert = sample_alert(id);
  alert.level = AlertLevel::confirmed;
  return alert;
}

AlertsPointer known(std::vector<Alert> alerts) {
  auto all = std::make_shared<KnownAlerts>();
  all->alerts = std::move(alerts);
  all->has_file = true;
  return all;
}

QStringList row(const QAbstractItemModel& model, int row) {
  QStringList texts;
  for (int column = 0; column < model.columnCount(); ++column)
    texts += model.index(row, column).data().toString();
  return texts;
}

TEST(Alerts, LevelsAndEndsAreToldByWordAndForm) {
  EXPECT_EQ(level_text(sample_alert()), QString::fromUtf8("△ warning"));
  EXPECT_EQ(level_text(confirmed("a")), QString::fromUtf8("▲ confirmed"));
  EXPECT_EQ(state_text(sample_alert()), "active");
  EXPECT_EQ(state_text(ended("a", AlertEnd::resolved, 90)), "resolved after 1 min 30 s");
  EXPECT_EQ(state_text(ended("a", AlertEnd::new_level, 3)), "the new usual after 3.00 s");
  EXPECT_EQ(state_text(ended("a", AlertEnd::not_watched, 3)), "not watched after 3.00 s");
}

TEST(Alerts, OnlyActiveOnesAreInTheSign) {
  EXPECT_EQ(active_text(*known({ended("a", AlertEnd::resolved, 1)})), "");
  EXPECT_EQ(active_text(*known({sample_alert("a"), ended("b", AlertEnd::resolved, 1)})),
            QString::fromUtf8("△ 1 alert"));
  EXPECT_EQ(active_text(*known({sample_alert("a"), confirmed("b")})),
            QString::fromUtf8("▲ 2 alerts"));
}

TEST(Alerts, MarksLastFromSinceToTheEnd) {
  Alert first = ended("first", AlertEnd::resolved, 10);
  Alert second = confirmed("second");
  second.since_ns = first.since_ns + 5 * kNsPerSecond;
  const QList<Mark> marks = marks_of(*known({second, first}));
  ASSERT_EQ(marks.size(), 2);
  EXPECT_EQ(marks[0].kind, MarkKind::warning);
  EXPECT_EQ(marks[0].at_ns, first.since_ns);
  EXPECT_EQ(marks[0].until_ns, first.ended_ns);
  EXPECT_EQ(marks[0].text.toStdString(), "warning, " + metrics::format_date_time(first.since_ns) +
                                             " to " + metrics::format_date_time(first.ended_ns) +
                                             ": " + first.summary);
  EXPECT_TRUE(marks[0].lasts_at(first.ended_ns - 1));
  EXPECT_FALSE(marks[0].lasts_at(first.ended_ns));
  EXPECT_EQ(marks[1].kind, MarkKind::confirmed);
  EXPECT_EQ(marks[1].until_ns, Mark::kNoEnd);
}

TEST(Alerts, TheirStretchIsWhatIsCompared) {
  const std::uint64_t now = kThenNs + 1'000 * kNsPerSecond;
  const Alert active = sample_alert();
  EXPECT_EQ(stretch_of(active, now), (metrics::TimeStretch{active.since_ns, now}));
  const Alert long_one = ended("a", AlertEnd::resolved, 100);
  EXPECT_EQ(stretch_of(long_one, now),
            (metrics::TimeStretch{long_one.since_ns, long_one.ended_ns}));
  const Alert moment = ended("a", AlertEnd::resolved, 0);
  EXPECT_EQ(stretch_of(moment, now),
            (metrics::TimeStretch{moment.since_ns, moment.since_ns + 60 * kNsPerSecond}));
  EXPECT_EQ(stretch_of(moment, moment.since_ns),
            (metrics::TimeStretch{moment.since_ns - 5 * kNsPerSecond, moment.since_ns}));
}

TEST(Alerts, EvidenceSaysWhatItIsBasedOnAndWhatNot) {
  const QString text = evidence_text(sample_alert());
  for (const char* part :
       {"Goxel: render takes 50 % longer.", "Goxel-telemetry compare --instance goxel.",
        "Compared with the last 24 hours", "queue depth: 14", "workers: 4 of 4",
        "Not looked at: ping: too few requests", "slower-goxel-20251124T150000-1"}) {
    EXPECT_TRUE(text.contains(part)) << part << " in " << text.toStdString();
  }
}

TEST(AlertsModelTest, ARowTellsLevelStateJudgementAndSummary) {
  AlertsModel model;
  Alert judged = ended("b", AlertEnd::resolved, 10);
  judged.judgement = metrics::Judgement::wrong;
  model.show(*known({confirmed("a"), judged}));
  const QString since = QString::fromStdString(metrics::format_date_time(sample_alert().since_ns));
  const QString what = "goxel: render takes 50 % longer";
  EXPECT_EQ(row(model, 0), QStringList({QString::fromUtf8("▲ confirmed"), what, since, "active",
                                        QString::fromUtf8("–")}));
  EXPECT_EQ(row(model, 1), QStringList({QString::fromUtf8("△ warning"), what, since,
                                        "resolved after 10.0 s", "wrong"}));
  EXPECT_EQ(model.row_of("b"), 1);
  EXPECT_EQ(model.row_of("c"), -1);
  EXPECT_EQ(model.at(2), nullptr);
  EXPECT_EQ(model.at(-1), nullptr);
}

TEST(AlertsModelTest, AnAlertKeepsItsRowWhereverThatGoes) {
  AlertsModel model;
  const QAbstractItemModelTester tester(&model);
  model.show(*known({sample_alert("a"), sample_alert("b"), sample_alert("c")}));
  const QPersistentModelIndex b = model.index(1, AlertsModel::kLevel);
  const QSignalSpy reset(&model, &AlertsModel::modelReset);
  model.show(*known({confirmed("b"), sample_alert("new"), sample_alert("a")}));
  EXPECT_TRUE(reset.empty());
  ASSERT_TRUE(b.isValid());
  EXPECT_EQ(b.row(), 0);
  EXPECT_EQ(b.data(), QString::fromUtf8("▲ confirmed"));
  EXPECT_EQ(model.row_of("a"), 2);
  EXPECT_EQ(model.row_of("c"), -1);
}

TEST(Alerts, TheCourseIsDrawnAsSharesOfItsTopWithGaps) {
  metrics::AlertEvidence evidence;
  evidence.course = {1e308, NAN, 5e307, INFINITY, -1, 0};
  evidence.course_usual = 5e307;
  const Course course = course_of(evidence);
  EXPECT_THAT(course.shares, ElementsAre(1, IsNan(), 0.5F, IsNan(), IsNan(), 0));
  EXPECT_EQ(course.usual, 0.5F);
  EXPECT_EQ(course.words, "Last 0, at most 1e+308, usual 5e+307, with gaps.");
  evidence.course = {NAN, INFINITY};
  EXPECT_THAT(course_of(evidence).shares, IsEmpty());
  EXPECT_THAT(course_of({}).shares, IsEmpty());
}

TEST(ShiftsModelTest, ARowTellsEffectIntervalAndWhereTheTimeGoes) {
  ShiftsModel model;
  auto shifts = sample_alert().evidence.operations;
  shifts[1].ratio = shifts[1].ratio_low = NAN;
  model.show(shifts);
  ASSERT_EQ(model.rowCount(), 2);
  EXPECT_EQ(row(model, 0),
            QStringList({"render", "slowest of 100", QString::fromUtf8("×1.50"),
                         QString::fromUtf8("×1.25 to ×1.75"),
                         QString::fromUtf8("1.00 ms → 1.50 ms"), "daemon 80.0 %, mcp-server 20.0 %",
                         "working 75.0 %, waiting 25.0 %", "4-layer"}));
  EXPECT_EQ(row(model, 1), QStringList({"ping", "failures", "-", QString::fromUtf8("at most ×3.00"),
                                        QString::fromUtf8("0 % → 100 %"), QString::fromUtf8("–"),
                                        QString::fromUtf8("–"), "2-layer"}));
}

TEST(SeriesModelTest, ARowTellsWhatIsUsualAndWhatWouldBeNoticed) {
  SeriesModel model;
  metrics::InstanceSeries of = metrics::sample_series();
  of.series[1].noticeable.reset();
  of.series.emplace_back(of.series[0]).key.reset();
  of.series.back().is_outer = true;
  model.show(of.series);
  ASSERT_EQ(model.rowCount(), 3) << "ping is not judged yet";
  EXPECT_EQ(row(model, 0),
            QStringList({"render", "usual time", "watching", "10.0/s", "2.00 ms",
                         QString::fromUtf8("×1.25 in 1 min"), "+5.13 %", "daemon", "4-layer"}));
  EXPECT_EQ(row(model, 1),
            QStringList({"render", "slowest of 100", "warning", "10.0/s", "9.00 ms",
                         "not within 1 h", QString::fromUtf8("–"), "daemon", "4-layer"}));
  EXPECT_EQ(row(model, 2).first(), "all operations");
  EXPECT_EQ(row(model, 2)[SeriesModel::kLayer], "outermost");
}

TEST(SeriesModelTest, ASeriesKeepsItsRowWhereverThatGoes) {
  SeriesModel model;
  const QAbstractItemModelTester tester(&model);
  std::vector<metrics::WatchedSeries> series = metrics::sample_series().series;
  model.show(series);
  const QPersistentModelIndex tail = model.index(1, SeriesModel::kState);
  const QSignalSpy reset(&model, &SeriesModel::modelReset);
  std::swap(series[0], series[1]);
  series[0].state = metrics::WatchedSeries::State::confirmed;
  series[2].state = metrics::WatchedSeries::State::watching;
  model.show(series);
  EXPECT_TRUE(reset.empty());
  EXPECT_EQ(model.rowCount(), 3);
  ASSERT_TRUE(tail.isValid());
  EXPECT_EQ(tail.row(), 0);
  EXPECT_EQ(tail.data(), "confirmed");
}

TEST(SeriesModelTest, WhatIsNotJudgedYetIsASentence) {
  KnownAlerts known;
  EXPECT_EQ(watched_text(known), "Nothing is watched yet: a bridge writes it here once a minute.");
  EXPECT_EQ(not_judged_text(known), "");
  known.message = "the file is damaged";
  EXPECT_EQ(watched_text(known), "");
  known.series = metrics::sample_series();
  known.series_as_of_ns = kThenNs;
  EXPECT_EQ(watched_text(known).toStdString(), "As of " + metrics::format_date_time(kThenNs) +
                                                   ": those of most requests, and 2 more series.");
  EXPECT_EQ(not_judged_text(known), "ping (daemon) needs 43 more minutes of traffic");
  known.series.left_out = 0;
  EXPECT_EQ(watched_text(known).toStdString(), "As of " + metrics::format_date_time(kThenNs) + '.');
}

}  // namespace
}  // namespace goxel_telemetry::viewer
