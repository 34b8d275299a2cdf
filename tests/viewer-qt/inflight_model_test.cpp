// SPDX-License-Identifier: GPL-3.0-or-later
#include "viewer-qt/models/inflight_model.h"

#include <gtest/gtest.h>
#include <QAbstractItemModelTester>
#include <QFont>
#include <random>

namespace goxel_telemetry::viewer {
namespace {

QString text(const QAbstractItemModel& model, int row, int column) {
  return model.data(model.index(row, column)).toString();
}

metrics::InflightRequest request(std::uint64_t connection, std::uint64_t age_ns = 1'000) {
  metrics::InflightRequest one;
  one.operation = "fill";
  one.phase = "started";
  one.connection = connection;
  one.age_ns = age_ns;
  return one;
}

std::string connections(const InflightModel& model) {
  std::string all;
  for (int row = 0; row < model.rowCount(); ++row) {
    all += text(model, row, InflightModel::kConnection).toStdString() + ' ';
  }
  return all;
}

TEST(InflightModel, MarksWhatMayBeStuckNotByColourAlone) {
  InflightModel model;
  model.show({request(1, InflightModel::kOldNs), request(2, InflightModel::kOldNs - 1)});
  EXPECT_EQ(text(model, 0, InflightModel::kAge), "1.00 s");
  EXPECT_EQ(text(model, 0, InflightModel::kPhase), "started, may be stuck");
  EXPECT_TRUE(model.data(model.index(0, 0), Qt::ForegroundRole).isValid());
  EXPECT_TRUE(model.data(model.index(0, 0), Qt::FontRole).value<QFont>().bold());
  EXPECT_EQ(text(model, 1, InflightModel::kPhase), "started");
  EXPECT_FALSE(model.data(model.index(1, 0), Qt::ForegroundRole).isValid());
  EXPECT_FALSE(model.data(model.index(1, 0), Qt::FontRole).isValid());
}

// In all layers it has the same trace, operation and, of those that have none, connection.
TEST(InflightModel, ARequestIsAnotherRowInEachOfItsLayers) {
  InflightModel model;
  std::vector<metrics::InflightRequest> both = {request(0), request(0)};
  both[0].layer = "daemon";
  both[1].layer = "mcp-server";
  model.show(both);
  const QPersistentModelIndex outer(model.index(1, 0));
  model.show({both[1]});
  EXPECT_TRUE(outer.isValid()) << "the daemon's part of it is over";
  EXPECT_EQ(model.rowCount(), 1);
}

TEST(InflightModel, EachColumnHasItsOwn) {
  InflightModel model;
  metrics::InflightRequest one = request(12);
  one.operation = "<fi\uFEFFll>";
  one.protocol = "mcp";
  one.stack = "2-layer";
  one.phase = "queued";
  model.show({one});
  const std::vector<std::pair<const char*, const char*>> columns = {
      {"Age", "1.00 µs"},   {"Operation", "<fi<U+FEFF>ll>"},
      {"Phase", "queued"},  {"Protocol", "mcp"},
      {"Stack", "2-layer"}, {"Connection", "12"}};
  ASSERT_EQ(model.columnCount(), static_cast<int>(columns.size()));
  for (int column = 0; column < model.columnCount(); ++column) {
    const auto& [title, value] = columns[static_cast<std::size_t>(column)];
    EXPECT_EQ(model.headerData(column, Qt::Horizontal).toString(), title);
    EXPECT_EQ(text(model, 0, column), QString::fromUtf8(value));
    EXPECT_FALSE(model.headerData(column, Qt::Vertical).isValid());
  }
  for (const int beyond : {-1, static_cast<int>(InflightModel::kColumnCount)}) {
    EXPECT_FALSE(model.headerData(beyond, Qt::Horizontal).isValid());
  }
  EXPECT_EQ(model.data(model.index(0, InflightModel::kOperation), Qt::ToolTipRole).toString(),
            "<p>&lt;fi&lt;U+FEFF&gt;ll&gt;</p>");
}

// What is selected stays selected, whatever ends around it.
TEST(InflightModel, ARequestKeepsItsRowWhileItIsInFlight) {
  InflightModel model;
  const QAbstractItemModelTester tester(&model,
                                        QAbstractItemModelTester::FailureReportingMode::Fatal);
  int resets = 0;
  QObject::connect(&model, &QAbstractItemModel::modelReset, [&resets] { ++resets; });
  model.show({request(1), request(2), request(3)});
  const QPersistentModelIndex two = model.index(1, 0);
  model.show({request(2), request(3), request(4)});
  EXPECT_EQ(two.row(), 0);
  model.show({request(4), request(3), request(2)});
  EXPECT_EQ(two.row(), 2);
  EXPECT_EQ(connections(model), "4 3 2 ");
  model.show({request(4)});
  EXPECT_FALSE(two.isValid());
  model.show({});
  EXPECT_EQ(model.rowCount(), 0);
  EXPECT_EQ(resets, 0);
}

TEST(InflightModel, ShowsWhatIsThereAfterAnyChange) {
  InflightModel model;
  const QAbstractItemModelTester tester(&model,
                                        QAbstractItemModelTester::FailureReportingMode::Fatal);
  std::mt19937 random(14);
  for (int round = 0; round < 300; ++round) {
    std::vector<metrics::InflightRequest> requests;
    std::string expected;
    for (std::size_t i = random() % 7; i > 0; --i) {
      requests.push_back(request(random() % 5));  // also equal ones
      expected += std::to_string(requests.back().connection) + ' ';
    }
    model.show(requests);
    ASSERT_EQ(connections(model), expected) << round;
  }
}

TEST(InflightModel, HeldStillItDoesNotChange) {
  InflightModel model;
  model.show({request(1)});
  model.hold(true);
  model.show({request(2)});
  EXPECT_EQ(connections(model), "1 ");
  model.hold(false);
  model.show({request(2)});
  EXPECT_EQ(connections(model), "2 ");
}

TEST(InflightModel, OfTooManyTheOldestAreShown) {
  InflightModel model;
  std::vector<metrics::InflightRequest> requests;
  for (std::uint64_t i = 0; i < 5'000; ++i) requests.push_back(request(i));
  model.show(requests);
  EXPECT_EQ(model.rowCount(), static_cast<int>(InflightModel::kMost));
  EXPECT_EQ(text(model, 0, InflightModel::kConnection), "0");
}

TEST(InflightModel, RowThatIsGoneHasNothing) {
  InflightModel model;
  model.show({request(1)});
  const QModelIndex row = model.index(0, 0);
  model.show({});
  EXPECT_FALSE(model.data(row).isValid());
  EXPECT_FALSE(model.data({}).isValid());
}

}  // namespace
}  // namespace goxel_telemetry::viewer
