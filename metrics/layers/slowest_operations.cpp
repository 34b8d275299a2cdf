// SPDX-License-Identifier: GPL-3.0-or-later
#include "metrics/layers/slowest_operations.h"

#include <algorithm>

#include "metrics/live/snapshot.h"

namespace goxel_telemetry::metrics {
namespace {

constexpr std::uint64_t kKeptSeconds = kWindowSeconds.back();

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

void SlowestOperations::add(const ListenedOperation& joined) {
  const Key key{joined.operation.end_ns / kNsPerSecond / kSlotSeconds, joined.operation.name};
  const std::uint64_t duration_ns = joined.duration_ns();
  const auto known = slots_.find(key);
  const bool is_full = known != slots_.end() && known->second.size() == kOfEach;
  if (is_full && known->second.back()->duration_ns >= duration_ns) return;
  auto one = std::make_shared<const TracedOperation>(joined.traced());
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
