// SPDX-License-Identifier: GPL-3.0-or-later
// Holds spans from several readers until all spans of an operation have come, in any order, and
// joins them (span_chain.h).
//
// Spans of a trace that overlap, each with the next, are a group. When kPatienceNs have passed since
// its last span ended, a group is joined, so a span may come that late. A span that comes later is
// joined with the spans that are there then, if there are any. So is an outer call that goes on for
// longer than kPatienceNs after an inner one ended: nothing says that it still goes on.
//
// A group is joined at once, when kGraceNs have passed, if all of it is there as far as can be known:
// it is made of whole operations, each from layers that an operation of its stack was made of before
// that had waited, and no other layer of the stack has reported for kRememberedNs. That is right
// because spans of one process come in the order in which they end, so that an outer span comes last,
// and an inner process that does not report leaves its layer out. Where that fails (a call that was
// made again through another process, which is slow to report), the span that comes afterwards is
// `late`, and all groups of its stack wait again until one shows anew what is whole.
//
// Bounded, whatever comes: at most kMostHeld spans are held (about 100 bytes each at worst). If
// that many are held, the trace that would be joined next is joined early. Each span costs a few
// look-ups, and its part of a few sorts while its trace is held: the larger a trace is, the more
// seldom it is looked at.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <unordered_map>
#include <vector>

#include "metrics/layers/span_chain.h"

namespace goxel_telemetry::metrics {

struct JoinCounters {
  std::uint64_t spans = 0;      // given to add()
  std::uint64_t untraced = 0;   // without a trace id
  std::uint64_t misplaced = 0;  // ends in the future by more than a second: not held
  std::uint64_t late = 0;       // came after other spans of their time had been joined
  std::uint64_t early = 0;      // joined early, because there was no room
  std::uint64_t held = 0;       // held at present
  std::uint64_t operations = 0;
  std::uint64_t at_once = 0;  // of `operations`: they did not have to wait
  SpanFates fates;  // spans = untraced + misplaced + held + joined + alone + irregular + duplicates
};

class SpanJoin {
 public:
  static constexpr std::uint64_t kPatienceNs = 5'000'000'000;
  // Five times as long as a process keeps its spans before it reports them.
  static constexpr std::uint64_t kGraceNs = 250'000'000;
  static constexpr std::uint64_t kRememberedNs = 60'000'000'000;
  static constexpr std::size_t kMostHeld = 262'144;

  using Sink = std::function<void(const JoinedOperation&, std::uint64_t trace_id,
                                  std::span<const Span> spans)>;
  explicit SpanJoin(Sink sink) : sink_(std::move(sink)) {}

  // `trace_id` 0: none. Time is an argument: CLOCK_MONOTONIC.
  void add(std::uint64_t trace_id, const Span& span, std::uint64_t now_ns);

  // Joins the spans that have waited long enough. Call it after all readers were swept, each time.
  void advance(std::uint64_t now_ns);

  const JoinCounters& counters() const { return counters_; }

 private:
  static constexpr std::uint32_t kNoSpan = UINT32_MAX;
  static constexpr std::size_t kJoinedPlaces = 16'384;
  struct Held {
    Span span;
    std::uint32_t next;  // the next span of the trace, or the next free place
  };
  struct Trace {
    std::uint32_t first;
    std::uint64_t due_tick;  // its key in due_
    std::size_t due_index;
    std::uint64_t earliest_tick;  // it is not due before
  };

  struct Joined {
    std::uint64_t trace_id = 0;
    std::uint64_t end_ns = 0;  // of the last span
  };

  // What is known of a stack's operations.
  struct Stack {
    std::array<std::uint64_t, kLayerCount> reported_ns{};  // the latest end of a span; 0: none
    // Bit n: a group that waited had an operation with LayerSet n.
    std::uint16_t usual = 0;
  };

  void schedule(std::uint64_t trace_id, Trace& trace, std::uint64_t due_tick);
  void unschedule(const Trace& trace);
  // Joins the trace's groups that are due, and removes them. The rest stays.
  void settle(std::uint64_t trace_id, std::uint64_t now_ns);
  bool join(std::uint64_t trace_id, std::vector<Span>& group, bool has_waited,
            std::uint64_t now_ns);
  bool is_whole(const JoinedOperation& operation, std::uint64_t now_ns) const;

  Sink sink_;
  JoinCounters counters_;
  std::uint64_t settled_ns_ = 0;  // spans that ended earlier were joined
  std::vector<Held> held_;
  std::uint32_t free_ = kNoSpan;
  std::unordered_map<std::uint64_t, Trace> traces_;
  // Groups that were joined, the last one of each place; to know what is late.
  std::vector<Joined> joined_ = std::vector<Joined>(kJoinedPlaces);
  std::array<Stack, UINT8_MAX + 1> stacks_{};  // by Span::stack
  // Traces, by the tick in which they are looked at next.
  std::map<std::uint64_t, std::vector<std::uint64_t>> due_;
  std::vector<Span> spans_;  // a member only to keep its memory
  std::vector<Span> group_;
  JoinedSpans result_;
};

}  // namespace goxel_telemetry::metrics
