// SPDX-License-Identifier: GPL-3.0-or-later
#include "http-bridge/exposition.h"

#include <array>
#include <cassert>
#include <charconv>
#include <cmath>
#include <limits>
#include <system_error>

namespace goxel_telemetry::http_bridge {
namespace {

constexpr double kNanosecondsPerSecond = 1e9;

const char* to_string(MetricType type) {
  switch (type) {
    case MetricType::counter:
      return "counter";
    case MetricType::gauge:
      return "gauge";
    case MetricType::histogram:
      break;
  }
  return "histogram";
}

std::string escape(std::string_view value) {
  std::string out;
  out.reserve(value.size());
  for (const char c : value) {
    if (c == '\n') {
      out += "\\n";
      continue;
    }
    if (c == '\\' || c == '"') out += '\\';
    out += c;
  }
  return out;
}

}  // namespace

std::string format_number(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "+Inf" : "-Inf";
  std::array<char, 40> digits;
  char* const begin = digits.data();
  char* const end = begin + digits.size();
  // to_chars alone would write 0.0001 as 1e-04, which is shorter and harder to read.
  const double size = std::abs(value);
  const bool plain = size == 0 || (size >= 1e-6 && size < 1e21);
  const auto result = plain ? std::to_chars(begin, end, value, std::chars_format::fixed)
                            : std::to_chars(begin, end, value);
  assert(result.ec == std::errc());
  return {begin, result.ptr};
}

Labels& Labels::add(std::string_view name, std::string_view value) {
  if (value.empty()) return *this;
  if (!rendered_.empty()) rendered_ += ',';
  rendered_.append(name).append("=\"").append(escape(value)).append("\"");
  return *this;
}

void Exposition::family(std::string_view name, MetricType type, std::string_view help) {
  name_ = name;
  header_.clear();
  header_.append("# HELP ").append(name).append(" ").append(help).append("\n");
  header_.append("# TYPE ").append(name).append(" ").append(to_string(type)).append("\n");
}

void Exposition::line(std::string_view suffix, const Labels& labels, double value) {
  text_.append(header_);
  header_.clear();
  text_.append(name_).append(suffix).append(labels.text()).append(" ");
  text_.append(format_number(value)).append("\n");
}

void Exposition::sample(const Labels& labels, double value) {
  line("", labels, value);
}

void Exposition::histogram(const Labels& labels, const metrics::ExposedHistogram& histogram) {
  constexpr std::size_t kBounds = metrics::kExposedBounds.size();
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i <= kBounds; ++i) {
    sum += histogram.counts[i];
    const double bound =
        i < kBounds ? static_cast<double>(metrics::kExposedBounds[i]) / kNanosecondsPerSecond
                    : std::numeric_limits<double>::infinity();
    line("_bucket", Labels(labels).add("le", format_number(bound)), static_cast<double>(sum));
  }
  line("_sum", labels, static_cast<double>(histogram.sum_ns) / kNanosecondsPerSecond);
  line("_count", labels, static_cast<double>(sum));
}

}  // namespace goxel_telemetry::http_bridge
