// SPDX-License-Identifier: GPL-3.0-or-later
#include "metrics/layers/span_join.h"
#include "metrics/time.h"

#include <algorithm>

namespace goxel_telemetry::metrics {
namespace {

// A sweep also reads records that were published after it began, so a span may seem to end in the
// future.
constexpr std::uint64_t kAheadNs = kNsPerSecond;

}  // namespace

void SpanJoin::add(std::uint64_t trace_id, const Span& span, std::uint64_t now_ns) {
  ++counters_.spans;
  if (trace_id == 0) {
    ++counters_.untraced;
    return;
  }
  if (span.end_ns > now_ns && span.end_ns - now_ns > kAheadNs) {
    ++counters_.misplaced;
    return;
  }
  const Joined& joined = joined_[trace_id % kRemembered];
  counters_.late +=
      span.end_ns < settled_ns_ || (joined.trace_id == trace_id && span.start_ns < joined.end_ns);
  if (counters_.held == kMostHeld) {
    // The trace that would be joined next; of several in the same second, any one.
    const std::uint64_t next = due_.begin()->second.back();
    const std::uint64_t before = counters_.held;
    settle(next, UINT64_MAX);
    counters_.early += before - counters_.held;
  }
  std::uint32_t place = free_;
  if (place == kNoSpan) {
    place = static_cast<std::uint32_t>(held_.size());
    held_.emplace_back();
  } else {
    free_ = held_[place].next;
  }
  ++counters_.held;
  const auto [trace, is_new] = traces_.try_emplace(trace_id, Trace{kNoSpan, 0, 0});
  held_[place] = {span, trace->second.first};
  trace->second.first = place;
  if (is_new) schedule(trace_id, trace->second, (span.end_ns + kPatienceNs) / kNsPerSecond);
}

void SpanJoin::schedule(std::uint64_t trace_id, Trace& trace, std::uint64_t due_second) {
  std::vector<std::uint64_t>& traces = due_[due_second];
  trace.due_second = due_second;
  trace.due_index = traces.size();
  traces.push_back(trace_id);
}

void SpanJoin::unschedule(const Trace& trace) {
  const auto due = due_.find(trace.due_second);
  std::vector<std::uint64_t>& traces = due->second;
  traces[trace.due_index] = traces.back();
  traces_.at(traces.back()).due_index = trace.due_index;
  traces.pop_back();
  if (traces.empty()) due_.erase(due);
}

void SpanJoin::advance(std::uint64_t now_ns) {
  if (now_ns < kPatienceNs) return;
  settled_ns_ = now_ns - kPatienceNs;
  const std::uint64_t second = now_ns / kNsPerSecond;
  // A trace that has to wait longer is moved to a later second, so each is looked at only once
  // here.
  while (!due_.empty() && due_.begin()->first < second) {
    settle(due_.begin()->second.back(), settled_ns_);
  }
}

void SpanJoin::settle(std::uint64_t trace_id, std::uint64_t settled_ns) {
  Trace& trace = traces_.at(trace_id);
  unschedule(trace);
  spans_.clear();
  for (std::uint32_t place = trace.first; place != kNoSpan;) {
    spans_.push_back(held_[place].span);
    const std::uint32_t next = held_[place].next;
    held_[place].next = free_;
    free_ = place;
    place = next;
  }
  counters_.held -= spans_.size();
  std::sort(spans_.begin(), spans_.end(),
            [](const Span& a, const Span& b) { return a.start_ns < b.start_ns; });

  std::uint32_t kept = kNoSpan;
  std::uint64_t earliest_end_ns = UINT64_MAX;
  for (auto first = spans_.begin(); first != spans_.end();) {
    std::uint64_t end_ns = first->end_ns;
    auto last = first + 1;
    while (last != spans_.end() && last->start_ns <= end_ns) {
      end_ns = std::max(end_ns, last->end_ns);
      ++last;
    }
    if (end_ns < settled_ns) {
      joined_[trace_id % kRemembered] = {trace_id, end_ns};
      group_.assign(first, last);
      join(group_);
    } else {
      earliest_end_ns = std::min(earliest_end_ns, end_ns);
      for (auto span = first; span != last; ++span) {
        const std::uint32_t place = free_;
        free_ = held_[place].next;
        held_[place] = {*span, kept};
        kept = place;
        ++counters_.held;
      }
    }
    first = last;
  }
  if (kept == kNoSpan) {
    traces_.erase(trace_id);
    return;
  }
  trace.first = kept;
  schedule(trace_id, trace, (earliest_end_ns + kPatienceNs) / kNsPerSecond);
}

void SpanJoin::join(std::vector<Span>& group) {
  operations_.clear();
  join_spans(group, operations_, counters_.fates);
  counters_.operations += operations_.size();
  for (const JoinedOperation& operation : operations_) sink_(operation);
}

}  // namespace goxel_telemetry::metrics
