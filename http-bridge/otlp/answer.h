// SPDX-License-Identifier: GPL-3.0-or-later
// What a collector's answer means (https://opentelemetry.io/docs/specs/otlp/#otlphttp-response), and when to ask again.
#pragma once

#include <cstdint>
#include <string>

#include "http-bridge/outbound/answer.h"

namespace goxel_telemetry::http_bridge::otlp {

using outbound::Answer;

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

inline constexpr outbound::Backoff kBackoff{
    std::chrono::milliseconds(1'000), std::chrono::milliseconds(30'000), std::chrono::seconds(60)};

}  // namespace goxel_telemetry::http_bridge::otlp
