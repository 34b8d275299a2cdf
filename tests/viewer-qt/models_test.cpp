// SPDX-License-Identifier: GPL-3.0-or-later
#include <gtest/gtest.h>
#include <QAbstractItemModelTester>
#include <QFont>

#include "metrics/text/format.h"
#include "tests/viewer-qt/snapshots.h"
#include "viewer-qt/models/daemon_state.h"
#include "viewer-qt/models/figures.h"
#include "viewer-qt/models/inflight_model.h"
#include "viewer-qt/models/operations_model.h"
#include "viewer-qt/models/time_series.h"

namespace goxel_telemetry::viewer {
namespace {

QString text(const QAbstractItemModel& model, int row, int column) {
  return model.data(model.index(row, column)).toString();
}

TEST(OperationsModel, ShowsEachOperationWithItsNumbers) {
  OperationsModel model;
  const QAbstractItemModelTester tester(&model,
                                        QAbstractItemModelTester::FailureReportingMode::Fatal);
  EXPECT_EQ(model.rowCount(), 0);
  model.show(snapshot_of(1, "ping 1234 250; save 3 4000"));
  ASSERT_EQ(model.rowCount(), 2);
  EXPECT_EQ(text(model, 0, OperationsModel::kOperation), "ping");
  EXPECT_EQ(text(model, 0, OperationsModel::kCount), "1,234");
  EXPECT_EQ(text(model, 0, OperationsModel::kP50), QString::fromUtf8("250 µs"));
  EXPECT_EQ(text(model, 1, OperationsModel::kP99), "8.00 ms");
  EXPECT_GT(
      model.data(model.index(1, OperationsModel::kP50), OperationsModel::kSortRole).toDouble(),
      model.data(model.index(0, OperationsModel::kP50), OperationsModel::kSortRole).toDouble());
}

TEST(OperationsModel, HiddenCharactersOfNamesAreShown) {
  const auto snapshot = snapshot_of(1, "ping 100 250");
  snapshot->operations.replace(0).key = {"2-\u200Blayer", "mcp", "dae\u2060mon", "a\u202Eb<"};
  OperationsModel model;
  model.show(snapshot);
  EXPECT_EQ(text(model, 0, OperationsModel::kOperation), "a<U+202E>b<");
  EXPECT_EQ(text(model, 0, OperationsModel::kStack), "2-<U+200B>layer");
  EXPECT_EQ(text(model, 0, OperationsModel::kLayer), "dae<U+2060>mon");
  EXPECT_EQ(model.data(model.index(0, OperationsModel::kOperation), Qt::ToolTipRole),
            "a&lt;U+202E&gt;b&lt;");
  snapshot->inflight.resize(1);
  snapshot->inflight[0].operation = "c\uFEFFd";
  InflightModel inflight;
  inflight.show(snapshot);
  EXPECT_EQ(text(inflight, 0, InflightModel::kOperation), "c<U+FEFF>d");
}

TEST(OperationsModel, EachColumnHasItsOwnNumberOfTheWindowThatIsChosen) {
  const auto snapshot = snapshot_of(1, "ping 100 250");
  metrics::OperationStats& operation = snapshot->operations.replace(0);
  operation.key = {"2-layer", "mcp", "daemon", "fill"};
  metrics::WindowStats& window = operation.windows[2];
  window.outcomes = {.ok = 900, .error = 200, .unanswered = 30, .malformed = 4, .cancelled = 100};
  window.rate_per_second = 4.12;
  window.latency = {.count = 1'100,
                    .mean_ns = 1'500,
                    .min_ns = 500,
                    .p50_ns = 1'000,
                    .p90_ns = 2'000'000,
                    .p95_ns = 20'000'000,
                    .p99_ns = 3'000'000'000,
                    .max_ns = 65'000'000'000};
  operation.run_total = {.ok = 5'600, .unanswered = 78};
  OperationsModel model;
  model.show(snapshot);
  EXPECT_EQ(text(model, 0, OperationsModel::kCount), "100");
  model.set_window(metrics::Window::five_minutes);
  // By column: 1,234 in all; 200 errors and 4 malformed; 30 unanswered and 100 cancelled.
  const std::vector<std::pair<const char*, const char*>> columns = {
      {"Operation", "fill"}, {"Protocol", "mcp"}, {"Stack", "2-layer"},  {"Layer", "daemon"},
      {"Count", "1,234"},    {"Rate", "4.12/s"},  {"Errors", "204"},     {"Unanswered", "130"},
      {"Mean", "1.50 µs"},   {"Target", ""},      {"p50", "1.00 µs"},    {"p90", "2.00 ms"},
      {"p95", "20.0 ms"},    {"p99", "3.00 s"},   {"Max", "1 min 05 s"}, {"Total", "5,678"}};
  ASSERT_EQ(model.columnCount(), static_cast<int>(columns.size()));
  for (int column = 0; column < model.columnCount(); ++column) {
    const auto& [title, value] = columns[static_cast<std::size_t>(column)];
    EXPECT_EQ(model.headerData(column, Qt::Horizontal).toString(), title);
    EXPECT_EQ(text(model, 0, column), QString::fromUtf8(value)) << title;
  }
}

TEST(OperationsModel, ColoursWhatFailedAndNothingElse) {
  const auto snapshot = snapshot_of(1, "ping 100 250");
  OperationsModel model;
  model.show(snapshot);
  const auto coloured = [&model](int column) {
    return model.data(model.index(0, column), Qt::ForegroundRole).isValid();
  };
  EXPECT_FALSE(coloured(OperationsModel::kErrors));
  EXPECT_FALSE(coloured(OperationsModel::kUnanswered));
  snapshot->operations.replace(0).windows[1].outcomes.malformed = 1;
  EXPECT_TRUE(coloured(OperationsModel::kErrors));
  EXPECT_FALSE(coloured(OperationsModel::kUnanswered));
  snapshot->operations.replace(0).windows[1].outcomes.cancelled = 1;
  EXPECT_TRUE(coloured(OperationsModel::kUnanswered));
  EXPECT_FALSE(coloured(OperationsModel::kCount));
}

TEST(OperationsModel, HasNoLatencyForWhatWasNeverAnswered) {
  OperationsModel model;
  model.show(snapshot_of(1, "stuck 0 0"));
  EXPECT_EQ(text(model, 0, OperationsModel::kMean), QString::fromUtf8("–"));
}

TEST(InflightModel, MarksWhatMayBeStuck) {
  InflightModel model;
  const QAbstractItemModelTester tester(&model,
                                        QAbstractItemModelTester::FailureReportingMode::Fatal);
  const auto snapshot = snapshot_of(1, "");
  metrics::InflightRequest old;
  old.operation = "goxel.export_model";
  old.age_ns = 5'000'000'000;
  metrics::InflightRequest young = old;
  young.age_ns = 1000;
  snapshot->inflight = {old, young};
  model.show(snapshot);
  ASSERT_EQ(model.rowCount(), 2);
  EXPECT_EQ(text(model, 0, InflightModel::kAge), "5.00 s");
  EXPECT_EQ(text(model, 0, InflightModel::kOperation), "goxel.export_model");
  EXPECT_TRUE(model.data(model.index(0, 0), Qt::ForegroundRole).isValid());
  EXPECT_FALSE(model.data(model.index(1, 0), Qt::ForegroundRole).isValid());
}

TEST(InflightModel, EachColumnHasItsOwn) {
  InflightModel model;
  const auto snapshot = snapshot_of(1, "");
  metrics::InflightRequest& request = snapshot->inflight.emplace_back();
  request = {.operation = "<fill>",
             .protocol = "mcp",
             .stack = "2-layer",
             .layer = "daemon",
             .phase = "queued",
             .connection = 12,
             .age_ns = InflightModel::kOldNs};
  model.show(snapshot);
  const std::vector<std::pair<const char*, const char*>> columns = {{"Age", "1.00 s"},
                                                                    {"Operation", "<fill>"},
                                                                    {"Phase", "queued"},
                                                                    {"Protocol", "mcp"},
                                                                    {"Connection", "12"}};
  ASSERT_EQ(model.columnCount(), static_cast<int>(columns.size()));
  for (int column = 0; column < model.columnCount(); ++column) {
    const auto& [title, value] = columns[static_cast<std::size_t>(column)];
    EXPECT_EQ(model.headerData(column, Qt::Horizontal).toString(), title);
    EXPECT_EQ(text(model, 0, column), value);
    EXPECT_FALSE(model.headerData(column, Qt::Vertical).isValid());
    EXPECT_FALSE(model.headerData(column, Qt::Horizontal, Qt::ToolTipRole).isValid());
  }
  for (const int beyond : {-1, static_cast<int>(InflightModel::kColumnCount)}) {
    EXPECT_FALSE(model.headerData(beyond, Qt::Horizontal).isValid());
  }
  const auto of = [&model](int column, int role) {
    return model.data(model.index(0, column), role);
  };
  EXPECT_EQ(of(InflightModel::kOperation, Qt::ToolTipRole).toString(), "&lt;fill&gt;");
  EXPECT_FALSE(of(InflightModel::kPhase, Qt::ToolTipRole).isValid());
  EXPECT_TRUE(of(InflightModel::kAge, Qt::FontRole).value<QFont>().bold()) << "a second is old";
  request.age_ns = InflightModel::kOldNs - 1;
  EXPECT_FALSE(of(InflightModel::kAge, Qt::FontRole).isValid());
}

// A view may ask for a row of the snapshot before.
TEST(Models, RowThatIsGoneHasNothing) {
  OperationsModel operations;
  operations.show(snapshot_of(1, "ping 100 250"));
  const QModelIndex row = operations.index(0, 0);
  operations.show(snapshot_of(2, ""));
  EXPECT_FALSE(operations.data(row).isValid());
  EXPECT_FALSE(operations.data({}).isValid());
  InflightModel inflight;
  const auto snapshot = snapshot_of(1, "");
  snapshot->inflight.resize(1);
  inflight.show(snapshot);
  const QModelIndex held = inflight.index(0, 0);
  inflight.show(snapshot_of(2, ""));
  EXPECT_FALSE(inflight.data(held).isValid());
  EXPECT_FALSE(inflight.data({}).isValid());
}

TEST(OperationsModel, NumbersStandAtTheRightAndNamesAtTheLeft) {
  OperationsModel model;
  model.show(snapshot_of(1, "<ping> 100 250"));
  for (int column = 0; column < model.columnCount(); ++column) {
    const bool is_number = column >= OperationsModel::kCount;
    EXPECT_EQ(model.data(model.index(0, column), Qt::TextAlignmentRole).isValid(), is_number);
    EXPECT_EQ(model.headerData(column, Qt::Horizontal, Qt::TextAlignmentRole).isValid(), is_number);
    EXPECT_EQ(model.headerData(column, Qt::Horizontal, Qt::ToolTipRole).isValid(),
              column == OperationsModel::kErrors || column == OperationsModel::kUnanswered ||
                  column == OperationsModel::kTarget || column == OperationsModel::kTotal);
    EXPECT_EQ(model.data(model.index(0, column), Qt::ToolTipRole).toString(),
              column == OperationsModel::kOperation ? "&lt;ping&gt;" : "");
    EXPECT_FALSE(model.headerData(column, Qt::Vertical).isValid());
  }
  for (const int beyond : {-1, static_cast<int>(OperationsModel::kColumnCount)}) {
    EXPECT_FALSE(model.headerData(beyond, Qt::Horizontal, Qt::TextAlignmentRole).isValid());
  }
}

TEST(OperationsModel, TheDistanceToATargetIsShownWhereThereIsOne) {
  const auto snapshot = snapshot_of(1, "ping 100 250; save 3 4000");
  OperationsModel model;
  model.show(snapshot);
  EXPECT_FALSE(model.has_targets());
  metrics::OperationStats& save = snapshot->operations.replace(1);
  save.target_ns = 1'000;
  save.windows[1].latency.mean_ns = 4'000;
  EXPECT_TRUE(model.has_targets());
  EXPECT_EQ(model.data(model.index(0, OperationsModel::kTarget)).toString(), "");
  EXPECT_EQ(model.data(model.index(1, OperationsModel::kTarget)).toString(),
            QString::fromUtf8("3.00 µs over"));
  EXPECT_EQ(
      model.data(model.index(1, OperationsModel::kTarget), OperationsModel::kSortRole).toDouble(),
      -3e3);
}

// What is selected stays selected.
TEST(OperationsModel, RowsStayTheSameRowsAsLongAsTheOperationsDo) {
  OperationsModel model;
  model.show(snapshot_of(1, "ping 100 250; save 3 4000"));
  int resets = 0;
  int changes = 0;
  QObject::connect(&model, &QAbstractItemModel::modelReset, [&resets] { ++resets; });
  QObject::connect(&model, &QAbstractItemModel::dataChanged,
                   [&](const QModelIndex& first, const QModelIndex& last) {
                     ++changes;
                     EXPECT_EQ(first, model.index(0, 0));
                     EXPECT_EQ(last, model.index(1, OperationsModel::kColumnCount - 1));
                   });
  model.show(snapshot_of(2, "ping 101 250; save 3 4000"));
  model.set_window(metrics::Window::now);
  EXPECT_EQ(resets, 0);
  EXPECT_EQ(changes, 2);
  model.show(snapshot_of(3, "ping 101 250"));
  EXPECT_EQ(resets, 1);
  EXPECT_EQ(model.rowCount(model.index(0, 0)), 0) << "no rows below rows";
  EXPECT_EQ(model.columnCount(model.index(0, 0)), 0);
}

class StateText : public testing::Test {
 protected:
  StateText() {
    snapshot_->process.pid = 7;
    snapshot_->daemon.host_name = "goxel-daemon";
    snapshot_->daemon.host_version = "1.2";
    snapshot_->daemon.started_realtime_ns = kStarted;
    snapshot_->daemon.uptime_seconds = 5;
  }
  std::string said() const { return state_line(*snapshot_).text.toStdString(); }

  static constexpr std::uint64_t kStarted = 1'764'000'000'000'000'000;
  const std::shared_ptr<metrics::Snapshot> snapshot_ = snapshot_of(1, "ping 100 250");
  const std::string started_ = metrics::format_date_time(kStarted);
  const std::string ended_ = metrics::format_date_time(kStarted + 5'000'000'000);
};

TEST_F(StateText, OfADaemonThatLives) {
  EXPECT_EQ(said(),
            "goxel-daemon 1.2  ·  process 7  ·  instance test  ·  since " + started_ + " (5.00 s)");
  snapshot_->daemon.host_version.clear();
  snapshot_->daemon.heartbeat_age_seconds = 5;
  EXPECT_EQ(said(),
            "goxel-daemon  ·  process 7  ·  instance test  ·  since " + started_ + " (5.00 s)");
  EXPECT_EQ(state_line(*snapshot_).badge, "Live");
  snapshot_->daemon.heartbeat_age_seconds = 5.5;
  EXPECT_EQ(said(), "goxel-daemon  ·  process 7  ·  instance test  ·  since " + started_ +
                        " (5.00 s)  ·  no sign of life for 5.50 s");
  EXPECT_EQ(state_line(*snapshot_).badge, "Silent");
  snapshot_->daemon.heartbeat_age_seconds = 0;
  snapshot_->freshness.daemon = {.count = 7, .p99_ns = 51'000'000};
  EXPECT_EQ(said(), "goxel-daemon  ·  process 7  ·  instance test  ·  since " + started_ +
                        " (5.00 s)  ·  counted after 51.0 ms (p99)");
}

TEST_F(StateText, OfADaemonThatEnded) {
  snapshot_->daemon.state = shm::ProducerState::dead;
  const std::string died =
      "goxel-daemon 1.2 (process 7, instance test) was killed or crashed at "
      "about " +
      ended_ + ", after 5.00 s, with ";
  EXPECT_EQ(said(), died + "nothing in flight. Waiting for its next run.");
  snapshot_->daemon.inflight = 1;
  EXPECT_EQ(said(), died + "1 request in flight. Waiting for its next run.");
  snapshot_->daemon.inflight = 1'234;
  EXPECT_EQ(said(), died + "1,234 requests in flight. Waiting for its next run.");
  EXPECT_EQ(state_line(*snapshot_).badge, "Died");
}

TEST_F(StateText, OfOneThatCannotBeWatchedIsWhatMetricsSay) {
  snapshot_->daemon.message = "this user may not read it";
  for (const auto& [state, badge] : {std::pair(shm::ProducerState::not_permitted, "No permission"),
                                     std::pair(shm::ProducerState::unusable, "Unusable"),
                                     std::pair(shm::ProducerState::absent, "Waiting")}) {
    snapshot_->daemon.state = state;
    EXPECT_EQ(said(), "This user may not read it.");
    EXPECT_EQ(state_line(*snapshot_).badge, badge);
    EXPECT_FALSE(has_data(state));
  }
  EXPECT_EQ(as_sentence("it ends."), "It ends.");
  EXPECT_EQ(as_sentence(""), "");
}

TEST(StateLine, SaysInAWordAndASentenceHowTheDaemonIs) {
  const auto snapshot = snapshot_of(1, "ping 100 250");
  snapshot->daemon.host_name = "goxel-daemon";
  EXPECT_EQ(state_line(*snapshot).tone, Tone::good);
  EXPECT_TRUE(state_line(*snapshot).text.contains("goxel-daemon"));
  snapshot->daemon.state = shm::ProducerState::dead;
  snapshot->inflight.emplace_back().operation = "goxel.export_model";
  EXPECT_EQ(state_line(*snapshot).tone, Tone::bad);
  EXPECT_TRUE(state_line(*snapshot).text.contains("killed or crashed"));
  EXPECT_TRUE(has_data(shm::ProducerState::dead));
  EXPECT_FALSE(has_data(shm::ProducerState::absent));
}

TEST(Figures, AreDashesWhereNothingIsKnownAndAlarmingWhereSomethingFailed) {
  const auto value = [](const metrics::Snapshot& snapshot, const QString& name) {
    for (const Figure& figure : figures(snapshot)) {
      if (figure.name == name) return figure;
    }
    return Figure{};
  };
  const auto snapshot = snapshot_of(1, "ping 100 250");
  EXPECT_EQ(value(*snapshot, "Memory").value, QString::fromUtf8("–"));
  EXPECT_EQ(value(*snapshot, "Throughput").value, "100/s");
  EXPECT_FALSE(value(*snapshot, "Records lost").alarming);
  snapshot->ring.lost = 3;
  EXPECT_TRUE(value(*snapshot, "Records lost").alarming);
  EXPECT_EQ(value(*snapshot, "Records lost").value, "3");
}

TEST(Figures, AccountOfTheRecordsAddsUpInAHint) {
  const auto snapshot = snapshot_of(1, "ping 100 250");
  snapshot->ring = {.published = 1'000, .read = 600, .before_reader = 390, .lost = 10};
  snapshot->daemon.gauges[shm::Gauge::lane_misses] = 5;
  const Figure lost = figures(*snapshot).back();
  EXPECT_EQ(lost.name, "Records lost");
  EXPECT_EQ(lost.hint,
            "10 overwritten before this window read them, 5 never written because every lane was "
            "taken. Of 1,000 records published, 600 were read; 390 were gone before this window "
            "began");
}

TEST(Figures, EachHasItsOwnNumber) {
  const auto snapshot = snapshot_of(1, "ping 100 250");
  metrics::Daemon& daemon = snapshot->daemon;
  daemon.windows[0].rate_per_second = 12.3;
  daemon.windows[0].latency.p99_ns = 1'000;
  daemon.windows[1].latency.p50_ns = 500'000;
  daemon.windows[1].latency.p90_ns = 1'000'000;
  daemon.windows[1].latency.p95_ns = 1'500'000;
  daemon.windows[1].latency.p99_ns = 2'000'000;
  daemon.windows[1].outcomes = {
      .ok = 1, .error = 200, .unanswered = 30, .malformed = 4, .cancelled = 1'000};
  daemon.gauges[shm::Gauge::connections] = 3;
  daemon.inflight = 5;
  snapshot->process.cpu_ratio = 1.5;
  snapshot->process.resident_bytes = 10 * 1'048'576;
  snapshot->own_cost.busy_ratio = 0.0025;
  snapshot->own_cost.waited = {.ns = 612, .low_ns = 562, .high_ns = 662};
  snapshot->own_cost.waited_share = 0.00408;
  snapshot->own_cost.samples = 1'204;
  snapshot->own_cost.interrupted = 4;
  snapshot->own_cost.resident_bytes = 2 * 1'048'576;
  snapshot->ring.lost = 6;
  snapshot->daemon.gauges[shm::Gauge::lane_misses] = 10;
  const std::vector<std::pair<const char*, const char*>> expected = {
      {"p99 now", "1.00 µs"},    {"p99 1 min", "2.00 ms"}, {"Throughput", "12.3/s"},
      {"Failed 1 min", "1,234"}, {"Clients", "3"},         {"In flight", "5"},
      {"CPU", "150 %"},          {"Memory", "8.00 MiB"},   {"Plugin cost", "612 ns, 0.41 %"},
      {"Records lost", "16"}};
  const auto shown = figures(*snapshot);
  ASSERT_EQ(shown.size(), expected.size());
  for (std::size_t i = 0; i < shown.size(); ++i) {
    EXPECT_EQ(shown[i].name, expected[i].first);
    EXPECT_EQ(shown[i].value, QString::fromUtf8(expected[i].second)) << expected[i].first;
  }
  EXPECT_EQ(shown[1].hint,
            QString::fromUtf8("99 of 100 requests of the last minute were answered within this "
                              "time, 95 within 1.50 ms, 90 within 1.00 ms, 50 within 500 µs"));
  EXPECT_TRUE(shown[3].alarming);
  EXPECT_FALSE(shown[5].alarming) << "nothing has been in flight for long";
  EXPECT_TRUE(shown[9].alarming);
  EXPECT_EQ(shown[3].hint, "200 errors, 30 unanswered, 4 malformed, 1,000 cancelled");
  snapshot->inflight.emplace_back().age_ns = InflightModel::kOldNs;
  EXPECT_TRUE(figures(*snapshot)[5].alarming) << "for a second";
  snapshot->inflight[0].age_ns -= 1;
  EXPECT_FALSE(figures(*snapshot)[5].alarming);
  daemon.state = shm::ProducerState::dead;
  EXPECT_EQ(figures(*snapshot)[2].value, QString::fromUtf8("–")) << "its rate has ended";
}

TEST(Figures, PluginCostIsWhatARequestWaitsFor) {
  metrics::Snapshot snapshot;
  const auto shown = [&snapshot] { return figures(snapshot)[8]; };
  EXPECT_EQ(shown().value, QString::fromUtf8("–"));
  EXPECT_EQ(shown().hint, "No call was timed");
  metrics::OwnCost& cost = snapshot.own_cost;
  cost.samples = 1'204;
  cost.interrupted = 4;
  cost.busy_ratio = 0.0112;
  EXPECT_EQ(shown().value, QString::fromUtf8("–")) << "the whole says nothing of it";
  cost.waited = {.ns = 612, .low_ns = 562, .high_ns = 662};
  EXPECT_EQ(shown().value, "612 ns");
  cost.waited_share = 0.00408;
  cost.resident_bytes = 2 * 1'048'576;
  EXPECT_EQ(shown().value, "612 ns, 0.41 %");
  EXPECT_EQ(
      shown().hint,
      "A request waits 612 ns (95 %: 562 ns to 662 ns) for the plugin, 0.41 % of its latency; "
      "1.12 % of the daemon's busy time; 1,204 calls were timed, 4 of them interrupted; "
      "2.00 MiB of the process's memory, shared memory included");
  metrics::OperationStats& ping = snapshot.operations.add();
  ping.key = {"4-layer", "jsonrpc", "daemon", "ping"};
  ping.windows[2].latency.count = 1;
  ping.windows[2].latency.mean_ns = 30'600;
  EXPECT_TRUE(shown().hint.contains("0.41 % of its latency, at most 2.00 % (ping); 1.12 %"));
  EXPECT_FALSE(shown().noteworthy || shown().alarming);
  cost.busy_ratio = 0.031;
  EXPECT_TRUE(shown().noteworthy);
  cost.busy_ratio = 0.01;
  cost.waited_share = 0.031;
  EXPECT_TRUE(shown().noteworthy);
}

TEST(TimeSeries, HasOneSampleASecondAndForgetsTheOldOnes) {
  TimeSeries series(10);
  for (std::uint64_t second = 1; second <= 30; ++second) {
    series.add(*snapshot_of(second, "ping 100 250"));
    series.add(*snapshot_of(second, "ping 999 999"));
  }
  const Pieces p50 = series.p50_ns();
  ASSERT_EQ(p50.size(), 1);
  ASSERT_EQ(p50[0].size(), 11);
  EXPECT_EQ(p50[0].first(), QPointF(-10, 250'000));
  EXPECT_EQ(p50[0].last(), QPointF(0, 250'000));
}

TEST(TimeSeries, DrawsNoLineAcrossADeadDaemonALossOrSecondsWithoutAnswers) {
  TimeSeries series(100);
  series.add(*snapshot_of(1, "ping 100 250"));
  const auto dead = snapshot_of(2, "ping 100 250");
  dead->daemon.state = shm::ProducerState::dead;
  series.add(*dead);
  series.add(*snapshot_of(3, "ping 100 250"));
  const auto lapped = snapshot_of(4, "ping 100 250");
  lapped->ring.lost = 7;
  series.add(*lapped);
  const auto after = snapshot_of(5, "ping 100 250");
  after->ring.lost = 7;
  series.add(*after);
  const auto quiet = snapshot_of(6, "ping 0 0");
  quiet->ring.lost = 7;
  series.add(*quiet);
  EXPECT_EQ(series.p50_ns().size(), 3);
  ASSERT_EQ(series.operations_per_second().size(), 3);
  EXPECT_EQ(series.operations_per_second()[2].size(), 2);  // no requests is a rate of 0, not a gap
}

TEST(TimeSeries, FailuresAreWhatIsNotOkOfTheRate) {
  TimeSeries series(10);
  const auto snapshot = snapshot_of(1, "ping 100 250");
  snapshot->daemon.windows[0].outcomes = {.ok = 60, .error = 10, .unanswered = 10};
  series.add(*snapshot);
  series.add(*snapshot_of(2, "ping 0 0"));
  ASSERT_EQ(series.failures_per_second().size(), 1);
  // A quarter of 80 requests failed: of 100 a second, 25.
  EXPECT_EQ(series.failures_per_second()[0], (QList<QPointF>{{-1, 25}, {0, 0}}));
  EXPECT_EQ(series.p99_ns(), (Pieces{{{-1, 500'000}}}));
}

TEST(TimeSeries, OfThePastOnlyWholeSecondsCountAndEachOnce) {
  constexpr std::uint64_t kSecond = 1'000'000'000;
  Past past;
  past.run_id = 1;
  past.now_monotonic_ns = 100 * kSecond;
  past.now_realtime_ns = 5'000 * kSecond;
  const auto point = [&past](std::uint64_t begin, std::uint64_t seconds, double rate) {
    metrics::HistoryPoint& added = past.seconds.emplace_back();
    added.begin_seconds = begin;
    added.seconds = seconds;
    added.stats.covered_seconds = 1;
    added.stats.rate_per_second = rate;
  };
  point(4'000, 1, 1);  // before this machine was started
  point(4'899, 1, 6);  // ended just then
  point(4'996, 2, 2);
  point(4'998, 1, 3);
  point(4'998, 1, 4);
  point(4'999, 1, 5);  // ends now
  TimeSeries series(200);
  series.begin_with(past);
  EXPECT_EQ(series.operations_per_second(), (Pieces{{{-100, 6}}, {{-1, 3}, {0, 5}}}));
}

TEST(TimeSeries, BeginsWithWhatWasBeforeTheViewerCame) {
  constexpr std::uint64_t kSecond = 1'000'000'000;
  const auto first = snapshot_of(100, "ping 100 250");
  Past past;
  past.run_id = first->daemon.run_id;
  past.now_monotonic_ns = 99 * kSecond + kSecond / 2;
  past.now_realtime_ns = 5'000 * kSecond + kSecond / 4;
  for (std::uint64_t second = 4'996; second <= 5'000; ++second) {
    metrics::HistoryPoint& point = past.seconds.emplace_back();
    point.begin_seconds = second;
    point.seconds = 1;
    point.stats.covered_seconds = second == 4'998 ? 0 : 1;  // not watched
    point.stats.rate_per_second = 7;
    point.stats.outcomes.ok = point.stats.latency.count = 7;
    point.stats.latency.p50_ns = second;
  }
  TimeSeries series(10);
  series.begin_with(past);
  series.add(*first);
  const Pieces rates = series.operations_per_second();
  ASSERT_EQ(rates.size(), 2) << "a gap where no reader watched";
  EXPECT_EQ(rates[0].size(), 2);
  EXPECT_EQ(rates[1].first(), QPointF(-1, 7)) << "the second that has not ended is left out";
  EXPECT_EQ(rates[1].last(), QPointF(0, 100));
}

}  // namespace
}  // namespace goxel_telemetry::viewer
