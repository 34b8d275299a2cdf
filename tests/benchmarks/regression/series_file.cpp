// SPDX-License-Identifier: GPL-3.0-or-later
#include "series_file.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <string_view>

#include "metrics/text/arguments.h"

namespace goxel_telemetry::evaluation {
namespace {

constexpr std::uint64_t kMostLines = 10'000'000;
constexpr std::size_t kLongestLine = 255;
constexpr double kLargestValue = 1e15;
// What a request of the median value takes: far from both ends of what histograms hold (metrics/tally/histogram.h).
constexpr double kMedianNs = 1e6;
constexpr double kLongestNs = 1e15;

std::optional<std::uint64_t> whole_number(std::string_view text) {
  std::uint64_t number = 0;
  const char* const end = text.data() + text.size();
  const auto [parsed, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc() || parsed != end || number > std::uint64_t{1} << 53) return std::nullopt;
  return number;
}

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kBlanks = " \t\r";
  const std::size_t first = text.find_first_not_of(kBlanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlanks) + 1 - first);
}

// Adds a line's row, if it has one; otherwise says what is wrong.
std::string add_row(std::string_view line, std::optional<std::uint64_t>& last_tick,
                    std::vector<SeriesRow>& rows) {
  const std::size_t comma = line.find(',');
  if (comma == std::string_view::npos) return "is not \"tick,value\"";
  const auto tick = whole_number(trimmed(line.substr(0, comma)));
  if (!tick) return "does not begin with a whole number";
  if (last_tick && *tick <= *last_tick) return "has a tick that is not after the one before";
  last_tick = tick;
  const std::string_view text = trimmed(line.substr(comma + 1));
  if (text.empty()) return {};
  const auto value = metrics::parse_number(text, -kLargestValue, kLargestValue);
  if (!value) return "has a value that is not a number, or too large";
  if (*value > 0) rows.push_back({*tick, *value});
  return {};
}

}  // namespace

Series read_series(std::istream& file) {
  Series series;
  const auto wrong = [](std::uint64_t line, const std::string& what) {
    return Series{{}, "Line " + std::to_string(line) + " " + what + "."};
  };
  std::optional<std::uint64_t> last_tick;
  std::array<char, kLongestLine + 1> buffer{};
  for (std::uint64_t number = 1;; ++number) {
    file.getline(buffer.data(), buffer.size());
    if (file.eof() && file.gcount() == 0) break;
    if (file.bad()) return {{}, "It cannot be read."};
    if (!file) return wrong(number, "is longer than " + std::to_string(kLongestLine) + " bytes");
    if (number > kMostLines) return wrong(number, "is one too many");
    const std::string_view line = trimmed(buffer.data());
    if (line.empty()) continue;
    const bool names = number == 1 && !whole_number(trimmed(line.substr(0, line.find(','))));
    if (names) continue;
    const std::string fault = add_row(line, last_tick, series.rows);
    if (!fault.empty()) return wrong(number, fault);
  }
  if (series.rows.empty()) return {{}, "It has no row with a value."};
  return series;
}

std::optional<Injection> parse_injection(const std::string& text) {
  const std::string_view whole = text;
  const std::size_t colon = whole.find(':');
  if (colon == std::string_view::npos) return std::nullopt;
  const auto tick = whole_number(whole.substr(0, colon));
  const auto factor = metrics::parse_number(whole.substr(colon + 1), 0.001, 1000);
  if (!tick || !factor) return std::nullopt;
  return Injection{*tick, *factor};
}

std::vector<metrics::DetectorEvent> score(const std::vector<SeriesRow>& rows,
                                          const std::optional<Injection>& injection) {
  if (rows.empty()) return {};
  std::vector<double> values;
  values.reserve(rows.size());
  for (const SeriesRow& row : rows) values.push_back(row.value);
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  const double median = *middle;

  metrics::RegressionDetector detector;
  std::vector<metrics::DetectorEvent> said;
  for (const SeriesRow& row : rows) {
    const double factor = injection && row.tick >= injection->tick ? injection->factor : 1;
    const double ns = std::clamp(row.value / median * kMedianNs * factor, 1.0, kLongestNs);
    metrics::OperationTick operation{{"", "", "", "series"}, {}};
    operation.tally.outcomes.ok = 1;
    operation.tally.latency.record(static_cast<std::uint64_t>(ns));
    for (metrics::DetectorEvent& event : detector.tick(row.tick, {&operation, 1})) {
      // All operations together are this one.
      if (event.key) said.push_back(std::move(event));
    }
  }
  return said;
}

}  // namespace goxel_telemetry::evaluation
