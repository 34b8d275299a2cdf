// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/screen/top_layout.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/cli/screen_text.h"

namespace goxel_telemetry::cli {
namespace {

using testing::AllOf;
using testing::Contains;
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
  window.latency = {count, mean_ns, ns, ns, ns, ns, ns, ns, 0};
  return stats;
}

metrics::Snapshot busy_snapshot() {
  metrics::Snapshot s;
  s.instance = "goxel";
  s.daemon.state = shm::ProducerState::live;
  s.daemon.host_name = "goxel-daemon";
  s.daemon.gauges[shm::Gauge::workers_configured] = 8;
  s.operations = {operation("goxel.add_voxel", 6'000, 100'000),
                  operation("goxel.export_model", 60, 50'000'000),
                  operation("ping_" + std::string(50, 'x') + "µ", 600, 10'000)};
  s.operations.replace(0).windows[1].outcomes.error = 7;
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
  dead.daemon.state = shm::ProducerState::dead;
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

TEST(TopLayout, ShowsTheStateAndWhatItCosts) {
  const std::string screen = text({}, busy_snapshot());
  EXPECT_THAT(screen, HasSubstr("goxel: live, up "));
  EXPECT_THAT(screen, HasSubstr("0 of 8 workers busy"));
  EXPECT_THAT(screen, HasSubstr("0 lost"));
  metrics::Snapshot dead = busy_snapshot();
  dead.daemon.state = shm::ProducerState::dead;
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

// Each of eight operations is ahead of all others in one number only.
TEST(TopLayout, EachOrderGoesByItsOwnNumber) {
  metrics::Snapshot s;
  s.daemon.state = shm::ProducerState::live;
  const auto add = [&s](const char* name) -> metrics::WindowStats& {
    metrics::WindowStats& window = s.operations.add(operation(name, 10, 1'000)).windows[1];
    window.rate_per_second = 10;
    window.outcomes.error = 1;
    return window;
  };
  add("of most time").latency.count = 1'000;
  add("of the highest mean").latency.mean_ns = 2'000;
  add("of the highest p50").latency.p50_ns = 2'000;
  add("of the highest p90").latency.p90_ns = 2'000;
  add("of the highest p95").latency.p95_ns = 2'000;
  add("of the highest p99").latency.p99_ns = 2'000;
  add("of the highest max").latency.max_ns = 2'000;
  add("of most failures").outcomes = {.ok = 8, .unanswered = 1, .malformed = 1, .cancelled = 1};
  add("of the highest rate").rate_per_second = 20;
  add("the most frequent").outcomes = {.ok = 19, .error = 1};
  add("a name").latency.mean_ns = 900;
  const std::vector<std::pair<SortBy, std::string>> orders = {{SortBy::name, "a name"},
                                                              {SortBy::rate, "of the highest rate"},
                                                              {SortBy::count, "the most frequent"},
                                                              {SortBy::mean, "of the highest mean"},
                                                              {SortBy::p50, "of the highest p50"},
                                                              {SortBy::p90, "of the highest p90"},
                                                              {SortBy::p95, "of the highest p95"},
                                                              {SortBy::p99, "of the highest p99"},
                                                              {SortBy::max, "of the highest max"},
                                                              {SortBy::errors, "of most failures"},
                                                              {SortBy::share, "of most time"}};
  for (const auto& [sort, first] : orders) {
    TopState state;
    state.sort = sort;
    const std::string title = sort == SortBy::name ? "OPERATION*" : "OPERATION";
    EXPECT_EQ(column_of(text(state, s, 300), title).at(0), first);
    state.reversed = true;
    const std::string reversed = sort == SortBy::name ? "OPERATION^" : "OPERATION";
    EXPECT_EQ(column_of(text(state, s, 300), reversed).at(s.operations.size() - 1), first);
  }
}

TEST(TopLayout, WhatIsEqualStaysInItsOrder) {
  metrics::Snapshot s;
  s.daemon.state = shm::ProducerState::live;
  for (const char* name : {"one", "two", "three"}) s.operations.add(operation(name, 10, 1));
  TopState state;
  state.sort = SortBy::count;
  const std::vector<std::string> names = column_of(text(state, s, 300), "OPERATION");
  EXPECT_EQ(std::vector(names.begin(), names.begin() + 3),
            (std::vector<std::string>{"one", "two", "three"}));
}

TEST(TopLayout, ARowHasTheFiguresOfTheWindow) {
  metrics::Snapshot s = busy_snapshot();
  metrics::WindowStats& window = s.operations.replace(0).windows[2];
  window.outcomes = {.ok = 900, .error = 200, .unanswered = 30, .malformed = 4, .cancelled = 100};
  window.rate_per_second = 4.12;
  window.latency = {.count = 1'100,
                    .mean_ns = 1'500,
                    .min_ns = 500,
                    .p50_ns = 1'000,
                    .p90_ns = 2'000'000,
                    .p95_ns = 20'000'000,
                    .p99_ns = 3'000'000'000,
                    .max_ns = 65'000'000'000};
  s.operations.replace(0).run_total = {.ok = 5'600, .unanswered = 78};
  TopState state;
  state.window = metrics::Window::five_minutes;
  state.sort = SortBy::p50;
  state.reversed = true;
  const std::string screen = text(state, s, 300);
  EXPECT_THAT(row_of(screen, "OPERATION"),
              ElementsAre("OPERATION", "RATE", "COUNT", "FAILED", "TIME", "MEAN", "P50^", "P90",
                          "P95", "P99", "MAX", "TOTAL", "STACK", "PROTOCOL", "LAYER"));
  EXPECT_THAT(row_of(screen, "goxel.add_voxel"),
              ElementsAre("goxel.add_voxel", "4.12/s", "1,234", "334", "100 %", "1.50 µs",
                          "1.00 µs", "2.00 ms", "20.0 ms", "3.00 s", "1 min 05 s", "5,678",
                          "2-layer", "mcp", "daemon"));
  EXPECT_THAT(screen, HasSubstr("\nwindow 5m, 1 operation\n"));
}

// Time in an outer layer is not on top of the daemon's: it contains it.
TEST(TopLayout, ShareIsOfTheLayersOwnTime) {
  metrics::Snapshot s = busy_snapshot();
  s.operations = {operation("a", 10, 100), operation("b", 10, 300), operation("c", 10, 1'600)};
  s.operations.replace(2).key.layer = "mcp-client";
  const std::string screen = text({}, s, 300);
  EXPECT_EQ(row_of(screen, "a").at(4), "25.0 %");
  EXPECT_EQ(row_of(screen, "b").at(4), "75.0 %");
  EXPECT_EQ(row_of(screen, "c").at(4), "100 %");
}

TEST(TopLayout, ColoursShowWhatIsWellAndWhatIsNot) {
  const auto painted = [](const TopState& state, const metrics::Snapshot& snapshot) {
    std::string all;
    for (const std::string& line : top_screen(state, snapshot, {300, true}, 40).lines) all += line;
    return all;
  };
  metrics::Snapshot s = busy_snapshot();
  EXPECT_THAT(painted({}, s), HasSubstr("\033[1mgoxel\033[0m: \033[32mlive\033[0m, up "));
  EXPECT_THAT(painted({}, s), HasSubstr("\033[31m7\033[0m")) << "failed of an operation";
  EXPECT_THAT(painted({}, s), HasSubstr("\033[2m0\033[0m")) << "none failed";
  EXPECT_THAT(painted({}, s), HasSubstr("   0 failed   "));
  EXPECT_THAT(painted({}, s), HasSubstr("   0 lost"));
  EXPECT_THAT(painted({}, s), HasSubstr("\033[2mwindow 1m, 3 operations\033[0m"));
  TopState paused;
  paused.paused = true;
  EXPECT_THAT(painted(paused, s), HasSubstr("\033[33mPAUSED, window 1m, 3 operations\033[0m"));
  s.daemon.windows[1].outcomes = {.ok = 5, .malformed = 3};
  s.ring.lost = 4;
  EXPECT_THAT(painted({}, s), HasSubstr("\033[31m3 failed\033[0m"));
  EXPECT_THAT(painted({}, s), HasSubstr("\033[31m4 lost\033[0m"));
  s.daemon.state = shm::ProducerState::not_permitted;
  s.daemon.message = "no permission";
  EXPECT_THAT(painted({}, s), HasSubstr("\033[31mno permission\033[0m"));
}

TEST(TopLayout, LinesAboveTheTableHaveTheDaemonsFigures) {
  metrics::Snapshot s = busy_snapshot();
  metrics::Daemon& daemon = s.daemon;
  daemon.uptime_seconds = 100;
  daemon.gauges[shm::Gauge::connections] = 3;
  daemon.inflight = 2;
  daemon.gauges[shm::Gauge::queue_depth] = 4;
  daemon.workers_busy = 6;
  daemon.windows[1].rate_per_second = 12.3;
  daemon.windows[1].outcomes = {.ok = 1, .error = 5};
  s.process.pid = 4'711;
  s.process.cpu_ratio = 1.5;
  s.process.resident_bytes = 10 * 1'048'576;
  s.own_cost.busy_ratio = 0.0025;
  s.own_cost.waited = {.ns = 612, .low_ns = 562, .high_ns = 662};
  s.own_cost.waited_share = 0.00408;
  s.own_cost.samples = 1'000;
  s.own_cost.resident_bytes = 2 * 1'048'576;
  s.ring = {.published = 50, .read = 30, .before_reader = 19, .lost = 1};
  const std::string screen = text({}, s, 300);
  for (const char* line :
       {"goxel: live, up 1 min 40 s, goxel-daemon pid 4711\n",
        "requests    12.3/s   5 failed   2 in flight   4 queued   6 of 8 workers busy   3 "
        "clients\n",
        "process     CPU 150 %   memory 8.00 MiB   and telemetry's 2.00 MiB   "
        "requests wait 612 ns (0.41 %) for telemetry   overhead 0.25 %\n",
        "ring        50 records published   30 read   19 before this reader   1 lost\n"}) {
    EXPECT_THAT(screen, HasSubstr(line));
  }
}

TEST(TopLayout, SaysOfWhichOperationTelemetryTakesMost) {
  metrics::Snapshot s;
  s.daemon.state = shm::ProducerState::live;
  s.own_cost.waited = {.ns = 612, .low_ns = 562, .high_ns = 662};
  s.own_cost.waited_share = 0.00408;
  metrics::OperationStats& ping = s.operations.add();
  ping.key = {"4-layer", "jsonrpc", "daemon", "ping"};
  ping.windows[2].latency.count = 1;
  ping.windows[2].latency.mean_ns = 30'600;
  EXPECT_THAT(text({}, s, 300),
              HasSubstr("requests wait 612 ns (0.41 %) for telemetry   at most 2.00 % (ping)"));
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

// A tool and the method that does its work are one, and what is between them.
TEST(TopLayout, WhatLayersOfAStackSeeOfAnOperationStandsTogether) {
  metrics::Snapshot s;
  const auto add = [&s](const char* stack, const char* layer, const char* name, double mean_ns) {
    metrics::OperationStats stats = operation(name, 10, mean_ns);
    stats.key = {stack, "jsonrpc", layer, name};
    s.operations.add(stats);
  };
  add("4-layer", "daemon", "goxel.add_voxel", 100'000);
  add("4-layer", "daemon", "goxel.list_layers", 400'000);
  add("4-layer", "mcp-client", "goxel_add_voxels", 300'000);
  add("4-layer", "mcp-server", "goxel_add_voxels", 200'000);
  add("2-layer", "daemon", "goxel_add_voxels", 900'000);
  add("4-layer", "daemon", "ping", 40'000);
  add("4-layer", "mcp-client", "ping", 50'000);
  const auto rows = [&s](const TopState& state) {
    std::vector<std::string> found;
    for (const std::string& line : lines_of(text(state, s, 160))) {
      const bool is_row = line.find("jsonrpc") != std::string::npos;
      if (is_row) found.push_back(line.substr(0, line.find("  ", line.find_first_not_of(' '))));
    }
    return found;
  };
  TopState state;
  state.sort = SortBy::mean;
  EXPECT_THAT(rows(state),
              ElementsAre("goxel_add_voxels", "goxel.list_layers", "goxel_add_voxels",
                          "  goxel_add_voxels", "    goxel.add_voxel", "ping", "  ping"));
  EXPECT_THAT(text(state, s), HasSubstr("4 operations"));
  state.reversed = true;
  EXPECT_THAT(rows(state),
              ElementsAre("ping", "  ping", "goxel_add_voxels", "  goxel_add_voxels",
                          "    goxel.add_voxel", "goxel.list_layers", "goxel_add_voxels"));
  state = {};
  state.sort = SortBy::errors;
  s.operations.replace(1).windows[1].outcomes.error = 1;  // goxel.list_layers
  s.operations.replace(0).windows[1].outcomes.error = 2;  // goxel.add_voxel, of the daemon alone
  EXPECT_THAT(rows(state),
              ElementsAre("goxel_add_voxels", "  goxel_add_voxels", "    goxel.add_voxel",
                          "goxel.list_layers", "goxel_add_voxels", "ping", "  ping"));
  state.filter = "daemon 4-layer";
  EXPECT_THAT(rows(state), ElementsAre("goxel.add_voxel", "goxel.list_layers", "ping"));
}

// Their stack, protocol or layer stands there however narrow it gets.
TEST(TopLayout, OperationsOfOneNameAreToldApartAt80Columns) {
  metrics::Snapshot s = busy_snapshot();
  const auto another = [&s](const metrics::OperationKey& key) {
    metrics::OperationStats stats = operation(key.operation, 5, 100'000);
    stats.key = key;
    s.operations.add(stats);
  };
  const auto titles = [&s] { return row_of(text({}, s, 80), "OPERATION"); };
  EXPECT_THAT(titles(), Not(Contains("LAYER"))) << "nothing to tell apart";
  another({"2-layer", "mcp", "mcp-client", "goxel.add_voxel"});
  EXPECT_THAT(titles(), Contains("LAYER"));
  EXPECT_THAT(text({}, s, 80), HasSubstr("mcp-client"));
  another({"2-layer", "jsonrpc", "daemon", "goxel.add_voxel"});
  EXPECT_THAT(titles(), AllOf(Contains("PROTOCOL"), Contains("LAYER")));
  another({"4-layer", "jsonrpc", "daemon", "goxel.add_voxel"});
  EXPECT_THAT(titles(), AllOf(Contains("STACK"), Contains("PROTOCOL"), Contains("LAYER")));
  for (const std::string& line : lines_of(text({}, s, 80))) EXPECT_LE(columns(line), 80u);
}

TEST(TopLayout, ShowsWhatIsHiddenInNamesAndInWhatIsTyped) {
  metrics::Snapshot s = busy_snapshot();
  s.operations.add(operation("a\u202Eb", 5, 100'000));
  s.inflight[0].operation = "c\u200Bd";
  TopState state;
  state.inflight = true;
  EXPECT_THAT(text(state, s), AllOf(HasSubstr("a<U+202E>b"), HasSubstr("c<U+200B>d")));
  state.filter = "\u202E";
  EXPECT_THAT(text(state, s), AllOf(HasSubstr("with \"<U+202E>\""), HasSubstr("a<U+202E>b")));
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

// Of 30 as many as there is room for, from the first, which is the oldest.
TEST(TopLayout, PaneShowsTheOldestInFlight) {
  metrics::Snapshot s = busy_snapshot();
  for (std::size_t i = 0; i < s.inflight.size(); ++i) {
    s.inflight[i].operation = "held-" + std::to_string(100 + i);
  }
  TopState state;
  EXPECT_THAT(text(state, s), Not(HasSubstr("held-")));
  state.inflight = true;
  const std::string screen = text(state, s);
  EXPECT_THAT(screen, HasSubstr("30 requests in flight\nOPERATION"));
  EXPECT_LT(place(screen, "held-100"), place(screen, "held-101"));
  EXPECT_THAT(screen, Not(HasSubstr("held-129")));
}

// Of each line what stands before two spaces.
std::vector<std::string> beginnings(const std::string& screen) {
  std::vector<std::string> found;
  for (const std::string& line : lines_of(screen)) {
    const std::vector<std::string> cells = cells_of(line);
    found.push_back(cells.empty() ? "" : cells.front());
  }
  return found;
}

TEST(TopLayout, ALowScreenHasTheStateThenTheKeysThenWhatIsShownThenTheOperations) {
  metrics::Snapshot s = busy_snapshot();
  s.operations.resize(1);
  const std::string state = "goxel: live, up 0 ns, goxel-daemon pid 0";
  const std::string choices = "window 1m, 1 operation";
  const auto of_height = [&s](std::size_t height) { return beginnings(text({}, s, 100, height)); };
  EXPECT_THAT(of_height(1), ElementsAre(state));
  EXPECT_THAT(of_height(2), ElementsAre(state, ""));
  EXPECT_THAT(of_height(3), ElementsAre(state, "", "q quit"));
  EXPECT_THAT(of_height(4), ElementsAre(state, choices, "", "q quit"));
  EXPECT_THAT(of_height(5), ElementsAre(state, choices, "OPERATION", "goxel.add_voxel", "q quit"));
  EXPECT_THAT(of_height(9), ElementsAre(state, choices, "OPERATION", "goxel.add_voxel", "", "", "",
                                        "", "q quit"));
  EXPECT_THAT(of_height(10), ElementsAre(state, "requests", "process", "ring", choices, "OPERATION",
                                         "goxel.add_voxel", "", "", "q quit"));
}

TEST(TopLayout, RequestsInFlightHaveTheLowerThird) {
  metrics::Snapshot s = busy_snapshot();
  for (std::size_t i = 0; i < s.inflight.size(); ++i) {
    s.inflight[i].operation = "held-" + std::to_string(100 + i);
  }
  TopState state;
  state.inflight = true;
  // 15 lines between what is above and the keys: ten for operations, five for the pane.
  EXPECT_THAT(beginnings(text(state, s, 100, 21)),
              ElementsAre("goxel: live, up 0 ns, goxel-daemon pid 0", "requests", "process", "ring",
                          "window 1m, 3 operations", "OPERATION", "goxel.export_model",
                          "goxel.add_voxel", "ping_" + std::string(50, 'x') + "µ", "", "", "", "",
                          "", "", "30 requests in flight", "OPERATION", "held-100", "held-101",
                          "held-102", "q quit"));
  s.inflight.clear();
  EXPECT_THAT(beginnings(text(state, s, 100, 20)),
              testing::Contains("0 requests in flight").Times(1));
  EXPECT_THAT(beginnings(text(state, s, 100, 20)), testing::Contains("OPERATION").Times(1));
}

TEST(TopLayout, WhatIsScrolledToStaysWhileNoOperationFits) {
  TopState state;
  state.scroll = 2;
  EXPECT_EQ(top_screen(state, busy_snapshot(), {100, true}, 1).scroll, 2u);
  EXPECT_EQ(top_screen(state, busy_snapshot(), {100, true}, 4).scroll, 2u);
  EXPECT_EQ(top_screen(state, busy_snapshot(), {100, true}, 5).scroll, 2u) << "one fits: the last";
  EXPECT_EQ(top_screen(state, busy_snapshot(), {100, true}, 6).scroll, 1u) << "two fit";
}

// Two of three fit; the third would make the first column wide.
TEST(TopLayout, ColumnsAreAsWideAsWhatIsShown) {
  const std::vector<std::string> lines = lines_of(text({}, busy_snapshot(), 300, 6));
  ASSERT_EQ(lines.size(), 6u);
  EXPECT_THAT(lines[3], testing::StartsWith("goxel.export_model  1.00/s  "));
  EXPECT_THAT(lines[4], testing::StartsWith("goxel.add_voxel      100/s  "));
}

TEST(TopLayout, HelpListsTheKeys) {
  TopState state;
  state.help = true;
  EXPECT_EQ(text(state, busy_snapshot()),
            "goxel: live, up 0 ns, goxel-daemon pid 0\n"
            "\n"
            "q       quit\n"
            "1 2 3 4 window: now, 1, 5 or 15 minutes\n"
            "/       filter by words in operation, stack, layer or protocol; Esc clears it\n"
            "space   pause, and go on\n"
            "i       requests in flight\n"
            "up down page keys: scroll\n"
            "\n"
            "Sort by n name, r rate, c count, m mean, 5 9 8 0 quantiles, x max,\n"
            "        e failed, t time (rate times mean, as a share of the layer's); R reverses\n"
            "\n"
            "Any key goes back.\n");
  EXPECT_EQ(text(state, busy_snapshot(), 10, 4), "goxel: li…\n\nq       q…\n1 2 3 4 w…\n");
}

TEST(TopLayout, TheLastLineHasTheKeysOrTheSearchThatIsTyped) {
  TopState state;
  EXPECT_EQ(lines_of(text(state, busy_snapshot())).back(),
            "q quit  ? help  / filter  1-4 window  space pause  i in flight");
  state.searching = true;
  state.filter = "fil";
  EXPECT_EQ(lines_of(text(state, busy_snapshot())).back(), "/fil_  Enter keeps it, Esc clears it");
}

TEST(TopLayout, WhatIsNotKnownIsLeftOut) {
  metrics::Snapshot s = busy_snapshot();
  s.daemon.gauges[shm::Gauge::workers_configured] = 0;
  s.operations.replace(0).windows[1].latency = {};
  const std::string screen = text({}, s, 300);
  EXPECT_THAT(screen, HasSubstr("\nrequests    0/s   0 failed   0 in flight   0 queued   "
                                "0 workers busy   0 clients\n"
                                "process     requests wait - for telemetry   overhead -\n"));
  EXPECT_THAT(row_of(screen, "goxel.add_voxel"),
              ElementsAre("goxel.add_voxel", "100/s", "6,007", "7", "0 %", "-", "-", "-", "-", "-",
                          "-", "2-layer", "mcp", "daemon"));
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
