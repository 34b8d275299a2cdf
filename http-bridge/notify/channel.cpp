// SPDX-License-Identifier: GPL-3.0-or-later
#include "http-bridge/notify/channel.h"

#include <algorithm>

#include "http-bridge/notify/alertmanager.h"
#include "http-bridge/notify/email.h"
#include "http-bridge/notify/slack.h"
#include "http-bridge/notify/webhook.h"
#include "http-bridge/outbound/url.h"
#include "metrics/text/printable.h"

namespace goxel_telemetry::http_bridge::notify {
namespace {

constexpr std::size_t kLongestTold = 200;

// What the operator can mend is not lost by then.
Fate fate_of(int status) {
  if (status >= 200 && status < 300) return Fate::sent;
  if (status < 400 || status >= 500) return Fate::again;  // none, a redirection, the server's fault
  switch (status) {
    case 401:
    case 403:
    case 404:
    case 407:
    case 408:
    case 410:
    case 425:
    case 429:
      return Fate::again;
    default:
      return Fate::refused;
  }
}

}  // namespace

std::string told(const std::string& text, const std::vector<std::string>& hidden) {
  std::string out = text;
  for (const std::string& secret : hidden) {
    if (secret.empty()) continue;
    for (std::size_t at = out.find(secret); at != std::string::npos; at = out.find(secret, at)) {
      out.replace(at, secret.size(), "…");
    }
  }
  while (!out.empty() && (out.back() == '\n' || out.back() == '\r')) out.pop_back();
  std::replace_if(
      out.begin(), out.end(), [](char c) { return c == '\n' || c == '\r' || c == '\t'; }, ' ');
  return metrics::printable(out.substr(0, kLongestTold));
}

outbound::PeerSettings http_peer(const ChannelSettings& settings, const Secrets& secrets,
                                 const std::string& url) {
  outbound::PeerSettings peer;
  peer.url = url;
  peer.ca_file = settings.ca_file;
  peer.proxy = settings.proxy;
  peer.headers = {"Content-Type: application/json; charset=utf-8"};
  if (!secrets.token.empty()) peer.headers.push_back("Authorization: Bearer " + secrets.token);
  return peer;
}

std::vector<std::string> hidden_texts(const ChannelSettings& settings, const Secrets& secrets) {
  std::vector<std::string> texts{secrets.token, secrets.key, secrets.password};
  if (settings.url_file.empty()) return texts;
  texts.push_back(secrets.url);
  if (const auto url = outbound::parse_url(secrets.url); url && url->path.size() > 1) {
    texts.push_back(url->path);
  }
  return texts;
}

Outcome outcome_of(const outbound::Answer& answer, const std::vector<std::string>& hidden) {
  Outcome outcome;
  outcome.fate = fate_of(answer.status);
  outcome.retry_after = answer.retry_after;
  if (answer.status == 0) {
    outcome.why = told(answer.problem, hidden);
    return outcome;
  }
  outcome.why = "status " + std::to_string(answer.status);
  if (answer.status >= 300 && answer.status < 400) {
    outcome.why += ", and redirections are not followed";
  } else if (const std::string body = told(answer.body, hidden); !body.empty()) {
    outcome.why += ": " + body;
  }
  return outcome;
}

Manner manner_of(ChannelType type) {
  using namespace std::chrono_literals;
  switch (type) {
    case ChannelType::slack:
    case ChannelType::email:
      return {.most_events = 20, .counts_rest = true, .gather = 3s};
    case ChannelType::webhook:
      return {.most_events = 50, .gather = 3s};
    case ChannelType::alertmanager:  // groups by itself
      return {.most_events = 100, .gather = 0s, .repeat = 60s, .is_limited = false};
  }
  return {};
}

std::unique_ptr<Channel> make_channel(const ChannelSettings& settings, const Secrets& secrets) {
  switch (settings.type) {
    case ChannelType::slack:
      return make_slack(settings, secrets);
    case ChannelType::email:
      return make_email(settings, secrets);
    case ChannelType::webhook:
      return make_webhook(settings, secrets);
    case ChannelType::alertmanager:
      return make_alertmanager(settings, secrets);
  }
  return nullptr;
}

}  // namespace goxel_telemetry::http_bridge::notify
