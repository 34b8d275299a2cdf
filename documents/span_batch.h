// SPDX-License-Identifier: GPL-3.0-or-later
// What a process outside of the daemon reports of its layer (docs/http-api.md, "Reporting spans"), read
// from JSON or msgpack. Everything in it is checked; a span that is not valid does not spoil the others.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "shm/error_code.h"
#include "shm/record.h"

namespace goxel_telemetry::documents {

// With the catalog ids of layer and stack, which are well-known (shm/catalog.h).
struct ReportedSpan {
  std::string operation;
  std::uint64_t start_ns = 0;  // CLOCK_MONOTONIC
  std::uint64_t duration_ns = 0;
  std::uint64_t trace_id = 0;  // low 64 bits; 0: none
  std::uint64_t trace_id_high = 0;
  std::uint8_t layer = 0;
  std::uint8_t stack = 0;
  shm::Protocol protocol{};
  shm::Status status{};
  shm::ErrorCode error{};
  std::uint32_t bytes_in = 0;
  std::uint32_t bytes_out = 0;
};

struct RefusedSpan {
  std::size_t index;
  std::string why;
};

struct SpanBatch {
  std::string instance;         // the daemon's
  std::uint64_t source_id = 0;  // of the process that reports, and of what reports in it; never 0
  std::uint32_t source_pid = 0;
  std::uint8_t source_layer = 0;
  std::uint32_t number = 0;     // from 1; a number stands for the same spans for ever
  std::uint64_t completed = 0;  // operations that the source has ended so far
  std::uint64_t dropped = 0;    // of these, those that it does not report
  std::vector<ReportedSpan> spans;
  std::size_t refused_count = 0;
  std::vector<RefusedSpan> refused;  // the first of them
};

inline constexpr std::size_t kMostSpans = 5'000;      // of a batch
inline constexpr std::size_t kMostRefusedShown = 20;  // in an answer

enum class BatchEncoding { json, msgpack };

// The batch, or a sentence that says why it is none: its sender must not send it again. Does not throw but
// for want of memory. `now_ns`: CLOCK_MONOTONIC.
std::variant<SpanBatch, std::string> decode_span_batch(std::string_view body,
                                                       BatchEncoding encoding,
                                                       std::uint64_t now_ns);

}  // namespace goxel_telemetry::documents
