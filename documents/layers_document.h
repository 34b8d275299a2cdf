// SPDX-License-Identifier: GPL-3.0-or-later
// GET /api/v1/layers: where each stack's time goes. See document.h.
#pragma once

#include <memory>
#include <vector>

#include "documents/document.h"
#include "documents/snapshot_document.h"
#include "metrics/layers/layers.h"

namespace goxel_telemetry::documents {

struct LayersInstance {
  std::shared_ptr<const metrics::LayersView> view;  // never null
};
struct LayersDocument {
  std::uint64_t taken_realtime_ns;
  std::string message;
  std::vector<LayersInstance> instances;
};

// One member for each window.
struct StackWindows {
  const std::array<metrics::StackWindow, metrics::kWindowCount>& windows;
};
struct Utilisation {
  const std::array<std::optional<double>, metrics::kWindowCount>& ratios;
};

template <class Member>
void describe(const metrics::Hop& h, Member&& member) {
  member("name", h.name);
  member("outer", h.outer);
  member("inner", h.inner);
  member("mean_ns", h.mean_ns);
  member("share_ratio", h.share);
  member("mean_there_ns", h.mean_there_ns);
  member("mean_back_ns", h.mean_back_ns);
  member("cost", h.cost);
  member("there", h.there);
  member("back", h.back);
}

template <class Member>
void describe(const metrics::Breakdown& b, Member&& member) {
  member("source", std::string_view(metrics::to_string(b.source)));
  member("operations", b.operations);
  member("other_chains", b.other_chains);
  member("mean_ns", b.mean_ns);
  member("duration", b.duration);
  member("hops", b.hops);
}

template <class Member>
void describe(const metrics::OperationBreakdown& o, Member&& member) {
  member("operation", o.operation);
  member("breakdown", o.breakdown);
}

template <class Member>
void describe(const metrics::StackWindow& w, Member&& member) {
  member("layers", w.layers);
  member("outermost", w.outermost);
  member("counts_differ", w.counts_differ);
  member("latency_room_ns", w.latency_room_ns);
  member("throughput_room_per_second", w.throughput_room_per_second);
  member("breakdown", w.breakdown);
  member("operations", w.operations);
}

template <class Member>
void describe(const StackWindows& w, Member&& member) {
  for (std::size_t i = 0; i < metrics::kWindowCount; ++i) {
    member(metrics::kWindowNames[i], w.windows[i]);
  }
}

template <class Member>
void describe(const Utilisation& u, Member&& member) {
  for (std::size_t i = 0; i < metrics::kWindowCount; ++i) {
    member(metrics::kWindowNames[i], u.ratios[i]);
  }
}

template <class Member>
void describe(const metrics::StackView& s, Member&& member) {
  member("stack", s.stack);
  member("windows", StackWindows{s.windows});
}

template <class Member>
void describe(const metrics::LayerProcess& p, Member&& member) {
  member("layer", p.layer);
  member("running", p.running);
  member("last_seen_seconds", p.last_seen_seconds);
  member("process", p.process);
  member("telemetry_resident_bytes", p.telemetry_resident_bytes);
  member("reported", p.reported);
}

template <class Member>
void describe(const metrics::Reported& r, Member&& member) {
  member("operations_completed", r.completed);
  member("spans_taken", r.taken);
}

template <class Member>
void describe(const metrics::Targets& t, Member&& member) {
  member("latency_ns", t.latency_ns);
  member("operations_per_second", t.operations_per_second);
}

template <class Member>
void describe(const metrics::JoinCounters& c, Member&& member) {
  member("spans", c.spans);
  member("operations", c.operations);
  member("at_once", c.at_once);
  member("joined", c.fates.joined);
  member("alone", c.fates.alone);
  member("irregular", c.fates.irregular);
  member("duplicates", c.fates.duplicates);
  member("untraced", c.untraced);
  member("misplaced", c.misplaced);
  member("held", c.held);
  member("sticking_out", c.fates.sticking_out);
  member("cut", c.fates.cut);
  member("late", c.late);
  member("early", c.early);
}

template <class Member>
void describe(const LayersInstance& i, Member&& member) {
  const metrics::LayersView& v = *i.view;
  member("instance", v.instance);
  member("taken_realtime_ns", v.taken_realtime_ns);
  member("taken_monotonic_ns", v.taken_monotonic_ns);
  member("state", std::string_view(shm::to_string(v.daemon_state)));
  member("outer_state", std::string_view(shm::to_string(v.outer_state)));
  member("message", v.message);
  member("targets", v.targets);
  member("connections", v.connections);
  member("queue_depth", v.queue_depth);
  member("workers_busy", v.workers_busy);
  member("workers_configured", v.workers_configured);
  member("worker_utilisation_ratio", Utilisation{v.worker_utilisation});
  member("processes", v.processes);
  member("stacks", v.stacks);
  member("join", v.join);
  member("freshness", v.freshness);
  member("chains_dropped", v.chains_dropped);
  member("outer_records_lost", v.outer_records_lost);
}

template <class Member>
void describe(const LayersDocument& d, Member&& member) {
  member("schema_version", kSchemaVersion);
  member("taken_realtime_ns", d.taken_realtime_ns);
  member("message", d.message);
  member("instances", d.instances);
}

}  // namespace goxel_telemetry::documents
