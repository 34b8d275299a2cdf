// SPDX-License-Identifier: GPL-3.0-or-later
#include "metrics/text/arguments.h"

#include <gmock/gmock.h>

#include <vector>

namespace goxel_telemetry::metrics {
namespace {

using testing::Optional;

TEST(Arguments, ANumberLiesInItsRange) {
  EXPECT_THAT(parse_number("0", 0, 10), Optional(0.0));
  EXPECT_THAT(parse_number("10", 0, 10), Optional(10.0));
  EXPECT_THAT(parse_number("2.5e-1", 0, 10), Optional(0.25));
  for (const char* outside : {"-0.1", "10.1", "1e400", "-1e400"}) {
    EXPECT_EQ(parse_number(outside, 0, 10), std::nullopt) << outside;
  }
}

TEST(Arguments, NaNAndInfinityAreNoNumbers) {
  for (const char* none : {"nan", "NaN", "-nan", "nan(1)", "inf", "-inf", "INFINITY", "infinity"}) {
    EXPECT_EQ(parse_number(none, -1e308, 1e308), std::nullopt) << none;
  }
  EXPECT_EQ(parse_number("nan", 0, 10), std::nullopt);
}

TEST(Arguments, WhatIsNotAllANumberIsNone) {
  for (const char* none : {"", " ", "5 ", " 5", "5x", "x", "1,5", "0x10", "1e"}) {
    EXPECT_EQ(parse_number(none, -100, 100), std::nullopt) << none;
  }
}

TEST(Arguments, TheOneWithoutTextIsNamed) {
  const auto sentence = [](std::vector<const char*> arguments) {
    arguments.insert(arguments.begin(), "program");
    return empty_argument(arguments);
  };
  EXPECT_EQ(sentence({}), "");
  EXPECT_EQ(sentence({"status", "--json", "-", "--", "a=", "--window", "1m", "--x=y"}), "");
  EXPECT_EQ(sentence({""}), "what follows program is empty");
  EXPECT_EQ(sentence({"status", "--instance", ""}), "what follows --instance is empty");
  EXPECT_EQ(sentence({"--to=now", "--from=", "x"}), "--from is given without a value");
}

TEST(TraceId, IsTheLowHalfOfWhatTheStandardHas) {
  EXPECT_EQ(parse_trace_id("4bf92f3577b34da6a3ce929d0e0e4736"), 0xa3ce929d0e0e4736u);
  EXPECT_EQ(parse_trace_id("a3ce929d0e0e4736"), 0xa3ce929d0e0e4736u);
  for (const char* bad : {"", "0", "a3ce929d0e0e473", "a3ce929d0e0e473g", "0000000000000000",
                          "+3ce929d0e0e4736", "xbf92f3577b34da6a3ce929d0e0e4736"}) {
    EXPECT_FALSE(parse_trace_id(bad)) << bad;
  }
}

}  // namespace
}  // namespace goxel_telemetry::metrics
