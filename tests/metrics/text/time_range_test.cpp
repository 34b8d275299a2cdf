// SPDX-License-Identifier: GPL-3.0-or-later
#include "metrics/text/time_range.h"

#include <gmock/gmock.h>

#include "metrics/text/format.h"

#include <cstdlib>
#include <ctime>
#include <optional>
#include <string>

namespace goxel_telemetry::metrics {
namespace {

using testing::HasSubstr;
using testing::Optional;

constexpr std::uint64_t kSecond = 1'000'000'000;
constexpr std::uint64_t kNow = 1'764'096'363 * kSecond + 5;  // 2025-11-25T18:46:03Z

TEST(TimeRange, KnowsTheWaysToWriteAPointInTime) {
  const auto seconds = [](std::uint64_t s) { return Optional(s * kSecond); };
  EXPECT_THAT(parse_time("now", kNow), Optional(kNow));
  EXPECT_THAT(parse_time("-90s", kNow), Optional(kNow - 90 * kSecond));
  EXPECT_THAT(parse_time("-30m", kNow), Optional(kNow - 1'800 * kSecond));
  EXPECT_THAT(parse_time("-24h", kNow), Optional(kNow - 86'400 * kSecond));
  EXPECT_THAT(parse_time("-7d", kNow), Optional(kNow - 7 * 86'400 * kSecond));
  EXPECT_THAT(parse_time("-2w", kNow), Optional(kNow - 14 * 86'400 * kSecond));
  EXPECT_THAT(parse_time("-999999999999999999w", kNow), Optional(0u)) << "the beginning of time";
  EXPECT_THAT(parse_time("1764096363", kNow), seconds(1'764'096'363));
  EXPECT_THAT(parse_time("1764096363.25", kNow), Optional(1'764'096'363'250'000'000u));
  EXPECT_THAT(parse_time("1764096363250", kNow), Optional(1'764'096'363'250'000'000u))
      << "milliseconds, as Grafana sends them";
  EXPECT_THAT(parse_time("1764096363250.5", kNow), Optional(1'764'096'363'250'500'000u));
  EXPECT_THAT(parse_time("100000000000", kNow), seconds(100'000'000));
  EXPECT_THAT(parse_time("99999999999", kNow), Optional(UINT64_MAX)) << "seconds, up to 2554";
  EXPECT_THAT(parse_time("0", kNow), Optional(0u));
  EXPECT_THAT(parse_time("999999999999999999", kNow), Optional(UINT64_MAX));
  EXPECT_THAT(parse_time("2025-11-25T18:46:03Z", kNow), seconds(1'764'096'363));
  EXPECT_THAT(parse_time("2025-11-25 18:46:03z", kNow), seconds(1'764'096'363));
  EXPECT_THAT(parse_time("2025-11-25T18:46Z", kNow), seconds(1'764'096'360));
  EXPECT_THAT(parse_time("2025-11-25T19:46:03.5+01:00", kNow),
              Optional(1'764'096'363 * kSecond + kSecond / 2));
  EXPECT_THAT(parse_time("2025-11-25T13:16:03-05:30", kNow), seconds(1'764'096'363));
  EXPECT_THAT(parse_time("2024-02-29T00:00:00Z", kNow), seconds(1'709'164'800));
  EXPECT_THAT(parse_time("2016-12-31T23:59:60Z", kNow), seconds(1'483'228'800)) << "a leap second";
}

// Of a machine in central Europe.
class LocalTime : public testing::Test {
 protected:
  LocalTime() {
    if (const char* zone = std::getenv("TZ")) before_ = zone;
    setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3", 1);
    tzset();
  }
  ~LocalTime() override {
    if (before_) {
      setenv("TZ", before_->c_str(), 1);
    } else {
      unsetenv("TZ");
    }
    tzset();
  }

 private:
  std::optional<std::string> before_;
};

TEST_F(LocalTime, IsMeantWithoutAnOffset) {
  const auto same_as = [](const char* local, const char* utc) {
    const auto time = parse_time(utc, kNow);
    ASSERT_TRUE(time.has_value());
    EXPECT_EQ(parse_time(local, kNow), time) << local;
  };
  same_as("2025-11-25T19:46:03", "2025-11-25T18:46:03Z");
  same_as("2025-07-25T20:46:03", "2025-07-25T18:46:03Z");  // in summer
  same_as("2025-11-25", "2025-11-24T23:00:00Z");
}

// Every ten minutes of 2026, in which the clocks change on March 29 and October 25.
TEST_F(LocalTime, ThatIsPrintedCanBeTypedBackAlsoWhenAnHourComesTwice) {
  constexpr std::uint64_t kYear = 1'767'225'600;  // 2026-01-01T00:00:00Z
  int with_offset = 0;
  for (std::uint64_t t = kYear; t < kYear + 365 * 86'400; t += 600) {
    const std::string printed = format_date_time(t * kSecond);
    ASSERT_EQ(parse_time(printed, kNow), t * kSecond) << printed;
    with_offset += printed.size() > 19;
  }
  EXPECT_EQ(with_offset, 2 * 2 * 144) << "a day before and a day after each change";
  EXPECT_EQ(format_date_time(1'792'888'200 * kSecond), "2026-10-25 02:30:00+02:00");
  EXPECT_EQ(format_date_time(1'792'891'800 * kSecond), "2026-10-25 02:30:00+01:00");
  EXPECT_EQ(format_time_of_day(1'792'891'800 * kSecond), "02:30:00.000000+01:00");
  EXPECT_EQ(format_date_time(1'793'000'000 * kSecond), "2026-10-26 08:33:20");
}

TEST(TimeRange, RefusesWhatIsNone) {
  for (const char* text : {"",
                           " ",
                           "-",
                           "-h",
                           "-5",
                           "-5x",
                           "-5h ",
                           "--5h",
                           "-1.5h",
                           "+5h",
                           "yesterday",
                           "1764096363s",
                           "1764096363.",
                           ".5",
                           "1e9",
                           "0x10",
                           "9999999999999999999",
                           "2025-13-01",
                           "2025-02-29",
                           "2025-11-25T",
                           "2025-11-25T24:00",
                           "2025-11-25T18",
                           "2025-11-25T18:46:61Z",
                           "2025-11-25T18:46:03+1",
                           "2025-11-25T18:46:03+25:00",
                           "2025-11-25T18:46:03Zx",
                           "25-11-25",
                           "2025-11-25T18:46:03.Z",
                           "1969-01-01T00:00:00Z",
                           "2025-11-25_18:46"}) {
    EXPECT_EQ(parse_time(text, kNow), std::nullopt) << text;
  }
}

TEST(TimeRange, DefaultsToTheDayBeforeItsEnd) {
  const auto range = [](const char* from, const char* to) {
    const ParsedRange parsed = parse_range(from, to, kNow);
    EXPECT_EQ(parsed.why, "");
    return parsed.range;
  };
  EXPECT_EQ(range("", ""), (TimeStretch{kNow - 86'400 * kSecond, kNow}));
  EXPECT_EQ(range("-1h", ""), (TimeStretch{kNow - 3'600 * kSecond, kNow}));
  EXPECT_EQ(range("", "-1h"), (TimeStretch{kNow - 90'000 * kSecond, kNow - 3'600 * kSecond}));
  EXPECT_EQ(range("-2h", "9999999999"),
            (TimeStretch{kNow - 7'200 * kSecond, 9'999'999'999 * kSecond}));
}

TEST(TimeRange, SaysWhatIsWrongInOneSentence) {
  const auto why = [](const char* from, const char* to) { return parse_range(from, to, kNow).why; };
  EXPECT_THAT(why("-1h", "-1h"), HasSubstr("empty"));
  EXPECT_THAT(why("-1h", "-2h"), HasSubstr("reversed"));
  EXPECT_THAT(why("now", "9999999999"), HasSubstr("future"));
  EXPECT_THAT(why("soon", ""), HasSubstr("\"soon\" is no point in time"));
  EXPECT_THAT(why("", "\x1B[2J"), HasSubstr("\"\uFFFD[2J\" is no"));
}

}  // namespace
}  // namespace goxel_telemetry::metrics
