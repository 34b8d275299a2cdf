// SPDX-License-Identifier: GPL-3.0-or-later
#include "viewer-qt/models/clock_ticks.h"

#include <gtest/gtest.h>
#include <QDateTime>

namespace goxel_telemetry::viewer {
namespace {

constexpr std::uint64_t kNs = 1'000'000'000;

class ClockTicks : public testing::Test {
 protected:
  // Local times as "2026-03-29 01:00:00+01:00".
  static std::uint64_t ns(const char* text) {
    const QDateTime time =
        QDateTime::fromString(QString::fromLatin1(text).replace(' ', 'T'), Qt::ISODate);
    EXPECT_TRUE(time.isValid()) << text;
    return static_cast<std::uint64_t>(time.toSecsSinceEpoch()) * kNs;
  }
  QString labels(const char* from, const char* to, int most) const {
    QStringList texts;
    std::uint64_t last = 0;
    for (const ClockTick& tick : clock_ticks({ns(from), ns(to)}, most, zone_)) {
      EXPECT_GT(tick.at_ns, last);
      last = tick.at_ns;
      texts += tick.label;
    }
    return texts.join('|');
  }
  QTimeZone zone_{"Europe/Berlin"};
};

TEST_F(ClockTicks, StandAtRoundTimes) {
  EXPECT_EQ(labels("2026-11-30 14:02:07+01:00", "2026-11-30 14:04:07+01:00", 9),
            "14:02:15|14:02:30|14:02:45|14:03:00|14:03:15|14:03:30|14:03:45|14:04:00");
  EXPECT_EQ(labels("2026-11-30 14:02:07+01:00", "2026-11-30 14:17:07+01:00", 4),
            "14:05|14:10|14:15");
}

TEST_F(ClockTicks, NameTheDayAtMidnight) {
  EXPECT_EQ(labels("2026-11-29 14:02:00+01:00", "2026-11-30 14:02:00+01:00", 5),
            "18:00|30 Nov|06:00|12:00");
  EXPECT_EQ(labels("2026-11-27 14:02:00+01:00", "2026-11-30 14:02:00+01:00", 4),
            "28 Nov|29 Nov|30 Nov");
}

// In Berlin the clocks go from 02:00 to 03:00.
TEST_F(ClockTicks, SkipTheHourThatIsNotThere) {
  EXPECT_EQ(labels("2026-03-29 00:30:00+01:00", "2026-03-29 04:30:00+02:00", 5),
            "01:00|03:00 UTC+2|04:00");
  EXPECT_EQ(labels("2026-03-28 23:30:00+01:00", "2026-03-29 20:00:00+02:00", 5),
            "29 Mar|06:00 UTC+2|12:00|18:00");
}

// In Berlin the clocks go from 03:00 back to 02:00.
TEST_F(ClockTicks, AnHourThatComesTwiceHasItsTicksTwice) {
  EXPECT_EQ(labels("2026-10-25 00:30:00+02:00", "2026-10-25 04:30:00+01:00", 7),
            "01:00|02:00|02:00 UTC+1|03:00|04:00");
  EXPECT_EQ(labels("2026-10-25 02:30:00+02:00", "2026-10-25 02:20:00+01:00", 6),
            "02:30|02:40|02:50|02:00 UTC+1|02:10|02:20");
}

TEST_F(ClockTicks, FollowZonesOfQuartersOfAnHour) {
  zone_ = QTimeZone("Asia/Kathmandu");
  EXPECT_EQ(labels("2026-11-30 10:00:00+05:45", "2026-11-30 14:00:00+05:45", 5),
            "10:00|11:00|12:00|13:00|14:00");
  EXPECT_EQ(clock_day(ns("2026-11-30 10:00:00+05:45"), zone_), "30 Nov, UTC+5:45");
}

TEST_F(ClockTicks, AreNeverMoreThanAsked) {
  for (std::uint64_t length = 1; length < 4'000'000'000; length = length * 3 / 2 + 1) {
    for (const int most : {2, 3, 7, 20}) {
      const auto ticks = clock_ticks({kNs * 1'000'000, kNs * (1'000'000 + length)}, most, zone_);
      EXPECT_LE(ticks.size(), most + 1) << length;
    }
  }
}

TEST_F(ClockTicks, AnEmptyRangeHasNone) {
  EXPECT_TRUE(clock_ticks({kNs, kNs}, 5, zone_).isEmpty());
  EXPECT_TRUE(clock_ticks({kNs * 2, kNs}, 5, zone_).isEmpty());
}

TEST_F(ClockTicks, ReadingsHaveTheDigitsThatTheirStepAsksFor) {
  const std::uint64_t at = ns("2026-11-30 14:02:31+01:00") + 123'456'789;
  EXPECT_EQ(clock_time(at, kNs, zone_), "14:02:31");
  EXPECT_EQ(clock_time(at, kNs * 60, zone_), "14:02:31");
  EXPECT_EQ(clock_time(at, kNs / 10, zone_), "14:02:31.1");
  EXPECT_EQ(clock_time(at, 1'000, zone_), "14:02:31.123456");
  EXPECT_EQ(clock_day(ns("2026-07-01 12:00:00+02:00"), QTimeZone("America/New_York")),
            QString::fromUtf8("1 Jul, UTC−4"));
  EXPECT_EQ(clock_day(ns("2026-07-01 12:00:00+02:00"), QTimeZone::utc()), "1 Jul, UTC");
}

}  // namespace
}  // namespace goxel_telemetry::viewer
