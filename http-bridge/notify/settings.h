// SPDX-License-Identifier: GPL-3.0-or-later
// Whom the bridge tells of alerts, as the operator says it. What is secret stands in files of its own and is not among the settings, so
// that nothing which shows settings can show it.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "metrics/alerts/alert.h"

namespace goxel_telemetry::http_bridge::notify {

enum class ChannelType { slack, email, webhook, alertmanager };
const char* to_string(ChannelType type);

enum class MailSecurity {
  starttls,  // or nothing is sent
  tls,       // from the first byte
  none,
};

// A section [notify.NAME].
struct ChannelSettings {
  std::string name;
  unsigned line = 0;  // of the configuration file
  ChannelType type{};

  // By HTTP: exactly one of the first two, but for Slack with a token.
  std::string url;
  std::string url_file;    // the URL is the secret
  std::string token_file;  // "Authorization: Bearer TOKEN"
  std::string key_file;    // of a webhook: bodies are signed
  std::string channel;     // of Slack with a token
  std::string proxy;       // empty: none, whatever the environment says
  std::string link;        // of the bridge's page, for people; empty: none

  // By mail:
  std::string server;  // HOST or HOST:PORT
  MailSecurity security{};
  std::string user;
  std::string password_file;
  std::string from;
  std::vector<std::string> to;

  std::string ca_file;  // certificates to trust in place of the system's

  metrics::AlertLevel min_level = metrics::AlertLevel::warning;
  std::vector<std::string> instances;     // empty: all
  std::vector<metrics::AlertRule> rules;  // empty: all
  unsigned per_minute = 20;               // messages

  bool operator==(const ChannelSettings&) const = default;
};
inline constexpr std::size_t kMostChannels = 16;

// Whether the channel is told of the alert.
bool wants(const ChannelSettings& settings, const metrics::Alert& alert);

struct Secrets {
  std::string url;  // also if it is none
  std::string token;
  std::string key;
  std::string password;
  bool operator==(const Secrets&) const = default;
};

// A channel with what its files hold.
struct ConfiguredChannel {
  ChannelSettings settings;
  Secrets secrets;
  bool operator==(const ConfiguredChannel&) const = default;
};

// What the channel's files hold. Empty if one cannot be used: then `why` is a sentence, which repeats nothing of what is in it.
std::optional<Secrets> read_secrets(const ChannelSettings& settings, std::string& why);

// With whom the channel talks: nothing else is said of a URL.
std::string host_of(const ChannelSettings& settings, const Secrets& secrets);

}  // namespace goxel_telemetry::http_bridge::notify
