// SPDX-License-Identifier: GPL-3.0-or-later
#include <gtest/gtest.h>

#include <sstream>

#include "cli/commands/alerts.h"
#include "cli/screen/terminal.h"

namespace goxel_telemetry::cli {
namespace {

TEST(SeriesScreen, FitsANarrowTerminal) {
  metrics::InstanceSeries of{"goxel", {}, 2};
  of.series.emplace_back().key = {"4-layer", "mcp", "daemon", "goxel.create_project"};
  of.series.back().ticks_needed = 515;
  metrics::WatchedSeries& watched = of.series.emplace_back();
  watched.state = metrics::WatchedSeries::State::watching;
  watched.requests = 50;
  watched.usual_ns = 2e6;
  watched.due_to_load = 0.05;
  watched.noticeable = {1.25, {}, 60};
  for (const std::size_t width : {std::size_t{40}, std::size_t{80}}) {
    Style style;
    style.width = width;
    const std::string text = series_screen({of}, 1, style);
    EXPECT_NE(text.find("×1.25 in 1 min"), std::string::npos);
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) EXPECT_LE(columns(line), width) << line;
  }
}

}  // namespace
}  // namespace goxel_telemetry::cli
