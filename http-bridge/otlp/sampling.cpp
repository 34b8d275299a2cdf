// SPDX-License-Identifier: GPL-3.0-or-later
#include "http-bridge/otlp/sampling.h"

#include <algorithm>
#include <utility>

#include "metrics/time.h"

namespace goxel_telemetry::http_bridge::otlp {

bool is_in_share(std::uint64_t trace_id, double share) {
  constexpr std::uint64_t kRandomNumbers = std::uint64_t{1} << 56;
  const std::uint64_t rejected =
      static_cast<std::uint64_t>((1 - share) * static_cast<double>(kRandomNumbers));
  return trace_id % kRandomNumbers >= rejected;
}

Sampling::Key Sampling::key_of(const Considered& operation) const {
  return {std::max(operation.end_ns / metrics::kNsPerSecond, first_second_), operation.instance,
          operation.name};
}

Sampling::Choice Sampling::choose(const Considered& operation, std::uint64_t now_ns) {
  if (operation.failed || is_in_share(operation.trace_id, share_)) {
    return take_allowance(operation.spans, now_ns) ? Choice::send : Choice::drop;
  }
  const auto known = held_.find(key_of(operation));
  if (known != held_.end() && known->second.size() == kSlowestOfEach) {
    const bool is_slower = known->second.back().traced.duration_ns < operation.duration_ns;
    return is_slower ? Choice::hold : Choice::leave;
  }
  return held_spans_ + operation.spans > kMostHeldSpans ? Choice::drop : Choice::hold;
}

void Sampling::hold(const Considered& operation, Operation copy) {
  std::vector<Operation>& held = held_[key_of(operation)];
  if (held.size() == kSlowestOfEach) {
    held_spans_ -= held.back().traced.spans.size();
    held.pop_back();
  }
  held_spans_ += copy.traced.spans.size();
  held.push_back(std::move(copy));
  std::stable_sort(held.begin(), held.end(), [](const Operation& a, const Operation& b) {
    return a.traced.duration_ns > b.traced.duration_ns;
  });
}

Sampling::Released Sampling::release(std::uint64_t now_ns) {
  const std::uint64_t second = now_ns / metrics::kNsPerSecond;
  return release_before(second - std::min(second, kHeldSeconds), now_ns);
}

Sampling::Released Sampling::release_all(std::uint64_t now_ns) {
  return release_before(UINT64_MAX, now_ns);
}

Sampling::Released Sampling::release_before(std::uint64_t second, std::uint64_t now_ns) {
  Released released;
  first_second_ = std::max(first_second_, second);
  while (!held_.empty() && std::get<0>(held_.begin()->first) < second) {
    for (Operation& operation : held_.begin()->second) {
      const std::size_t spans = operation.traced.spans.size();
      held_spans_ -= spans;
      if (take_allowance(spans, now_ns)) {
        released.operations.push_back(std::move(operation));
      } else {
        released.dropped_spans += spans;
      }
    }
    held_.erase(held_.begin());
  }
  return released;
}

bool Sampling::take_allowance(std::size_t spans, std::uint64_t now_ns) {
  const std::uint64_t second = now_ns / metrics::kNsPerSecond;
  if (std::exchange(allowance_second_, second) != second) used_spans_ = 0;
  if (used_spans_ + spans > kMostSpansPerSecond) return false;
  used_spans_ += spans;
  return true;
}

}  // namespace goxel_telemetry::http_bridge::otlp
