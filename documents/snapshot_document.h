// SPDX-License-Identifier: GPL-3.0-or-later
// The shape of snapshots, and of the requests in flight, as documents: see document.h.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "documents/document.h"
#include "documents/statistics_document.h"
#include "metrics/live/snapshot.h"

namespace goxel_telemetry::documents {

// GET /api/v1/snapshot
struct SnapshotDocument {
  std::uint64_t taken_realtime_ns;
  std::string message;
  std::uint64_t instances_left_out;
  const std::vector<metrics::Snapshot>& instances;
};

// The operator's targets; null: not set.
struct TargetsMember {
  const shm::GaugeValues& gauges;
};

inline std::optional<std::uint64_t> set_or_null(std::uint64_t target) {
  return target == 0 ? std::nullopt : std::optional(target);
}

// What a reader lost, and what was lost before it was written.
struct RingMember {
  const metrics::Ring& ring;
  const shm::GaugeValues& gauges;
};

// A part of what is known of each instance.
template <class Instance>
struct PartDocument {
  std::uint64_t taken_realtime_ns;
  std::string message;
  std::vector<Instance> instances;
};

// GET /api/v1/inflight
struct InflightInstance {
  const metrics::Snapshot& snapshot;
};
using InflightDocument = PartDocument<InflightInstance>;

// GET /api/v1/overview: all but the operations.
struct OverviewInstance {
  const metrics::Snapshot& snapshot;
};
using OverviewDocument = PartDocument<OverviewInstance>;

// GET /api/v1/operations
struct OperationsInstance {
  const metrics::Snapshot& snapshot;
};
using OperationsDocument = PartDocument<OperationsInstance>;

// goxel-telemetry instances --json
struct InstanceDocument {
  const metrics::Snapshot& snapshot;
};

// GET /api/v1/instances
struct InstancesDocument {
  std::uint64_t taken_realtime_ns;
  std::string message;
  std::uint64_t instances_left_out;
  std::vector<InstanceDocument> instances;
};

template <class Member>
void describe(const metrics::OperationStats& o, Member&& member) {
  member("stack", o.key.stack);
  member("protocol", o.key.protocol);
  member("layer", o.key.layer);
  member("operation", o.key.operation);
  member("total", o.total);
  member("run_total", o.run_total);
  member("bytes_in", o.bytes_in);
  member("bytes_out", o.bytes_out);
  member("last_record_monotonic_ns", o.last_record_ns);
  member("target_ns", set_or_null(o.target_ns));
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
void describe(const metrics::EndedRun& r, Member&& member) {
  member("number", r.number);
  member("state", std::string_view(shm::to_string(r.state)));
  member("pid", r.pid);
  member("started_realtime_ns", r.started_realtime_ns);
  member("last_sign_of_life_realtime_ns", r.last_sign_of_life_realtime_ns);
  member("inflight", r.inflight.size());
}

template <class Member>
void describe(const metrics::Daemon& d, Member&& member) {
  member("state", std::string_view(shm::to_string(d.state)));
  member("message", d.message);
  member("run_id", hexadecimal(d.run_id));
  member("runs_seen", d.runs_seen);
  member("ended_runs", d.ended_runs);
  member("door", d.door);
  member("host_name", d.host_name);
  member("host_version", d.host_version);
  member("plugin_version", d.plugin_version);
  member("owner", d.owner);
  member("owner_verified", d.owner_verified);
  member("started_realtime_ns", d.started_realtime_ns);
  member("uptime_seconds", d.uptime_seconds);
  member("heartbeat_age_seconds", d.heartbeat_age_seconds);
  member("last_record_realtime_ns", d.last_record_realtime_ns);
  member("connections", d.gauges[shm::Gauge::connections]);
  member("open_descriptors", d.gauges[shm::Gauge::open_descriptors]);
  member("connections_total", d.gauges[shm::Gauge::connections_total]);
  member("inflight", d.inflight);
  member("queue_depth", d.gauges[shm::Gauge::queue_depth]);
  member("workers_busy", d.workers_busy);
  member("workers_configured", d.gauges[shm::Gauge::workers_configured]);
  member("run_total", d.run_total);
  member("run_without_operation", d.run_without_operation);
  member("bytes_in", d.bytes_in);
  member("bytes_out", d.bytes_out);
  member("windows", Windows{d.windows});
}

template <class Member>
void describe(const TargetsMember& t, Member&& member) {
  const auto thousandths = set_or_null(t.gauges[shm::Gauge::target_milli_operations_per_second]);
  std::optional<double> per_second;
  if (thousandths) per_second = static_cast<double>(*thousandths) / 1000;
  member("latency_ns", set_or_null(t.gauges[shm::Gauge::target_latency_ns]));
  member("operations_per_second", per_second);
  member("resident_bytes", set_or_null(t.gauges[shm::Gauge::target_resident_bytes]));
}

template <class Member>
void describe(const RingMember& r, Member&& member) {
  member("published", r.ring.published);
  member("read", r.ring.read);
  member("before_reader", r.ring.before_reader);
  member("lost", r.ring.lost);
  member("lane_misses", r.gauges[shm::Gauge::lane_misses]);
  member("inflight_misses", r.gauges[shm::Gauge::inflight_misses]);
  member("contended_calls", r.gauges[shm::Gauge::contended_calls]);
  member("unobserved_connections", r.gauges[shm::Gauge::unobserved_connections]);
  member("catalog_overflow", r.gauges[shm::Gauge::catalog_overflow]);
  member("segment_bytes", r.ring.segment_bytes);
}

template <class Member>
void describe(const metrics::OwnCost& c, Member&& member) {
  member("seconds_total", c.seconds_total);
  member("busy_ratio", c.busy_ratio);
  member("ns_per_request", c.ns_per_request);
  const auto of = [](const std::optional<metrics::CostEstimate>& estimate,
                     double metrics::CostEstimate::*part) {
    return estimate ? std::optional(*estimate.*part) : std::nullopt;
  };
  member("waited_ns_per_request", of(c.waited, &metrics::CostEstimate::ns));
  member("waited_ns_low", of(c.waited, &metrics::CostEstimate::low_ns));
  member("waited_ns_high", of(c.waited, &metrics::CostEstimate::high_ns));
  member("waited_share", c.waited_share);
  member("after_ns_per_request", of(c.after, &metrics::CostEstimate::ns));
  member("after_ns_low", of(c.after, &metrics::CostEstimate::low_ns));
  member("after_ns_high", of(c.after, &metrics::CostEstimate::high_ns));
  member("samples", c.samples);
  member("interrupted", c.interrupted);
  member("resident_bytes", c.resident_bytes);
}

// Without those that are only known to exist.
inline metrics::SharedList<metrics::OperationStats> seen(
    const metrics::SharedList<metrics::OperationStats>& operations) {
  metrics::SharedList<metrics::OperationStats> had_requests;
  for (std::size_t i = 0; i < operations.size(); ++i) {
    if (operations[i].total.all() + operations[i].run_total.all() != 0)
      had_requests.add(operations.shared(i));
  }
  return had_requests;
}

template <class Member>
void describe(const metrics::Freshness& f, Member&& member) {
  member("daemon", f.daemon);
  member("outer", f.outer);
}

template <class Member>
void describe_whole_daemon(const metrics::Snapshot& s, Member&& member) {
  member("instance", s.instance);
  member("taken_realtime_ns", s.taken_realtime_ns);
  member("taken_monotonic_ns", s.taken_monotonic_ns);
  member("daemon", s.daemon);
  member("process", s.process);
  member("targets", TargetsMember{s.daemon.gauges});
  member("ring", RingMember{s.ring, s.daemon.gauges});
  member("own_cost", s.own_cost);
  member("freshness", s.freshness);
}

template <class Member>
void describe(const metrics::Snapshot& s, Member&& member) {
  describe_whole_daemon(s, member);
  member("operations", seen(s.operations));
  member("operations_dropped", s.operations_dropped);
  member("windows_shortened", s.windows_shortened);
  member("inflight", s.inflight);
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
  member("state", std::string_view(shm::to_string(i.snapshot.daemon.state)));
  member("taken_realtime_ns", i.snapshot.taken_realtime_ns);
  member("inflight", i.snapshot.inflight);
}

template <class Member>
void describe(const OverviewInstance& i, Member&& member) {
  describe_whole_daemon(i.snapshot, member);
  member("inflight", i.snapshot.inflight);
}

template <class Member>
void describe(const OperationsInstance& i, Member&& member) {
  member("instance", i.snapshot.instance);
  member("state", std::string_view(shm::to_string(i.snapshot.daemon.state)));
  member("taken_realtime_ns", i.snapshot.taken_realtime_ns);
  member("operations", seen(i.snapshot.operations));
  member("operations_dropped", i.snapshot.operations_dropped);
  member("windows_shortened", i.snapshot.windows_shortened);
}

template <class Instance, class Member>
void describe(const PartDocument<Instance>& d, Member&& member) {
  member("schema_version", kSchemaVersion);
  member("taken_realtime_ns", d.taken_realtime_ns);
  member("message", d.message);
  member("instances", d.instances);
}

template <class Member>
void describe(const InstanceDocument& i, Member&& member) {
  const metrics::Daemon& daemon = i.snapshot.daemon;
  member("instance", i.snapshot.instance);
  member("state", std::string_view(shm::to_string(daemon.state)));
  member("message", daemon.message);
  member("pid", i.snapshot.process.pid);
  member("host_name", daemon.host_name);
  member("started_realtime_ns", daemon.started_realtime_ns);
  member("uptime_seconds", daemon.uptime_seconds);
}

template <class Member>
void describe(const InstancesDocument& d, Member&& member) {
  member("schema_version", kSchemaVersion);
  member("taken_realtime_ns", d.taken_realtime_ns);
  member("message", d.message);
  member("instances_left_out", d.instances_left_out);
  member("instances", d.instances);
}

}  // namespace goxel_telemetry::documents
