// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/http-bridge/sample_snapshots.h"

namespace goxel_telemetry::http_bridge {
namespace {

using namespace metrics;

// Ten answers, eight in the first bucket, one of 2 ms, and one error of 20 s; and nine requests
// without an answer.
OperationStats add_voxel() {
  OperationStats operation;
  operation.key = {"4-layer", "jsonrpc", "daemon", "goxel.add_voxel"};
  operation.total = {.ok = 9, .error = 1, .unanswered = 2, .malformed = 4, .cancelled = 3};
  operation.run_total = {.ok = 8, .error = 1, .unanswered = 2, .malformed = 4, .cancelled = 3};
  operation.counters.outcomes = operation.total;
  operation.counters.exposed.counts[0] = 8;
  operation.counters.exposed.counts[5] = 1;
  operation.counters.exposed.counts.back() = 1;
  operation.counters.exposed.count = 10;
  operation.counters.exposed.sum_ns = 8 * 40'000 + 2'000'000 + 20'000'000'000;
  metrics::ExposedHistogram& error = operation.counters.errors[shm::error_code(-32601)];
  error.counts.back() = 1;
  error.count = 1;
  error.sum_ns = 20'000'000'000;
  operation.bytes_in = 1'300;
  operation.bytes_out = 650;
  operation.last_record_ns = 5'000'000'000;
  operation.target_ns = 1'500'000;
  WindowStats& minute = operation.windows[static_cast<std::size_t>(Window::one_minute)];
  minute.covered_seconds = 60;
  minute.outcomes = operation.total;
  minute.rate_per_second = 0.25;
  minute.latency = {.count = 10,
                    .mean_ns = 2'000'232'000,
                    .min_ns = 40'000,
                    .p50_ns = 40'000,
                    .p90_ns = 2'000'000,
                    .p95_ns = 3'000'000,
                    .p99_ns = 20'000'000'000,
                    .max_ns = 20'000'000'000,
                    .out_of_range = 0};
  minute.mean_receive_ns = 1'250.5;
  minute.bytes_in = 1'300;
  minute.bytes_out = 650;
  return operation;
}

OperationStats export_model() {
  OperationStats operation;
  operation.key = {"2-layer", "mcp", "daemon", "goxel_export_model"};
  operation.total.ok = operation.counters.outcomes.ok = operation.run_total.ok = 1;
  operation.counters.exposed.counts[4] = 1;
  operation.counters.exposed.count = 1;
  operation.counters.exposed.sum_ns = 1'000'000;
  return operation;
}

Snapshot goxel() {
  Snapshot snapshot;
  snapshot.instance = "goxel";
  snapshot.taken_realtime_ns = 1'700'000'000'123'456'789;
  snapshot.taken_monotonic_ns = 5'000'000'001;
  Daemon& daemon = snapshot.daemon;
  daemon.state = shm::ProducerState::live;
  daemon.run_id = 0xFEDC'BA98'7654'3210;
  daemon.runs_seen = 2;
  daemon.ended_runs.add({1,
                         shm::ProducerState::dead,
                         4710,
                         1'699'999'990'000'000'000,
                         1'699'999'998'500'000'000,
                         {InflightRequest{}}});
  daemon.door = "preload";
  daemon.gauges[shm::Gauge::target_latency_ns] = 6'000'000;
  daemon.gauges[shm::Gauge::target_milli_operations_per_second] = 1'600'500;
  daemon.gauges[shm::Gauge::target_resident_bytes] = 50u << 20;
  daemon.host_name = "goxel-daemon";
  daemon.host_version = "0.18.6";
  daemon.plugin_version = "0.1.0";
  daemon.started_realtime_ns = 1'699'999'999'000'000'000;
  daemon.uptime_seconds = 1.125;
  daemon.last_record_realtime_ns = 1'700'000'000'100'000'000;
  daemon.gauges[shm::Gauge::connections] = 3;
  daemon.gauges[shm::Gauge::open_descriptors] = 4;
  daemon.gauges[shm::Gauge::connections_total] = 12;
  daemon.inflight = 1;
  daemon.workers_busy = 1;
  daemon.gauges[shm::Gauge::workers_configured] = 8;
  daemon.run_total = {.ok = 10, .error = 1, .unanswered = 2, .malformed = 4, .cancelled = 3};
  daemon.run_without_operation = 1;
  snapshot.process.pid = 4711;
  snapshot.process.cpu_seconds_total = 1.5;
  snapshot.process.resident_bytes = 10'485'760;
  snapshot.process.open_fds = 17;
  snapshot.ring = {.published = 29, .read = 20, .before_reader = 7, .lost = 2};
  snapshot.own_cost = {.seconds_total = 0.0125,
                       .busy_ratio = 0.00125,
                       .ns_per_request = 750,
                       .waited = {{.ns = 500, .low_ns = 400, .high_ns = 600}},
                       .after = {{.ns = 250, .low_ns = 200, .high_ns = 300}},
                       .latency_ns = 100'000,
                       .waited_share = 0.005,
                       .samples = 1'204,
                       .interrupted = 3,
                       .resident_bytes = 2'097'152};
  snapshot.freshness.daemon = {.count = 20, .p50_ns = 4'000'000, .p99_ns = 9'000'000};
  snapshot.operations = {export_model(), add_voxel()};
  InflightRequest held;
  held.operation = "goxel.save_project";
  held.protocol = "jsonrpc";
  held.stack = "4-layer";
  held.layer = "daemon";
  held.phase = "started";
  held.connection = 0xFFFF'FFFF'FFFF'FFFF;
  held.trace_id = 0xA3CE'929D'0E0E'4736;
  held.age_ns = 3'000'000;
  held.bytes_in = 80;
  held.thread = 4712;
  snapshot.inflight = {held};
  return snapshot;
}

std::shared_ptr<const LayersView> layers_of(const Snapshot& snapshot) {
  auto view = std::make_shared<LayersView>();
  view->instance = snapshot.instance;
  view->daemon_state = snapshot.daemon.state;
  if (view->daemon_state != shm::ProducerState::live) return view;
  const auto minute = static_cast<std::size_t>(Window::one_minute);
  view->worker_utilisation[minute] = 0.25;
  view->processes.push_back(
      {"daemon", 0.5, true, snapshot.process, snapshot.own_cost.resident_bytes, {}});
  view->processes.push_back(
      {"mcp-server", 0.25, true, {}, {}, metrics::Reported{.completed = 200, .taken = 150}});
  view->join.fates.duplicates = 2;
  StackView& stack = view->stacks.emplace_back();
  stack.stack = "2-layer";
  Breakdown& breakdown = stack.windows[minute].breakdown;
  breakdown.source = BreakdownSource::joined;
  breakdown.operations = 10;
  breakdown.mean_ns = 5'000'000;
  breakdown.hops.resize(2);
  breakdown.hops[0].name = "MCP Client → Daemon";
  breakdown.hops[0].mean_ns = 2'000'000;
  breakdown.hops[0].cost = Latency{.count = 10, .mean_ns = 2e6, .p50_ns = 2'000'000};
  breakdown.hops[1].name = "Daemon";
  breakdown.hops[1].mean_ns = 3'000'000;
  return view;
}

TracedSpan span_of(Layer layer, const char* name, std::uint64_t start_ns, std::uint64_t ns) {
  TracedSpan span;
  span.layer = layer;
  span.operation = name;
  span.stack = "4-layer";
  span.status = "ok";
  span.start_ns = start_ns;
  span.duration_ns = ns;
  return span;
}

// Two of one operation, the slower one first, and one of another.
std::shared_ptr<const SlowestOperations::Kept> slowest() {
  SlowestOperations::Kept kept;
  for (const auto& [name, id, ms] :
       {std::tuple("add", 0xA1, 30), {"add", 0xA2, 20}, {"list", 0xA3, 9}}) {
    const auto ns = static_cast<std::uint64_t>(ms) * 1'000'000;
    auto operations = traced_operations(static_cast<std::uint64_t>(id),
                                        {span_of(Layer::mcp_client, name, 4'900'000'000, ns),
                                         span_of(Layer::daemon, name, 4'900'000'000, ns / 2)},
                                        0);
    kept.push_back(std::make_shared<const TracedOperation>(std::move(operations.at(0))));
  }
  return std::make_shared<const SlowestOperations::Kept>(std::move(kept));
}

// A daemon's, two of the same kind, and the bridge's own; judgements; and a channel that cannot send.
std::shared_ptr<const AlertCounts> alerts() {
  auto counts = std::make_shared<AlertCounts>();
  const auto add = [&](AlertRule rule, const std::string& instance, const std::string& subject) {
    Alert& alert = counts->active.emplace_back();
    alert.rule = rule;
    alert.instance = instance;
    alert.subject = subject;
  };
  add(AlertRule::request_stuck, "goxel", "goxel.save_project");
  add(AlertRule::request_stuck, "goxel", "goxel.add_voxel");
  add(AlertRule::history_failing, "", "");
  counts->active.back().level = AlertLevel::confirmed;
  counts->raised[static_cast<std::size_t>(AlertRule::request_stuck)] = {3, 1};
  counts->left_out = 5;
  counts->accuracy = {.raised = 250, .right = 198, .wrong = 2};
  metrics::AlertStore::Channel ops{"ops", {}, 4, 1'700'000'000'000'000'000, "status 503"};
  ops.counts = {.sent = 31,
                .failed = 7,
                .refused = 1,
                .too_old = 2,
                .silenced = 3,
                .last_sent_ns = 1'699'999'990'500'000'000,
                .last_failed_ns = 1'700'000'010'000'000'000,
                .problem = "nothing can be sent to ops (hooks.example.org): status 503"};
  counts->channels = {{"mail"}, ops};
  counts->keeping = AlertKeeping::in_file;
  return counts;
}

}  // namespace

Snapshots sample_snapshots() {
  Snapshot spare;
  spare.instance = "spare";
  spare.daemon.message = "no daemon of instance \"spare\" has run yet";
  const Snapshot watched = goxel();
  return {1'700'000'000'123'456'789,
          {watched, spare},
          0,
          {layers_of(watched), layers_of(spare)},
          {slowest(), std::make_shared<const SlowestOperations::Kept>()},
          ExportCounts{.sent = 4'000,
                       .queue_full = 4,
                       .rate = 3,
                       .refused = 2,
                       .given_up = 1,
                       .waiting = 12,
                       .last_success_realtime_ns = 1'700'000'000'000'000'000},
          alerts()};
}

}  // namespace goxel_telemetry::http_bridge
