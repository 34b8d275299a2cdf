// SPDX-License-Identifier: GPL-3.0-or-later
#include "metrics/layers/slowest_operations.h"

#include <algorithm>

#include "metrics/live/snapshot.h"

namespace goxel_telemetry::metrics {
namespace {

constexpr std::uint64_t kKeptSeconds = kWindowSeconds.back();

std::shared_ptr<const TracedOperation> traced(std::uint64_t trace_id, std::span<const Span> spans,
                                              const ChainTable& names, const Time& now) {
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
  }
  std::vector<TracedOperation> operations =
      traced_operations(trace_id, std::move(named), now.realtime_ns - now.monotonic_ns);
  return std::make_shared<const TracedOperation>(std::move(operations.front()));
}

}  // namespace

void SlowestOperations::advance(std::uint64_t second) {
  const std::uint64_t first = (second - std::min(second, kKeptSeconds)) / kSlotSeconds;
  while (!slots_.empty() && slots_.begin()->first.first < first) drop(slots_.begin());
}

void SlowestOperations::drop(Slots::iterator slot) {
  for (const auto& one : slot->second) spans_ -= one->spans.size();
  slots_.erase(slot);
  view_ = nullptr;
}

void SlowestOperations::add(const JoinedOperation& operation, std::uint64_t trace_id,
                            std::span<const Span> spans, const ChainTable& names, const Time& now) {
  const Key key{operation.end_ns / kNsPerSecond / kSlotSeconds, operation.name};
  const std::uint64_t duration_ns =
      operation.time_ns[static_cast<std::size_t>(layers_in(operation.layers).front())];
  const auto known = slots_.find(key);
  const bool is_full = known != slots_.end() && known->second.size() == kOfEach;
  if (is_full && known->second.back()->duration_ns >= duration_ns) return;
  auto one = traced(trace_id, spans, names, now);
  while (spans_ + one->spans.size() > kMostSpans) {
    if (slots_.begin()->first.first >= key.first) return;
    drop(slots_.begin());
  }
  Kept& kept = slots_[key];
  if (is_full) {
    spans_ -= kept.back()->spans.size();
    kept.pop_back();
  }
  spans_ += one->spans.size();
  kept.push_back(std::move(one));
  std::sort(kept.begin(), kept.end(),
            [](const auto& a, const auto& b) { return a->duration_ns > b->duration_ns; });
  view_ = nullptr;
}

std::shared_ptr<const SlowestOperations::Kept> SlowestOperations::kept() {
  if (view_ == nullptr) {
    Kept all;
    for (const auto& [key, kept] : slots_) all.insert(all.end(), kept.begin(), kept.end());
    view_ = std::make_shared<const Kept>(std::move(all));
  }
  return view_;
}

}  // namespace goxel_telemetry::metrics
