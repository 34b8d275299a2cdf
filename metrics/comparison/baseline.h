// SPDX-License-Identifier: GPL-3.0-or-later
// A baseline: a named reference, an observation that is kept to be compared with.
// docs/baseline-format.md describes the file.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "metrics/comparison/observation.h"

namespace goxel_telemetry::metrics {

struct Baseline {
  std::string name;
  std::string source;  // what it was saved from, for people
  std::uint64_t saved_realtime_ns = 0;
  Observation observation;
};

// At most 63 letters, digits, '-', '_' and '.', not beginning with a '.', because the name is part
// of a file's name. "live" is not allowed: it stands for what is happening now.
bool valid_baseline_name(std::string_view name);
inline constexpr const char* kBaselineNameRule =
    "a baseline's name has at most 63 letters, digits, '-', '_' and '.', does not begin with a "
    "'.', "
    "and is not \"live\"";

inline constexpr std::size_t kMostBaselineBytes = std::size_t{64} << 20;

std::vector<std::uint8_t> encode_baseline(const Baseline& baseline);

enum class BaselineReading {
  done,
  foreign,  // not a baseline's file
  newer,    // written by a later version
  damaged,
};
// The bytes need not be trusted: reading is bounded and checked. `baseline` is changed only if the
// result is `done`.
BaselineReading decode_baseline(std::span<const std::uint8_t> bytes, Baseline& baseline);

}  // namespace goxel_telemetry::metrics
