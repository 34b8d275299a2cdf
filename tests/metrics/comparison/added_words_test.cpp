// SPDX-License-Identifier: GPL-3.0-or-later
#include "metrics/comparison/added_words.h"

#include <gtest/gtest.h>

namespace goxel_telemetry::metrics {
namespace {

OwnTimeChange slower_daemon() {
  OwnTimeChange change;
  change.stack = "4-layer";
  change.operation = "goxel.add_voxel";
  change.layer = "daemon";
  change.own_time.shift = 1.2e6;
  change.own_time.low = 0.9e6;
  change.own_time.high = 1.5e6;
  change.own_time.change = Change::more;
  change.added_per_second = 312e6;
  return change;
}

TEST(AddedWords, SayWhoAddedHowMuchAndHowCertainThatIs) {
  EXPECT_EQ(in_words(slower_daemon(), 0.95),
            "goxel.add_voxel in the daemon (4-layer): +1.20 ms a request (95 %: +900 µs to "
            "+1.50 ms), +312 ms/s");
}

TEST(AddedWords, ConfidenceIsToldWithTwoDigitsOfItsRisk) {
  EXPECT_EQ(format_confidence(0.95), "95 %");
  EXPECT_EQ(format_confidence(0.9), "90 %");
  EXPECT_EQ(format_confidence(0.975), "97.5 %");
  EXPECT_EQ(format_confidence(1 - 0.05 / 21), "99.76 %");
  EXPECT_EQ(format_confidence(1 - 0.05 / 1'440 / 5), "99.99931 %");
}

TEST(AddedWords, SayWhatWasSavedAndWhatIsNotProven) {
  OwnTimeChange change = slower_daemon();
  change.own_time.shift = -0.2e6;
  change.own_time.low = -0.9e6;
  change.own_time.high = 0.4;  // less than half a nanosecond
  change.added_per_second = -52e6;
  change.own_time.change = Change::not_proven;
  EXPECT_EQ(in_words(change, 0.9),
            "goxel.add_voxel in the daemon (4-layer): −200 µs a request (90 %: −900 µs to 0 ns), "
            "−52.0 ms/s; not proven");
}

TEST(AddedWords, SayNoIntervalWithTooLittleDataAndWhenLayersDidNotCountTheSame) {
  OwnTimeChange change = slower_daemon();
  change.layer = "mcp-server";
  change.inner = "daemon";
  change.counts_differ = true;
  change.own_time.low = change.own_time.high = std::nullopt;
  change.own_time.change = Change::too_little_data;
  EXPECT_EQ(
      in_words(change, 0.95),
      "goxel.add_voxel in the mcp-server (4-layer): +1.20 ms a request, +312 ms/s; too little "
      "data; the daemon did not count the same requests");
}

TEST(AddedWords, OfARateNameWhatIsNewAndWhatIsGone) {
  RateChange change;
  change.stack = "2-layer";
  change.operation = "goxel.render";
  change.rate.a = 10;
  change.rate.b = 30;
  change.rate.change = Change::more;
  change.added_per_second = 450e6;
  EXPECT_EQ(in_words(change), "goxel.render (2-layer): 30.0/s instead of 10.0/s, +450 ms/s");
  change.rate.change = Change::not_proven;
  EXPECT_EQ(in_words(change),
            "goxel.render (2-layer): 30.0/s instead of 10.0/s, +450 ms/s; not proven");
  change.presence = Presence::only_after;
  change.rate.a = std::nullopt;
  change.rate.change = Change::too_little_data;
  EXPECT_EQ(in_words(change), "goxel.render (2-layer) is new: 30.0/s, +450 ms/s");
  change.presence = Presence::only_before;
  change.rate.a = 10;
  change.rate.b = std::nullopt;
  change.added_per_second = -150e6;
  EXPECT_EQ(in_words(change), "goxel.render (2-layer) is gone: 10.0/s before, −150 ms/s");
}

// Names come from clients.
TEST(AddedWords, ShowWhatIsHiddenInAName) {
  OwnTimeChange change = slower_daemon();
  change.operation = "add\u200b_voxel";
  EXPECT_EQ(in_words(change, 0.95).find("add<U+200B>_voxel in the daemon"), 0u);
  RateChange rate;
  rate.operation = "add\u200b_voxel";
  EXPECT_EQ(in_words(rate).find("add<U+200B>_voxel ("), 0u);
}

}  // namespace
}  // namespace goxel_telemetry::metrics
