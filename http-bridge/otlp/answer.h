// SPDX-License-Identifier: GPL-3.0-or-later
// What a collector's answer means (https://opentelemetry.io/docs/specs/otlp/#otlphttp-response), and when to ask again.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace goxel_telemetry::http_bridge::otlp {

struct Answer {
  int status = 0;       // 0: none came
  std::string problem;  // why none came
  std::chrono::seconds retry_after{0};
  std::string body;  // its beginning
};

enum class Verdict {
  taken,
  again,    // the same later
  refused,  // for good; also a redirection, which is not followed
};
Verdict verdict_of(const Answer& answer);

// Of an answer that says `taken`.
struct PartialSuccess {
  std::uint64_t rejected_spans = 0;
  std::string message;
};
// Nothing was rejected, if the body is nothing that can be read.
PartialSuccess partial_success(const std::string& body);

// What went wrong, in a few words: those of the answer may be any bytes.
std::string told(const Answer& answer);

// How long to wait after so many failures one after the other. `random`: from 0 to 1, so that not all senders come back at the
// same moment.
inline constexpr std::chrono::milliseconds kFirstDelay{1'000};
inline constexpr std::chrono::milliseconds kLongestDelay{30'000};
inline constexpr std::chrono::seconds kLongestRetryAfter{60};
std::chrono::milliseconds delay_after(unsigned failures, std::chrono::seconds retry_after,
                                      double random);

}  // namespace goxel_telemetry::http_bridge::otlp
