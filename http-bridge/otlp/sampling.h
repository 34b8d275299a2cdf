// SPDX-License-Identifier: GPL-3.0-or-later
// Which operations are sent: all that failed, a share of the others by their trace ids, and the slowest of each operation
// and second. Time is an argument: CLOCK_MONOTONIC.
//
// The share is OpenTelemetry's consistent probability sampling (https://opentelemetry.io/docs/specs/otel/trace/tracestate-probability-sampling/):
// the last 56 bits of a trace id are its random number, so that every bridge, and every other sampler of this kind, keeps the
// same traces. What failed and what was slow is seen by each bridge that watches the daemon.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <tuple>
#include <vector>

#include "http-bridge/otlp/operation.h"

namespace goxel_telemetry::http_bridge::otlp {

// `share`: 0 to 1.
bool is_in_share(std::uint64_t trace_id, double share);

// What is known of an operation before it is copied.
struct Considered {
  const std::string& instance;
  std::uint32_t name = 0;  // of the operation, any number that stays the same
  std::uint64_t trace_id = 0;
  std::uint64_t end_ns = 0;
  std::uint64_t duration_ns = 0;
  std::size_t spans = 0;
  bool failed = false;
};

class Sampling {
 public:
  static constexpr std::size_t kSlowestOfEach = 2;
  // Of all operations together; the failed ones are bounded, too.
  static constexpr std::size_t kMostSpansPerSecond = 10'000;
  static constexpr std::size_t kMostHeldSpans = 8'192;
  // An operation may be joined so long after its end (metrics/layers/span_join.h): only then it is known which were the
  // slowest of a second.
  static constexpr std::uint64_t kHeldSeconds = 6;

  explicit Sampling(double share) : share_(share) {}

  enum class Choice {
    send,
    hold,   // call hold()
    leave,  // it is none of those that are sent
    drop,   // it is one, but they are too many
  };
  Choice choose(const Considered& operation, std::uint64_t now_ns);
  void hold(const Considered& operation, Operation copy);

  struct Released {
    std::vector<Operation> operations;
    std::uint64_t dropped_spans = 0;  // of those that were too many
  };
  // Held operations that are the slowest of a second that is over.
  Released release(std::uint64_t now_ns);
  Released release_all(std::uint64_t now_ns);

 private:
  using Key = std::tuple<std::uint64_t, std::string, std::uint32_t>;  // second, instance, name

  Key key_of(const Considered& operation) const;
  bool take_allowance(std::size_t spans, std::uint64_t now_ns);
  Released release_before(std::uint64_t second, std::uint64_t now_ns);

  const double share_;
  std::uint64_t allowance_second_ = 0;
  std::size_t used_spans_ = 0;                  // of this second's allowance
  std::map<Key, std::vector<Operation>> held_;  // the slowest first
  std::size_t held_spans_ = 0;
  std::uint64_t first_second_ = 0;  // earlier ones are over
};

}  // namespace goxel_telemetry::http_bridge::otlp
