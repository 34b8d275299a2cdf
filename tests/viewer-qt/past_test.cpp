// SPDX-License-Identifier: GPL-3.0-or-later
#include "viewer-qt/past.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <QDir>
#include <QTemporaryDir>

#include "metrics/history/writer.h"

namespace goxel_telemetry::viewer {
namespace {

constexpr std::uint64_t kNs = 1'000'000'000;
constexpr std::uint64_t kThen = 1'780'000'000 / 3'600 * 3'600;  // an hour begins

metrics::Rollup rollup(const std::string& operation, std::uint64_t second, std::uint64_t requests,
                       const std::string& layer = "daemon") {
  metrics::Rollup one{{"4-layer", "jsonrpc", layer, operation}, second, 1, {}};
  metrics::Measurement measurement;
  measurement.duration_ns = 1'000;
  for (std::uint64_t i = 0; i < requests; ++i) one.tally.add(measurement);
  return one;
}

// Seconds [from, to) were watched.
metrics::HistoryDelta watched(std::uint64_t from, std::uint64_t to,
                              std::vector<metrics::Rollup> rollups,
                              const std::string& instance = "goxel") {
  metrics::HistoryDelta delta;
  delta.instance = instance;
  delta.delta.rollups = std::move(rollups);
  delta.delta.observed = {{from * kNs, to * kNs}};
  delta.delta.position = {7, {1}, to * kNs};
  return delta;
}

metrics::HistoryFilter all() {
  return {"goxel", {}, {}, {}, {}};
}

class PastTest : public testing::Test {
 protected:
  PastTest() { qputenv("XDG_CACHE_HOME", home_.path().toUtf8()); }
  ~PastTest() override { qunsetenv("XDG_CACHE_HOME"); }

  // What a bridge has written: "ping" once in each of these seconds.
  std::string bridge_file(std::uint64_t from, std::uint64_t to) {
    const std::string file = home_.filePath("bridge").toStdString();
    metrics::HistoryResult why;
    const auto writer = metrics::HistoryWriter::open(file, {}, why);
    std::vector<metrics::Rollup> rollups;
    for (std::uint64_t second = from; second < to; ++second) {
      rollups.push_back(rollup("ping", second, 1));
    }
    EXPECT_TRUE(writer->commit({watched(from, to, std::move(rollups))}, to).done());
    return file;
  }

  QStringList folders() const {
    return QDir(home_.filePath("goxel-telemetry-viewer"))
        .entryList(QDir::Dirs | QDir::NoDotAndDotDot);
  }

  // "begin:requests" of each point; "begin:-" of one that was not watched.
  static std::string shape(const std::vector<metrics::TallyPoint>& points) {
    std::string text;
    for (const metrics::TallyPoint& point : points) {
      text += std::to_string(point.begin_seconds - kThen) + ':' +
              (point.covered_seconds == 0 ? "-" : std::to_string(point.tally.outcomes.all())) + ' ';
    }
    return text;
  }

  QTemporaryDir home_;
};

TEST(PointSeconds, AreTheShortestThatSuitAClockAndAreFewEnough) {
  EXPECT_EQ(point_seconds(120, 120), 1u);
  EXPECT_EQ(point_seconds(121, 120), 2u);
  EXPECT_EQ(point_seconds(86'400, 1'440), 60u);
  EXPECT_EQ(point_seconds(86'400, 1'439), 120u);
  EXPECT_EQ(point_seconds(std::uint64_t{86'400} * 1'000, 100), 86'400u * 11);
}

TEST_F(PastTest, AnswersWithWhatItWasGivenAndWithGapsWhereNothingWasWatched) {
  Past past("");
  past.add(
      {watched(kThen, kThen + 2, {rollup("ping", kThen, 3)}),
       watched(kThen, kThen + 2, {rollup("ping", kThen + 1, 5, "mcp-server")}, "goxel.layers")},
      kThen + 2);
  past.add({watched(kThen + 4, kThen + 5, {rollup("add", kThen + 4, 2)})}, kThen + 5);
  EXPECT_EQ(past.message(), "");
  metrics::HistoryFilter daemon = all();
  daemon.layer = "daemon";
  EXPECT_EQ(shape(past.points(daemon, {kThen * kNs, (kThen + 6) * kNs}, 1)),
            "0:3 1:0 2:- 3:- 4:2 5:- ");
  EXPECT_EQ(shape(past.points(daemon, {(kThen + 1) * kNs, (kThen + 6) * kNs}, 2)), "0:3 2:- 4:2 ")
      << "points of two seconds, of which the first begins earlier";
}

TEST_F(PastTest, WhatHasNotHappenedYetInTheWatchedTimeIsZeroAndNoGap) {
  Past past("");
  past.add({watched(kThen, kThen + 2, {rollup("ping", kThen, 3)})}, kThen + 2);
  metrics::HistoryFilter other = all();
  other.operation = "never";
  EXPECT_EQ(shape(past.points(other, {kThen * kNs, (kThen + 3) * kNs}, 1)), "0:0 1:0 2:- ");
}

TEST_F(PastTest, GoesOnWhereTheBridgesFileIsFollowedByItsOwn) {
  Past past(bridge_file(kThen, kThen + 100));
  EXPECT_EQ(shape(past.points(all(), {(kThen + 97) * kNs, (kThen + 101) * kNs}, 1)),
            "97:1 98:1 99:1 100:- ");
  past.add({watched(kThen + 98, kThen + 102,
                    {rollup("ping", kThen + 98, 1), rollup("ping", kThen + 101, 9)})},
           kThen + 102);
  EXPECT_EQ(shape(past.points(all(), {(kThen + 96) * kNs, (kThen + 103) * kNs}, 1)),
            "96:1 97:1 98:1 99:0 100:0 101:9 102:- ");
  // Of points of ten seconds, that of 90 to 100 is the bridge's: it has all of it.
  EXPECT_EQ(shape(past.points(all(), {(kThen + 80) * kNs, (kThen + 110) * kNs}, 10)),
            "80:10 90:10 100:9 ");
}

TEST_F(PastTest, ObservesFromTheFileThatWatchedMore) {
  Past past(bridge_file(kThen, kThen + 100));
  past.add({watched(kThen + 90, kThen + 110, {rollup("add", kThen + 95, 4)})}, kThen + 110);
  const auto early = past.observe(all(), {kThen * kNs, (kThen + 96) * kNs});
  ASSERT_TRUE(early);
  EXPECT_EQ(early->operations.begin()->first.operation, "ping");
  const auto late = past.observe(all(), {(kThen + 90) * kNs, (kThen + 110) * kNs});
  ASSERT_TRUE(late);
  EXPECT_EQ(late->operations.begin()->first.operation, "add");
  EXPECT_FALSE(past.observe(all(), {(kThen + 200) * kNs, (kThen + 210) * kNs}));
}

TEST_F(PastTest, KnowsHowFarAnInstanceHasBeenAdded) {
  Past past("");
  EXPECT_FALSE(past.position("goxel"));
  past.add({watched(kThen, kThen + 2, {})}, kThen + 2);
  ASSERT_TRUE(past.position("goxel"));
  EXPECT_EQ(past.position("goxel")->run_id, 7u);
}

TEST_F(PastTest, LeavesNothingBehindAndRemovesWhatAKilledViewerLeft) {
  const QDir base(home_.filePath("goxel-telemetry-viewer"));
  ASSERT_TRUE(base.mkpath("killed"));
  ASSERT_TRUE(base.mkpath("young"));
  QFile old(base.filePath("killed/history"));
  ASSERT_TRUE(old.open(QIODevice::WriteOnly));
  old.close();
  const timespec hour_ago[2] = {{time(nullptr) - 3'600, 0}, {time(nullptr) - 3'600, 0}};
  ASSERT_EQ(utimensat(AT_FDCWD, base.filePath("killed").toUtf8().constData(), hour_ago, 0), 0);
  {
    const Past past("");
    EXPECT_EQ(folders().size(), 2) << "young, and its own";
    EXPECT_TRUE(folders().contains("young"));
    const Past other("");
    EXPECT_EQ(folders().size(), 3);
  }
  EXPECT_EQ(folders(), QStringList("young"));
}

TEST_F(PastTest, WithoutAPlaceToKeepItReadsTheBridgesFileAndSaysSo) {
  const std::string file = bridge_file(kThen, kThen + 10);
  qputenv("XDG_CACHE_HOME", "/proc/none");
  qputenv("TMPDIR", "/proc/none");
  Past past(file);
  qunsetenv("TMPDIR");
  EXPECT_EQ(past.message(),
            "the past is not kept: this user can write neither a cache folder nor a temporary one");
  past.add({watched(kThen + 10, kThen + 12, {})}, kThen + 12);
  EXPECT_EQ(shape(past.points(all(), {(kThen + 8) * kNs, (kThen + 12) * kNs}, 1)),
            "8:1 9:1 10:- 11:- ");
}

}  // namespace
}  // namespace goxel_telemetry::viewer
