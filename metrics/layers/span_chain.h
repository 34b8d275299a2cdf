// SPDX-License-Identifier: GPL-3.0-or-later
// Spans of one trace -> operations: which span lies in which, and what that leaves of each layer's
// time. Pure functions; docs/metrics-math.md, "Joining spans", gives the definitions.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace goxel_telemetry::metrics {

// From the outside in.
enum class Layer : std::uint8_t { mcp_client = 0, mcp_server = 1, ts_client = 2, daemon = 3 };
inline constexpr std::size_t kLayerCount = 4;
inline constexpr std::array<const char*, kLayerCount> kLayerNames = {"mcp-client", "mcp-server",
                                                                     "ts-client", "daemon"};
std::optional<Layer> layer_named(std::string_view name);

// A set of layers: bit n stands for Layer n.
using LayerSet = std::uint8_t;
constexpr LayerSet set_of(Layer layer) {
  return static_cast<LayerSet>(1u << static_cast<unsigned>(layer));
}
// The members, from the outside in.
std::vector<Layer> layers_in(LayerSet set);

// CLOCK_MONOTONIC; end >= start.
struct Span {
  std::uint64_t start_ns = 0;
  std::uint64_t end_ns = 0;
  std::uint32_t name = 0;  // whatever the caller means by it
  Layer layer = Layer::daemon;
  std::uint16_t error_us = 0;  // of start and end, as far as its clock's calibration is known

  friend auto operator<=>(const Span&, const Span&) = default;
};

// Clocks of one machine are read by different means, rounded differently: an inner span that sticks
// out of the outer one by no more than this, and the error of its own times, is cut to fit.
inline constexpr std::uint64_t kClockSlackNs = 20'000;

// So many spans of an outer layer are looked at for the one that contains an inner span, beginning
// with the one that started last.
inline constexpr std::size_t kMostLookedAt = 64;

// What became of each span. joined + alone + irregular + duplicates are all; the others tell more
// about some of these.
struct SpanFates {
  std::uint64_t joined = 0;
  std::uint64_t alone = 0;      // no span of another layer belongs to it, nor it to one
  std::uint64_t irregular = 0;  // in an operation with a gap: see JoinedOperation
  std::uint64_t duplicates = 0;
  std::uint64_t sticking_out = 0;  // overlaps with spans of the next outer layer, lies in none
  std::uint64_t cut = 0;           // stuck out a little (kClockSlackNs)

  friend bool operator==(const SpanFates&, const SpanFates&) = default;
};

// A span without an outer one, and all that lies in it. Of at least two layers, and every span but
// the outermost lies in one of the next outer layer that the operation has.
struct JoinedOperation {
  std::uint32_t name = 0;  // of the outermost span
  LayerSet layers = 0;
  std::uint64_t end_ns = 0;  // of the outermost span
  // At each layer that it has: what its spans cover. Never more than at the next outer one.
  std::array<std::uint64_t, kLayerCount> time_ns{};
  // At each layer but the innermost: the part of time_ns before its first inner span began, and
  // after its last one ended.
  std::array<std::uint64_t, kLayerCount> there_ns{};
  std::array<std::uint64_t, kLayerCount> back_ns{};

  friend bool operator==(const JoinedOperation&, const JoinedOperation&) = default;
};

// Joins spans of one trace, in any order; they are sorted. Appends to `operations`. Takes time in
// proportion to n log n.
void join_spans(std::vector<Span>& spans, std::vector<JoinedOperation>& operations,
                SpanFates& fates);

}  // namespace goxel_telemetry::metrics
