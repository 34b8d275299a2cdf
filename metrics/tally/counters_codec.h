// SPDX-License-Identifier: GPL-3.0-or-later
// Counters as bytes: LEB128 numbers. The version (1); requests by outcome (ok, error, unanswered,
// malformed, cancelled, notification); the histogram of all answers; the number of error types, and
// of each its code (shm/error_code.h) and its histogram. A histogram: the sum in nanoseconds, the
// number of buckets and the buckets.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "metrics/tally/counters.h"

namespace goxel_telemetry::metrics {

std::vector<std::uint8_t> encode_counters(const Counters& counters);

// Empty if the bytes, which need not be trusted, are not exactly what encode_counters() writes.
std::optional<Counters> decode_counters(std::span<const std::uint8_t> bytes);

}  // namespace goxel_telemetry::metrics
