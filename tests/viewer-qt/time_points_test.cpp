// SPDX-License-Identifier: GPL-3.0-or-later
#include "viewer-qt/models/time_points.h"

#include <gtest/gtest.h>

#include <cmath>
#include <set>

namespace goxel_telemetry::viewer {
namespace {

constexpr std::uint64_t kNs = 1'000'000'000;

// Ten seconds, of which five were watched: 6 good ones of 1 ms, 3 errors of 2 ms, 1 without an answer.
metrics::TallyPoint tally() {
  metrics::TallyPoint point{100, 10, 5, 7, {}};
  const auto add = [&point](int times, shm::Status status, std::uint64_t ns) {
    metrics::Measurement one;
    one.status = status;
    one.duration_ns = ns;
    for (int i = 0; i < times; ++i) point.tally.add(one);
  };
  add(6, shm::Status::ok, 1'000'000);
  add(3, shm::Status::error, 2'000'000);
  add(1, shm::Status::unanswered, 9'000'000);
  return point;
}

TEST(TimePoint, HasRatesOfTheWatchedTimeAndLatenciesOfTheAnswered) {
  const TimePoint point = time_point(tally(), StatusChoice::any);
  EXPECT_EQ(point.begin_ns, 100 * kNs);
  EXPECT_EQ(point.end_ns, 110 * kNs);
  EXPECT_EQ(point.middle_ns(), 105 * kNs);
  EXPECT_TRUE(point.watched);
  EXPECT_EQ(point.records, 10u);
  EXPECT_EQ(point.failed, 4u);
  EXPECT_EQ(point.answered, 9u);
  EXPECT_DOUBLE_EQ(point.per_second, 2);
  EXPECT_DOUBLE_EQ(point.failed_per_second, 0.8);
  EXPECT_DOUBLE_EQ(point.most_per_second, 7);
  EXPECT_NEAR(point.p50_ns, 1e6, 1e4);
  EXPECT_NEAR(point.p99_ns, 2e6, 2e4);
  EXPECT_EQ(point.max_ns, 2e6);
}

TEST(TimePoint, CountsOnlyWhatEndedAsChosen) {
  const TimePoint failed = time_point(tally(), StatusChoice::failed);
  EXPECT_EQ(failed.records, 4u);
  EXPECT_EQ(failed.failed, 4u);
  EXPECT_DOUBLE_EQ(failed.most_per_second, 0.8) << "a peak of all says nothing of the failed ones";
  const TimePoint ok = time_point(tally(), StatusChoice::ok);
  EXPECT_EQ(ok.records, 6u);
  EXPECT_EQ(ok.failed, 0u);
}

TEST(TimePoint, ASecondOfWhichHalfWasWatchedPeaksAtItsRate) {
  metrics::TallyPoint half{100, 1, 0.5, 10, {}};
  for (int i = 0; i < 10; ++i) half.tally.add({});
  EXPECT_DOUBLE_EQ(time_point(half, StatusChoice::any).per_second, 20);
  EXPECT_DOUBLE_EQ(time_point(half, StatusChoice::any).most_per_second, 20);
}

TEST(TimePoint, WithoutAnswersThereIsNoLatencyAndWithoutWatchingNoRate) {
  const TimePoint quiet = time_point({100, 1, 1, 0, {}}, StatusChoice::any);
  EXPECT_TRUE(quiet.watched);
  EXPECT_EQ(quiet.per_second, 0);
  EXPECT_TRUE(std::isnan(quiet.p99_ns));
  EXPECT_FALSE(time_point({100, 1, 0, 0, {}}, StatusChoice::any).watched);
}

TEST(TimePoints, FindTheColumnOfAMoment) {
  TimePoints points;
  EXPECT_EQ(points.at(5), nullptr);
  points.points = {{10, 20, true}, {20, 30, true}, {40, 50, true}};
  EXPECT_EQ(points.at(9), nullptr);
  EXPECT_EQ(points.at(10), &points.points[0]);
  EXPECT_EQ(points.at(20), &points.points[1]);
  EXPECT_EQ(points.at(35), nullptr) << "a hole";
  EXPECT_EQ(points.at(49), &points.points[2]);
  EXPECT_EQ(points.at(50), nullptr);
}

TEST(Marks, AreToldApartWithoutColour) {
  std::set<QChar> glyphs;
  for (int kind = 0; kind <= static_cast<int>(MarkKind::note); ++kind) {
    glyphs.insert(glyph(static_cast<MarkKind>(kind)));
  }
  EXPECT_EQ(glyphs.size(), static_cast<std::size_t>(MarkKind::note) + 1);
}

}  // namespace
}  // namespace goxel_telemetry::viewer
