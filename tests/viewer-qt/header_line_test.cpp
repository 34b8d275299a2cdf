// SPDX-License-Identifier: GPL-3.0-or-later
#include "viewer-qt/models/header_line.h"

#include <gtest/gtest.h>

#include "metrics/text/format.h"
#include "tests/viewer-qt/snapshots.h"

namespace goxel_telemetry::viewer {
namespace {

constexpr std::uint64_t kNs = 1'000'000'000;
constexpr std::uint64_t kTaken = 1'780'000'000 * kNs;

class Header : public testing::Test {
 protected:
  Header() {
    snapshot_->taken_realtime_ns = kTaken;
    snapshot_->daemon.started_realtime_ns = kTaken - 100 * kNs;
    snapshot_->daemon.uptime_seconds = 100;
  }
  HeaderLine line(std::uint64_t now, std::uint64_t records_since = 0) const {
    return header_line(*snapshot_, selection_, now, records_since);
  }
  static std::string badge(const HeaderLine& line) { return line.badge.toStdString(); }
  static std::string clock(std::uint64_t ns) {
    return metrics::format_time_of_day(ns).substr(0, 8);
  }

  const std::shared_ptr<metrics::Snapshot> snapshot_ = snapshot_of(1, "ping 100 250");
  Selection selection_;
};

TEST_F(Header, LiveSaysHowOldItIs) {
  EXPECT_EQ(badge(line(kTaken + kNs / 10)), "● Live, 0.1 s old");
  EXPECT_EQ(line(kTaken).tone, Tone::good);
  EXPECT_EQ(badge(line(kTaken + kNs / 10 + 1)), "● Live, 0.2 s old") << "not younger than it is";
  EXPECT_EQ(badge(line(kTaken + 1)), "● Live, 0.1 s old") << "does not flicker";
  EXPECT_EQ(badge(line(kTaken - 5 * kNs)), "● Live, 0.1 s old") << "a clock that was set back";
}

// The reader hangs, say: then "live" would be a lie.
TEST_F(Header, WhatIsOldIsNotCalledLive) {
  EXPECT_EQ(badge(line(kTaken + kNs)), "▲ Stale, 1.0 s old");
  EXPECT_EQ(line(kTaken + kNs).tone, Tone::warning);
  EXPECT_EQ(badge(line(kTaken + 75 * kNs)), "▲ Stale, 1 min 15 s old");
  EXPECT_TRUE(line(kTaken + 75 * kNs).title.startsWith("Stale, 1 min 15 s old"));
}

TEST_F(Header, PausedSaysWhereHowFarBehindAndWhatHasComeSince) {
  selection_.range = {{kTaken - 97 * kNs, kTaken - 37 * kNs}};
  const HeaderLine paused = line(kTaken, 11'000);
  EXPECT_EQ(badge(paused),
            "❚❚ Paused at " + clock(kTaken - 37 * kNs) + ", 37.0 s behind, 11,000 new");
  EXPECT_EQ(paused.tone, Tone::quiet);
}

TEST_F(Header, APauseDoesNotHideThatTheDaemonDied) {
  snapshot_->daemon.state = shm::ProducerState::dead;
  selection_.range = {{kTaken - 97 * kNs, kTaken - 37 * kNs}};
  const HeaderLine both = line(kTaken, 3);
  EXPECT_EQ(both.tone, Tone::bad);
  EXPECT_EQ(badge(both), "❚❚ Gone since " + clock(kTaken) + " · Paused at " +
                             clock(kTaken - 37 * kNs) + ", 37.0 s behind, 3 new");
}

TEST_F(Header, GoneSaysSinceWhen) {
  snapshot_->daemon.state = shm::ProducerState::dead;
  EXPECT_EQ(badge(line(kTaken)), "✖ Gone since " + clock(kTaken));
  EXPECT_EQ(line(kTaken).tone, Tone::bad);
  snapshot_->daemon.state = shm::ProducerState::retired;
  EXPECT_EQ(badge(line(kTaken)), "■ Gone since " + clock(kTaken));
  EXPECT_EQ(line(kTaken).tone, Tone::quiet);
  EXPECT_TRUE(line(kTaken).title.startsWith("Gone since"));
}

TEST_F(Header, TitleCarriesStateAndP99WithoutFlickering) {
  EXPECT_EQ(line(kTaken).title.toStdString(), "Live, p99 500 µs");
  EXPECT_EQ(line(kTaken + kNs / 2).title, line(kTaken).title);
}

TEST_F(Header, SilentAndUnreadableDaemonsAreWhatTheyAre) {
  snapshot_->daemon.heartbeat_age_seconds = 7;
  EXPECT_EQ(badge(line(kTaken)), "▲ Silent");
  snapshot_->daemon.state = shm::ProducerState::not_permitted;
  snapshot_->daemon.message = "join the group goxel";
  selection_.range = {{kTaken - 97 * kNs, kTaken - 37 * kNs}};
  EXPECT_EQ(line(kTaken).text.toStdString(), "Join the group goxel.");
  EXPECT_EQ(line(kTaken).tone, Tone::bad);
}

}  // namespace
}  // namespace goxel_telemetry::viewer
