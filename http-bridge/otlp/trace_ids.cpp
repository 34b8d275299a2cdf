// SPDX-License-Identifier: GPL-3.0-or-later
#include "http-bridge/otlp/trace_ids.h"

namespace goxel_telemetry::http_bridge::otlp {

void TraceIds::learn(const documents::SpanBatch& batch) {
  const std::scoped_lock lock(mutex_);
  for (const documents::ReportedSpan& span : batch.spans) {
    if (span.trace_id == 0 || !high_.emplace(span.trace_id, span.trace_id_high).second) continue;
    order_.push_back(span.trace_id);
    if (order_.size() <= kMost) continue;
    high_.erase(order_.front());
    order_.pop_front();
  }
}

std::uint64_t TraceIds::high_of(std::uint64_t low) const {
  const std::scoped_lock lock(mutex_);
  const auto known = high_.find(low);
  return known == high_.end() ? 0 : known->second;
}

}  // namespace goxel_telemetry::http_bridge::otlp
