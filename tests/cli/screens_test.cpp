// SPDX-License-Identifier: GPL-3.0-or-later
// What is printed for people, from values made by hand.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <ctime>
#include <sstream>

#include "cli/commands/blackbox.h"
#include "cli/commands/layers.h"
#include "cli/commands/status.h"
#include "cli/screen/record_line.h"
#include "tests/cli/screen_text.h"

namespace goxel_telemetry::cli {
namespace {

using testing::ElementsAre;
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
  s.daemon.state = shm::ProducerState::live;
  s.daemon.host_name = "goxel-daemon";
  s.daemon.host_version = "0.19";
  s.daemon.door = "preload";
  s.daemon.started_realtime_ns = 1'700'000'000'000'000'000;
  s.daemon.uptime_seconds = 100;
  s.daemon.heartbeat_age_seconds = 40;
  s.daemon.gauges[shm::Gauge::connections] = 3;
  s.daemon.gauges[shm::Gauge::open_descriptors] = 5;
  s.daemon.gauges[shm::Gauge::workers_configured] = 8;
  s.daemon.run_total = {.ok = 1'000, .error = 7};
  metrics::OperationStats& operation = s.operations.add();
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

TEST(RecordLine, ShowsWhatIsHiddenInNamesAndKeepsColumnsStraight) {
  metrics::NamedRecord r = example_record();
  // The name's twenty columns, and two between the columns.
  r.operation = "体素";
  EXPECT_THAT(record_line(r, {}), HasSubstr("  体素" + std::string(16 + 2, ' ') + r.protocol));
  r.operation = "e\u0301dit";
  EXPECT_THAT(record_line(r, {}), HasSubstr("e\u0301dit" + std::string(16 + 2, ' ') + r.protocol));
  r.operation = "pi\u200Bng";
  EXPECT_THAT(record_line(r, {}), HasSubstr("  pi<U+200B>ng  "));
}

TEST_F(Screens, RecordIsOneLineWithTheTimeOfItsEnd) {
  EXPECT_EQ(record_line(example_record(), {}),
            "22:13:20.001234  ok              1.23 ms  goxel.add_voxel       jsonrpc  4-layer  "
            "    98 B in 2.00 KiB out\n");
}

TEST_F(Screens, RecordShowsWaitSendWorkerAndTraceOnlyIfThereAreAny) {
  metrics::NamedRecord r = example_record();
  EXPECT_THAT(record_line(r, {}), Not(HasSubstr("wait")));
  r.wait_ns = 1'000;
  r.send_ns = 2'000;
  r.worker = 3;
  r.error = shm::error_code(-32601);
  r.trace_id = 0xabc;
  EXPECT_THAT(
      record_line(r, {}),
      HasSubstr("  wait 1.00 µs  send 2.00 µs  worker 3  error -32601  trace 0000000000000abc\n"));
}

TEST_F(Screens, ARecordIsColouredByHowItEnded) {
  const Style colours = {.colours = true};
  metrics::NamedRecord r = example_record();
  EXPECT_THAT(record_line(r, colours), HasSubstr("\033[2m22:13:20.001234\033[0m  ok            "));
  r.status = shm::Status::cancelled;
  EXPECT_THAT(record_line(r, colours), HasSubstr("  \033[33mcancelled   \033[0m  "));
  r.status = shm::Status::error;
  EXPECT_THAT(record_line(r, colours), HasSubstr("  \033[31merror       \033[0m  "));
  r.status = shm::Status::unanswered;
  EXPECT_THAT(record_line(r, colours), HasSubstr("  \033[31munanswered  \033[0m  "));
  r.status = shm::Status::malformed;
  EXPECT_THAT(record_line(r, colours), HasSubstr("  \033[31mmalformed   \033[0m  "));
  r.status = shm::Status::notification;
  EXPECT_THAT(record_line(r, colours), HasSubstr("  notification  "));
  EXPECT_THAT(record_line(r, {}), Not(HasSubstr("\033")));
}

TEST_F(Screens, ARecordIsCutToTheWidth) {
  const std::string line = record_line(example_record(), {.width = 60});
  EXPECT_EQ(columns(line), 61u) << "with its newline";
  EXPECT_THAT(line, HasSubstr("22:13:20.001234  ok              1.23 ms  goxel.add_voxel"));
}

// The first began last, and the second ended last.
TEST_F(Screens, RecordsAreOrderedByTheirEnds) {
  metrics::NamedRecord quick;
  quick.start_ns = 200;
  quick.duration_ns = 10;
  metrics::NamedRecord slow;
  slow.start_ns = 100;
  slow.duration_ns = 1'000;
  EXPECT_TRUE(happened_before(quick, slow));
  EXPECT_FALSE(happened_before(slow, quick));
  EXPECT_FALSE(happened_before(slow, slow));
}

TEST_F(Screens, ARecordShowsHowLongItWasReceivedQueuedAndSent) {
  metrics::NamedRecord r = example_record();
  r.receive_ns = 1'000;
  r.wait_ns = 2'000'000;
  r.send_ns = 3'000'000'000;
  EXPECT_THAT(record_line(r, {}), HasSubstr("  receive 1.00 µs  wait 2.00 ms  send 3.00 s\n"));
}

TEST_F(Screens, StatusShowsStateCountsAndCoveredTime) {
  const std::string screen = status_screen(example_snapshot(), metrics::Window::one_minute, {});
  EXPECT_THAT(
      screen,
      HasSubstr("goxel: live since 2023-11-14 22:13:20, but without a sign of life for 40.0 s\n"));
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

TEST_F(Screens, BlackboxSaysHowAndWhenItEnded) {
  metrics::Snapshot s = example_snapshot();
  s.daemon.state = shm::ProducerState::dead;
  s.ring = {.published = 5'000, .read = 1'024, .before_reader = 3'976};
  s.inflight.emplace_back().operation = "goxel.export_model";
  const std::string report = blackbox_report(s, {example_record()}, {});
  EXPECT_THAT(report, HasSubstr("goxel: killed or crashed about 2023-11-14 22:14:20, 40.0 s ago"));
  EXPECT_THAT(report, HasSubstr("5,000 published   1,024 kept   3,976 overwritten"));
  EXPECT_THAT(report, HasSubstr("1 request in flight"));
  EXPECT_THAT(report, HasSubstr("goxel.export_model"));
  EXPECT_THAT(report, HasSubstr("Last 1 record\n"));
  s.daemon.state = shm::ProducerState::retired;
  EXPECT_THAT(blackbox_report(s, {}, {}), HasSubstr("goxel: ended in an orderly way about"));
}

TEST_F(Screens, BlackboxShowsTheLastSignsAndWhatWasNotKept) {
  metrics::Snapshot s = example_snapshot();
  s.daemon.state = shm::ProducerState::dead;
  s.ring = {.published = 5'000, .read = 1'000, .before_reader = 3'976, .lost = 24};
  // 100 s after the start, less 40 s.
  EXPECT_THAT(blackbox_report(s, {}, {}),
              HasSubstr("last signs  heartbeat 22:14:20.000000   no record\n"));
  s.daemon.last_record_realtime_ns = 1'700'000'059'500'000'000;
  const std::string report = blackbox_report(s, {}, {.colours = true});
  EXPECT_THAT(report, HasSubstr("heartbeat 22:14:20.000000   record 22:14:19.500000\n"));
  EXPECT_THAT(report, HasSubstr("5,000 published   1,000 kept   3,976 overwritten by newer ones   "
                                "\033[31m24 unreadable\033[0m\n"));
  EXPECT_THAT(report, HasSubstr("\nNothing was in flight.\n"));
  EXPECT_THAT(report, Not(HasSubstr("The daemon is alive"))) << "it is not";
}

TEST_F(Screens, BlackboxAgesWhatWasInFlightToTheEndOrToNow) {
  metrics::Snapshot s = example_snapshot();
  s.inflight.resize(2);
  for (metrics::InflightRequest& request : s.inflight) request.operation = "goxel.export_model";
  s.inflight[0].age_ns = 1'500'000'000;
  const std::string live = blackbox_report(s, {}, {});
  EXPECT_THAT(live, HasSubstr("\nThe daemon is alive; "));
  EXPECT_THAT(live, HasSubstr("\n2 requests in flight\n\n"));
  EXPECT_THAT(live, testing::ContainsRegex("OPERATION +AGE +"));
  EXPECT_THAT(live, Not(HasSubstr("AGE AT END")));
  s.daemon.state = shm::ProducerState::dead;
  const std::string dead = blackbox_report(s, {}, {});
  EXPECT_THAT(dead, HasSubstr("\n2 requests in flight, aged to the last sign of life, "));
  EXPECT_THAT(dead, HasSubstr("AGE AT END"));
  EXPECT_THAT(dead, HasSubstr("1.50 s"));
}

// In the order given: run_blackbox() has sorted them.
TEST_F(Screens, BlackboxListsTheRecordsInTheOrderGiven) {
  metrics::NamedRecord second = example_record();
  second.operation = "a_later_one";
  const std::vector<std::string> lines =
      lines_of(blackbox_report(example_snapshot(), {example_record(), second}, {}));
  ASSERT_GE(lines.size(), 4u);
  EXPECT_EQ(lines[lines.size() - 4], "Last 2 records");
  EXPECT_THAT(lines[lines.size() - 2], HasSubstr("goxel.add_voxel"));
  EXPECT_THAT(lines[lines.size() - 1], HasSubstr("a_later_one"));
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

TEST_F(Screens, LayersOfOneStackAreALineEach) {
  metrics::LayersView view = example_layers();
  view.stacks.resize(1);
  view.processes.clear();
  EXPECT_EQ(layers_screen("goxel\n", view, metrics::Window::one_minute, {}),
            "goxel\n"
            "\n"
            "window      1m   seen of it: 0 ns\n"
            "daemon      0 clients   0 queued   0 of 8 workers busy\n"
            "\n"
            "2-layer\n"
            "  MCP Client → Server  2.10 ms (19.0 %)\n"
            "  Daemon               8.90 ms (81.0 %)\n"
            "  = 11.0 ms of 1,234 operations, joined by trace id\n"
            "  as mcp-client saw it:\n"
            "  mean 11.0 ms, 5.00 ms over the target of 6.00 ms\n"
            "  p50 10.0 ms, p95 0 ns, p99 0 ns\n"
            "  1,625/s, 25.0/s above the target of 1,600/s\n"
            "\n");
}

TEST_F(Screens, LayersWithoutHopsSayWhy) {
  metrics::LayersView view;
  view.message = "no outer layer reports";
  const std::string above =
      "no outer layer reports\n"
      "\n"
      "window      1m   seen of it: 0 ns\n"
      "daemon      0 clients   0 queued   0 of 0 workers busy\n"
      "\n";
  const auto screen = [&view] { return layers_screen("", view, metrics::Window::one_minute, {}); };
  EXPECT_EQ(screen(), above + "No requests were seen.\n\n");
  view.stacks.resize(1);
  view.stacks[0].stack = "2-layer";
  EXPECT_EQ(screen(), above + "2-layer\n  no answered requests in this window\n\n");
  metrics::StackWindow& window = view.stacks[0].windows[1];
  window.layers = {"daemon"};
  EXPECT_EQ(screen(), above +
                          "2-layer\n"
                          "  only one layer reports: there are no hops to tell apart\n"
                          "  as daemon saw it:\n"
                          "\n");
  window.layers.clear();
  window.breakdown.source = metrics::BreakdownSource::by_subtraction;
  window.breakdown.other_chains = 1;
  EXPECT_EQ(screen(), above +
                          "2-layer\n"
                          "  = 0 ns, by subtraction of means\n"
                          "  1 operation of other layers left out\n"
                          "\n");
}

TEST_F(Screens, LayersThatMeetATargetExactlyAreWithinIt) {
  metrics::LayersView view = example_layers();
  view.stacks.resize(1);
  metrics::StackWindow& window = view.stacks[0].windows[1];
  window.outermost.latency.mean_ns = 6e6;
  window.latency_room_ns = 0;
  window.throughput_room_per_second = 0;
  const std::string screen = layers_screen("", view, metrics::Window::one_minute, {});
  EXPECT_THAT(screen, HasSubstr("  mean 6.00 ms, 0 ns within the target of 6.00 ms\n"));
  EXPECT_THAT(screen, HasSubstr("  1,625/s, 0/s above the target of 1,600/s\n"));
}

// A stack of two lines, of which the longer one has 37 columns, and one of three lines of at most
// 57: with four between them they take 98.
TEST_F(Screens, LayersOfTwoStacksStandSideBySideIfTheyFit) {
  metrics::LayersView view;
  view.stacks.resize(2);
  view.stacks[0].stack = "2-layer";
  view.stacks[1].stack = "4-layer";
  view.stacks[1].windows[1].layers = {"daemon"};
  const auto blocks = [&view](std::size_t width, bool colours = false) {
    const std::string all =
        layers_screen("", view, metrics::Window::one_minute, {.width = width, .colours = colours});
    return all.substr(all.find("\n\n") + 2);
  };
  const std::string beside = "2-layer" + std::string(37 - 7 + 4, ' ') +
                             "4-layer\n"
                             "  no answered requests in this window" +
                             std::string(4, ' ') +
                             "  only one layer reports: there are no hops to tell apart\n" +
                             std::string(37 + 4, ' ') +
                             "  as daemon saw it:\n"
                             "\n";
  EXPECT_EQ(blocks(0), beside);
  EXPECT_EQ(blocks(98), beside);
  const std::string below =
      "2-layer\n"
      "  no answered requests in this window\n"
      "\n"
      "4-layer\n"
      "  only one layer reports: there are no hops to tell apart\n"
      "  as daemon saw it:\n"
      "\n";
  EXPECT_EQ(blocks(97), below);
  EXPECT_EQ(blocks(57), below);
  EXPECT_THAT(blocks(56), HasSubstr("  only one layer reports: there are no hops to tell apa…\n"));
  EXPECT_THAT(blocks(97, true), testing::StartsWith("\033[1m2-layer\033[0m\n  no answered"));
  EXPECT_THAT(blocks(98, true), HasSubstr("\033[1m4-layer\033[0m\n  no answered"));
}

TEST_F(Screens, LayersSaysOnWhichSideOfTheTargetsItIs) {
  metrics::LayersView view = example_layers();
  view.stacks.resize(1);
  metrics::StackWindow& window = view.stacks[0].windows[1];
  window.outermost.latency.mean_ns = 2e6;
  window.outermost.latency.p95_ns = 25'000'000;
  window.outermost.latency.p99_ns = 30'000'000;
  window.outermost.rate_per_second = 100;
  window.latency_room_ns = 4e6;
  window.throughput_room_per_second = -1'500;
  std::string screen = layers_screen("", view, metrics::Window::one_minute, {});
  EXPECT_THAT(screen, HasSubstr("as mcp-client saw it:\n"
                                "  mean 2.00 ms, 4.00 ms within the target of 6.00 ms\n"
                                "  p50 10.0 ms, p95 25.0 ms, p99 30.0 ms\n"
                                "  100/s, 1,500/s below the target of 1,600/s\n"));
  window.latency_room_ns.reset();
  window.throughput_room_per_second.reset();
  EXPECT_THAT(layers_screen("", view, metrics::Window::one_minute, {}),
              Not(HasSubstr("the target of")));
}

TEST_F(Screens, LayersHasARowForEachHopThatWasMeasured) {
  metrics::LayersView view = example_layers();
  view.stacks.resize(1);
  metrics::Hop& first = view.stacks[0].windows[1].breakdown.hops[0];
  first.cost = metrics::Latency{.count = 10,
                                .mean_ns = 1,
                                .min_ns = 1,
                                .p50_ns = 2'000,
                                .p90_ns = 3'000'000,
                                .p95_ns = 400'000'000,
                                .p99_ns = 4'000'000'000,
                                .max_ns = 65'000'000'000};
  first.mean_there_ns = 1'400'000;
  first.mean_back_ns = 700'000;
  const std::string screen = layers_screen("", view, metrics::Window::one_minute, {});
  EXPECT_THAT(row_of(screen, "HOP"), ElementsAre("HOP", "STACK", "MEAN", "THERE", "BACK", "P50",
                                                 "P90", "P95", "P99", "MAX"));
  EXPECT_THAT(row_of(screen, "HOP", 1),
              ElementsAre("MCP Client → Server", "2-layer", "2.10 ms", "1.40 ms", "700 µs",
                          "2.00 µs", "3.00 ms", "400 ms", "4.00 s", "1 min 05 s"));
  EXPECT_THAT(column_of(screen, "HOP"), ElementsAre("MCP Client → Server"))
      << "the other was not measured, only subtracted";
}

TEST_F(Screens, LayersListsTheFirstTenOperationsOfAStack) {
  metrics::LayersView view = example_layers();
  view.stacks.resize(1);
  for (int i = 0; i < 12; ++i) {
    metrics::OperationBreakdown& o = view.stacks[0].windows[1].operations.emplace_back();
    o.operation = "operation_" + std::to_string(30 - i);
    o.breakdown.operations = 1'234;
    o.breakdown.mean_ns = 5'000'000;
    o.breakdown.duration =
        metrics::Latency{.p50_ns = 1, .p90_ns = 2, .p95_ns = 8'000'000, .p99_ns = 9'000'000};
    o.breakdown.hops = {hop("a", 2'000'000, 0.4), hop("b", 3'000'000, 0.6)};
  }
  view.stacks[0].windows[1].operations[1].breakdown.duration.reset();
  const std::string screen = layers_screen("", view, metrics::Window::one_minute, {});
  const std::vector<std::string> names = column_of(screen, "OPERATION");
  ASSERT_EQ(names.size(), 10u);
  EXPECT_EQ(names.front(), "operation_30");
  EXPECT_EQ(names.back(), "operation_21");
  EXPECT_THAT(row_of(screen, "operation_30"),
              ElementsAre("operation_30", "2-layer", "1,234", "5.00 ms", "8.00 ms", "9.00 ms",
                          "2.00 ms + 3.00 ms"));
  EXPECT_THAT(row_of(screen, "operation_29"),
              ElementsAre("operation_29", "2-layer", "1,234", "5.00 ms", "2.00 ms + 3.00 ms"));
}

TEST_F(Screens, LayersSaysWhatBecameOfTheSpans) {
  metrics::LayersView view = example_layers();
  EXPECT_THAT(layers_screen("", view, metrics::Window::one_minute, {}), Not(HasSubstr("spans")));
  view.join.spans = 1'000;
  view.join.fates.joined = 900;
  view.join.held = 1;
  view.join.untraced = 2;
  view.join.fates.alone = 3;
  view.join.fates.irregular = 4;
  view.join.fates.duplicates = 5;
  view.join.fates.sticking_out = 6;
  view.join.early = 7;
  view.join.misplaced = 8;
  EXPECT_THAT(layers_screen("", view, metrics::Window::one_minute, {.colours = true}),
              HasSubstr("1,000 taken in   900 joined   1 waiting   2 without trace id   3 alone   "
                        "\033[33m4 with a gap\033[0m   5 duplicate   "
                        "\033[33m6 sticking out\033[0m   \033[33m7 early\033[0m   "
                        "\033[33m8 of the future\033[0m\n"));
}

TEST_F(Screens, LayersHasTheProcessesAndWhatTheDaemonDoes) {
  metrics::LayersView view = example_layers();
  view.connections = 3;
  view.queue_depth = 4;
  view.workers_busy = 5;
  view.worker_utilisation[1] = 0.25;
  view.stacks[1].windows[1].outermost.covered_seconds = 12.3;
  metrics::LayerProcess& daemon = view.processes.emplace_back();
  daemon.layer = "daemon";
  daemon.running = true;
  daemon.last_seen_seconds = 1.5;
  daemon.process.pid = 4'711;
  daemon.process.cpu_ratio = 1.5;
  daemon.process.resident_bytes = 10 * 1'048'576;
  daemon.process.threads = 12;
  daemon.telemetry_resident_bytes = 2 * 1'048'576;
  metrics::LayerProcess& client = view.processes.emplace_back();
  client.layer = "ts-client";
  client.reported = {.completed = 1'000, .taken = 995};
  const std::string screen =
      layers_screen("", view, metrics::Window::one_minute, {.colours = true});
  EXPECT_THAT(screen, HasSubstr("1m   seen of it: 12.3 s\n"));
  EXPECT_THAT(screen, HasSubstr("3 clients   4 queued   5 of 8 workers busy   25.0 % of their "
                                "time\n"));
  EXPECT_THAT(screen, HasSubstr("\033[33mended\033[0m"));
  EXPECT_THAT(screen, HasSubstr("\033[1m2-layer"));
  const std::string plain = layers_screen("", view, metrics::Window::one_minute, {});
  EXPECT_THAT(plain, Not(HasSubstr("\033")));
  EXPECT_THAT(column_of(plain, "LAYER"), ElementsAre("mcp-server", "daemon", "ts-client"));
  EXPECT_THAT(cells_of(lines_of(plain).rbegin()[1]),
              ElementsAre("daemon", "4711", "150 %", "8.00 MiB", "2.00 MiB", "12", "1.50 s", "-"));
  EXPECT_THAT(cells_of(lines_of(plain).back()),
              ElementsAre("ts-client", "-", "-", "-", "-", "-", "0 ns", "99.5 %"))
      << "of a process that does not say which it is";
  view.stacks[0].windows[1].outermost.covered_seconds = 60;
  EXPECT_THAT(layers_screen("", view, metrics::Window::one_minute, {}),
              Not(HasSubstr("seen of it")));
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
