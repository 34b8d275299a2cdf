// SPDX-License-Identifier: GPL-3.0-or-later
#include "metrics/live/operation_table.h"

#include <gtest/gtest.h>

#include <string>

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

TEST_F(OperationTableTest, TheOneIdleTheLongestMakesRoomOnceItHasLeftAllWindows) {
  fill();
  EXPECT_FALSE(table_.find_or_add(key("new")).itself);
  table_.advance(kNow + 1'000);
  EXPECT_EQ(table_.all().size(), kMostOperations + 1) << "idle ones stay while there is room";
  EXPECT_TRUE(table_.find_or_add(key("operation_0")).itself);
  EXPECT_EQ(table_.evictions(), 0u);
  table_.find_or_add(key("new"));
  EXPECT_GT(table_.evictions(), 0u);
  EXPECT_EQ(table_.all().count(key("operation_0")), 0u);
  EXPECT_EQ(table_.all().count(key("operation_511")), 1u);
  EXPECT_LE(table_.all().size(), kMostOperations + 1);
}

// The place of _OTHER is one of those that may be beyond the most.
TEST_F(OperationTableTest, AnOtherKeepsItsPlaceAndOneMoreMustGoForTheFirstNewName) {
  fill();
  table_.find_or_add(key("folded"));
  ASSERT_EQ(table_.all().size(), kMostOperations + 1);
  table_.advance(kNow + 1'000);
  EXPECT_FALSE(table_.find_or_add(key("new")).itself) << "as many as there may be are left";
  EXPECT_EQ(table_.evictions(), 1u);
  const auto found = table_.find_or_add(key("new"));
  EXPECT_TRUE(found.itself);
  EXPECT_EQ(table_.evictions(), 2u);
  found.operation->windows.add(kNow + 1'000, {});
  EXPECT_TRUE(table_.find_or_add(key("newer")).itself);
  EXPECT_EQ(table_.evictions(), 3u);
  for (const char* gone : {"operation_0", "operation_1", "operation_2"}) {
    EXPECT_FALSE(table_.all().contains(key(gone))) << gone;
  }
  EXPECT_TRUE(table_.all().contains(key("operation_3")));
  EXPECT_TRUE(table_.all().contains(key(kOtherOperation))) << "though it is idle, and first";
  EXPECT_EQ(table_.all().size(), kMostOperations);
}

TEST_F(OperationTableTest, OneThatStillHasAPlaceInAWindowIsNotIdle) {
  fill();
  table_.advance(kNow + 800);
  EXPECT_FALSE(table_.find_or_add(key("new")).itself);
  EXPECT_EQ(table_.evictions(), 0u);
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
  EXPECT_EQ(operation.exposed.count, 2u);
  EXPECT_EQ(operation.exposed.sum_ns, 2'000u);
  EXPECT_EQ(operation.exposed_error.count, 1u);
  EXPECT_EQ(operation.exposed_error.sum_ns, 1'000u);
}

// Its windows stand where all others do.
TEST_F(OperationTableTest, ANewOperationsSecondIsTheTables) {
  Operation* const operation = table_.find_or_add(key("new")).operation;
  operation->windows.add(kNow - 1, {});
  EXPECT_EQ(operation->windows.totals()[0].outcomes.ok, 1u);
}

TEST_F(OperationTableTest, ExposedBucketsAreClosedAtTheirUpperBounds) {
  Operation operation;
  const auto record = [&operation](std::uint64_t duration_ns, shm::Status status) {
    Measurement measurement;
    measurement.duration_ns = duration_ns;
    measurement.status = status;
    operation.add_to_totals(measurement);
  };
  for (std::size_t i = 0; i < kExposedBounds.size(); ++i) {
    operation = Operation{};
    record(kExposedBounds[i], shm::Status::ok);
    EXPECT_EQ(operation.exposed.counts[i], 1u) << kExposedBounds[i] << " lies in its own bucket";
    record(kExposedBounds[i] + 1, shm::Status::error);
    EXPECT_EQ(operation.exposed.counts[i + 1], 1u);
    EXPECT_EQ(operation.exposed_error.counts[i + 1], 1u);
    EXPECT_EQ(operation.exposed_error.count, 1u);
    record(1, shm::Status::unanswered);
    EXPECT_EQ(operation.exposed.count, 2u);
    EXPECT_EQ(operation.exposed.sum_ns, 2 * kExposedBounds[i] + 1);
  }
}

TEST_F(OperationTableTest, ExposedSumSaturates) {
  Operation operation;
  Measurement measurement;
  measurement.duration_ns = UINT64_MAX;
  operation.add_to_totals(measurement);
  operation.add_to_totals(measurement);
  EXPECT_EQ(operation.exposed.sum_ns, UINT64_MAX);
  EXPECT_EQ(operation.exposed.counts.back(), 2u);
}

}  // namespace
}  // namespace goxel_telemetry::metrics
