// SPDX-License-Identifier: GPL-3.0-or-later
// GET /api/v1/traces: operations with the spans of all layers. See document.h.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "documents/document.h"
#include "metrics/layers/traced_operation.h"

namespace goxel_telemetry::documents {

// An operation of a daemon's instance.
struct Trace {
  std::string instance;
  std::shared_ptr<const metrics::TracedOperation> operation;  // never null
};
struct TracesDocument {
  std::uint64_t taken_realtime_ns;
  std::string message;
  std::vector<Trace> traces;
};

struct TraceSpan {
  const metrics::TracedOperation& operation;
  const metrics::TracedSpan& span;
};

template <class Member>
void describe(const TraceSpan& s, Member&& member) {
  member("layer", metrics::kLayerNames[static_cast<std::size_t>(s.span.layer)]);
  member("operation", s.span.operation);
  member("stack", s.span.stack);
  member("status", s.span.status);
  member("offset_ns", s.span.start_ns - s.operation.start_ns);
  member("duration_ns", s.span.duration_ns);
  member("own_ns", s.span.own_ns);
  member("depth", s.span.depth);
}

template <class Member>
void describe(const Trace& t, Member&& member) {
  const metrics::TracedOperation& o = *t.operation;
  std::vector<std::string> layers;
  for (const metrics::Layer layer : metrics::layers_in(o.layers)) {
    layers.emplace_back(metrics::kLayerNames[static_cast<std::size_t>(layer)]);
  }
  std::vector<TraceSpan> spans;
  spans.reserve(o.spans.size());
  for (const metrics::TracedSpan& span : o.spans) spans.push_back({o, span});
  member("instance", t.instance);
  member("trace_id", hexadecimal(o.trace_id));
  member("stack", o.stack);
  member("operation", o.operation);
  member("start_realtime_ns", o.start_realtime_ns);
  member("start_monotonic_ns", o.start_ns);
  member("duration_ns", o.duration_ns);
  member("layers", layers);
  member("spans", spans);
  member("spans_left_out", o.spans_left_out);
}

template <class Member>
void describe(const TracesDocument& d, Member&& member) {
  member("schema_version", kSchemaVersion);
  member("taken_realtime_ns", d.taken_realtime_ns);
  member("message", d.message);
  member("traces", d.traces);
}

}  // namespace goxel_telemetry::documents
