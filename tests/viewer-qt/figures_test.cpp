// SPDX-License-Identifier: GPL-3.0-or-later
#include "viewer-qt/models/figures.h"

#include <gtest/gtest.h>

#include "tests/viewer-qt/snapshots.h"
#include "viewer-qt/models/inflight_model.h"

namespace goxel_telemetry::viewer {
namespace {

class Figures : public testing::Test {
 protected:
  // "Group: figure".
  Figure figure(const QString& name) const {
    for (const FigureGroup& group : figure_groups(snapshot_, layers_)) {
      for (const Figure& one : group.figures) {
        if (group.title + ": " + one.name == name) return one;
      }
    }
    ADD_FAILURE() << "no figure " << name.toStdString();
    return {};
  }
  std::string value(const char* name) const { return figure(name).value.toStdString(); }

  metrics::LayersView view_;
  const metrics::LayersView* layers_ = &view_;
  metrics::Snapshot snapshot_ = *snapshot_of(1, "ping 100 250");
};

TEST_F(Figures, AreDashesWhereNothingIsKnown) {
  layers_ = nullptr;
  for (const char* name :
       {"Daemon: Memory", "Daemon: CPU", "Daemon: Queue", "Daemon: Workers", "Latency: Target",
        "Throughput: Target", "Watching: Coverage", "Watching: Counted after",
        "Watching: Plugin cost", "Watching: Telemetry's memory"}) {
    EXPECT_EQ(value(name), "–") << name;
  }
}

TEST_F(Figures, EachHasItsOwnNumber) {
  metrics::Daemon& daemon = snapshot_.daemon;
  daemon.windows[0].rate_per_second = 12.3;
  daemon.windows[0].latency = {.count = 1, .mean_ns = 700};
  daemon.windows[1].latency = {
      .count = 9, .mean_ns = 900'000, .p50_ns = 500'000, .p95_ns = 1'500'000, .p99_ns = 2'000'000};
  daemon.windows[1].rate_per_second = 20;
  daemon.windows[2].latency.mean_ns = 800'000;
  daemon.windows[2].rate_per_second = 21;
  daemon.windows[3].latency.mean_ns = 700'000;
  daemon.windows[3].rate_per_second = 22;
  daemon.windows[1].outcomes = {
      .ok = 1, .error = 200, .unanswered = 30, .malformed = 4, .cancelled = 1'000};
  daemon.run_total.ok = 123'456;
  daemon.gauges[shm::Gauge::connections] = 3;
  daemon.gauges[shm::Gauge::workers_configured] = 8;
  daemon.gauges[shm::Gauge::queue_depth] = 2;
  daemon.workers_busy = 4;
  daemon.inflight = 5;
  view_.worker_utilisation[1] = 0.42;
  snapshot_.process.cpu_ratio = 1.5;
  snapshot_.process.resident_bytes = 10 * 1'048'576;
  snapshot_.own_cost.waited = {.ns = 612, .low_ns = 562, .high_ns = 662};
  snapshot_.own_cost.waited_share = 0.00408;
  snapshot_.own_cost.samples = 1'204;
  snapshot_.own_cost.resident_bytes = 2 * 1'048'576;
  snapshot_.ring.lost = 6;
  snapshot_.freshness.daemon = {.count = 7, .p50_ns = 20'000'000, .p99_ns = 51'000'000};
  daemon.gauges[shm::Gauge::lane_misses] = 10;
  const std::vector<std::pair<const char*, const char*>> expected = {
      {"Latency: Now", "700 ns"},
      {"Latency: 1 / 5 / 15 min", "900 µs / 800 µs / 700 µs"},
      {"Latency: Target", "6.00 ms"},
      {"Latency: p50", "500 µs"},
      {"Latency: p95", "1.50 ms"},
      {"Latency: p99", "2.00 ms"},
      {"Throughput: Now", "12.3/s"},
      {"Throughput: 1 / 5 / 15 min", "20.0/s / 21.0/s / 22.0/s"},
      {"Throughput: Target", "1,600/s"},
      {"Throughput: Requests", "123,456"},
      {"Throughput: Not ok, 1 min", "1,234"},
      {"Daemon: Clients", "3"},
      {"Daemon: In flight", "5"},
      {"Daemon: Queue", "2"},
      {"Daemon: Workers", "4 of 8 busy"},
      {"Daemon: CPU", "150 %"},
      {"Daemon: Memory", "8.00 MiB"},
      {"Watching: Counted after", "51.0 ms"},
      {"Watching: Lost", "16"},
      {"Watching: Coverage", "–"},
      {"Watching: Plugin cost", "612 ns, 0.41 %"},
      {"Watching: Telemetry's memory", "2.00 MiB"}};
  std::size_t count = 0;
  for (const FigureGroup& group : figure_groups(snapshot_, layers_))
    count += static_cast<std::size_t>(group.figures.size());
  EXPECT_EQ(count, expected.size());
  for (const auto& [name, text] : expected) EXPECT_EQ(value(name), text) << name;
  EXPECT_EQ(figure("Daemon: Workers").hint, "Used in the last minute: 42.0 %");
  EXPECT_TRUE(figure("Throughput: Not ok, 1 min")
                  .hint.startsWith("200 errors, 30 unanswered, 4 malformed, 1,000 cancelled"));
}

// A wrong client's errors are counted, and nobody need act on them.
TEST_F(Figures, AlarmOnlyWhatSomebodyShouldActOn) {
  const auto alarms = [this] {
    std::string names;
    for (const FigureGroup& group : figure_groups(snapshot_, layers_)) {
      for (const Figure& one : group.figures) {
        if (one.alarming) names += one.name.toStdString() + ' ';
      }
    }
    return names;
  };
  snapshot_.daemon.windows[1].outcomes.error = 1'000;
  snapshot_.inflight.emplace_back().age_ns = InflightModel::kOldNs - 1;
  EXPECT_EQ(alarms(), "");
  snapshot_.inflight[0].age_ns = InflightModel::kOldNs;
  EXPECT_EQ(alarms(), "In flight ");
  snapshot_.inflight.clear();
  snapshot_.ring.lost = 1;
  EXPECT_EQ(alarms(), "Lost ");
  snapshot_.ring.lost = 0;
  snapshot_.daemon.windows[1].latency.mean_ns = 6'000'001;
  EXPECT_EQ(alarms(), "Target ") << "the target is 6 ms";
  EXPECT_EQ(figure("Latency: Target").hint, "The last minute is 1 ns over");
  snapshot_.daemon.windows[1].latency.mean_ns = 6'000'000;
  EXPECT_EQ(alarms(), "");
}

TEST_F(Figures, OfADaemonThatEndedHaveNoRate) {
  snapshot_.daemon.state = shm::ProducerState::dead;
  EXPECT_EQ(value("Throughput: Now"), "–");
  EXPECT_EQ(value("Throughput: 1 / 5 / 15 min"), "– / – / –");
}

TEST_F(Figures, AccountOfTheRecordsAddsUpInAHint) {
  snapshot_.ring = {.published = 1'000, .read = 600, .before_reader = 390, .lost = 10};
  snapshot_.daemon.gauges[shm::Gauge::lane_misses] = 5;
  EXPECT_EQ(figure("Watching: Lost").hint,
            "10 overwritten before this window read them, 5 never written because every lane was "
            "taken. Of 1,000 records published, 600 were read; 390 were gone before this window "
            "began");
}

TEST_F(Figures, OuterLayersThatReportHaveWhatTheirProcessesUse) {
  metrics::LayerProcess& server = view_.processes.emplace_back();
  server.layer = "mcp-server";
  server.running = true;
  server.process.pid = 77;
  server.process.cpu_ratio = 0.04;
  server.process.resident_bytes = 3 * 1'048'576;
  server.reported = metrics::Reported{100, 99};
  metrics::LayerProcess& gone = view_.processes.emplace_back();
  gone.layer = "ts-client";
  EXPECT_EQ(value("Daemon: mcp-server"), "4.00 %, 3.00 MiB");
  EXPECT_EQ(value("Watching: Coverage"), "99.0 %");
  EXPECT_TRUE(figure("Watching: Coverage").hint.endsWith("mcp-server 99.0 %"));
  const QList<FigureGroup> groups = figure_groups(snapshot_, layers_);
  EXPECT_EQ(groups[2].figures.back().name, "mcp-server") << "one that has ended is left out";
}

TEST_F(Figures, PluginCostIsWhatARequestWaitsFor) {
  const auto shown = [this] { return figure("Watching: Plugin cost"); };
  EXPECT_EQ(shown().hint, "No call was timed");
  metrics::OwnCost& cost = snapshot_.own_cost;
  cost.samples = 1'204;
  cost.interrupted = 4;
  cost.busy_ratio = 0.0112;
  EXPECT_EQ(shown().value, QString::fromUtf8("–")) << "the whole says nothing of it";
  cost.waited = {.ns = 612, .low_ns = 562, .high_ns = 662};
  EXPECT_EQ(shown().value, "612 ns");
  cost.waited_share = 0.00408;
  cost.resident_bytes = 2 * 1'048'576;
  EXPECT_EQ(shown().value, "612 ns, 0.41 %");
  EXPECT_EQ(
      shown().hint,
      "A request waits 612 ns (95 %: 562 ns to 662 ns) for the plugin, 0.41 % of its latency; "
      "1.12 % of the daemon's busy time; 1,204 calls were timed, 4 of them interrupted; "
      "2.00 MiB of the process's memory, shared memory included");
  snapshot_.operations = {};
  metrics::OperationStats& ping = snapshot_.operations.add();
  ping.key = {"4-layer", "jsonrpc", "daemon", "ping"};
  ping.windows[2].latency.count = 1;
  ping.windows[2].latency.mean_ns = 30'600;
  EXPECT_TRUE(shown().hint.contains("0.41 % of its latency, at most 2.00 % (ping); 1.12 %"));
  EXPECT_FALSE(shown().alarming);
  cost.busy_ratio = 0.031;
  EXPECT_TRUE(shown().alarming);
  cost.busy_ratio = 0.01;
  cost.waited_share = 0.031;
  EXPECT_TRUE(shown().alarming);
}

}  // namespace
}  // namespace goxel_telemetry::viewer
