// SPDX-License-Identifier: GPL-3.0-or-later
#include "metrics/live/operation_table.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

namespace goxel_telemetry::metrics {
namespace {

OperationKey key(const std::string& operation, const std::string& layer = "daemon") {
  return {"2-layer", "mcp", layer, operation};
}

class OperationTableTest : public testing::Test {
 protected:
  OperationTableTest() { table_.advance(kNow); }

  void fill() {
    for (std::size_t i = 0; i < kMostOperations; ++i) {
      Operation* operation = table_.find_or_add(key("operation_" + std::to_string(i))).operation;
      Measurement measurement;
      measurement.end_ns = 1'000 + i;
      operation->add_to_totals(measurement);
      operation->windows.add(kNow, measurement);
    }
  }

  static constexpr std::uint64_t kNow = 10'000;
  OperationTable table_;
};

TEST_F(OperationTableTest, AFullTableFoldsNewNamesIntoTheOtherOfTheirLayer) {
  fill();
  const auto found = table_.find_or_add(key("one more"));
  const auto another = table_.find_or_add(key("and another"));
  ASSERT_NE(found.operation, nullptr);
  EXPECT_FALSE(found.itself);
  EXPECT_EQ(found.operation, another.operation);
  EXPECT_EQ(found.operation, table_.find_or_add(key(kOtherOperation)).operation);
  EXPECT_NE(found.operation, table_.find_or_add(key("x", "mcp-client")).operation);
  EXPECT_TRUE(table_.find_or_add(key("operation_7")).itself) << "a known one stays itself";
}

TEST_F(OperationTableTest, NothingMakesItGrowWithoutBound) {
  fill();
  bool refused = false;
  for (int i = 0; i < 1'000; ++i) {
    refused |= table_.find_or_add(key("x", "layer " + std::to_string(i))).operation == nullptr;
  }
  EXPECT_TRUE(refused);
  EXPECT_EQ(table_.all().size(), kMostOperations + kRoomForOther);
}

// However many are greedy, whoever comes later finds a few places beside those of its own.
TEST_F(OperationTableTest, TablesThatShareTheirPlacesHaveNoMoreThanThereAreTogether) {
  const auto places = std::make_shared<OperationPlaces>();
  std::vector<std::unique_ptr<OperationTable>> tables;
  std::size_t all = 0;
  for (int i = 0; i < 32; ++i) {
    OperationTable& table = *tables.emplace_back(std::make_unique<OperationTable>());
    table.share(places);
    for (std::size_t name = 0; name < kMostOperations; ++name) {
      table.find_or_add(key("operation_" + std::to_string(name)));
    }
    // Its own and _OTHER.
    EXPECT_GE(table.all().size(), OperationPlaces::kOwn + (i < 9 ? 2 : 1)) << i;
    all += table.all().size();
  }
  EXPECT_LE(all, 32 * (OperationPlaces::kOwn + 1) + OperationPlaces::kMost) << "one for _OTHER";
  EXPECT_LT(places->left(), OperationPlaces::kMost / 2);
  tables.clear();
  EXPECT_EQ(places->left(), OperationPlaces::kMost);
}

// Its counters would be lost with it, and begin at zero when it came back.
TEST_F(OperationTableTest, AnIdleOperationStays) {
  fill();
  table_.advance(kNow + 1'000);
  EXPECT_FALSE(table_.find_or_add(key("new")).itself);
  EXPECT_TRUE(table_.find_or_add(key("operation_0")).itself);
  EXPECT_EQ(table_.find_or_add(key("operation_0")).operation->total.ok, 1u);
  EXPECT_EQ(table_.all().size(), kMostOperations + 1);
}

TEST_F(OperationTableTest, TotalsAreOfAllRecordsAndTheTimeIsTheLatest) {
  Operation operation;
  const auto record = [&operation](shm::Status status, std::uint64_t end_ns) {
    Measurement measurement;
    measurement.duration_ns = 1'000;
    measurement.status = status;
    measurement.end_ns = end_ns;
    measurement.bytes_in = 10;
    measurement.bytes_out = 7;
    operation.add_to_totals(measurement);
  };
  record(shm::Status::ok, 100);
  record(shm::Status::error, 300);
  record(shm::Status::unanswered, 500);
  record(shm::Status::malformed, 400);
  record(shm::Status::cancelled, 200);
  record(shm::Status::cancelled, 200);
  EXPECT_EQ(operation.total, (Outcomes{1, 1, 1, 1, 2}));
  EXPECT_EQ(operation.bytes_in, 60u);
  EXPECT_EQ(operation.bytes_out, 42u);
  EXPECT_EQ(operation.last_record_ns, 500u);
}

// Its windows stand where all others do.
TEST_F(OperationTableTest, ANewOperationsSecondIsTheTables) {
  Operation* const operation = table_.find_or_add(key("new")).operation;
  operation->windows.add(kNow - 1, {});
  EXPECT_EQ(operation->windows.totals()[0].outcomes.ok, 1u);
}

}  // namespace
}  // namespace goxel_telemetry::metrics
