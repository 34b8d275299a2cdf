// SPDX-License-Identifier: GPL-3.0-or-later
#include "series_file.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <sstream>

namespace goxel_telemetry::evaluation {
namespace {

using metrics::DetectorEvent;
using testing::IsEmpty;
using testing::StartsWith;

Series read(const std::string& text) {
  std::istringstream file(text);
  return read_series(file);
}

std::vector<std::pair<std::uint64_t, double>> rows_of(const std::string& text) {
  const Series series = read(text);
  EXPECT_EQ(series.why, "");
  std::vector<std::pair<std::uint64_t, double>> rows;
  for (const SeriesRow& row : series.rows) rows.emplace_back(row.tick, row.value);
  return rows;
}

using Rows = std::vector<std::pair<std::uint64_t, double>>;

TEST(SeriesFile, ReadsTicksAndValuesAfterTheirNames) {
  const Rows expected = {{0, 1.5}, {1, 2}, {7, 3e-3}};
  EXPECT_EQ(rows_of("tick,value\n0,1.5\n1,2\n7,3e-3\n"), expected);
  EXPECT_EQ(rows_of("0,1.5\n1,2\n7,0.003"), expected);
  EXPECT_EQ(rows_of("\"t\",\"ms\"\r\n\r\n0, 1.5 \r\n1,2\r\n\r\n7,3e-3\r\n"), expected);
}

TEST(SeriesFile, AValueThatIsMissingOrNotPositiveIsNone) {
  const Rows expected = {{4, 1}};
  EXPECT_EQ(rows_of("1,\n2,0\n3,-5\n4,1\n5, \n"), expected);
}

TEST(SeriesFile, SaysInWhichLineWhatIsWrong) {
  EXPECT_EQ(read("tick,value\n1,2\nx,3\n").why, "Line 3 does not begin with a whole number.");
  EXPECT_EQ(read("1,2\n1.5,3\n").why, "Line 2 does not begin with a whole number.");
  EXPECT_EQ(read("1,2\n-2,3\n").why, "Line 2 does not begin with a whole number.");
  EXPECT_EQ(read("1,2\n99999999999999999,3\n").why, "Line 2 does not begin with a whole number.");
  EXPECT_EQ(read("tick,value\ntick,value\n").why, "Line 2 does not begin with a whole number.");
  EXPECT_EQ(read("1,2\n3\n").why, "Line 2 is not \"tick,value\".");
  EXPECT_THAT(read("1,2\n2,3,4\n").why, StartsWith("Line 2 has a value that is not a number"));
  EXPECT_EQ(read("1,2\n1,3\n").why, "Line 2 has a tick that is not after the one before.");
  EXPECT_EQ(read("5,\n4,3\n").why, "Line 2 has a tick that is not after the one before.");
  for (const char* const value : {"nan", "inf", "1e300", "0x10", "1 2", "--3"}) {
    EXPECT_THAT(read(std::string("1,2\n2,") + value + "\n").why,
                StartsWith("Line 2 has a value that is not a number"))
        << value;
  }
  EXPECT_TRUE(read("1,2\nx,3\n").rows.empty());
}

TEST(SeriesFile, LinesAreLimited) {
  EXPECT_EQ(read("1," + std::string(252, ' ') + "2\n").why, "");
  EXPECT_EQ(read("1," + std::string(253, ' ') + "2\n").why, "Line 1 is longer than 255 bytes.");
  EXPECT_EQ(read("1,2\n" + std::string(1 << 20, '7')).why, "Line 2 is longer than 255 bytes.");
  EXPECT_EQ(read(std::string(10'000'001, '\n')).why, "Line 10000001 is one too many.");
}

TEST(SeriesFile, WithoutAValueThereIsNoSeries) {
  for (const char* const text : {"", "\n\n", "tick,value\n", "1,\n2,0\n"}) {
    EXPECT_EQ(read(text).why, "It has no row with a value.") << text;
  }
}

TEST(Injection, IsATickAndAFactor) {
  const auto injection = parse_injection("1000:1.25");
  ASSERT_TRUE(injection);
  EXPECT_EQ(injection->tick, 1000U);
  EXPECT_EQ(injection->factor, 1.25);
  for (const char* const text :
       {"1000", ":2", "1000:", "1.5:2", "-1:2", "1:0", "1:-2", "1:nan", "1:1e9", "1:2:3"}) {
    EXPECT_FALSE(parse_injection(text)) << text;
  }
}

// One value a tick, which swings by 30 % in a way that repeats.
std::vector<SeriesRow> swinging(double unit) {
  std::vector<SeriesRow> rows;
  for (std::uint64_t tick = 0; tick < 3000; ++tick) {
    rows.push_back({tick, unit * (1 + 0.3 * static_cast<double>(tick * 7919 % 101) / 101)});
  }
  return rows;
}

TEST(Score, NoticesAnInjectionAndNothingElse) {
  EXPECT_THAT(score(swinging(1), {}), IsEmpty());
  const std::vector<DetectorEvent> said = score(swinging(1), Injection{2000, 1.5});
  const auto raised = std::find_if(said.begin(), said.end(), [](const DetectorEvent& event) {
    return event.channel == metrics::Channel::centre && event.kind == DetectorEvent::Kind::raised;
  });
  ASSERT_NE(raised, said.end());
  EXPECT_GE(said.front().tick, 2000U);
  EXPECT_LT(raised->tick, 2100U);
}

TEST(Score, TheUnitDoesNotMatter) {
  const auto ticks_of = [](double unit) {
    std::vector<std::uint64_t> ticks;
    for (const DetectorEvent& event : score(swinging(unit), Injection{2000, 1.5})) {
      ticks.push_back(event.tick);
    }
    return ticks;
  };
  EXPECT_EQ(ticks_of(1e-9), ticks_of(1));
  EXPECT_EQ(ticks_of(1e9), ticks_of(1));
}

}  // namespace
}  // namespace goxel_telemetry::evaluation
