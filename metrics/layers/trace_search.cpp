// SPDX-License-Identifier: GPL-3.0-or-later
#include "metrics/layers/trace_search.h"

#include <algorithm>
#include <set>
#include <tuple>
#include <utility>

#include "metrics/layers/layer_group.h"

namespace goxel_telemetry::metrics {
namespace {

// Of one trace, which a client chooses.
constexpr std::size_t kMostSpans = 65'536;

}  // namespace

std::optional<TracedSpan> traced_span(const NamedRecord& record, const Time& now) {
  const auto layer = layer_named(record.layer);
  if (!layer || record.start_ns > now.monotonic_ns) return {};
  TracedSpan span;
  span.layer = *layer;
  span.operation = record.operation;
  span.stack = record.stack;
  span.status = to_string(record.status);
  span.start_ns = record.start_ns;
  span.duration_ns = std::min(record.duration_ns, now.monotonic_ns - record.start_ns);
  span.protocol = protocol_named(record.protocol);
  span.error = record.error;
  return span;
}

std::vector<TracedOperation> find_trace(const std::string& instance, std::uint64_t trace_id,
                                        const Time& now) {
  std::vector<TracedSpan> spans;
  const auto take = [&](const NamedRecord& record) {
    if (record.trace_id != trace_id || spans.size() == kMostSpans) return;
    if (auto span = traced_span(record, now)) spans.push_back(std::move(*span));
  };
  LayerGroup group(instance);
  group.daemon().on_record(take);
  group.outer().on_record(take);
  group.sweep(now);
  return traced_operations(trace_id, std::move(spans), now.realtime_ns - now.monotonic_ns);
}

SlowestOperations::Kept slowest(const SlowestOperations::Kept& kept, const SlowestQuery& query,
                                std::uint64_t now_ns) {
  constexpr std::uint64_t kSlotNs = SlowestOperations::kSlotSeconds * kNsPerSecond;
  const std::uint64_t asked_ns = query.seconds * kNsPerSecond;
  const std::uint64_t begin_ns = (now_ns - std::min(now_ns, asked_ns)) / kSlotNs * kSlotNs;
  SlowestOperations::Kept found;
  for (const auto& one : kept) {
    if (one->end_ns() < begin_ns ||
        (!query.operation.empty() && one->operation != query.operation) ||
        (!query.stack.empty() && one->stack != query.stack)) {
      continue;
    }
    found.push_back(one);
  }
  std::stable_sort(found.begin(), found.end(),
                   [](const auto& a, const auto& b) { return a->duration_ns > b->duration_ns; });
  if (query.operation.empty()) {
    std::set<std::pair<std::string, std::string>> seen;
    std::erase_if(
        found, [&](const auto& one) { return !seen.emplace(one->stack, one->operation).second; });
  }
  if (found.size() > query.most) found.resize(query.most);
  return found;
}

}  // namespace goxel_telemetry::metrics
