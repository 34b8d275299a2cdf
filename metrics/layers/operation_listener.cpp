// SPDX-License-Identifier: GPL-3.0-or-later
#include "metrics/layers/operation_listener.h"

#include <algorithm>
#include <utility>
#include <vector>

namespace goxel_telemetry::metrics {

std::uint64_t ListenedOperation::duration_ns() const {
  return operation.time_ns[static_cast<std::size_t>(layers_in(operation.layers).front())];
}

bool ListenedOperation::failed() const {
  return std::any_of(spans.begin(), spans.end(), [](const Span& span) { return span.failed; });
}

TracedOperation ListenedOperation::traced() const {
  std::vector<TracedSpan> named;
  for (const Span& span : spans) {
    TracedSpan& one = named.emplace_back();
    one.layer = span.layer;
    one.operation = names.name(span.name).operation;
    one.stack = names.name(span.name).stack;
    one.status = span.failed ? "error" : "ok";
    one.start_ns = span.start_ns;
    one.duration_ns = span.end_ns - std::min(span.start_ns, span.end_ns);
    one.error_us = span.error_us;
    one.protocol = span.protocol;
    one.error = span.error;
  }
  return std::move(
      traced_operations(trace_id, std::move(named), now.realtime_ns - now.monotonic_ns).front());
}

}  // namespace goxel_telemetry::metrics
