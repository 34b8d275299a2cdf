// SPDX-License-Identifier: GPL-3.0-or-later
#include "http-bridge/encode_prometheus.h"

#include <algorithm>
#include <array>
#include <map>
#include <numeric>
#include <optional>
#include <utility>
#include <vector>

#include "http-bridge/alerts/alert_exposition.h"
#include "http-bridge/exemplars.h"
#include "http-bridge/mcp_call.h"
#include "metrics/layer.h"

namespace goxel_telemetry::http_bridge {
namespace {

using metrics::Counters;
using metrics::ExposedHistogram;
using metrics::Outcomes;
using metrics::Snapshot;

constexpr std::string_view kDaemonLayer = "daemon";

Labels of_instance(const Snapshot& snapshot) {
  return Labels().add("instance_name", snapshot.instance);
}

template <class Number>
std::optional<double> number(Number value) {
  return static_cast<double>(value);
}
template <class Number>
std::optional<double> number(const std::optional<Number>& value) {
  return value ? number(*value) : std::nullopt;
}

std::optional<double> target(const Snapshot& snapshot, shm::Gauge gauge, double units) {
  const std::uint64_t value = snapshot.daemon.gauges[gauge];
  if (value == 0) return std::nullopt;
  return static_cast<double>(value) / units;
}

// A family with one sample for each instance.
struct Single {
  const char* name;
  MetricType type;
  const char* help;
  std::optional<double> (*value)(const Snapshot&);
};

constexpr Single kAlways[] = {
    {"goxel_ring_records_total", MetricType::counter,
     "Records that this bridge took out of the daemon's rings, and counted.",
     [](const Snapshot& s) { return number(s.ring.read - s.ring.uncounted); }},
    {"goxel_ring_lost_records_total", MetricType::counter,
     "Records that were published after this bridge began, and overwritten before it came to them.",
     [](const Snapshot& s) { return number(s.ring.lost); }},
    {"goxel_ring_before_bridge_records", MetricType::gauge,
     "Records that were published before this bridge began, and that it does not count.",
     [](const Snapshot& s) { return number(s.ring.before_reader + s.ring.uncounted); }},
    {"goxel_ring_published_records", MetricType::gauge,
     "Records that the daemon published; the sum of the three above.",
     [](const Snapshot& s) { return number(s.ring.published); }},
    {"goxel_other_records_total", MetricType::counter,
     "Records that count as _OTHER or as no operation's, because there was no place for their own.",
     [](const Snapshot& s) { return number(s.operations_dropped); }},
    {"goxel_windows_shortened", MetricType::gauge,
     "1 while the snapshot's windows cover less time than they could, to save memory.",
     [](const Snapshot& s) { return number(s.windows_shortened); }},
    {"goxel_last_record_timestamp_seconds", MetricType::gauge, "Unix time of the newest record.",
     [](const Snapshot& s) -> std::optional<double> {
       if (s.daemon.last_record_realtime_ns == 0) return std::nullopt;
       return static_cast<double>(s.daemon.last_record_realtime_ns) / 1e9;
     }},
};

constexpr Single kWhileLive[] = {
    {"goxel_connections", MetricType::gauge, "Clients connected to the daemon.",
     [](const Snapshot& s) { return number(s.daemon.gauges[shm::Gauge::connections]); }},
    {"goxel_heartbeat_age_seconds", MetricType::gauge,
     "Time since the daemon's last sign of life; about one is due a second.",
     [](const Snapshot& s) { return number(s.daemon.heartbeat_age_seconds); }},
    {"goxel_open_descriptors", MetricType::gauge,
     "Client descriptors that the daemon accepted and has not closed.",
     [](const Snapshot& s) { return number(s.daemon.gauges[shm::Gauge::open_descriptors]); }},
    {"goxel_inflight_requests", MetricType::gauge, "Requests received and not yet answered.",
     [](const Snapshot& s) { return number(s.daemon.inflight); }},
    {"goxel_queue_depth", MetricType::gauge, "Requests that wait for a worker.",
     [](const Snapshot& s) { return number(s.daemon.gauges[shm::Gauge::queue_depth]); }},
    {"goxel_workers", MetricType::gauge, "Configured size of the worker pool.",
     [](const Snapshot& s) { return number(s.daemon.gauges[shm::Gauge::workers_configured]); }},
    {"goxel_workers_busy", MetricType::gauge, "Connections with a request in flight.",
     [](const Snapshot& s) { return number(s.daemon.workers_busy); }},
    {"goxel_observer_overhead_ratio", MetricType::gauge,
     "The plugin's own time as a share of the daemon's busy time, this run.",
     [](const Snapshot& s) { return number(s.own_cost.busy_ratio); }},
    {"goxel_observer_request_wait_seconds", MetricType::gauge,
     "How long a request waits for the plugin on average, this run.",
     [](const Snapshot& s) -> std::optional<double> {
       if (!s.own_cost.waited) return std::nullopt;
       return s.own_cost.waited->ns / 1e9;
     }},
    {"goxel_observer_request_wait_ratio", MetricType::gauge,
     "The same as a share of the mean latency of this run's answered requests.",
     [](const Snapshot& s) { return number(s.own_cost.waited_share); }},
    {"goxel_observer_resident_memory_bytes", MetricType::gauge,
     "The plugin's part of the resident memory of the daemon's process, shared memory included.",
     [](const Snapshot& s) { return number(s.own_cost.resident_bytes); }},
    {"goxel_target_latency_seconds", MetricType::gauge,
     "How long an operation should take on average, end to end: the operator's target.",
     [](const Snapshot& s) { return target(s, shm::Gauge::target_latency_ns, 1e9); }},
    {"goxel_target_operations_per_second", MetricType::gauge,
     "How many operations a second there should be: the operator's target.",
     [](const Snapshot& s) {
       return target(s, shm::Gauge::target_milli_operations_per_second, 1e3);
     }},
    {"goxel_target_resident_memory_bytes", MetricType::gauge,
     "How much memory the daemon should need at most, the plugin's apart: the operator's target.",
     [](const Snapshot& s) { return target(s, shm::Gauge::target_resident_bytes, 1); }},
    {"process_cpu_seconds_total", MetricType::counter,
     "User and system CPU time spent by the daemon's process.",
     [](const Snapshot& s) { return number(s.process.cpu_seconds_total); }},
    {"process_resident_memory_bytes", MetricType::gauge,
     "Resident memory of the daemon's process, the plugin's part included.",
     [](const Snapshot& s) { return number(s.process.resident_bytes); }},
    {"process_virtual_memory_bytes", MetricType::gauge, "Virtual memory of the daemon's process.",
     [](const Snapshot& s) { return number(s.process.virtual_bytes); }},
    {"process_threads", MetricType::gauge, "Threads of the daemon's process.",
     [](const Snapshot& s) { return number(s.process.threads); }},
    {"process_open_fds", MetricType::gauge, "Open file descriptors of the daemon's process.",
     [](const Snapshot& s) { return number(s.process.open_fds); }},
    {"process_max_fds", MetricType::gauge, "Limit of the daemon's open file descriptors.",
     [](const Snapshot& s) { return number(s.process.max_fds); }},
    {"process_start_time_seconds", MetricType::gauge,
     "Unix time at which the daemon's process started.",
     [](const Snapshot& s) { return number(s.process.start_realtime_seconds); }},
};

void write_single(Exposition& out, const Snapshots& snapshots, const Single& family,
                  bool only_live) {
  out.family(family.name, family.type, family.help);
  for (const Snapshot& snapshot : snapshots.instances) {
    if (only_live && !is_live(snapshot)) continue;
    if (const auto value = family.value(snapshot)) out.sample(of_instance(snapshot), *value);
  }
}

void write_up(Exposition& out, const Snapshots& snapshots) {
  out.family("goxel_up", MetricType::gauge,
             "1 while a daemon with the telemetry plugin is attached, else 0.");
  for (const Snapshot& snapshot : snapshots.instances) {
    out.sample(of_instance(snapshot), is_live(snapshot) ? 1 : 0);
  }
  // An alert on goxel_up == 0 must also fire if there never was a daemon.
  if (snapshots.instances.empty()) out.sample(Labels(), 0);
}

void write_build_info(Exposition& out, const Snapshots& snapshots) {
  out.family("goxel_build_info", MetricType::gauge,
             "Versions of this bridge, of the plugin and of its host; always 1.");
  for (const Snapshot& snapshot : snapshots.instances) {
    out.sample(of_instance(snapshot)
                   .add("version", GOXEL_TELEMETRY_VERSION)
                   .add("plugin_version", snapshot.daemon.plugin_version)
                   .add("host_name", snapshot.daemon.host_name)
                   .add("host_version", snapshot.daemon.host_version)
                   .add("door", snapshot.daemon.door),
               1);
  }
}

ExposedHistogram difference(ExposedHistogram all, const ExposedHistogram& part) {
  for (std::size_t i = 0; i < all.counts.size(); ++i) all.counts[i] -= part.counts[i];
  all.sum_ns -= part.sum_ns;
  all.count -= part.count;
  return all;
}

// Series by their label values. Prometheus refuses a whole scrape if it contains a series twice. So
// values with the same labels (of another protocol or stack, or of names that differ only in bytes
// that are not UTF-8) are added up.
template <std::size_t kLabels, class Value>
using Series = std::map<std::array<std::string, kLabels>, Value>;

// Of the daemon's layer.
template <class OutcomesOf>
Series<3, Outcomes> by_operation(const Snapshot& snapshot, OutcomesOf&& outcomes_of) {
  Series<3, Outcomes> series;
  for (const metrics::OperationStats& operation : snapshot.operations) {
    if (operation.key.layer != kDaemonLayer) continue;
    series[{operation.key.stack, operation.key.protocol, operation.key.operation}] +=
        outcomes_of(operation);
  }
  return series;
}

Labels of_operation(const Snapshot& snapshot, const std::array<std::string, 3>& key) {
  return of_instance(snapshot)
      .add("stack", key[0])
      .add("protocol", key[1])
      .add("operation", key[2]);
}

void write_operations(Exposition& out, const Snapshots& snapshots) {
  std::vector<Series<3, Outcomes>> totals;  // by instance
  for (const Snapshot& snapshot : snapshots.instances) {
    totals.push_back(by_operation(snapshot, [](const metrics::OperationStats& operation) {
      return operation.counters.outcomes;
    }));
  }

  out.family("goxel_operations_total", MetricType::counter,
             "Requests that ended in the daemon, however they ended.");
  for (std::size_t i = 0; i < totals.size(); ++i) {
    const Snapshot& snapshot = snapshots.instances[i];
    for (const auto& [key, total] : totals[i]) {
      out.sample(of_operation(snapshot, key), static_cast<double>(total.all()));
    }
  }

  out.family("goxel_operation_failures_total", MetricType::counter,
             "Requests that ended in the daemon other than well, by how they ended.");
  for (std::size_t i = 0; i < totals.size(); ++i) {
    const Snapshot& snapshot = snapshots.instances[i];
    for (const auto& [key, total] : totals[i]) {
      const std::pair<const char*, std::uint64_t> failures[] = {{"error", total.error},
                                                                {"unanswered", total.unanswered},
                                                                {"malformed", total.malformed},
                                                                {"cancelled", total.cancelled}};
      for (const auto& [status, count] : failures) {
        out.sample(of_operation(snapshot, key).add("status", status), static_cast<double>(count));
      }
    }
  }
}

void write_operation_targets(Exposition& out, const Snapshots& snapshots) {
  out.family(
      "goxel_operation_target_seconds", MetricType::gauge,
      "How long the daemon should take for the operation on average: the operator's target.");
  for (const Snapshot& snapshot : snapshots.instances) {
    std::map<std::string_view, std::uint64_t> targets;
    for (const metrics::OperationStats& operation : snapshot.operations) {
      if (operation.target_ns != 0) targets[operation.key.operation] = operation.target_ns;
    }
    for (const auto& [operation, target_ns] : targets) {
      out.sample(of_instance(snapshot).add("operation", operation),
                 static_cast<double>(target_ns) / 1e9);
    }
  }
}

std::array<std::pair<const char*, std::uint64_t>, shm::kStatusCount> by_status(
    const Outcomes& total) {
  return {{{"ok", total.ok},
           {"error", total.error},
           {"unanswered", total.unanswered},
           {"malformed", total.malformed},
           {"cancelled", total.cancelled},
           {"notification", total.notification}}};
}

// Of this run of the daemon, as it counts itself: they do not depend on who reads when.
void write_run_totals(Exposition& out, const Snapshots& snapshots) {
  out.family("goxel_run_requests_total", MetricType::counter,
             "Requests of the daemon's present run, by how they ended, as the daemon counts them.");
  for (const Snapshot& snapshot : snapshots.instances) {
    if (snapshot.daemon.run_id == 0) continue;
    for (const auto& [status, count] : by_status(snapshot.daemon.run_total)) {
      out.counter_since(of_instance(snapshot).add("status", status), static_cast<double>(count),
                        snapshot.daemon.started_realtime_ns);
    }
  }

  out.family("goxel_run_operations_total", MetricType::counter,
             "Requests of the daemon's present run, by operation and how they ended, as the daemon "
             "counts them.");
  for (const Snapshot& snapshot : snapshots.instances) {
    if (snapshot.daemon.run_id == 0) continue;
    const auto series = by_operation(
        snapshot, [](const metrics::OperationStats& operation) { return operation.run_total; });
    for (const auto& [key, total] : series) {
      for (const auto& [status, count] : by_status(total)) {
        out.counter_since(of_operation(snapshot, key).add("status", status),
                          static_cast<double>(count), snapshot.daemon.started_realtime_ns);
      }
    }
  }

  out.family("goxel_run_requests_without_operation", MetricType::gauge,
             "Requests of the daemon's present run that are in no operation's count: they were "
             "overwritten first.");
  for (const Snapshot& snapshot : snapshots.instances) {
    if (snapshot.daemon.run_id == 0) continue;
    out.sample(of_instance(snapshot), static_cast<double>(snapshot.daemon.run_without_operation));
  }
}

// Only then it has durations. Answers that are not counted, because the ring held them when this
// bridge began, are enough: the next one then adds to a series that is there.
bool was_answered(const metrics::OperationStats& operation) {
  return operation.counters.exposed.count != 0 || operation.total.ok + operation.total.error != 0;
}

// The daemon's spans of one protocol, under OpenTelemetry's name for them.
struct CallDurations {
  const char* name;
  const char* help;
  const char* protocol;
  const char* method_label;
  const char* tool_label;  // null: its operations are all methods
  const char* error_type;  // the most usual one, which is there before the first error
};

constexpr CallDurations kCallDurations[] = {
    {"rpc_server_call_duration_seconds",
     "Time in the daemon of answered JSON-RPC requests: last byte read to first byte of the "
     "answer.",
     "jsonrpc", "rpc_method", nullptr, "_OTHER"},
    {"mcp_server_operation_duration_seconds",
     "Time in the daemon of answered MCP requests: last byte read to first byte of the answer.",
     "mcp", "mcp_method_name", "gen_ai_tool_name", "tool_error"},
};

void write_call_durations(Exposition& out, const Snapshots& snapshots,
                          const CallDurations& family) {
  out.family(family.name, MetricType::histogram, family.help);
  for (const Snapshot& snapshot : snapshots.instances) {
    Series<3, ExposedHistogram> series;
    for (const metrics::OperationStats& operation : snapshot.operations) {
      if (operation.key.layer != kDaemonLayer || operation.key.protocol != family.protocol ||
          !was_answered(operation)) {
        continue;
      }
      const Counters& counters = operation.counters;
      const std::string& name = operation.key.operation;
      const auto [method, called] =
          family.tool_label != nullptr ? mcp_call(name) : McpCall{name, ""};
      series[{method, called, ""}].merge(difference(counters.exposed, counters.error()));
      series.try_emplace({method, called, family.error_type});
      for (const auto& [code, histogram] : counters.errors) {
        series[{method, called, metrics::error_type(code)}].merge(histogram);
      }
    }
    for (const auto& [key, histogram] : series) {
      Labels labels = of_instance(snapshot);
      labels.add(family.method_label, key[0]);
      if (family.tool_label != nullptr) labels.add(family.tool_label, key[1]);
      out.histogram(labels.add("error_type", key[2]), histogram);
    }
  }
}

void write_layer_durations(Exposition& out, const Snapshots& snapshots) {
  out.family("goxel_layer_duration_seconds", MetricType::histogram,
             "Time of answered requests as seen by one layer of a stack.");
  for (std::size_t i = 0; i < snapshots.instances.size(); ++i) {
    const Snapshot& snapshot = snapshots.instances[i];
    const ExemplarsBySeries exemplars = out.has_exemplars() && i < snapshots.slowest.size()
                                            ? exemplars_of(*snapshots.slowest[i])
                                            : ExemplarsBySeries();
    Series<3, ExposedHistogram> series;
    for (const metrics::OperationStats& operation : snapshot.operations) {
      if (!was_answered(operation)) continue;
      series[{operation.key.stack, operation.key.layer, operation.key.operation}].merge(
          operation.counters.exposed);
    }
    for (const auto& [key, histogram] : series) {
      const auto found = exemplars.find(key);
      out.histogram(
          of_instance(snapshot).add("stack", key[0]).add("layer", key[1]).add("operation", key[2]),
          histogram, found == exemplars.end() ? Exemplars() : found->second);
    }
  }
}

void write_freshness(Exposition& out, const Snapshots& snapshots) {
  out.family("goxel_freshness_seconds", MetricType::gauge,
             "How long after the end of a request this bridge had counted it, of the last minute; "
             "of what the outer layers report, too.");
  for (const Snapshot& snapshot : snapshots.instances) {
    const auto sample = [&](const char* source, const std::optional<metrics::Latency>& age) {
      if (!age) return;
      // "quantile" is a summary's own label.
      for (const auto& [percentile, ns] : {std::pair("50", age->p50_ns), {"99", age->p99_ns}}) {
        out.sample(of_instance(snapshot).add("source", source).add("percentile", percentile),
                   static_cast<double>(ns) / 1e9);
      }
    };
    sample("daemon", snapshot.freshness.daemon);
    sample("outer", snapshot.freshness.outer);
  }
}

void write_layer_coverage(Exposition& out, const Snapshots& snapshots) {
  out.family(
      "goxel_layer_coverage_ratio", MetricType::gauge,
      "Part of the operations that an outer layer has ended, by its own count, of which there "
      "are spans.");
  for (const auto& view : snapshots.layers) {
    for (const char* layer : metrics::kLayerNames) {
      const std::optional<double> coverage = metrics::coverage(*view, layer);
      if (!coverage) continue;
      out.sample(Labels().add("instance_name", view->instance).add("layer", layer), *coverage);
    }
  }
}

void write_exported(Exposition& out, const std::optional<ExportCounts>& exported) {
  if (!exported) return;
  const auto single = [&out](const char* name, MetricType type, const char* help,
                             std::uint64_t value) {
    out.family(name, type, help);
    out.sample(Labels(), static_cast<double>(value));
  };
  single("goxel_otlp_spans_sent_total", MetricType::counter,
         "Spans that the OpenTelemetry collector took.", exported->sent);
  out.family("goxel_otlp_spans_dropped_total", MetricType::counter,
             "Spans that were chosen for the OpenTelemetry collector and did not get there.");
  for (const auto& [reason, spans] : {std::pair("queue_full", exported->queue_full),
                                      {"rate", exported->rate},
                                      {"refused", exported->refused},
                                      {"given_up", exported->given_up}}) {
    out.sample(Labels().add("reason", reason), static_cast<double>(spans));
  }
  single("goxel_otlp_spans_waiting", MetricType::gauge,
         "Spans that wait for the OpenTelemetry collector.", exported->waiting);
  if (exported->last_success_realtime_ns == 0) return;
  out.family("goxel_otlp_last_success_timestamp_seconds", MetricType::gauge,
             "Unix time when the OpenTelemetry collector last took spans.");
  out.sample(Labels(), static_cast<double>(exported->last_success_realtime_ns) / 1e9);
}

// What finds no room is left out whole: a series that is missing for a while is no reset. Live
// daemons come first, and those with few operations before those with many.
std::vector<std::size_t> exposed_operations(const Snapshots& snapshots) {
  const std::vector<Snapshot>& all = snapshots.instances;
  std::vector<std::size_t> order(all.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&all](std::size_t a, std::size_t b) {
    if (is_live(all[a]) != is_live(all[b])) return is_live(all[a]);
    return all[a].operations.size() < all[b].operations.size();
  });
  std::vector<std::size_t> exposed(all.size());
  std::size_t left = kMostExposedOperations;
  for (const std::size_t i : order) {
    exposed[i] = std::min(left, all[i].operations.size());
    left -= exposed[i];
  }
  return exposed;
}

void write_left_out(Exposition& out, const Snapshots& snapshots,
                    const std::vector<std::size_t>& exposed) {
  out.family("goxel_operations_left_out", MetricType::gauge,
             "Operations that are not shown here, because all together are too many.");
  for (std::size_t i = 0; i < exposed.size(); ++i) {
    const Snapshot& snapshot = snapshots.instances[i];
    out.sample(of_instance(snapshot), static_cast<double>(snapshot.operations.size() - exposed[i]));
  }
}

std::string encode(const Snapshots& snapshots, const std::vector<std::size_t>& exposed,
                   const Snapshots& shown, ExpositionFormat format) {
  Exposition out(format);
  write_up(out, snapshots);
  write_build_info(out, snapshots);
  for (const Single& family : kAlways) write_single(out, snapshots, family, false);
  for (const Single& family : kWhileLive) write_single(out, snapshots, family, true);
  write_left_out(out, snapshots, exposed);
  write_run_totals(out, snapshots);
  write_operations(out, shown);
  write_operation_targets(out, shown);
  for (const CallDurations& family : kCallDurations) write_call_durations(out, shown, family);
  write_layer_durations(out, shown);
  write_layer_coverage(out, snapshots);
  write_freshness(out, snapshots);
  write_exported(out, snapshots.exported);
  if (snapshots.alerts != nullptr) write_alerts(out, *snapshots.alerts);
  return std::move(out).text();
}

}  // namespace

std::string encode_prometheus(const Snapshots& snapshots, ExpositionFormat format) {
  const std::vector<std::size_t> exposed = exposed_operations(snapshots);
  const auto all = [&](std::size_t i) {
    return exposed[i] == snapshots.instances[i].operations.size();
  };
  std::size_t i = 0;
  while (i < exposed.size() && all(i)) ++i;
  if (i == exposed.size()) return encode(snapshots, exposed, snapshots, format);
  Snapshots shown = snapshots;
  for (; i < exposed.size(); ++i) shown.instances[i].operations.resize(exposed[i]);
  return encode(snapshots, exposed, shown, format);
}

}  // namespace goxel_telemetry::http_bridge
