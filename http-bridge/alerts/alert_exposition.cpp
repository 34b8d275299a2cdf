// SPDX-License-Identifier: GPL-3.0-or-later
#include "http-bridge/alerts/alert_exposition.h"

#include <array>
#include <map>
#include <tuple>

namespace goxel_telemetry::http_bridge {
namespace {

using metrics::AlertLevel;
using metrics::AlertRule;

constexpr std::array kLevels = {AlertLevel::warning, AlertLevel::confirmed};

}  // namespace

void write_alerts(Exposition& out, const AlertCounts& alerts) {
  const auto single = [&out](const char* name, MetricType type, const char* help, double value) {
    out.family(name, type, help);
    out.sample(Labels(), value);
  };
  std::map<std::tuple<std::string, AlertRule, AlertLevel>, std::uint64_t> active;
  for (const metrics::Alert& alert : alerts.active)
    ++active[{alert.instance, alert.rule, alert.level}];
  out.family("goxel_alert_active", MetricType::gauge,
             "Active alerts; without an instance_name: of the bridge itself.");
  for (const auto& [key, count] : active) {
    const auto& [instance, rule, level] = key;
    out.sample(Labels()
                   .add("instance_name", instance)
                   .add("rule", to_string(rule))
                   .add("level", to_string(level)),
               static_cast<double>(count));
  }
  out.family("goxel_alerts_raised_total", MetricType::counter,
             "Alerts that this bridge has raised, by the level at which they were.");
  for (std::size_t rule = 0; rule < metrics::kAlertRuleCount; ++rule) {
    for (const AlertLevel level : kLevels) {
      out.sample(Labels()
                     .add("rule", to_string(static_cast<AlertRule>(rule)))
                     .add("level", to_string(level)),
                 static_cast<double>(alerts.raised.at(rule).at(static_cast<std::size_t>(level))));
    }
  }
  single("goxel_alert_conditions_left_out_total", MetricType::counter,
         "Conditions, second by second, that were no alerts because there were too many.",
         static_cast<double>(alerts.left_out));
  out.family("goxel_alert_accuracy_judged_alerts", MetricType::gauge,
             "Alerts of the last 30 days that people judged.");
  out.sample(Labels().add("judgement", "right"), static_cast<double>(alerts.accuracy.right));
  out.sample(Labels().add("judgement", "wrong"), static_cast<double>(alerts.accuracy.wrong));
  if (const auto ratio = alerts.accuracy.wrong_ratio()) {
    single("goxel_alert_accuracy_wrong_ratio", MetricType::gauge,
           "Of those, the share that was wrong; promised is less than 0.01.", *ratio);
  }
  out.family("goxel_alert_messages_waiting", MetricType::gauge,
             "Messages about alerts that a channel has not sent yet.");
  for (const auto& channel : alerts.waiting) {
    out.sample(Labels().add("channel", channel.channel), static_cast<double>(channel.messages));
  }
  single("goxel_alerts_kept", MetricType::gauge,
         "1 while alerts are in their file as they should be.", alerts.is_kept ? 1 : 0);
}

}  // namespace goxel_telemetry::http_bridge
