// SPDX-License-Identifier: GPL-3.0-or-later
#include "metrics/tally/counters.h"

#include <gtest/gtest.h>

#include "metrics/tally/counters_codec.h"

namespace goxel_telemetry::metrics {
namespace {

Measurement measured(std::uint64_t duration_ns, shm::Status status = shm::Status::ok) {
  Measurement measurement;
  measurement.duration_ns = duration_ns;
  measurement.status = status;
  return measurement;
}

Counters some_counters() {
  Counters counters;
  for (const auto status :
       {shm::Status::ok, shm::Status::error, shm::Status::unanswered, shm::Status::malformed,
        shm::Status::cancelled, shm::Status::notification}) {
    for (int i = 0; i <= static_cast<int>(status); ++i) counters.add(measured(60'000, status));
  }
  counters.add(measured(20'000'000'000, shm::Status::error));
  return counters;
}

TEST(Counters, AnswersHaveADurationAndErrorsAreAPartOfThem) {
  const Counters counters = some_counters();
  EXPECT_EQ(counters.outcomes, (Outcomes{1, 3, 3, 4, 5, 6}));
  EXPECT_EQ(counters.exposed.count, 4u);
  EXPECT_EQ(counters.exposed.sum_ns, 20'000'180'000u);
  EXPECT_EQ(counters.error().count, 3u);
  EXPECT_EQ(counters.error().sum_ns, 20'000'120'000u);
}

TEST(Counters, BucketsAreClosedAtTheirUpperBounds) {
  for (std::size_t i = 0; i < kExposedBounds.size(); ++i) {
    Counters counters;
    counters.add(measured(kExposedBounds[i]));
    EXPECT_EQ(counters.exposed.counts[i], 1u) << kExposedBounds[i] << " lies in its own bucket";
    counters.add(measured(kExposedBounds[i] + 1, shm::Status::error));
    EXPECT_EQ(counters.exposed.counts[i + 1], 1u);
    EXPECT_EQ(counters.error().counts[i + 1], 1u);
    counters.add(measured(1, shm::Status::unanswered));
    EXPECT_EQ(counters.exposed.count, 2u);
    EXPECT_EQ(counters.exposed.sum_ns, 2 * kExposedBounds[i] + 1);
  }
}

TEST(Counters, ErrorsAreCountedByTheirCodesAsFarAsThereIsRoom) {
  Counters counters;
  Measurement failed = measured(60'000, shm::Status::error);
  for (int code = 1; code <= 20; ++code) {
    failed.error = shm::error_code(code);
    counters.add(failed);
    counters.add(failed);
  }
  EXPECT_EQ(counters.errors.size(), Counters::kErrorTypes);
  EXPECT_EQ(counters.errors.at(shm::error_code(1)).count, 2u);
  EXPECT_EQ(counters.errors.at(shm::error_code(7)).count, 2u);
  EXPECT_EQ(counters.errors.at(shm::ErrorCode::other).count, 26u);
  EXPECT_EQ(counters.error(), counters.exposed);
  EXPECT_EQ(decode_counters(encode_counters(counters)), counters);
}

TEST(Counters, SumSaturates) {
  Counters counters;
  counters.add(measured(UINT64_MAX));
  counters.add(measured(UINT64_MAX));
  EXPECT_EQ(counters.exposed.sum_ns, UINT64_MAX);
  EXPECT_EQ(counters.exposed.counts.back(), 2u);
}

TEST(Counters, AreWhatTheyWereAfterTheyWereStored) {
  for (const Counters& counters : {Counters{}, some_counters()}) {
    EXPECT_EQ(decode_counters(encode_counters(counters)), counters);
  }
}

TEST(Counters, BytesThatAreNoCountersAreRefused) {
  std::vector<std::uint8_t> bytes = encode_counters(some_counters());
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_EQ(decode_counters({bytes.data(), size}), std::nullopt) << "cut at " << size;
  }
  bytes.push_back(0);
  EXPECT_EQ(decode_counters(bytes), std::nullopt) << "too long";
  bytes.pop_back();
  bytes[0] = 2;
  EXPECT_EQ(decode_counters(bytes), std::nullopt) << "another version";
}

// Prometheus is shown the difference.
TEST(Counters, MoreErrorsThanAnswersAreRefused) {
  Counters counters = some_counters();
  ++counters.errors.begin()->second.counts[0];
  EXPECT_EQ(decode_counters(encode_counters(counters)), std::nullopt);
  counters = some_counters();
  counters.errors.begin()->second.sum_ns = counters.exposed.sum_ns + 1;
  EXPECT_EQ(decode_counters(encode_counters(counters)), std::nullopt);
}

}  // namespace
}  // namespace goxel_telemetry::metrics
