// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/top_layout.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace goxel_telemetry::cli {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

metrics::OperationStats operation(const std::string& name, std::uint64_t count, double mean_ns) {
  metrics::OperationStats stats;
  stats.key = {"2-layer", "mcp", "daemon", name};
  metrics::WindowStats& window = stats.windows[1];
  window.outcomes = {.ok = count};
  window.rate_per_second = static_cast<double>(count) / 60;
  const auto ns = static_cast<std::uint64_t>(mean_ns);
  window.latency = {count, mean_ns, ns, ns, ns, ns, ns, 0};
  return stats;
}

metrics::Snapshot busy_snapshot() {
  metrics::Snapshot s;
  s.instance = "goxel";
  s.daemon.state = metrics::ProducerState::live;
  s.daemon.host_name = "goxel-daemon";
  s.daemon.workers_configured = 8;
  s.operations = {operation("goxel.add_voxel", 6'000, 100'000),
                  operation("goxel.export_model", 60, 50'000'000),
                  operation("ping_" + std::string(50, 'x') + "µ", 600, 10'000)};
  s.operations[0].windows[1].outcomes.error = 7;
  s.inflight.resize(30);
  s.inflight[0].operation = "goxel.export_model";
  return s;
}

std::string text_of(const TopScreen& screen) {
  std::string text;
  for (const std::string& line : screen.lines) {
    for (const Piece& piece : pieces_of(line)) text += piece.text;
    text += '\n';
  }
  return text;
}

std::string text(const TopState& state, const metrics::Snapshot& snapshot, std::size_t width = 120,
                 std::size_t height = 40) {
  return text_of(top_screen(state, snapshot, {width, true}, height));
}

TEST(TopLayout, FitsEverySize) {
  std::vector<TopState> states(6);
  states[1].inflight = true;
  states[2].help = true;
  states[3].searching = true;
  states[3].filter = std::string(60, 'y');
  states[4].scroll = 1'000'000;
  states[5].paused = true;
  metrics::Snapshot dead = busy_snapshot();
  dead.daemon.state = metrics::ProducerState::dead;
  metrics::Snapshot absent;
  absent.daemon.message = std::string(200, 'z');
  for (const metrics::Snapshot& snapshot : {busy_snapshot(), dead, absent}) {
    for (const TopState& state : states) {
      for (const std::size_t width : {0, 1, 5, 20, 40, 79, 80, 100, 132, 300}) {
        for (const std::size_t height : {0, 1, 2, 3, 4, 5, 9, 10, 11, 24, 50, 100}) {
          const TopScreen screen = top_screen(state, snapshot, {width, true}, height);
          ASSERT_LE(screen.lines.size(), height);
          for (const std::string& line : screen.lines) {
            std::string plain;
            for (const Piece& piece : pieces_of(line)) plain += piece.text;
            ASSERT_LE(columns(plain), width) << width << 'x' << height << ": " << plain;
            ASSERT_EQ(plain.find('\033'), std::string::npos);
          }
        }
      }
    }
  }
}

TEST(TopLayout, TellsTheStateAndWhatItCosts) {
  const std::string screen = text({}, busy_snapshot());
  EXPECT_THAT(screen, HasSubstr("goxel: live, up "));
  EXPECT_THAT(screen, HasSubstr("0 of 8 workers busy"));
  EXPECT_THAT(screen, HasSubstr("0 records lost"));
  metrics::Snapshot dead = busy_snapshot();
  dead.daemon.state = metrics::ProducerState::dead;
  EXPECT_THAT(text({}, dead), HasSubstr("goxel: killed or crashed about "));
  metrics::Snapshot absent = busy_snapshot();
  absent.daemon = {};
  absent.daemon.message = "the segment was overwritten";
  EXPECT_THAT(text({}, absent), HasSubstr("goxel: the segment was overwritten\n"));
}

std::size_t place(const std::string& screen, const std::string& what) {
  EXPECT_THAT(screen, HasSubstr(what));
  return screen.find(what);
}

TEST(TopLayout, SortsByWhatWasChosen) {
  TopState state;
  std::string screen = text(state, busy_snapshot());
  EXPECT_LT(place(screen, "goxel.export_model"), place(screen, "goxel.add_voxel")) << "time";
  EXPECT_THAT(screen, HasSubstr("83.2 %"));
  EXPECT_THAT(screen, HasSubstr("TIME*"));
  for (const SortBy sort : {SortBy::count, SortBy::rate, SortBy::errors, SortBy::name}) {
    state.sort = sort;
    screen = text(state, busy_snapshot());
    EXPECT_LT(place(screen, "goxel.add_voxel"), place(screen, "goxel.export_model"));
  }
  state.reversed = true;
  screen = text(state, busy_snapshot());
  EXPECT_GT(place(screen, "goxel.add_voxel"), place(screen, "goxel.export_model"));
}

TEST(TopLayout, ShowsWhatPassesTheFilterAndWhatTheWindowHolds) {
  TopState state;
  state.filter = "EXPORT daemon";
  EXPECT_THAT(text(state, busy_snapshot()), HasSubstr("1 operation, with \"EXPORT daemon\""));
  EXPECT_THAT(text(state, busy_snapshot()), Not(HasSubstr("goxel.add_voxel")));
  state = {};
  state.window = metrics::Window::now;
  EXPECT_THAT(text(state, busy_snapshot()), HasSubstr("No requests in this window."));
}

TEST(TopLayout, ScrollsNoFurtherThanToTheLastOperation) {
  TopState state;
  state.scroll = 1'000;
  const TopScreen all = top_screen(state, busy_snapshot(), {100, true}, 40);
  EXPECT_EQ(all.scroll, 0u) << "everything fits";
  const TopScreen small = top_screen(state, busy_snapshot(), {100, true}, 6);
  EXPECT_EQ(small.scroll, 1u);
  EXPECT_THAT(text_of(small), HasSubstr("ping_"));
}

TEST(TopLayout, PaneShowsTheOldestInHand) {
  TopState state;
  state.inflight = true;
  EXPECT_THAT(text(state, busy_snapshot()), HasSubstr("30 requests in flight\nOPERATION"));
}

TEST(Pieces, AreWhatPaintMade) {
  const Style style{80, true};
  EXPECT_THAT(pieces_of("a " + style.paint(Emphasis::bad, "b") + " c"),
              ElementsAre(Piece{"a ", Emphasis::none}, Piece{"b", Emphasis::bad},
                          Piece{" c", Emphasis::none}));
  EXPECT_THAT(pieces_of("\033[9"), ElementsAre());
}

}  // namespace
}  // namespace goxel_telemetry::cli
