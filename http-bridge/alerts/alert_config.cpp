// SPDX-License-Identifier: GPL-3.0-or-later
#include "http-bridge/alerts/alert_config.h"

#include <string_view>

#include "http-bridge/section_reader.h"
#include "metrics/comparison/baseline.h"

namespace goxel_telemetry::http_bridge {
namespace {

using metrics::LimitShape;
using metrics::LimitUnit;
using metrics::RuleSettings;
using metrics::RuleShape;

constexpr std::uint64_t kShortestWindow = 60;
constexpr std::uint64_t kLongest = 86'400;
constexpr double kMostRequests = 1e9;

void read_limit(SectionReader& reader, std::string_view name, const LimitShape& shape,
                double& limit) {
  if (shape.unit == LimitUnit::none) return;
  if (shape.unit != LimitUnit::seconds) return reader.read(name, limit, shape.least, shape.most);
  auto seconds = static_cast<std::uint64_t>(limit);
  reader.read_duration(name, seconds, static_cast<std::uint64_t>(shape.least),
                       static_cast<std::uint64_t>(shape.most));
  limit = static_cast<double>(seconds);
}

void read_rule(SectionReader& reader, const RuleShape& shape, RuleSettings& rule) {
  reader.read("enabled", rule.enabled);
  reader.read_duration("hold", rule.hold, 0, kLongest);
  reader.read_duration("clear", rule.clear, 0, kLongest);
  read_limit(reader, "limit", shape.limit, rule.limit);
  read_limit(reader, "confirmed", shape.confirmed, rule.confirmed);
  if (shape.usual.window != 0)
    reader.read_duration("window", rule.window, kShortestWindow, kLongest);
  if (shape.usual.requests != 0) {
    auto requests = static_cast<double>(rule.requests);
    reader.read("requests", requests, 1, kMostRequests);
    rule.requests = static_cast<std::uint64_t>(requests);
  }
}

void read_pinned(SectionReader& reader, std::string& baseline) {
  constexpr std::string_view kName = "baseline";
  reader.read(kName, baseline);
  if (reader.has(kName) && !metrics::valid_baseline_name(baseline))
    reader.refuse(kName, metrics::kBaselineNameRule);
}

}  // namespace

metrics::AlertSettings read_alert_settings(const std::vector<ConfigSection>& sections,
                                           std::vector<std::string>& faults) {
  constexpr std::string_view kAlerts = "alerts";
  metrics::AlertSettings settings;
  for (const ConfigSection& section : sections) {
    if (section.name != kAlerts && !section.name.starts_with("alerts.")) continue;
    SectionReader reader(section, faults);
    if (section.name != kAlerts) {
      const auto rule = metrics::alert_rule_named(section.name.substr(kAlerts.size() + 1));
      if (!rule) {
        faults.push_back(in_line(section.line, "there is no section \"" + section.name + '"'));
        continue;
      }
      read_rule(reader, metrics::rule_shape(*rule), settings[*rule]);
      if (*rule == metrics::AlertRule::slower_than_pinned) read_pinned(reader, settings.pinned);
    }
    reader.finish();
  }
  return settings;
}

}  // namespace goxel_telemetry::http_bridge
