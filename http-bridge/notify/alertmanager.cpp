// SPDX-License-Identifier: GPL-3.0-or-later
#include "http-bridge/notify/alertmanager.h"

#include <cctype>
#include <nlohmann/json.hpp>

#include "http-bridge/notify/message.h"
#include "http-bridge/outbound/host_name.h"
#include "http-bridge/outbound/url.h"
#include "metrics/text/format.h"
#include "metrics/time.h"

namespace goxel_telemetry::http_bridge::notify {
namespace {

using Json = nlohmann::ordered_json;
using metrics::Alert;
using metrics::AlertLevel;

constexpr std::uint64_t kValidNs = 240 * metrics::kNsPerSecond;

// "GoxelSlowerThanPinned", as packaging/prometheus names its rules
std::string alert_name(metrics::AlertRule rule) {
  std::string name = "Goxel";
  bool begins = true;
  for (const char* c = metrics::to_string(rule); *c != '\0'; ++c) {
    if (*c != '_') name += begins ? static_cast<char>(std::toupper(*c)) : *c;
    begins = *c == '_';
  }
  return name;
}

// By its labels Alertmanager knows an alert again.
Json labels_of(const Alert& alert, AlertLevel level, const std::string& host, bool is_test) {
  Json labels = {{"alertname", is_test ? "GoxelTest" : alert_name(alert.rule)},
                 {"severity", level == AlertLevel::confirmed ? "critical" : "warning"},
                 {"job", "goxel-telemetry"},
                 {"host_name", host}};
  if (!alert.instance.empty()) labels["instance_name"] = alert.instance;
  if (!alert.subject.empty()) labels["subject"] = alert.subject;
  return labels;
}

Json described(const Event& event, std::uint64_t now_ns) {
  Bundle alone;
  alone.events = {event};
  const Message message = message_of(alone, {}, now_ns);
  const MessagePart& part = message.parts.front();
  std::string lines;
  for (const std::string& line : part.lines) lines += (lines.empty() ? "" : "\n") + line;
  if (!part.chart.blocks.empty()) lines += '\n' + part.chart.blocks + '\n' + scale_text(part.chart);
  Json annotations = {{"summary", message.subject}, {"description", lines}};
  if (!part.advice.empty()) annotations["advice"] = part.advice;
  annotations["alert_id"] = event.alert.id;
  return annotations;
}

}  // namespace

std::string alertmanager_body(const Bundle& bundle, const std::string& host,
                              const std::string& page, std::uint64_t now_ns) {
  Json body = Json::array();
  for (const Event& event : bundle.events) {
    const Alert& alert = event.alert;
    const auto add = [&](AlertLevel level, std::uint64_t begin_ns, std::uint64_t end_ns) {
      Json one = {{"labels", labels_of(alert, level, host, bundle.is_test)},
                  {"annotations", described(event, now_ns)},
                  {"startsAt", metrics::format_rfc3339(begin_ns)},
                  {"endsAt", metrics::format_rfc3339(end_ns)}};
      if (!page.empty()) one["generatorURL"] = bundle.is_test ? page : link_to(event, page);
      body.push_back(std::move(one));
    };
    const std::uint64_t end_ns = alert.active() ? now_ns + kValidNs : alert.ended_ns;
    // Labels do not change: as a warning it is over when it is confirmed.
    const bool was_warning =
        alert.level == AlertLevel::confirmed && alert.confirmed_ns > alert.raised_ns;
    if (was_warning && event.change != metrics::AlertChange::raised) {
      add(AlertLevel::warning, alert.raised_ns, alert.confirmed_ns);
    }
    add(alert.level, was_warning ? alert.confirmed_ns : alert.raised_ns, end_ns);
  }
  return body.dump(-1, ' ', false, Json::error_handler_t::replace);
}

namespace {

class Alertmanager : public Channel {
 public:
  Alertmanager(const ChannelSettings& settings, const Secrets& secrets)
      : page_(settings.link),
        hidden_(hidden_texts(settings, secrets)),
        peer_(http_peer(settings, secrets, endpoint(secrets.url))) {}

  Outcome send(const Bundle& bundle, std::uint64_t now_ns,
               const outbound::Peer::Deadline& deadline) override {
    return outcome_of(peer_.post(alertmanager_body(bundle, host_, page_, now_ns), deadline),
                      hidden_);
  }

 private:
  static std::string endpoint(const std::string& url) {
    constexpr std::string_view kAlerts = "/api/v2/alerts";
    std::string path = outbound::parse_url(url).value_or(outbound::Url()).path;
    while (path.ends_with('/')) path.pop_back();
    if (!path.ends_with(kAlerts)) path += kAlerts;
    return outbound::with_path(url, path);
  }

  const std::string host_ = outbound::host_name();
  const std::string page_;
  const std::vector<std::string> hidden_;
  outbound::Peer peer_;
};

}  // namespace

std::unique_ptr<Channel> make_alertmanager(const ChannelSettings& settings,
                                           const Secrets& secrets) {
  return std::make_unique<Alertmanager>(settings, secrets);
}

}  // namespace goxel_telemetry::http_bridge::notify
