// SPDX-License-Identifier: GPL-3.0-or-later
// What is printed for people, from values made by hand.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <ctime>
#include <sstream>

#include "cli/blackbox.h"
#include "cli/layers.h"
#include "cli/record_line.h"
#include "cli/status.h"

namespace goxel_telemetry::cli {
namespace {

using testing::HasSubstr;
using testing::Not;

metrics::NamedRecord example_record() {
  metrics::NamedRecord r;
  r.start_realtime_ns = 1'700'000'000'000'000'000;
  r.duration_ns = 1'234'567;
  r.operation = "goxel.add_voxel";
  r.protocol = "jsonrpc";
  r.layer = "daemon";
  r.stack = "4-layer";
  r.bytes_in = 98;
  r.bytes_out = 2'048;
  return r;
}

metrics::Snapshot example_snapshot() {
  metrics::Snapshot s;
  s.instance = "goxel";
  s.taken_realtime_ns = 1'700'000'100'000'000'000;
  s.daemon.state = metrics::ProducerState::live;
  s.daemon.host_name = "goxel-daemon";
  s.daemon.host_version = "0.19";
  s.daemon.door = "preload";
  s.daemon.started_realtime_ns = 1'700'000'000'000'000'000;
  s.daemon.uptime_seconds = 100;
  s.daemon.heartbeat_age_seconds = 40;
  s.daemon.connections = 3;
  s.daemon.open_descriptors = 5;
  s.daemon.workers_configured = 8;
  s.daemon.run_total = {.ok = 1'000, .error = 7};
  metrics::OperationStats& operation = s.operations.emplace_back();
  operation.key = {"4-layer", "jsonrpc", "daemon",
                   "goxel.a_method_with_quite_a_long_name_of_its_own"};
  metrics::WindowStats& window = operation.windows[1];
  window.outcomes = {.ok = 123'456, .error = 7};
  window.rate_per_second = 2'057.7;
  window.latency = {.count = 123'463,
                    .mean_ns = 120'400,
                    .min_ns = 80'000,
                    .p50_ns = 110'000,
                    .p90_ns = 150'000,
                    .p99_ns = 1'230'000,
                    .max_ns = 45'600'000};
  s.daemon.windows = operation.windows;
  s.daemon.windows[1].covered_seconds = 12.3;
  return s;
}

class Screens : public testing::Test {
 protected:
  Screens() {
    setenv("TZ", "UTC", 1);
    tzset();
  }
};

TEST_F(Screens, RecordIsOneLineWithTheTimeOfItsEnd) {
  EXPECT_EQ(record_line(example_record(), {}),
            "22:13:20.001234  ok            1.23 ms  goxel.add_voxel       jsonrpc  4-layer  "
            "    98 B in 2.00 KiB out\n");
}

TEST_F(Screens, RecordTellsWaitSendWorkerAndTraceOnlyIfThereAreAny) {
  metrics::NamedRecord r = example_record();
  EXPECT_THAT(record_line(r, {}), Not(HasSubstr("wait")));
  r.wait_ns = 1'000;
  r.send_ns = 2'000;
  r.worker = 3;
  r.trace_id = 0xabc;
  EXPECT_THAT(record_line(r, {}),
              HasSubstr("  wait 1.00 µs  send 2.00 µs  worker 3  trace 0000000000000abc\n"));
}

TEST_F(Screens, StatusTellsStateCountsAndCoveredTime) {
  const std::string screen = status_screen(example_snapshot(), metrics::Window::one_minute, {});
  EXPECT_THAT(screen, HasSubstr("goxel: live since 2023-11-14 22:13:20\n"));
  EXPECT_THAT(screen, HasSubstr("2 open without a client"));
  EXPECT_THAT(screen, HasSubstr("1,007 requests   1,000 ok   7 error\n"));
  EXPECT_THAT(screen, HasSubstr("Last minute (seen of it: 12.3 s): 123,463 requests"));
}

TEST_F(Screens, StatusFitsEightyColumns) {
  const std::string screen =
      status_screen(example_snapshot(), metrics::Window::one_minute, {.width = 80});
  EXPECT_THAT(screen, HasSubstr("1.23 ms"));  // p99 stays
  std::istringstream lines(screen);
  for (std::string line; std::getline(lines, line);) EXPECT_LE(columns(line), 80u) << line;
}

TEST_F(Screens, WindowWithoutRequestsSaysSo) {
  EXPECT_THAT(status_screen(example_snapshot(), metrics::Window::now, {}),
              HasSubstr("No requests in this window."));
}

TEST_F(Screens, BlackboxTellsHowAndWhenItEnded) {
  metrics::Snapshot s = example_snapshot();
  s.daemon.state = metrics::ProducerState::dead;
  s.ring = {.published = 5'000, .read = 1'024};
  s.inflight.emplace_back().operation = "goxel.export_model";
  const std::string report = blackbox_report(s, {example_record()}, {});
  EXPECT_THAT(report, HasSubstr("goxel: killed or crashed about 2023-11-14 22:14:20, 40.0 s ago"));
  EXPECT_THAT(report, HasSubstr("5,000 published   1,024 kept   3,976 overwritten"));
  EXPECT_THAT(report, HasSubstr("1 request in hand"));
  EXPECT_THAT(report, HasSubstr("goxel.export_model"));
  EXPECT_THAT(report, HasSubstr("Last 1 record\n"));
  s.daemon.state = metrics::ProducerState::retired;
  EXPECT_THAT(blackbox_report(s, {}, {}), HasSubstr("goxel: ended in an orderly way about"));
}

metrics::Hop hop(const std::string& name, std::int64_t mean_ns, double share) {
  metrics::Hop hop;
  hop.name = name;
  hop.mean_ns = mean_ns;
  hop.share = share;
  return hop;
}

metrics::LayersView example_layers() {
  metrics::LayersView view;
  view.instance = "goxel";
  view.workers_configured = 8;
  for (const char* name : {"2-layer", "4-layer"}) {
    metrics::StackView& stack = view.stacks.emplace_back();
    stack.stack = name;
    metrics::StackWindow& window = stack.windows[1];
    window.layers = {"mcp-client", "daemon"};
    window.outermost.latency = {.count = 1'234, .mean_ns = 11e6, .p50_ns = 10'000'000};
    window.latency_room_ns = -5e6;
    window.throughput_room_per_second = 25;
    window.outermost.rate_per_second = 1'625;
    window.breakdown.source = metrics::BreakdownSource::joined;
    window.breakdown.operations = 1'234;
    window.breakdown.mean_ns = 11'000'000;
    window.breakdown.hops = {hop("MCP Client → Server", 2'100'000, 0.19),
                             hop("Daemon", 8'900'000, 0.81)};
  }
  metrics::LayerProcess& gone = view.processes.emplace_back();
  gone.layer = "mcp-server";
  gone.process.pid = 17;
  return view;
}

TEST_F(Screens, LayersShowsTheStacksSideBySideWithTheDistanceToTheTargets) {
  const std::string screen =
      layers_screen("goxel\n", example_layers(), metrics::Window::one_minute, {});
  EXPECT_THAT(screen, testing::ContainsRegex("2-layer +4-layer\n"));
  EXPECT_THAT(screen, HasSubstr("MCP Client → Server  2.10 ms (19.0 %)"));
  EXPECT_THAT(screen, HasSubstr("Daemon               8.90 ms (81.0 %)"));
  EXPECT_THAT(screen, HasSubstr("= 11.0 ms of 1,234 operations, joined by trace id"));
  EXPECT_THAT(screen, HasSubstr("mean 11.0 ms, 5.00 ms over the target of 6.00 ms"));
  EXPECT_THAT(screen, HasSubstr("1,625/s, 25.0/s above the target of 1,600/s"));
  EXPECT_THAT(screen, testing::ContainsRegex("mcp-server +17 +ended"));
}

TEST_F(Screens, LayersFitsEightyColumns) {
  const std::string screen =
      layers_screen("goxel\n", example_layers(), metrics::Window::one_minute, {.width = 80});
  std::istringstream lines(screen);
  for (std::string line; std::getline(lines, line);) EXPECT_LE(columns(line), 80u) << line;
}

TEST_F(Screens, LayersSaysWhatIsBySubtraction) {
  metrics::LayersView view = example_layers();
  view.stacks.resize(1);
  metrics::StackWindow& window = view.stacks[0].windows[1];
  window.breakdown.source = metrics::BreakdownSource::by_subtraction;
  window.counts_differ = true;
  window.breakdown.hops[0].mean_ns = -1'000;
  const std::string screen = layers_screen("", view, metrics::Window::one_minute, {});
  EXPECT_THAT(screen, HasSubstr("= 11.0 ms, by subtraction of means"));
  EXPECT_THAT(screen, HasSubstr("the layers counted different operations"));
  EXPECT_THAT(screen, HasSubstr("-1.00 µs"));
  EXPECT_THAT(layers_screen("", view, metrics::Window::now, {}),
              HasSubstr("no answered requests in this window"));
}

}  // namespace
}  // namespace goxel_telemetry::cli
