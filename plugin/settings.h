// SPDX-License-Identifier: GPL-3.0-or-later
// The settings that an operator can make: the "config" object of the plugin's section in
// daemon_config.json, as texts of names and values. The ABI door gets them from the host; the
// preload door gets them from the launcher through one environment variable.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace goxel_telemetry::plugin {

enum class ClockChoice : std::uint8_t { automatic, tsc, monotonic };

// How long the daemon should take for an operation.
struct OperationTarget {
  std::string operation;
  std::uint32_t us;
};

struct Settings {
  std::string instance = "goxel";     // "instance"
  std::uint32_t segment_mode = 0640;  // "segment_mode", octal
  std::string segment_group;          // "segment_group", name or number; empty: the process's own
  // "segment_size": what the segment takes of /dev/shm at most; 0: chosen by the machine
  std::uint64_t segment_bytes = 0;
  std::uint64_t unanswered_after_ns = 30'000'000'000;  // "unanswered_after_seconds"
  ClockChoice clock = ClockChoice::automatic;          // "clock": auto, tsc or monotonic
  // The operator's targets; 0: not set.
  std::uint64_t target_latency_ns = 0;                   // "target_latency_ms"
  std::uint64_t target_milli_operations_per_second = 0;  // "target_operations_per_second"
  std::uint64_t target_resident_bytes = 0;               // "target_memory_mib"
  std::vector<OperationTarget> operation_targets;        // "operation_targets_ms.<operation>"
};

// The segment can be as small as this.
inline constexpr std::uint64_t kLeastSegmentBytes = std::uint64_t{3} << 19;

// The beginning of a setting that is given for each operation. In a config file these are one object:
// "operation_targets_ms": {"ping": 0.5}.
inline constexpr std::string_view kOperationTargets = "operation_targets_ms";

// Applies one setting. Returns an empty string, or a sentence that says what is wrong.
std::string apply_setting(Settings& settings, std::string_view name, std::string_view value);

// The environment variable that the launcher sets: lines of name=value.
inline constexpr const char* kSettingsVariable = "GOXEL_TELEMETRY_SETTINGS";
std::string apply_settings_text(Settings& settings, std::string_view text);

}  // namespace goxel_telemetry::plugin
