// SPDX-License-Identifier: GPL-3.0-or-later
#include "http-bridge/alerts/alert_exposition.h"

#include <array>
#include <map>
#include <optional>
#include <tuple>
#include <utility>
#include <vector>

namespace goxel_telemetry::http_bridge {
namespace {

using metrics::AlertLevel;
using metrics::AlertRule;
using Channel = metrics::AlertStore::Channel;

constexpr std::array kLevels = {AlertLevel::warning, AlertLevel::confirmed};

// Of each channel that has one.
void write_channels(Exposition& out, const std::vector<Channel>& channels) {
  const auto each = [&](const char* name, const char* help, const auto& value_of) {
    out.family(name, MetricType::gauge, help);
    for (const Channel& channel : channels) {
      if (const std::optional<double> value = value_of(channel))
        out.sample(Labels().add("channel", channel.name), *value);
    }
  };
  const auto seconds = [](std::uint64_t ns) {
    return ns == 0 ? std::nullopt : std::optional(static_cast<double>(ns) / 1e9);
  };
  each("goxel_alert_messages_waiting", "Messages about alerts that a channel has not sent yet.",
       [](const Channel& one) { return std::optional(static_cast<double>(one.messages)); });
  each("goxel_notification_channel_works",
       "1 while a channel takes what is sent to it, as far as is known.",
       [](const Channel& one) { return std::optional(one.counts.problem.empty() ? 1.0 : 0.0); });
  each("goxel_notification_last_sent_timestamp_seconds",
       "Unix time at which a channel last took a message.",
       [&](const Channel& one) { return seconds(one.counts.last_sent_ns); });
  each("goxel_notification_last_failed_timestamp_seconds",
       "Unix time at which a channel last did not take a message.",
       [&](const Channel& one) { return seconds(one.counts.last_failed_ns); });
  out.family("goxel_notifications_total", MetricType::counter,
             "Messages that were sent, tries that failed, and what was told by no message.");
  for (const Channel& channel : channels) {
    const metrics::ChannelCounts& counts = channel.counts;
    for (const auto& [outcome, count] : {std::pair("sent", counts.sent),
                                         {"failed", counts.failed},
                                         {"refused", counts.refused},
                                         {"too_old", counts.too_old},
                                         {"silenced", counts.silenced}}) {
      out.sample(Labels().add("channel", channel.name).add("outcome", outcome),
                 static_cast<double>(count));
    }
  }
}

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
  write_channels(out, alerts.channels);
  single(
      "goxel_alerts_kept", MetricType::gauge,
      "1 while alerts are in their file as they should be, or in memory if there is none.",
      alerts.keeping == AlertKeeping::in_file || alerts.keeping == AlertKeeping::in_memory ? 1 : 0);
  out.family("goxel_alerts_keeping", MetricType::gauge,
             "1 for what becomes of this bridge's alerts, 0 for what else could.");
  for (std::size_t i = 0; i < kAlertKeepings; ++i) {
    const auto one = static_cast<AlertKeeping>(i);
    out.sample(Labels().add("state", to_string(one)), one == alerts.keeping ? 1 : 0);
  }
}

}  // namespace goxel_telemetry::http_bridge
