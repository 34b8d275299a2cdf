// SPDX-License-Identifier: GPL-3.0-or-later
// Joins the spans of one trace into operations: which span lies in which, and how much of the time
// each layer took itself. Pure functions; the definitions are in docs/metrics-math.md, "Joining
// spans".
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "metrics/layer.h"
#include "shm/error_code.h"
#include "shm/record.h"

namespace goxel_telemetry::metrics {

// A set of layers: bit n stands for Layer n.
using LayerSet = std::uint8_t;
constexpr LayerSet set_of(Layer layer) {
  return static_cast<LayerSet>(1u << static_cast<unsigned>(layer));
}
// The layers of a set, from the outside in.
std::vector<Layer> layers_in(LayerSet set);

// CLOCK_MONOTONIC; end >= start.
struct Span {
  std::uint64_t start_ns = 0;
  std::uint64_t end_ns = 0;
  std::uint32_t name = 0;  // any number that the caller chooses
  Layer layer = Layer::daemon;
  std::uint8_t stack = 0;      // any number that the caller chooses: see SpanJoin
  std::uint16_t error_us = 0;  // of start and end, by its clock's calibration
  bool failed = false;         // its answer was an error
  shm::Protocol protocol = shm::Protocol::none;
  shm::ErrorCode error = shm::ErrorCode::none;  // of what failed

  friend auto operator<=>(const Span&, const Span&) = default;
};

// Layers read the machine's clocks by different functions and round differently. If an inner span
// sticks out of the outer span by no more than this plus the error of its own times, it is cut to
// fit.
inline constexpr std::uint64_t kClockSlackNs = 20'000;

// Whether `inner` lies in `outer`, with that slack.
bool contains(const Span& outer, const Span& inner);

// At most this many spans of an outer layer are looked at to find the one that contains an inner
// span, beginning with the span that started last.
inline constexpr std::size_t kMostLookedAt = 64;

// What became of the spans. joined + alone + irregular + duplicates are all spans; the other
// members say more about some of these.
struct SpanFates {
  std::uint64_t joined = 0;
  std::uint64_t alone = 0;      // neither lies in a span of another layer nor contains one
  std::uint64_t irregular = 0;  // in an operation that does not fit JoinedOperation's rules
  std::uint64_t duplicates = 0;
  std::uint64_t sticking_out = 0;  // overlaps with spans of the next outer layer but lies in none
  std::uint64_t cut = 0;           // stuck out a little (kClockSlackNs)

  SpanFates& operator+=(const SpanFates& more);
  friend bool operator==(const SpanFates&, const SpanFates&) = default;
};

// A span that lies in no other one, together with all spans in it. They are of at least two layers,
// and every span but the outermost lies in a span of the next outer layer that the operation has.
struct JoinedOperation {
  std::uint32_t name = 0;  // of the outermost span, as is the next
  std::uint8_t stack = 0;
  LayerSet layers = 0;
  std::uint64_t end_ns = 0;  // of the outermost span
  // For each of the operation's layers, the time that the layer's spans cover. Never more than at
  // the next outer layer.
  std::array<std::uint64_t, kLayerCount> time_ns{};
  // For each layer but the innermost, the parts of time_ns before its first inner span began and
  // after its last inner span ended.
  std::array<std::uint64_t, kLayerCount> there_ns{};
  std::array<std::uint64_t, kLayerCount> back_ns{};

  friend bool operator==(const JoinedOperation&, const JoinedOperation&) = default;
};

struct JoinedSpans {
  std::vector<JoinedOperation> operations;
  std::vector<Span> spans;        // of the operations, one operation after the other
  std::vector<std::size_t> ends;  // in `spans`, by operation

  std::span<const Span> spans_of(std::size_t operation) const {
    const std::size_t begin = operation == 0 ? 0 : ends[operation - 1];
    return {spans.data() + begin, ends[operation] - begin};
  }
  void clear();
};

// Joins spans of one trace, given in any order; sorts them. Appends to `joined`. Takes time in
// proportion to n log n.
void join_spans(std::vector<Span>& spans, JoinedSpans& joined, SpanFates& fates);

}  // namespace goxel_telemetry::metrics
