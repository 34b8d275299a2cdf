// SPDX-License-Identifier: GPL-3.0-or-later
// What people say of alerts, as JSON: a judgement, a silence, the end of one. From anybody, so bounded.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

#include "metrics/alerts/alert_store.h"

namespace goxel_telemetry::documents {

inline constexpr std::size_t kMostAlertRequestBytes = 4'096;

struct JudgementRequest {
  std::string alert;  // id
  metrics::Judgement judgement = metrics::Judgement::none;
};
// {"id": "…", "judgement": "true" | "false" | "known"}; or why it is none.
std::variant<JudgementRequest, std::string> decode_judgement(std::string_view body);

inline constexpr std::uint64_t kLongestSilence = 30 * std::uint64_t{86'400};  // seconds

// {"for": "2h", "rule": "…", "instance": "…", "operation": "…", "author": "…", "reason": "…"}, of which only the first must be
// there: from `now_ns` (CLOCK_REALTIME) on; or why it is none.
std::variant<metrics::Silence, std::string> decode_silence(std::string_view body,
                                                           std::uint64_t now_ns);

// {"id": 3}; or why it is none.
std::variant<std::int64_t, std::string> decode_silence_id(std::string_view body);

}  // namespace goxel_telemetry::documents
