// SPDX-License-Identifier: GPL-3.0-or-later
#include "metrics/layers/span_join.h"
#include "metrics/time.h"

#include <algorithm>

namespace goxel_telemetry::metrics {
namespace {

// A sweep also reads records that were published after it began, so a span may seem to end in the
// future.
constexpr std::uint64_t kAheadNs = kNsPerSecond;

constexpr std::uint64_t kTickNs = kNsPerSecond / 16;
// A trace with more spans is looked at more seldom than in each tick.
constexpr std::size_t kSpansPerTick = 1024;
// The time by which everything has waited: for a trace that has to make room.
constexpr std::uint64_t kNoRoom = UINT64_MAX;

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
  Stack& stack = stacks_[span.stack];
  std::uint64_t& reported_ns = stack.reported_ns[static_cast<std::size_t>(span.layer)];
  reported_ns = std::max(reported_ns, std::min(span.end_ns, now_ns));
  const Joined& joined = joined_[trace_id % kJoinedPlaces];
  if (span.end_ns < settled_ns_ || (joined.trace_id == trace_id && span.start_ns < joined.end_ns)) {
    ++counters_.late;
    stack.usual = 0;
  }
  if (counters_.held == kMostHeld) {
    // The trace that would be joined next; of several in the same second, any one.
    const std::uint64_t next = due_.begin()->second.back();
    const std::uint64_t before = counters_.held;
    settle(next, kNoRoom);
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
  const auto [found, is_new] = traces_.try_emplace(trace_id, Trace{kNoSpan, 0, 0, 0});
  Trace& trace = found->second;
  held_[place] = {span, trace.first};
  trace.first = place;
  const std::uint64_t due_tick = std::max((span.end_ns + kGraceNs) / kTickNs, trace.earliest_tick);
  if (!is_new) {
    if (due_tick >= trace.due_tick) return;
    unschedule(trace);
  }
  schedule(trace_id, trace, due_tick);
}

void SpanJoin::schedule(std::uint64_t trace_id, Trace& trace, std::uint64_t due_tick) {
  std::vector<std::uint64_t>& traces = due_[due_tick];
  trace.due_tick = due_tick;
  trace.due_index = traces.size();
  traces.push_back(trace_id);
}

void SpanJoin::unschedule(const Trace& trace) {
  const auto due = due_.find(trace.due_tick);
  std::vector<std::uint64_t>& traces = due->second;
  traces[trace.due_index] = traces.back();
  traces_.at(traces.back()).due_index = trace.due_index;
  traces.pop_back();
  if (traces.empty()) due_.erase(due);
}

void SpanJoin::advance(std::uint64_t now_ns) {
  if (now_ns < kPatienceNs) return;
  settled_ns_ = now_ns - kPatienceNs;
  const std::uint64_t tick = now_ns / kTickNs;
  // A trace that has to wait longer is moved to a later tick, so each is looked at only once here.
  while (!due_.empty() && due_.begin()->first < tick) {
    settle(due_.begin()->second.back(), now_ns);
  }
}

void SpanJoin::settle(std::uint64_t trace_id, std::uint64_t now_ns) {
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
  std::size_t kept_count = 0;
  std::uint64_t due_ns = UINT64_MAX;
  for (auto first = spans_.begin(); first != spans_.end();) {
    std::uint64_t end_ns = first->end_ns;
    auto last = first + 1;
    while (last != spans_.end() && last->start_ns <= end_ns) {
      end_ns = std::max(end_ns, last->end_ns);
      ++last;
    }
    const bool has_waited = end_ns < now_ns - kPatienceNs;
    const bool may_be_whole = end_ns < now_ns - kGraceNs;
    group_.assign(first, last);
    if ((has_waited || may_be_whole) && join(trace_id, group_, has_waited, now_ns)) {
      joined_[trace_id % kJoinedPlaces] = {trace_id, end_ns};
    } else {
      due_ns = std::min(due_ns, end_ns + (may_be_whole ? kPatienceNs : kGraceNs));
      for (auto span = first; span != last; ++span) {
        const std::uint32_t place = free_;
        free_ = held_[place].next;
        held_[place] = {*span, kept};
        kept = place;
        ++kept_count;
      }
    }
    first = last;
  }
  counters_.held += kept_count;
  if (kept == kNoSpan) {
    traces_.erase(trace_id);
    return;
  }
  trace.first = kept;
  trace.earliest_tick = now_ns / kTickNs + kept_count / kSpansPerTick;
  schedule(trace_id, trace, std::max(due_ns / kTickNs, trace.earliest_tick));
}

// False if the group has to wait: nothing has happened then.
bool SpanJoin::join(std::uint64_t trace_id, std::vector<Span>& group, bool has_waited,
                    std::uint64_t now_ns) {
  result_.clear();
  SpanFates fates;
  const std::size_t spans = group.size();
  join_spans(group, result_, fates);
  const std::vector<JoinedOperation>& operations = result_.operations;
  if (!has_waited) {
    const bool all = fates.joined + fates.duplicates == spans;
    if (!all || !std::all_of(operations.begin(), operations.end(),
                             [&](const JoinedOperation& o) { return is_whole(o, now_ns); })) {
      return false;
    }
    counters_.at_once += operations.size();
  }
  counters_.fates += fates;
  counters_.operations += operations.size();
  for (std::size_t i = 0; i < operations.size(); ++i) {
    const JoinedOperation& operation = operations[i];
    if (has_waited && now_ns != kNoRoom) {
      stacks_[operation.stack].usual |= static_cast<std::uint16_t>(1u << operation.layers);
    }
    sink_(operation, trace_id, result_.spans_of(i));
  }
  return true;
}

bool SpanJoin::is_whole(const JoinedOperation& operation, std::uint64_t now_ns) const {
  const Stack& stack = stacks_[operation.stack];
  if ((stack.usual >> operation.layers & 1u) == 0) return false;
  for (std::size_t layer = 0; layer < kLayerCount; ++layer) {
    const bool reports =
        stack.reported_ns[layer] != 0 && stack.reported_ns[layer] + kRememberedNs > now_ns;
    if (reports && (operation.layers & set_of(static_cast<Layer>(layer))) == 0) return false;
  }
  return true;
}

}  // namespace goxel_telemetry::metrics
