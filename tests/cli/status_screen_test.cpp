// SPDX-License-Identifier: GPL-3.0-or-later
// The screen of status, and the lines that other screens share with it: figures, order, colours.
#include "cli/commands/status.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/screen/facts.h"
#include "tests/cli/screen_text.h"

namespace goxel_telemetry::cli {
namespace {

using metrics::Window;
using shm::ProducerState;
using testing::Contains;
using testing::Each;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

const Style kPlain = {};
const Style kColours = {.colours = true};

metrics::OperationStats operation(const std::string& name, std::uint64_t count, double mean_ns) {
  metrics::OperationStats stats;
  stats.key = {"2-layer", "mcp", "daemon", name};
  metrics::WindowStats& window = stats.windows[1];
  window.outcomes = {.ok = count};
  window.latency.count = count;
  window.latency.mean_ns = mean_ns;
  return stats;
}

class StatusScreen : public testing::Test {
 protected:
  StatusScreen() {
    snapshot_.instance = "goxel";
    snapshot_.daemon.state = ProducerState::live;
  }
  std::string screen(const Style& style = kPlain, Window window = Window::one_minute) const {
    return status_screen(snapshot_, window, style);
  }

  metrics::Snapshot snapshot_;
};

// 1 s of "long", 0.7 s of "single" and 0.5 s of "often": neither the slowest nor the most frequent
// is first.
TEST_F(StatusScreen, TheOperationThatTookMostTimeIsFirst) {
  snapshot_.operations = {operation("often", 1'000, 500'000), operation("single", 1, 700e6),
                          operation("long", 10, 100e6), operation("same", 10, 50e6)};
  EXPECT_THAT(column_of(screen(), "OPERATION"), ElementsAre("long", "single", "often", "same"));
}

TEST_F(StatusScreen, OperationsOfOneNameAreToldApartAt80Columns) {
  snapshot_.operations = {operation("goxel.export_model", 10, 1e6),
                          operation("goxel.export_model", 10, 1e6)};
  snapshot_.operations.replace(1).key.stack = "4-layer";
  EXPECT_THAT(row_of(screen({.width = 80}), "OPERATION"), Contains("STACK"));
  snapshot_.operations.replace(1).key = {"2-layer", "mcp", "mcp-server", "goxel.export_model"};
  EXPECT_THAT(row_of(screen({.width = 80}), "OPERATION"), Contains("LAYER"));
}

TEST_F(StatusScreen, ARowHasTheFiguresOfTheWindow) {
  metrics::OperationStats stats = operation("fill", 0, 0);
  metrics::WindowStats& window = stats.windows[2];
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
  snapshot_.operations = {stats};
  const std::string shown = screen(kPlain, Window::five_minutes);
  EXPECT_THAT(row_of(shown, "OPERATION"),
              ElementsAre("OPERATION", "COUNT", "RATE", "FAILED", "UNANSWERED", "MEAN", "P50",
                          "P90", "P95", "P99", "MAX", "PROTOCOL", "STACK", "LAYER"));
  // 1,234 in all, of which 334 did not end well.
  EXPECT_THAT(row_of(shown, "fill"),
              ElementsAre("fill", "1,234", "4.12/s", "334", "30", "1.50 µs", "1.00 µs", "2.00 ms",
                          "20.0 ms", "3.00 s", "1 min 05 s", "mcp", "2-layer", "daemon"));
  EXPECT_THAT(screen(kPlain, Window::one_minute), HasSubstr("No requests in this window."));
}

TEST_F(StatusScreen, EveryOperationHasItsTotalsHoweverLongAgoItsRequestsWere) {
  EXPECT_THAT(screen(), Not(HasSubstr("Since the daemon began")));
  snapshot_.operations = {operation("idle", 0, 0), operation("long_ago", 0, 0),
                          operation("often", 3, 1e6)};
  snapshot_.operations.replace(1).run_total = {.ok = 1'000, .error = 200, .malformed = 34};
  snapshot_.operations.replace(2).run_total = {.ok = 98'765};
  snapshot_.daemon.run_without_operation = 12;
  const std::string shown = screen();
  EXPECT_THAT(shown, HasSubstr("12 of unknown operation"));
  const std::string since = shown.substr(shown.find("Since the daemon began"));
  EXPECT_THAT(column_of(since, "OPERATION"), ElementsAre("often", "long_ago"));
  EXPECT_THAT(row_of(since, "OPERATION"), ElementsAre("OPERATION", "REQUESTS", "OK", "ERRORS",
                                                      "MALFORMED", "PROTOCOL", "STACK", "LAYER"));
  EXPECT_THAT(row_of(since, "long_ago"),
              ElementsAre("long_ago", "1,234", "1,000", "200", "34", "mcp", "2-layer", "daemon"));
}

TEST_F(StatusScreen, WhatHasATargetSaysHowFarItIsFromIt) {
  snapshot_.operations = {operation("hit", 10, 400'000), operation("missed", 10, 6e6),
                          operation("other", 10, 100), operation("unanswered", 0, 0)};
  for (const std::size_t with : {0u, 1u, 3u})
    snapshot_.operations.replace(with).target_ns = 500'000;
  snapshot_.operations.replace(3).windows[1].outcomes.unanswered = 1;
  snapshot_.process.resident_bytes = 62u << 20;
  EXPECT_THAT(screen(), HasSubstr("memory 62.0 MiB   "));
  snapshot_.daemon.gauges[shm::Gauge::target_resident_bytes] = 50u << 20;
  for (const std::size_t width : {80u, 200u}) {
    const std::string shown = screen({.width = width});
    EXPECT_THAT(shown, HasSubstr("memory 62.0 MiB (12.0 MiB over 50.0 MiB)"));
    EXPECT_THAT(row_of(shown, "OPERATION"), Contains("TARGET")) << width;
    EXPECT_THAT(row_of(shown, "missed"), Contains("5.50 ms over")) << width;
    EXPECT_THAT(row_of(shown, "hit"), Contains("100 µs within")) << width;
    for (const char* name : {"other", "unanswered"}) {
      EXPECT_THAT(row_of(shown, name), Each(Not(HasSubstr("within")))) << width;
    }
  }
  snapshot_.daemon.gauges[shm::Gauge::target_resident_bytes] = 64u << 20;
  EXPECT_THAT(screen(), HasSubstr("memory 62.0 MiB (2.00 MiB within 64.0 MiB)"));
  // The target is the daemon's, without what telemetry has of its process.
  snapshot_.own_cost.resident_bytes = 2u << 20;
  EXPECT_THAT(screen(), HasSubstr("memory 60.0 MiB (4.00 MiB within 64.0 MiB)   "
                                  "and telemetry's 2.00 MiB"));
  for (const std::string& line : lines_of(screen({.width = 80}))) EXPECT_LE(columns(line), 80u);
  snapshot_.own_cost.resident_bytes = 63u << 20;  // read a moment later than the process's
  EXPECT_THAT(screen(), HasSubstr("memory 0 B"));
}

TEST_F(StatusScreen, ALiveDaemonWhoseOwnerIsNotVerifiedSaysSo) {
  snapshot_.daemon.state = shm::ProducerState::live;
  EXPECT_THAT(screen(), Not(HasSubstr("not verified")));
  snapshot_.daemon.owner = "alice";
  EXPECT_THAT(screen(), HasSubstr("not verified: owned by alice"));
  snapshot_.daemon.owner_verified = true;
  EXPECT_THAT(screen(), Not(HasSubstr("not verified")));
  snapshot_.daemon.owner_verified = false;
  snapshot_.daemon.state = shm::ProducerState::dead;
  EXPECT_THAT(screen(), Not(HasSubstr("not verified"))) << "its process has ended";
}

TEST_F(StatusScreen, WhatWasNeverAnsweredHasNoLatency) {
  metrics::OperationStats stats = operation("stuck", 0, 0);
  stats.windows[1].outcomes.unanswered = 2;
  snapshot_.operations = {stats};
  EXPECT_THAT(row_of(screen(), "stuck"), ElementsAre("stuck", "2", "0/s", "2", "2", "-", "-", "-",
                                                     "-", "-", "-", "mcp", "2-layer", "daemon"));
}

TEST_F(StatusScreen, WhatFailedIsRedAndNothingIsNot) {
  metrics::OperationStats stats = operation("fill", 5, 1'000);
  stats.windows[1].outcomes.cancelled = 7;
  stats.windows[1].outcomes.unanswered = 0;
  snapshot_.operations = {stats};
  snapshot_.daemon.windows[1] = stats.windows[1];
  EXPECT_THAT(screen(kColours), HasSubstr("  \033[31m7\033[0m  "));
  EXPECT_THAT(screen(kColours), HasSubstr("12 requests, 0/s, \033[31m7 failed\033[0m\n"));
  EXPECT_THAT(screen(kColours), Not(HasSubstr("\033[31m0\033[0m")));
  snapshot_.operations.replace(0).windows[1].outcomes = {.ok = 5};
  snapshot_.daemon.windows[1].outcomes = {.ok = 5};
  EXPECT_THAT(screen(kColours), HasSubstr(": 5 requests, 0/s\n"));
  EXPECT_THAT(screen(kColours), Not(HasSubstr("\033[31m")));
}

TEST_F(StatusScreen, WithoutColoursThereIsNoEscape) {
  snapshot_.operations = {operation("fill", 5, 1'000)};
  snapshot_.ring.lost = 1;
  EXPECT_THAT(screen(kColours), HasSubstr("\033["));
  EXPECT_THAT(screen(kPlain), Not(HasSubstr("\033")));
}

TEST_F(StatusScreen, EachWindowHasItsNameAndItsOwnNumbers) {
  const std::vector<std::string> titles = {"Last second", "Last minute", "Last 5 minutes",
                                           "Last 15 minutes"};
  for (std::size_t i = 0; i < titles.size(); ++i) {
    snapshot_.daemon.windows[i].covered_seconds = metrics::kWindowSeconds[i];
    snapshot_.daemon.windows[i].outcomes.ok = 10 + i;
    snapshot_.daemon.windows[i].rate_per_second = static_cast<double>(i + 1);
  }
  for (std::size_t i = 0; i < titles.size(); ++i) {
    EXPECT_THAT(screen(kPlain, static_cast<Window>(i)),
                HasSubstr('\n' + titles[i] + ": " + std::to_string(10 + i) + " requests, " +
                          std::to_string(i + 1) + ".00/s\n"));
  }
}

TEST_F(StatusScreen, LinesAboveTheTableHaveTheDaemonsFigures) {
  metrics::Daemon& daemon = snapshot_.daemon;
  daemon.host_name = "goxel-daemon";
  daemon.host_version = "0.19";
  daemon.plugin_version = "0.2";
  daemon.door = "preload";
  daemon.uptime_seconds = 100;
  daemon.gauges[shm::Gauge::connections] = 3;
  daemon.gauges[shm::Gauge::open_descriptors] = 5;
  daemon.gauges[shm::Gauge::connections_total] = 1'200;
  daemon.inflight = 2;
  daemon.gauges[shm::Gauge::queue_depth] = 4;
  daemon.workers_busy = 6;
  daemon.gauges[shm::Gauge::workers_configured] = 8;
  daemon.bytes_in = 2'048;
  daemon.bytes_out = 3 * 1'048'576;
  snapshot_.inflight.resize(2);
  snapshot_.inflight[0].age_ns = 1'500'000'000;
  snapshot_.inflight[1].age_ns = 1'000;
  metrics::ProcessStats& process = snapshot_.process;
  process.pid = 4'711;
  process.cpu_ratio = 1.5;
  process.resident_bytes = 10 * 1'048'576;
  process.threads = 12;
  process.open_fds = 17;
  process.max_fds = 1'024;
  snapshot_.own_cost.busy_ratio = 0.0025;
  snapshot_.own_cost.waited = {.ns = 612, .low_ns = 562, .high_ns = 662};
  snapshot_.own_cost.latency_ns = 150'000;
  snapshot_.own_cost.waited_share = 0.00408;
  snapshot_.own_cost.samples = 1'000;
  snapshot_.own_cost.interrupted = 4;
  snapshot_.own_cost.resident_bytes = 2 << 20;
  snapshot_.ring = {.published = 5'000, .read = 4'000, .before_reader = 993, .lost = 7};
  const std::string shown = screen();
  for (const char* line :
       {"daemon      goxel-daemon 0.19   pid 4711   up 1 min 40 s   through preload   plugin 0.2\n",
        "process     CPU 150 %   memory 8.00 MiB   and telemetry's 2.00 MiB   threads 12   "
        "descriptors 17 of 1,024\n",
        "clients     3 connected   1,200 since the start   2 open without a client\n",
        "requests    2 in flight   oldest 1.50 s   4 queued   6 of 8 workers busy\n",
        "traffic     2.00 KiB in   3.00 MiB out\n",
        "overhead    a request waits 612 ns ± 50 ns (0.41 % of its 150 µs)   0.25 % of the busy "
        "time   1,000 calls timed   4 interrupted\n",
        "ring        5,000 records published   4,000 read   993 before this reader   7 lost\n",
        "not seen    nothing: the plugin recorded every request\n"}) {
    EXPECT_THAT(shown, HasSubstr(line));
  }
}

TEST_F(StatusScreen, WhatIsNotKnownSaysSo) {
  EXPECT_THAT(screen(),
              HasSubstr("CPU unknown   memory unknown   threads unknown   descriptors unknown\n"));
  EXPECT_THAT(screen(), HasSubstr("overhead    -   no call was timed\n"));
  snapshot_.own_cost.samples = 1;  // of a recording without the parts of the cost
  snapshot_.own_cost.busy_ratio = 0.0025;
  EXPECT_THAT(screen(), HasSubstr("overhead    a request waits -   0.25 % of the busy time   "
                                  "1 call timed\n"));
  EXPECT_THAT(screen(), Not(HasSubstr("oldest")));
  EXPECT_THAT(screen(), HasSubstr("   0 workers busy\n")) << "of how many is not known";
  snapshot_.daemon.state = ProducerState::dead;
  EXPECT_THAT(screen(), Not(HasSubstr("CPU"))) << "there is no process";
  EXPECT_THAT(screen(), HasSubstr("\nWhat it left behind: goxel-telemetry blackbox\n"));
}

TEST_F(StatusScreen, WhatARequestWaitsForIsFirstAndFits80Columns) {
  snapshot_.own_cost.busy_ratio = 0.0312;
  snapshot_.own_cost.waited = {.ns = 1'234, .low_ns = 1'111, .high_ns = 1'357};
  snapshot_.own_cost.latency_ns = 150'000;
  snapshot_.own_cost.waited_share = 0.00823;
  snapshot_.own_cost.samples = 1'204;
  const std::string narrow = screen({.width = 80});
  EXPECT_THAT(narrow,
              HasSubstr("overhead    a request waits 1.23 µs ± 123 ns (0.82 % of its 150 µs)\n"
                        "            3.12 % of the busy time   1,204 calls timed\n"));
  for (const std::string& line : lines_of(narrow)) EXPECT_LE(columns(line), 80u);
  EXPECT_THAT(screen(kColours), HasSubstr("\033[32ma request waits 1.23 µs"));
  metrics::OperationStats& ping = snapshot_.operations.add();
  ping.key = {"4-layer", "jsonrpc", "daemon", "ping"};
  ping.windows[2].latency.count = 1;
  ping.windows[2].latency.mean_ns = 30'850;
  EXPECT_THAT(screen({.width = 80}),
              HasSubstr("overhead    a request waits 1.23 µs ± 123 ns (0.82 % of its 150 µs)\n"
                        "            at most 4.00 % (ping)   3.12 % of the busy time   "
                        "1,204 calls timed\n"));
  snapshot_.operations.replace(0).key.operation = std::string(55, 'x');
  for (const std::string& line : lines_of(screen({.width = 80}))) EXPECT_LE(columns(line), 80u);
  EXPECT_THAT(screen(kColours), HasSubstr("\033[33m3.12 % of the busy time"));
  snapshot_.own_cost.busy_ratio = 0.02;
  EXPECT_THAT(screen(kColours), HasSubstr("   2.00 % of the busy time"));
}

TEST_F(StatusScreen, WhatNeedsAttentionIsColoured) {
  snapshot_.daemon.gauges[shm::Gauge::connections] = 3;
  snapshot_.daemon.gauges[shm::Gauge::open_descriptors] = 5;
  snapshot_.ring.lost = 9;
  EXPECT_THAT(screen(kColours), HasSubstr("\033[33m2 open without a client\033[0m"));
  EXPECT_THAT(screen(kColours), HasSubstr("\033[31m9 lost\033[0m"));
  snapshot_.daemon.gauges[shm::Gauge::open_descriptors] = 2;  // one was closed between two readings
  snapshot_.ring.lost = 0;
  EXPECT_THAT(screen(kColours), Not(HasSubstr("without a client")));
  EXPECT_THAT(screen(kColours), HasSubstr("   0 lost\n"));
}

TEST_F(StatusScreen, TheStateIsGreenYellowOrRed) {
  EXPECT_THAT(headline(snapshot_, kColours),
              HasSubstr("\033[1mgoxel\033[0m: \033[32mlive\033[0m since "));
  snapshot_.daemon.state = ProducerState::retired;
  EXPECT_THAT(headline(snapshot_, kColours), HasSubstr("\033[33mended in an orderly way\033[0m"));
  snapshot_.daemon.state = ProducerState::dead;
  EXPECT_THAT(headline(snapshot_, kColours), HasSubstr("\033[31mkilled or crashed\033[0m"));
  EXPECT_THAT(daemon_line(snapshot_, kPlain), HasSubstr("lived 0 ns"));
}

TEST_F(StatusScreen, TotalsShowEachEndOfARequest) {
  snapshot_.daemon.run_total = {
      .ok = 10, .error = 1, .unanswered = 2, .malformed = 3, .cancelled = 4};
  EXPECT_EQ(totals_line(snapshot_, kPlain),
            "this run    20 requests   10 ok   1 error   2 unanswered   3 malformed   "
            "4 cancelled\n");
  const std::string painted = totals_line(snapshot_, kColours);
  for (const char* bad : {"1 error", "2 unanswered", "3 malformed"}) {
    EXPECT_THAT(painted, HasSubstr("\033[31m" + std::string(bad) + "\033[0m"));
  }
  EXPECT_THAT(painted, HasSubstr("\033[33m4 cancelled\033[0m"));
  snapshot_.daemon.run_total = {.ok = 1};
  EXPECT_EQ(totals_line(snapshot_, kPlain), "this run    1 request   1 ok\n");
}

TEST_F(StatusScreen, WhatWasNotSeenHasItsReason) {
  shm::GaugeValues& gauges = snapshot_.daemon.gauges;
  gauges[shm::Gauge::lane_misses] = 1;
  gauges[shm::Gauge::inflight_misses] = 2;
  gauges[shm::Gauge::contended_calls] = 3;
  gauges[shm::Gauge::unobserved_connections] = 4;
  gauges[shm::Gauge::catalog_overflow] = 5;
  EXPECT_EQ(misses_line(gauges, kColours),
            "\033[2mnot seen\033[0m    "
            "\033[31m1 records not written (no lane free)\033[0m   "
            "\033[31m2 requests ended early (in-flight table full)\033[0m   "
            "\033[33m3 calls not observed (contended)\033[0m   "
            "\033[31m4 connections not observed\033[0m   "
            "\033[33m5 names counted as _OTHER\033[0m\n");
}

TEST_F(StatusScreen, RequestsInFlightStandInTheOrderGivenWithAllThatIsKnown) {
  metrics::InflightRequest old;
  old.operation = "goxel.export_model";
  old.protocol = "jsonrpc";
  old.stack = "4-layer";
  old.layer = "daemon";
  old.phase = "queued";
  old.connection = 77;
  old.trace_id = 0xabc;
  old.age_ns = 2'500'000;
  old.bytes_in = 2'048;
  old.thread = 4'242;
  metrics::InflightRequest young = old;
  young.operation = "a";
  young.thread = 0;
  young.age_ns = 100;
  const std::string table = inflight_table({old, young}, "AGE AT END", kPlain);
  EXPECT_THAT(column_of(table, "OPERATION"), ElementsAre("goxel.export_model", "a"));
  EXPECT_THAT(row_of(table, "OPERATION"),
              ElementsAre("OPERATION", "AGE AT END", "PHASE", "CONNECTION", "THREAD", "PROTOCOL",
                          "STACK", "LAYER", "IN", "TRACE"));
  EXPECT_THAT(row_of(table, "goxel.export_model"),
              ElementsAre("goxel.export_model", "2.50 ms", "queued", "77", "4242", "jsonrpc",
                          "4-layer", "daemon", "2.00 KiB", "0000000000000abc"));
  EXPECT_EQ(row_of(table, "a").at(4), "-") << "its thread is not known";
}

TEST_F(StatusScreen, HowFreshItIsIsShownWhereItIsKnown) {
  const auto line = [this] {
    const std::string screen = status_screen(snapshot_, metrics::Window::one_minute, {});
    const std::size_t begin = screen.find("\nfreshness");
    return begin == std::string::npos
               ? ""
               : screen.substr(begin + 1, screen.find('\n', begin + 1) - begin - 1);
  };
  EXPECT_EQ(line(), "");
  snapshot_.freshness.daemon = {.count = 7, .p99_ns = 9'000'000};
  EXPECT_EQ(line(), "freshness   counted after 9.00 ms (p99)");
  snapshot_.freshness.outer = {.count = 7, .p99_ns = 61'000'000};
  EXPECT_EQ(line(),
            "freshness   counted after 9.00 ms (p99)   of outer layers after 61.0 ms (p99)");
}

}  // namespace
}  // namespace goxel_telemetry::cli
