// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/commands/trace.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <ctime>
#include <sstream>

namespace goxel_telemetry::cli {
namespace {

using testing::HasSubstr;

class Waterfall : public testing::Test {
 protected:
  Waterfall() {
    setenv("TZ", "UTC", 1);
    tzset();
  }
};

metrics::TracedOperation example_trace() {
  std::vector<metrics::TracedSpan> spans;
  const auto add = [&spans](metrics::Layer layer, const char* name, std::uint64_t start,
                            std::uint64_t end) {
    metrics::TracedSpan& span = spans.emplace_back();
    span.layer = layer;
    span.operation = name;
    span.stack = "4-layer";
    span.status = "ok";
    span.start_ns = start;
    span.duration_ns = end - start;
  };
  add(metrics::Layer::mcp_client, "goxel_add_voxel", 1'000'000, 3'000'000);
  add(metrics::Layer::mcp_server, "goxel_add_voxel", 1'500'000, 2'500'000);
  add(metrics::Layer::daemon, "goxel.add_voxel", 2'000'000, 2'000'100);
  spans.back().status = "error";
  return metrics::traced_operations(0xAB, spans, 1'700'000'000'000'000'000).at(0);
}

TEST_F(Waterfall, ShowsEachSpanWhereItLies) {
  const auto bars = [](std::size_t before, std::size_t length) {
    std::string bar(before, ' ');
    while (length-- != 0) bar += "━";
    return bar;
  };
  const std::string screen = waterfall(example_trace(), {.width = 88});
  EXPECT_THAT(screen, testing::StartsWith("goxel_add_voxel\n"
                                          "trace       00000000000000ab   2.00 ms   4-layer   "
                                          "2023-11-14 22:13:20\n"
                                          "SPAN                 LAYER          TIME      OWN  "));
  // 88 columns less 19 of the longest name, 2 + 10 of the layer, 2 + 7 of each time, 2 before the bar, and 2 + 6 of
  // the status are 29.
  EXPECT_THAT(screen,
              HasSubstr("goxel_add_voxel      mcp-client  2.00 ms  1.00 ms  " + bars(0, 29)));
  EXPECT_THAT(screen,
              HasSubstr("  goxel_add_voxel    mcp-server  1.00 ms  1.00 ms  " + bars(7, 15)));
  EXPECT_THAT(screen,
              HasSubstr("    goxel.add_voxel  daemon       100 ns   100 ns  " + bars(15, 1) + ' '));
  EXPECT_THAT(screen, testing::EndsWith("  error\n"));
}

TEST_F(Waterfall, FitsTheTerminal) {
  metrics::TracedOperation one = example_trace();
  one.spans[0].operation = std::string(300, 'x');
  for (const std::size_t width : {40u, 60u, 80u, 200u}) {
    std::istringstream lines(waterfall(one, {.width = width}));
    for (std::string line; std::getline(lines, line);) EXPECT_LE(columns(line), width) << line;
  }
}

}  // namespace
}  // namespace goxel_telemetry::cli
