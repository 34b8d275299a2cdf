// SPDX-License-Identifier: GPL-3.0-or-later
// Defines the API's documents once: which members each object has, and in which order. Both
// encoders use this definition, so JSON and msgpack always agree.
//
// describe(value, member) calls `member(name, value)` for each member of the object. A value is a
// bool, a number, text, an optional (null if empty), a vector (array) or something that has a
// describe() itself (object). Text is UTF-8, as metrics::Snapshot promises. Names contain the
// units. Identifiers have 64 bits and are sent as hexadecimal text, because a JSON number keeps
// only 53 bits.
#pragma once

#include <array>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "http-bridge/snapshots.h"
#include "metrics/history/answer.h"
#include "metrics/snapshot.h"

namespace goxel_telemetry::http_bridge {

inline constexpr std::uint64_t kSchemaVersion = 1;

// 16 digits; empty for 0, which means "no identifier".
inline std::string hexadecimal(std::uint64_t id) {
  if (id == 0) return {};
  std::array<char, 16> digits;
  const char* end = std::to_chars(digits.data(), digits.data() + digits.size(), id, 16).ptr;
  const std::string_view significant(digits.data(), static_cast<std::size_t>(end - digits.data()));
  return std::string(digits.size() - significant.size(), '0').append(significant);
}

// One member for each window, with the window's name ("now", "1m", …).
struct Windows {
  const std::array<metrics::WindowStats, metrics::kWindowCount>& stats;
};

// GET /api/v1/snapshot
struct SnapshotDocument {
  std::uint64_t taken_realtime_ns;
  std::string message;
  std::uint64_t instances_left_out;
  const std::vector<metrics::Snapshot>& instances;
};

// GET /api/v1/inflight
struct InflightInstance {
  const metrics::Snapshot& snapshot;
};
struct InflightDocument {
  std::uint64_t taken_realtime_ns;
  std::string message;
  std::vector<InflightInstance> instances;
};

// GET /api/v1/history
struct HistoryDocument {
  std::uint64_t taken_realtime_ns;
  std::string message;
  const metrics::HistoryFilter& filter;
  const metrics::HistoryAnswer& answer;
};

template <class Member>
void describe(const metrics::Outcomes& o, Member&& member) {
  member("all", o.all());
  member("ok", o.ok);
  member("error", o.error);
  member("unanswered", o.unanswered);
  member("malformed", o.malformed);
  member("cancelled", o.cancelled);
}

template <class Member>
void describe(const metrics::Latency& l, Member&& member) {
  member("count", l.count);
  member("mean_ns", l.mean_ns);
  member("min_ns", l.min_ns);
  member("p50_ns", l.p50_ns);
  member("p90_ns", l.p90_ns);
  member("p99_ns", l.p99_ns);
  member("max_ns", l.max_ns);
  member("out_of_range", l.out_of_range);
}

template <class Member>
void describe(const metrics::WindowStats& w, Member&& member) {
  member("covered_seconds", w.covered_seconds);
  member("rate_per_second", w.rate_per_second);
  member("outcomes", w.outcomes);
  member("latency", w.latency);
  member("mean_receive_ns", w.mean_receive_ns);
  member("mean_wait_ns", w.mean_wait_ns);
  member("mean_send_ns", w.mean_send_ns);
  member("bytes_in", w.bytes_in);
  member("bytes_out", w.bytes_out);
}

template <class Member>
void describe(const Windows& windows, Member&& member) {
  for (std::size_t i = 0; i < metrics::kWindowCount; ++i) {
    member(metrics::kWindowNames[i], windows.stats[i]);
  }
}

template <class Member>
void describe(const metrics::OperationStats& o, Member&& member) {
  member("stack", o.key.stack);
  member("protocol", o.key.protocol);
  member("layer", o.key.layer);
  member("operation", o.key.operation);
  member("total", o.total);
  member("bytes_in", o.bytes_in);
  member("bytes_out", o.bytes_out);
  member("last_record_monotonic_ns", o.last_record_ns);
  member("windows", Windows{o.windows});
}

template <class Member>
void describe(const metrics::InflightRequest& r, Member&& member) {
  member("operation", r.operation);
  member("protocol", r.protocol);
  member("stack", r.stack);
  member("layer", r.layer);
  member("phase", r.phase);
  member("age_ns", r.age_ns);
  member("connection", hexadecimal(r.connection));
  member("trace_id", hexadecimal(r.trace_id));
  member("bytes_in", r.bytes_in);
  member("thread", r.thread);
}

template <class Member>
void describe(const metrics::ProcessStats& p, Member&& member) {
  member("pid", p.pid);
  member("cpu_ratio", p.cpu_ratio);
  member("cpu_seconds_total", p.cpu_seconds_total);
  member("resident_bytes", p.resident_bytes);
  member("virtual_bytes", p.virtual_bytes);
  member("threads", p.threads);
  member("open_fds", p.open_fds);
  member("max_fds", p.max_fds);
  member("start_realtime_seconds", p.start_realtime_seconds);
}

template <class Member>
void describe(const metrics::Daemon& d, Member&& member) {
  member("state", std::string_view(metrics::to_string(d.state)));
  member("message", d.message);
  member("run_id", hexadecimal(d.run_id));
  member("runs_seen", d.runs_seen);
  member("door", d.door);
  member("host_name", d.host_name);
  member("host_version", d.host_version);
  member("plugin_version", d.plugin_version);
  member("started_realtime_ns", d.started_realtime_ns);
  member("uptime_seconds", d.uptime_seconds);
  member("heartbeat_age_seconds", d.heartbeat_age_seconds);
  member("last_record_realtime_ns", d.last_record_realtime_ns);
  member("connections", d.connections);
  member("open_descriptors", d.open_descriptors);
  member("connections_total", d.connections_total);
  member("inflight", d.inflight);
  member("queue_depth", d.queue_depth);
  member("workers_busy", d.workers_busy);
  member("workers_configured", d.workers_configured);
  member("run_total", d.run_total);
  member("bytes_in", d.bytes_in);
  member("bytes_out", d.bytes_out);
  member("windows", Windows{d.windows});
}

template <class Member>
void describe(const metrics::Ring& r, Member&& member) {
  member("published", r.published);
  member("read", r.read);
  member("lost", r.lost);
  member("lane_misses", r.lane_misses);
  member("inflight_misses", r.inflight_misses);
  member("contended_calls", r.contended_calls);
  member("unobserved_connections", r.unobserved_connections);
  member("catalog_overflow", r.catalog_overflow);
  member("segment_bytes", r.segment_bytes);
}

template <class Member>
void describe(const metrics::OwnCost& c, Member&& member) {
  member("seconds_total", c.seconds_total);
  member("busy_ratio", c.busy_ratio);
  member("ns_per_request", c.ns_per_request);
  member("samples", c.samples);
}

template <class Member>
void describe(const metrics::Snapshot& s, Member&& member) {
  member("instance", s.instance);
  member("taken_realtime_ns", s.taken_realtime_ns);
  member("taken_monotonic_ns", s.taken_monotonic_ns);
  member("daemon", s.daemon);
  member("process", s.process);
  member("ring", s.ring);
  member("own_cost", s.own_cost);
  member("operations", s.operations);
  member("operations_dropped", s.operations_dropped);
  member("inflight", s.inflight);
}

template <class Member>
void describe(const metrics::HistoryPoint& p, Member&& member) {
  member("begin_seconds", p.begin_seconds);
  member("seconds", p.seconds);
  describe(p.stats, member);
}

template <class Member>
void describe(const HistoryDocument& d, Member&& member) {
  member("schema_version", kSchemaVersion);
  member("taken_realtime_ns", d.taken_realtime_ns);
  member("message", d.message);
  member("instance", d.filter.instance);
  member("operation", d.filter.operation);
  member("stack", d.filter.stack);
  member("protocol", d.filter.protocol);
  member("layer", d.filter.layer);
  member("begin_seconds", d.answer.begin_seconds);
  member("end_seconds", d.answer.end_seconds);
  member("point_seconds", d.answer.point_seconds);
  member("whole", d.answer.whole);
  member("points", d.answer.points);
}

template <class Member>
void describe(const SnapshotDocument& d, Member&& member) {
  member("schema_version", kSchemaVersion);
  member("bridge_version", std::string_view(GOXEL_TELEMETRY_VERSION));
  member("taken_realtime_ns", d.taken_realtime_ns);
  member("message", d.message);
  member("instances_left_out", d.instances_left_out);
  member("instances", d.instances);
}

template <class Member>
void describe(const InflightInstance& i, Member&& member) {
  member("instance", i.snapshot.instance);
  member("state", std::string_view(metrics::to_string(i.snapshot.daemon.state)));
  member("taken_realtime_ns", i.snapshot.taken_realtime_ns);
  member("inflight", i.snapshot.inflight);
}

template <class Member>
void describe(const InflightDocument& d, Member&& member) {
  member("schema_version", kSchemaVersion);
  member("taken_realtime_ns", d.taken_realtime_ns);
  member("message", d.message);
  member("instances", d.instances);
}

}  // namespace goxel_telemetry::http_bridge
