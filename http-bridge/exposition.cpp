// SPDX-License-Identifier: GPL-3.0-or-later
#include "http-bridge/exposition.h"

#include <array>
#include <cassert>
#include <charconv>
#include <cmath>
#include <limits>
#include <system_error>

#include "documents/document.h"

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

constexpr std::string_view kTotal = "_total";
constexpr std::string_view kUnits[] = {"seconds", "bytes", "ratio"};

// As nanoseconds, so that no digit is lost: 1796032163.296330882
std::string unix_time(std::uint64_t realtime_ns) {
  const std::string fraction = std::to_string(realtime_ns % 1'000'000'000);
  return std::to_string(realtime_ns / 1'000'000'000) + '.' + std::string(9 - fraction.size(), '0') +
         fraction;
}

// OpenMetrics wants bounds as Go prints them, so that each has one name: 1.0, 0.0001, 5e-05.
std::string bound_text(ExpositionFormat format, double bound) {
  std::string text = format_number(bound);
  if (format == ExpositionFormat::prometheus_text || std::isinf(bound)) return text;
  constexpr double kLeastPlain = 1e-4;
  if (bound < kLeastPlain) {
    std::array<char, 40> digits;
    const auto result = std::to_chars(digits.data(), digits.data() + digits.size(), bound,
                                      std::chars_format::scientific);
    return {digits.data(), result.ptr};
  }
  if (text.find('.') == std::string::npos) text += ".0";
  return text;
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
  assert((type == MetricType::counter) == name.ends_with(kTotal));
  sample_suffix_ = type == MetricType::counter ? kTotal : std::string_view();
  name.remove_suffix(sample_suffix_.size());
  name_ = name;
  header_.clear();
  const bool is_open = format_ == ExpositionFormat::openmetrics;
  // In the text format a family is called as its samples are.
  const std::string described = is_open ? name_ : name_ + std::string(sample_suffix_);
  header_.append("# HELP ").append(described).append(" ").append(help).append("\n");
  header_.append("# TYPE ").append(described).append(" ").append(to_string(type)).append("\n");
  if (!is_open) return;
  for (const std::string_view unit : kUnits) {
    if (described.ends_with('_' + std::string(unit)))
      header_.append("# UNIT ").append(described).append(" ").append(unit).append("\n");
  }
}

void Exposition::line(std::string_view suffix, const Labels& labels, std::string_view value,
                      const std::optional<Exemplar>& exemplar) {
  text_.append(header_);
  header_.clear();
  text_.append(name_).append(suffix).append(labels.text()).append(" ").append(value);
  if (exemplar && has_exemplars()) {
    text_.append(" # ")
        .append(Labels().add("trace_id", documents::hexadecimal(exemplar->trace_id)).text())
        .append(" ")
        .append(format_number(static_cast<double>(exemplar->duration_ns) / kNanosecondsPerSecond))
        .append(" ")
        .append(unix_time(exemplar->ended_realtime_ns));
  }
  text_.append("\n");
}

void Exposition::sample(const Labels& labels, double value) {
  line(sample_suffix_, labels, format_number(value));
}

void Exposition::counter_since(const Labels& labels, double value,
                               std::uint64_t began_realtime_ns) {
  sample(labels, value);
  if (format_ == ExpositionFormat::openmetrics)
    line("_created", labels, unix_time(began_realtime_ns));
}

void Exposition::histogram(const Labels& labels, const metrics::ExposedHistogram& histogram,
                           const Exemplars& exemplars) {
  constexpr std::size_t kBounds = metrics::kExposedBounds.size();
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i <= kBounds; ++i) {
    sum += histogram.counts[i];
    const double bound =
        i < kBounds ? static_cast<double>(metrics::kExposedBounds[i]) / kNanosecondsPerSecond
                    : std::numeric_limits<double>::infinity();
    line("_bucket", Labels(labels).add("le", bound_text(format_, bound)),
         format_number(static_cast<double>(sum)), exemplars[i]);
  }
  line("_sum", labels,
       format_number(static_cast<double>(histogram.sum_ns) / kNanosecondsPerSecond));
  line("_count", labels, format_number(static_cast<double>(sum)));
}

std::string Exposition::text() && {
  if (format_ == ExpositionFormat::openmetrics) text_ += "# EOF\n";
  return std::move(text_);
}

}  // namespace goxel_telemetry::http_bridge
