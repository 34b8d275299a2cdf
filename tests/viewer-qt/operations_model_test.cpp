// SPDX-License-Identifier: GPL-3.0-or-later
#include "viewer-qt/models/operations_model.h"

#include <gtest/gtest.h>
#include <QAbstractItemModelTester>
#include <cmath>
#include <sstream>

namespace goxel_telemetry::viewer {
namespace {

constexpr std::uint64_t kNs = 1'000'000'000;

QString text(const QModelIndex& row, int column) {
  return row.siblingAtColumn(column).data().toString();
}

// Ten seconds in which each of "layer stack protocol operation count microseconds; …" came so many times, all in the
// first second, and took so long.
metrics::Observation observed(const std::string& words) {
  metrics::ObservationBuilder builder(1'000, 1'010);
  builder.observed(1'000 * kNs, 1'010 * kNs);
  std::istringstream all(words);
  for (std::string one; std::getline(all, one, ';');) {
    std::istringstream in(one);
    metrics::OperationKey key;
    std::uint64_t count = 0;
    std::uint64_t us = 0;
    in >> key.layer >> key.stack >> key.protocol >> key.operation >> count >> us;
    metrics::Tally tally;
    metrics::Measurement measurement;
    measurement.duration_ns = us * 1'000;
    for (; count > 0; --count) tally.add(measurement);
    builder.add(key, 1'000, tally);
  }
  return std::move(builder).finish();
}

std::vector<OperationGroup> groups(const std::string& words, const Selection& selection = {}) {
  return operation_groups(observed(words), metrics::Snapshot(), selection);
}

TEST(OperationGroups, AddUpWhatOneLayerSawOverAllWaysOfCalling) {
  const auto found = groups(
      "daemon 4-layer jsonrpc goxel.add_voxel 30 100;"
      "daemon 2-layer mcp goxel_add_voxel 10 500;"
      "mcp-client 4-layer none goxel_add_voxel 30 9000;"
      "daemon 4-layer jsonrpc ping 10 200");
  ASSERT_EQ(found.size(), 2u);
  const OperationRow& add = found[0].sum;
  EXPECT_EQ(add.key.operation, "goxel.add_voxel");
  EXPECT_EQ(add.key.layer, "");
  EXPECT_EQ(found[0].rows.size(), 3u);
  EXPECT_EQ(add.stats.latency.count, 40u) << "the client saw the same requests";
  EXPECT_DOUBLE_EQ(add.stats.latency.mean_ns, (30 * 100'000 + 10 * 500'000) / 40.0);
  EXPECT_EQ(add.stats.latency.max_ns, 500'000u);
  EXPECT_NEAR(static_cast<double>(add.stats.latency.p50_ns), 100'000, 1'000) << "exact, over both";
  EXPECT_NEAR(static_cast<double>(add.stats.latency.p95_ns), 500'000, 5'000);
  EXPECT_DOUBLE_EQ(add.stats.rate_per_second, 4);
  // 8 ms of the daemon's 10 ms; at the client, there was nothing else.
  EXPECT_DOUBLE_EQ(add.share, 0.8);
  for (const OperationRow& row : found[0].rows) {
    EXPECT_DOUBLE_EQ(row.share, row.key.layer == "mcp-client" ? 1
                                : row.key.stack == "4-layer"  ? 0.3
                                                              : 0.5);
  }
  EXPECT_EQ(add.trend.size(), 10u);
  EXPECT_FLOAT_EQ(add.trend[0], 200'000);
  EXPECT_TRUE(std::isnan(add.trend[1]));
}

TEST(OperationGroups, OfWhatTheDaemonDidNotSeeHaveTheOutermostLayersNumbers) {
  const auto found =
      groups("ts-client 4-layer none ping 1 100; mcp-server 4-layer none ping 2 300");
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].sum.stats.latency.count, 2u);
}

TEST(OperationGroups, HaveWhatPassesTheSelection) {
  Selection two;
  two.stack = "2-layer";
  const auto found = groups(
      "daemon 4-layer jsonrpc ping 1 1; daemon 2-layer mcp ping 3 1; daemon 4-layer jsonrpc x 1 1",
      two);
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].sum.stats.latency.count, 3u);
  EXPECT_DOUBLE_EQ(found[0].sum.share, 1);
}

TEST(OperationGroups, TakeTotalsAndTargetsFromTheSnapshot) {
  metrics::Snapshot now;
  metrics::OperationStats& ping = now.operations.add();
  ping.key = {"4-layer", "jsonrpc", "daemon", "ping"};
  ping.run_total.ok = 77;
  ping.target_ns = 5'000;
  const auto found = operation_groups(observed("daemon 4-layer jsonrpc ping 1 1"), now, {});
  EXPECT_EQ(found[0].sum.run_total, 77u);
  EXPECT_EQ(found[0].rows[0].target_ns, 5'000u);
}

class Operations : public testing::Test {
 protected:
  QModelIndex row(int number, const QModelIndex& parent = {}) const {
    return model_.index(number, 0, parent);
  }
  std::string names() const {
    std::string all;
    for (int i = 0; i < model_.rowCount(); ++i) all += text(row(i), 0).toStdString() + ' ';
    return all;
  }
  OperationsModel model_;
  const QAbstractItemModelTester tester_{&model_,
                                         QAbstractItemModelTester::FailureReportingMode::Fatal};
};

TEST_F(Operations, StandByTheirShareOfTheTimeWithTheWaysOfCallingBeneath) {
  model_.show(
      groups("daemon 4-layer jsonrpc ping 1000 1;"
             "daemon 4-layer jsonrpc save 2 4000; daemon 2-layer mcp save 1 8000"));
  EXPECT_EQ(names(), "save ping ");
  EXPECT_EQ(text(row(0), OperationsModel::kShare), "94.1 %");
  ASSERT_EQ(model_.rowCount(row(0)), 2);
  EXPECT_EQ(text(row(0, row(0)), 0), QString::fromUtf8("mcp · 2-layer · daemon"));
  EXPECT_EQ(text(row(0, row(0)), OperationsModel::kMean), "8.00 ms");
  EXPECT_EQ(model_.rowCount(row(1)), 0) << "one way only: nothing to unfold";
}

TEST_F(Operations, EachColumnHasItsOwnNumber) {
  auto one = groups("daemon 4-layer jsonrpc fill 1 1");
  OperationRow& sum = one[0].sum;
  sum.share = 0.5;
  sum.stats.outcomes = {
      .ok = 900, .error = 200, .unanswered = 30, .malformed = 4, .cancelled = 100};
  sum.stats.rate_per_second = 4.12;
  sum.stats.latency = {.count = 1'100,
                       .mean_ns = 1'500,
                       .min_ns = 500,
                       .p50_ns = 1'000,
                       .p90_ns = 2'000'000,
                       .p95_ns = 20'000'000,
                       .p99_ns = 3'000'000'000,
                       .max_ns = 65'000'000'000};
  sum.run_total = 5'678;
  sum.target_ns = 1'000;
  model_.show(one);
  const std::vector<std::pair<const char*, const char*>> columns = {
      {"Operation", "fill"},     {"Time", "50.0 %"},    {"Trend", ""},      {"Count", "1,234"},
      {"Rate", "4.12/s"},        {"Mean", "1.50 µs"},   {"p50", "1.00 µs"}, {"p95", "20.0 ms"},
      {"p99", "3.00 s"},         {"Max", "1 min 05 s"}, {"Errors", "204"},  {"Unanswered", "130"},
      {"Target", "500 ns over"}, {"Total", "5,678"}};
  ASSERT_EQ(model_.columnCount(), static_cast<int>(columns.size()));
  for (int column = 0; column < model_.columnCount(); ++column) {
    const auto& [title, value] = columns[static_cast<std::size_t>(column)];
    EXPECT_EQ(model_.headerData(column, Qt::Horizontal).toString(), title);
    EXPECT_EQ(text(row(0), column), QString::fromUtf8(value)) << title;
    EXPECT_FALSE(model_.headerData(column, Qt::Horizontal, Qt::ToolTipRole).toString().isEmpty())
        << "every column explains itself";
    EXPECT_EQ(row(0).siblingAtColumn(column).data(Qt::TextAlignmentRole).isValid(), column != 0);
    EXPECT_FALSE(row(0).siblingAtColumn(column).data(Qt::ForegroundRole).isValid())
        << "what a wrong client does is not alarming";
  }
  EXPECT_TRUE(model_.has_targets());
  EXPECT_EQ(row(0).data(OperationsModel::kKeyRole).value<metrics::OperationKey>().operation,
            "fill");
}

TEST_F(Operations, WithoutAnswersThereIsNoLatency) {
  auto one = groups("daemon 4-layer jsonrpc stuck 1 1");
  one[0].sum.stats.latency = {};
  one[0].sum.busy_ns = 0;
  model_.show(one);
  EXPECT_EQ(text(row(0), OperationsModel::kMean), QString::fromUtf8("–"));
  EXPECT_EQ(text(row(0), OperationsModel::kShare), QString::fromUtf8("–"));
}

// A client names operations: hidden characters are shown, and markup is text.
TEST_F(Operations, NamesOfClientsAreShownAsTheyAre) {
  model_.show(
      groups("dae\u2060mon 2-\u200Blayer mcp a\u202Eb<i> 1 1; daemon 4-layer mcp a\u202Eb<i> 1 1"));
  EXPECT_EQ(text(row(0), 0), "a<U+202E>b<i>");
  EXPECT_EQ(text(row(0, row(0)), 0), QString::fromUtf8("mcp · 2-<U+200B>layer · dae<U+2060>mon"));
  EXPECT_EQ(row(0).data(Qt::ToolTipRole).toString(), "<p>a&lt;U+202E&gt;b&lt;i&gt;</p>");
}

TEST_F(Operations, RowsStayTheSameRowsWhateverComesAndGoes) {
  model_.show(groups("daemon 4 j a 1 10; daemon 4 j b 1 20; daemon 2 j b 1 1; daemon 4 j c 1 30"));
  EXPECT_EQ(names(), "c b a ");
  int resets = 0;
  QObject::connect(&model_, &QAbstractItemModel::modelReset, [&resets] { ++resets; });
  const QPersistentModelIndex b = row(1);
  const QPersistentModelIndex child = row(1, row(1));
  EXPECT_EQ(text(child, 0), QString::fromUtf8("j · 4 · daemon"));
  model_.show(
      groups("daemon 4 j b 1 20; daemon 2 j b 1 100; daemon 3 j b 1 1; daemon 4 j d 1 5; daemon 4 "
             "j a 1 500"));
  EXPECT_EQ(names(), "a b d ");
  EXPECT_EQ(b.row(), 1);
  EXPECT_EQ(child.row(), 2) << "another way of calling came before it";
  EXPECT_EQ(QModelIndex(child).parent(), QModelIndex(b));
  model_.show(groups("daemon 4 j d 1 5"));
  EXPECT_FALSE(b.isValid());
  EXPECT_FALSE(child.isValid());
  EXPECT_EQ(resets, 0);
}

TEST_F(Operations, HeldStillRowsKeepTheirPlacesAndNewOnesComeLast) {
  model_.show(groups("daemon 4 j a 1 10; daemon 4 j b 1 20"));
  model_.hold(true);
  model_.show(groups("daemon 4 j a 1 90; daemon 4 j b 1 20; daemon 4 j c 1 500"));
  EXPECT_EQ(names(), "b a c ");
  EXPECT_EQ(text(row(1), OperationsModel::kMean), QString::fromUtf8("90.0 µs")) << "numbers go on";
  model_.hold(false);
  EXPECT_EQ(names(), "c a b ");
}

TEST_F(Operations, AreSortedByAnyColumn) {
  model_.show(groups("daemon 4 j a 5 10; daemon 4 j b 1 20; daemon 4 j c 3 1"));
  model_.sort(OperationsModel::kCount, Qt::AscendingOrder);
  EXPECT_EQ(names(), "b c a ");
  model_.sort(OperationsModel::kOperation, Qt::DescendingOrder);
  EXPECT_EQ(names(), "c b a ");
}

TEST_F(Operations, AreFoundByAPartOfAnyOfTheirNames) {
  const auto all = groups(
      "daemon 4 j goxel.add_voxel 1 1; daemon 2 mcp goxel_add_voxel 1 1; daemon 4 j ping 1 1");
  model_.show(all);
  model_.filter(" ADD ");
  EXPECT_EQ(names(), "goxel.add_voxel ");
  model_.filter("goxel_add");
  EXPECT_EQ(names(), "goxel.add_voxel ") << "by the tool";
  model_.show(all);
  EXPECT_EQ(model_.rowCount(), 1) << "also when new numbers come";
  model_.filter("");
  EXPECT_EQ(model_.rowCount(), 2);
}

}  // namespace
}  // namespace goxel_telemetry::viewer
