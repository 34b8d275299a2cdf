// SPDX-License-Identifier: GPL-3.0-or-later
#include "metrics/alerts/alert_course.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <string_view>

#include "metrics/text/format.h"

namespace goxel_telemetry::metrics {
namespace {

bool is_shown(double value) {
  return std::isfinite(value) && value >= 0;
}

std::string_view block_of(double share) {
  constexpr std::array<std::string_view, 8> kBlocks = {"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
  const auto at = static_cast<std::size_t>(share * kBlocks.size());
  return kBlocks.at(std::min(at, kBlocks.size() - 1));
}

}  // namespace

bool has_chart(const AlertEvidence& evidence) {
  return evidence.course.size() > 1 && std::ranges::any_of(evidence.course, is_shown) &&
         top_of(evidence) > 0;
}

double top_of(const AlertEvidence& evidence) {
  double top = usual_of(evidence).value_or(0);
  for (const double value : evidence.course) {
    if (is_shown(value)) top = std::max(top, value);
  }
  return top;
}

std::optional<double> usual_of(const AlertEvidence& evidence) {
  const double usual = evidence.course_usual;
  return is_shown(usual) && usual > 0 ? std::optional(usual) : std::nullopt;
}

std::vector<double> in_columns(const std::vector<double>& course, std::size_t most) {
  const std::size_t columns = std::min(course.size(), most);
  std::vector<double> out(columns, std::nan(""));
  for (std::size_t i = 0; i < course.size(); ++i) {
    double& column = out[i * columns / course.size()];
    if (is_shown(course[i]) && !(column >= course[i])) column = course[i];
  }
  return out;
}

std::string value_in_words(double value, const std::string& unit) {
  if (unit == "ns") return format_duration(value);
  if (unit == "bytes") return format_bytes(value);
  if (unit == "ratio") return format_percent(value);
  std::array<char, 32> text{};
  const int size = std::snprintf(text.data(), text.size(), "%.3g", value);
  return std::string(text.data(), static_cast<std::size_t>(size)) + (unit.empty() ? "" : " ") +
         unit;
}

std::string course_in_words(const AlertEvidence& evidence) {
  if (!has_chart(evidence)) return {};
  double most = 0;
  bool has_gaps = false;
  for (const double value : evidence.course) {
    if (is_shown(value))
      most = std::max(most, value);
    else
      has_gaps = true;
  }
  const double last = evidence.course.back();
  std::string words = "last " +
                      (is_shown(last) ? value_in_words(last, evidence.unit) : "not known") +
                      ", at most " + value_in_words(most, evidence.unit);
  if (const auto usual = usual_of(evidence))
    words += ", usual " + value_in_words(*usual, evidence.unit);
  return has_gaps ? words + ", with gaps" : words;
}

TextChart text_chart(const AlertEvidence& evidence, std::size_t most_columns) {
  if (!has_chart(evidence)) return {};
  const double top = top_of(evidence);
  TextChart chart;
  for (const double value : in_columns(evidence.course, most_columns)) {
    chart.blocks += std::isnan(value) ? " " : block_of(value / top);
  }
  chart.scale = "0 to " + value_in_words(top, evidence.unit);
  if (const auto usual = usual_of(evidence)) {
    chart.scale.append("; usual ").append(value_in_words(*usual, evidence.unit));
    chart.usual = block_of(*usual / top);
  }
  return chart;
}

}  // namespace goxel_telemetry::metrics
