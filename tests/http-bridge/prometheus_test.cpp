// SPDX-License-Identifier: GPL-3.0-or-later
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <clocale>
#include <limits>
#include <locale>
#include <map>
#include <set>
#include <sstream>

#include "http-bridge/encode_prometheus.h"
#include "http-bridge/exposition.h"
#include "tests/http-bridge/golden_file.h"
#include "tests/http-bridge/sample_snapshots.h"

namespace goxel_telemetry::http_bridge {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(Prometheus, SampleIsWhatTheGoldenFileSays) {
  expect_golden("metrics.txt", encode_prometheus(sample_snapshots()));
}

TEST(Prometheus, WithoutAnyInstanceGoxelUpIsZero) {
  EXPECT_EQ(encode_prometheus({}),
            "# HELP goxel_up 1 while a daemon with the telemetry plugin is attached, else 0.\n"
            "# TYPE goxel_up gauge\n"
            "goxel_up 0\n");
}

TEST(Prometheus, DeadDaemonKeepsItsCountersAndLosesItsGauges) {
  Snapshots snapshots = sample_snapshots();
  snapshots.instances[0].daemon.state = metrics::ProducerState::dead;
  const std::string text = encode_prometheus(snapshots);
  EXPECT_THAT(text, HasSubstr("goxel_up{instance_name=\"goxel\"} 0\n"));
  EXPECT_THAT(text, HasSubstr("goxel_operations_total{instance_name=\"goxel\""));
  EXPECT_THAT(text, HasSubstr("goxel_ring_records_total{instance_name=\"goxel\"} 14\n"));
  EXPECT_THAT(text, Not(HasSubstr("goxel_connections")));
  EXPECT_THAT(text, Not(HasSubstr("process_")));
}

// A family's lines must stand together, under one HELP and one TYPE.
TEST(Prometheus, FamiliesAreContiguousAndDescribedOnce) {
  std::istringstream text(encode_prometheus(sample_snapshots()));
  std::set<std::string> finished;
  std::string current;
  std::string line;
  while (std::getline(text, line)) {
    if (line.rfind("# HELP ", 0) == 0) {
      EXPECT_TRUE(finished.insert(current).second) << current;
      current = line.substr(7, line.find(' ', 7) - 7);
      EXPECT_EQ(finished.count(current), 0u) << current;
    } else if (line.rfind("# TYPE ", 0) == 0) {
      EXPECT_EQ(line.substr(7, line.find(' ', 7) - 7), current);
    } else {
      EXPECT_EQ(line.rfind(current, 0), 0u) << line;
    }
  }
}

// Prometheus refuses a scrape with the same series twice.
TEST(Prometheus, OperationsThatComeToTheSameLabelsAreAddedUp) {
  Snapshots snapshots = sample_snapshots();
  auto& operations = snapshots.instances[0].operations;
  operations.push_back(operations[1]);
  operations.back().key.stack = "2-layer";  // the same method by another way
  const std::string text = encode_prometheus(snapshots);
  EXPECT_THAT(text, HasSubstr("rpc_server_call_duration_seconds_count{instance_name=\"goxel\","
                              "rpc_method=\"goxel.add_voxel\"} 18\n"));
  EXPECT_THAT(text, HasSubstr("goxel_operations_total{instance_name=\"goxel\",stack=\"2-layer\","
                              "protocol=\"jsonrpc\",operation=\"goxel.add_voxel\"} 13\n"));

  std::istringstream lines(text);
  std::map<std::string, int> series;
  for (std::string line; std::getline(lines, line);) {
    if (line[0] == '#') continue;
    EXPECT_EQ(++series[line.substr(0, line.rfind(' '))], 1) << line;
  }
}

// Other layers' spans are of requests that the daemon counts already.
TEST(Prometheus, OnlyTheDaemonsLayerCountsOperations) {
  Snapshots snapshots = sample_snapshots();
  snapshots.instances[0].operations[1].key.layer = "mcp-client";
  const std::string text = encode_prometheus(snapshots);
  EXPECT_THAT(text, Not(HasSubstr("rpc_server_call_duration_seconds")));
  EXPECT_THAT(text, Not(HasSubstr("protocol=\"jsonrpc\"")));
  EXPECT_THAT(text, HasSubstr("goxel_layer_duration_seconds_count{instance_name=\"goxel\","
                              "stack=\"4-layer\",layer=\"mcp-client\","
                              "operation=\"goxel.add_voxel\"} 10\n"));
}

TEST(Prometheus, WhatWasNeverAnsweredHasNoDuration) {
  Snapshots snapshots = sample_snapshots();
  snapshots.instances[0].operations[1].exposed = {};
  snapshots.instances[0].operations[1].exposed_error = {};
  EXPECT_THAT(encode_prometheus(snapshots), Not(HasSubstr("rpc_method")));
}

TEST(Prometheus, LabelValueIsEscaped) {
  EXPECT_EQ(Labels().add("a", "back\\slash \"quote\"\nline").text(),
            R"({a="back\\slash \"quote\"\nline"})");
}

TEST(Prometheus, LabelWithoutAValueIsLeftOut) {
  EXPECT_EQ(Labels().add("a", "").text(), "");
  EXPECT_EQ(Labels().add("a", "").add("b", "x").text(), R"({b="x"})");
}

TEST(Prometheus, FamilyWithoutASampleLeavesNoTrace) {
  Exposition out;
  out.family("empty", MetricType::gauge, "Nothing.");
  out.family("full", MetricType::counter, "Something.");
  out.sample(Labels(), 1);
  EXPECT_EQ(std::move(out).text(), "# HELP full Something.\n# TYPE full counter\nfull 1\n");
}

TEST(Prometheus, NumbersAreShortAndExact) {
  EXPECT_EQ(format_number(0), "0");
  EXPECT_EQ(format_number(1'000'000), "1000000");
  EXPECT_EQ(format_number(-3), "-3");
  EXPECT_EQ(format_number(0.1), "0.1");
  EXPECT_EQ(format_number(0.00005), "0.00005");
  EXPECT_EQ(format_number(1e-7), "1e-07");
  EXPECT_EQ(format_number(18446744073709551615.0), "18446744073709551616");
  EXPECT_EQ(format_number(1795632784.9853284), "1795632784.9853284");
  EXPECT_EQ(format_number(-0.00012345678901234567), "-0.00012345678901234567");
  EXPECT_EQ(format_number(1e300), "1e+300");
  EXPECT_EQ(format_number(std::numeric_limits<double>::infinity()), "+Inf");
  EXPECT_EQ(format_number(-std::numeric_limits<double>::infinity()), "-Inf");
  EXPECT_EQ(format_number(std::numeric_limits<double>::quiet_NaN()), "NaN");
}

// A German desktop: a comma before the decimals, a point between the thousands. For C++ streams by
// a facet, and for printf where the machine has such a locale.
TEST(Prometheus, GermanLocaleChangesNothing) {
  struct German : std::numpunct<char> {
    char do_decimal_point() const override { return ','; }
    char do_thousands_sep() const override { return '.'; }
    std::string do_grouping() const override { return "\3"; }
  };
  const std::string before = encode_prometheus(sample_snapshots());
  const std::locale old = std::locale::global(std::locale(std::locale(), new German));
  std::setlocale(LC_ALL, "de_DE.UTF-8");
  std::ostringstream stream;
  stream << 1234.5;
  const std::string during = encode_prometheus(sample_snapshots());
  std::locale::global(old);
  std::setlocale(LC_ALL, "C");

  ASSERT_EQ(stream.str(), "1.234,5");  // the locale was in force
  EXPECT_EQ(during, before);
}

}  // namespace
}  // namespace goxel_telemetry::http_bridge
