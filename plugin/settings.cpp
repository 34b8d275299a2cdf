// SPDX-License-Identifier: GPL-3.0-or-later
#include "plugin/settings.h"

#include <algorithm>
#include <charconv>

#include "shm/segment.h"

namespace goxel_telemetry::plugin {
namespace {

template <class Number>
bool parse(std::string_view text, Number& out, int base) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out, base);
  return error == std::errc() && end == text.data() + text.size();
}

// Reads a number without a sign and with at most `decimals` decimals, in units of the last decimal.
// Written by hand, because the library's functions for fractions depend on the locale.
bool parse_decimal(std::string_view text, int decimals, std::uint64_t& out) {
  const std::size_t point = text.find('.');
  std::string digits(text.substr(0, point));
  if (digits.empty()) return false;
  if (point != std::string_view::npos) {
    std::string_view fraction = text.substr(point + 1);
    if (fraction.empty()) return false;
    while (fraction.size() > 1 && fraction.back() == '0') fraction.remove_suffix(1);
    if (fraction.size() > static_cast<std::size_t>(decimals)) return false;
    digits.append(fraction);
    decimals -= static_cast<int>(fraction.size());
  }
  digits.append(static_cast<std::size_t>(decimals), '0');
  return parse(digits, out, 10);
}

// Reads a size in MiB, or with a unit behind it: "8", "1.5MiB", "1 GiB", "512M".
bool parse_size(std::string_view text, std::uint64_t& bytes) {
  constexpr int kDecimals = 3;
  constexpr std::uint64_t kThousand = 1000;
  std::uint64_t unit = std::uint64_t{1} << 20;
  const std::size_t end = std::min(text.find_first_not_of("0123456789."), text.size());
  std::string_view name = text.substr(end);
  if (name.starts_with(' ')) name.remove_prefix(1);
  if (name == "K" || name == "KiB") {
    unit >>= 10;
  } else if (name == "G" || name == "GiB") {
    unit <<= 10;
  } else if (end != text.size() && name != "M" && name != "MiB") {
    return false;
  }
  std::uint64_t thousandths = 0;
  if (!parse_decimal(text.substr(0, end), kDecimals, thousandths)) return false;
  return !__builtin_mul_overflow(thousandths, unit, &bytes) && (bytes /= kThousand) != 0;
}

std::string bad(std::string_view name, std::string_view value, std::string_view wanted) {
  return std::string("telemetry's \"")
      .append(name)
      .append("\" is \"")
      .append(value)
      .append("\", but must be ")
      .append(wanted);
}

std::string apply_operation_target(Settings& settings, std::string_view name,
                                   std::string_view value) {
  // A segment has 1,024 names for all operations.
  constexpr std::size_t kMost = 256;
  const std::string_view operation = name.substr(kOperationTargets.size() + 1);
  if (operation.empty() || operation.front() == '_' ||
      operation.find_first_of(std::string_view("=\n\0", 3)) != std::string_view::npos) {
    return std::string("telemetry's \"")
        .append(name)
        .append("\" names no operation: it must not be empty, begin with '_', or have a '='");
  }
  std::uint64_t us = 0;
  if (!parse_decimal(value, 3, us) || us == 0 || us > UINT32_MAX) {
    return bad(name, value, "milliseconds from 0.001 to 4294967.295");
  }
  if (settings.operation_targets.size() == kMost) {
    return "telemetry takes targets for at most 256 operations";
  }
  settings.operation_targets.push_back({std::string(operation), static_cast<std::uint32_t>(us)});
  return "";
}

}  // namespace

std::string apply_setting(Settings& settings, std::string_view name, std::string_view value) {
  // All of them together must fit into one environment variable, which has 128 KiB.
  constexpr std::size_t kMostBytes = 255;
  if (name.size() > kMostBytes || value.size() > kMostBytes) {
    return std::string("telemetry has a setting \"")
        .append(name.substr(0, 64))
        .append("\" whose name or value is longer than 255 bytes");
  }
  if (name == "instance") {
    if (!shm::valid_instance_name(value)) {
      return bad(name, value, "1 to 63 letters, digits, '-', '_' or '.', not beginning with '.'");
    }
    if (shm::daemon_instance(value) != value) {
      return bad(name, value,
                 "a name that does not end in \".layers\": those are for outer layers");
    }
    settings.instance = value;
  } else if (name == "segment_mode") {
    std::uint32_t mode = 0;
    if (!parse(value, mode, 8) || (mode & ~0644u) != 0 || (mode & 0600u) != 0600u) {
      return bad(name, value, "0600, 0640 or 0644: only the owner may write");
    }
    settings.segment_mode = mode;
  } else if (name == "segment_group") {
    settings.segment_group = value;
  } else if (name == "segment_size") {
    std::uint64_t bytes = 0;
    if (!parse_size(value, bytes) || bytes < kLeastSegmentBytes || bytes > shm::kMaxSegmentBytes) {
      return bad(name, value, "1.5 to 1024, in MiB, or with a unit, such as 8MiB or 1GiB");
    }
    settings.segment_bytes = bytes;
  } else if (name == "unanswered_after_seconds") {
    constexpr std::uint64_t kMost = 86'400;
    std::uint64_t seconds = 0;
    if (!parse(value, seconds, 10) || seconds == 0 || seconds > kMost) {
      return bad(name, value, "a whole number of seconds from 1 to 86400");
    }
    settings.unanswered_after_ns = seconds * 1'000'000'000;
  } else if (name == "clock") {
    if (value == "auto") {
      settings.clock = ClockChoice::automatic;
    } else if (value == "tsc") {
      settings.clock = ClockChoice::tsc;
    } else if (value == "monotonic") {
      settings.clock = ClockChoice::monotonic;
    } else {
      return bad(name, value, "auto, tsc or monotonic");
    }
  } else if (name == "target_latency_ms") {
    constexpr std::uint64_t kMostNs = 86'400'000'000'000;
    std::uint64_t ns = 0;
    if (!parse_decimal(value, 6, ns) || ns == 0 || ns > kMostNs) {
      return bad(name, value, "milliseconds from 0.000001 to 86400000");
    }
    settings.target_latency_ns = ns;
  } else if (name == "target_operations_per_second") {
    constexpr std::uint64_t kMost = 1'000'000'000'000;
    std::uint64_t thousandths = 0;
    if (!parse_decimal(value, 3, thousandths) || thousandths == 0 || thousandths > kMost) {
      return bad(name, value, "operations a second from 0.001 to 1000000000");
    }
    settings.target_milli_operations_per_second = thousandths;
  } else if (name == "target_memory_mib") {
    constexpr std::uint64_t kMost = std::uint64_t{1} << 24;
    std::uint64_t mib = 0;
    if (!parse(value, mib, 10) || mib == 0 || mib > kMost) {
      return bad(name, value, "a whole number of MiB from 1 to 16777216");
    }
    settings.target_resident_bytes = mib << 20;
  } else if (name.starts_with(kOperationTargets) &&
             name.substr(kOperationTargets.size()).starts_with('.')) {
    return apply_operation_target(settings, name, value);
  } else {
    return std::string("telemetry has no setting \"").append(name).append("\"");
  }
  return "";
}

std::string apply_settings_text(Settings& settings, std::string_view text) {
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    if (line.empty()) continue;
    const std::size_t equals = line.find('=');
    if (equals == std::string_view::npos) {
      return std::string(kSettingsVariable).append(" has a line without '='");
    }
    if (std::string problem =
            apply_setting(settings, line.substr(0, equals), line.substr(equals + 1));
        !problem.empty()) {
      return problem;
    }
  }
  return "";
}

}  // namespace goxel_telemetry::plugin
