// SPDX-License-Identifier: GPL-3.0-or-later
// A named reference: what was observed once, kept to be compared with. The file's format is
// docs/baseline-format.md.
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

// At most 63 letters, digits, '-', '_' and '.', not beginning with a '.': a name is a file's name.
// "live" is taken: it names what is happening now.
bool valid_baseline_name(std::string_view name);
inline constexpr const char* kBaselineNameRule =
    "a baseline's name has at most 63 letters, digits, '-', '_' and '.', does not begin with a "
    "'.', "
    "and is not \"live\"";

inline constexpr std::size_t kMostBaselineBytes = std::size_t{64} << 20;

std::vector<std::uint8_t> encode_baseline(const Baseline& baseline);

enum class BaselineReading {
  done,
  foreign,  // a file of something else
  newer,    // written by a later version
  damaged,
};
// Bytes from anywhere: bounded and checked, and `baseline` is changed only when done.
BaselineReading decode_baseline(std::span<const std::uint8_t> bytes, Baseline& baseline);

}  // namespace goxel_telemetry::metrics
