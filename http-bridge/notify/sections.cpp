// SPDX-License-Identifier: GPL-3.0-or-later
#include "http-bridge/notify/sections.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>
#include <utility>

#include "http-bridge/notify/mail_text.h"
#include "http-bridge/outbound/url.h"
#include "http-bridge/section_reader.h"
#include "shm/segment.h"

namespace goxel_telemetry::http_bridge::notify {
namespace {

constexpr std::size_t kMostReceivers = 50;
constexpr std::size_t kMostFilters = 64;
constexpr std::size_t kLongestChannel = 80;
constexpr double kMostPerMinute = 600;

constexpr std::array<std::pair<const char*, ChannelType>, 4> kTypes = {
    {{"slack", ChannelType::slack},
     {"email", ChannelType::email},
     {"webhook", ChannelType::webhook},
     {"alertmanager", ChannelType::alertmanager}}};
constexpr std::array<std::pair<const char*, MailSecurity>, 3> kSecurities = {
    {{"starttls", MailSecurity::starttls},
     {"tls", MailSecurity::tls},
     {"none", MailSecurity::none}}};
constexpr std::array<std::pair<const char*, metrics::AlertLevel>, 2> kLevels = {
    {{"warning", metrics::AlertLevel::warning}, {"confirmed", metrics::AlertLevel::confirmed}}};

bool is_http_url(const std::string& text) {
  const auto url = outbound::parse_url(text);
  return url && !url->has_credentials && (url->scheme == "http" || url->scheme == "https");
}

// "mail.example:587", "[2001:db8::1]:25"
bool is_server(const std::string& text) {
  const auto url = outbound::parse_url("smtp://" + text);
  return url && !url->has_credentials && url->path == "/" && !url->has_query_or_fragment &&
         !text.ends_with('/');
}

class ChannelReader {
 public:
  ChannelReader(const ConfigSection& section, std::vector<std::string>& faults)
      : reader_(section, faults) {
    settings_.name = section.name.substr(section.name.find('.') + 1);
    settings_.line = section.line;
  }

  ChannelSettings read() {
    if (!shm::valid_segment_name(settings_.name)) {
      reader_.refuse("the name", "may have letters, digits, '-', '_' and '.' only");
    }
    if (!reader_.has("type")) reader_.refuse("type", "must be given");
    choose("type", settings_.type, kTypes);
    reader_.read("ca_file", settings_.ca_file);
    reader_.read("link", settings_.link);
    if (!settings_.link.empty() && !is_http_url(settings_.link)) refuse_url("link");
    reader_.read("proxy", settings_.proxy);
    if (settings_.type == ChannelType::email) {
      read_mail();
    } else {
      read_http();
    }
    read_filters();
    reader_.finish();
    return std::move(settings_);
  }

 private:
  template <class Value, std::size_t kCount>
  void choose(std::string_view name, Value& value,
              const std::array<std::pair<const char*, Value>, kCount>& names) {
    std::string text;
    reader_.read(name, text);
    if (text.empty()) return;
    std::string known;
    for (const auto& [one, meaning] : names) {
      if (text == one) {
        value = meaning;
        return;
      }
      known += (known.empty() ? "" : ", ") + std::string(one);
    }
    reader_.refuse(name, "is one of " + known);
  }

  void refuse_url(std::string_view name) {
    reader_.refuse(name, "is a URL that begins with http:// or https://, without a password");
  }

  void read_http() {
    const bool is_slack = settings_.type == ChannelType::slack;
    reader_.read("url_file", settings_.url_file);
    reader_.read("token_file", settings_.token_file);
    reader_.read("url", settings_.url);
    if (!settings_.url.empty() && !is_http_url(settings_.url)) refuse_url("url");
    if (settings_.type == ChannelType::webhook) reader_.read("key_file", settings_.key_file);
    if (is_slack) reader_.read("channel", settings_.channel);
    if (settings_.channel.size() > kLongestChannel) reader_.refuse("channel", "is too long");
    const bool has_api = is_slack && !settings_.token_file.empty();
    if (has_api && settings_.channel.empty()) {
      reader_.refuse("channel", "must be given with a token_file");
    }
    if (is_slack && !has_api && !settings_.channel.empty()) {
      reader_.refuse("channel", "needs a token_file: a webhook has its channel");
    }
    if (is_slack && !has_api && !settings_.url.empty()) {
      reader_.refuse("url", "is a secret of Slack's webhooks: put it into a url_file");
    }
    if (!settings_.url.empty() && !settings_.url_file.empty()) {
      reader_.refuse("url_file", "stands beside a url: there is one place to send to");
    }
    if (settings_.url.empty() && settings_.url_file.empty() && !has_api) {
      reader_.refuse("url_file", is_slack ? "or token_file must be given" : "or url must be given");
    }
  }

  void read_mail() {
    reader_.read("server", settings_.server);
    if (!is_server(settings_.server)) {
      reader_.refuse("server", "must be given as HOST or HOST:PORT");
    }
    choose("security", settings_.security, kSecurities);
    reader_.read("user", settings_.user);
    reader_.read("password_file", settings_.password_file);
    if (settings_.user.empty() != settings_.password_file.empty()) {
      reader_.refuse(settings_.user.empty() ? "user" : "password_file",
                     "must be given: user and password_file stand together");
    }
    if (settings_.security == MailSecurity::none && !settings_.user.empty()) {
      reader_.refuse(
          "security",
          "may not be none with a user: the password would be sent for everybody to read");
    }
    reader_.read("from", settings_.from);
    if (!is_mail_address(settings_.from)) refuse_address("from");
    reader_.read("to", settings_.to);
    if (settings_.to.empty() || settings_.to.size() > kMostReceivers ||
        !std::all_of(settings_.to.begin(), settings_.to.end(), is_mail_address)) {
      refuse_address("to");
    }
  }

  void refuse_address(std::string_view name) {
    reader_.refuse(name, "must be given as name@host in ASCII, without a person's name");
  }

  void read_filters() {
    choose("min_level", settings_.min_level, kLevels);
    reader_.read("instances", settings_.instances);
    if (settings_.instances.size() > kMostFilters ||
        !std::all_of(settings_.instances.begin(), settings_.instances.end(),
                     shm::valid_segment_name)) {
      reader_.refuse("instances", "are at most 64 names of instances");
    }
    std::vector<std::string> rules;
    reader_.read("rules", rules);
    for (const std::string& name : rules) {
      const auto rule = metrics::alert_rule_named(name);
      if (!rule) {
        reader_.refuse("rules", "may not have \"" + name + "\": there is no such rule");
        break;
      }
      settings_.rules.push_back(*rule);
    }
    double per_minute = settings_.per_minute;
    reader_.read("per_minute", per_minute, 1, kMostPerMinute);
    settings_.per_minute = static_cast<unsigned>(per_minute);
  }

  SectionReader reader_;
  ChannelSettings settings_;
};

}  // namespace

std::vector<ChannelSettings> read_channels(const std::vector<ConfigSection>& sections,
                                           std::vector<std::string>& faults) {
  std::vector<ChannelSettings> channels;
  for (const ConfigSection& section : sections) {
    if (section.name == "notify") {
      faults.push_back(in_line(section.line, "each channel needs a name: [notify.NAME]"));
    } else if (section.name.starts_with("notify.")) {
      channels.push_back(ChannelReader(section, faults).read());
    }
  }
  if (channels.size() > kMostChannels) {
    faults.push_back(in_line(channels[kMostChannels].line,
                             "at most " + std::to_string(kMostChannels) + " channels can be told"));
  }
  return channels;
}

}  // namespace goxel_telemetry::http_bridge::notify
