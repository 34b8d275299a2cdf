// SPDX-License-Identifier: GPL-3.0-or-later
#include "http-bridge/notify/settings.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "http-bridge/outbound/url.h"

namespace goxel_telemetry::http_bridge::notify {
namespace {

constexpr std::size_t kLongestSecret = 2'048;

// Without white space around it. Empty, and a sentence, if it cannot be used.
std::string read_secret(const std::string& file, std::string& why) {
  const auto refused = [&](const std::string& what) {
    why = "the secret in " + file + ' ' + what;
    return std::string();
  };
  // O_NONBLOCK: a pipe without a writer is no reason to wait.
  const int fd = ::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0) return refused(std::string("cannot be read: ") + std::strerror(errno));
  struct stat status {};
  std::string text(kLongestSecret + 1, '\0');
  const bool is_file = ::fstat(fd, &status) == 0 && S_ISREG(status.st_mode);
  const ssize_t size = is_file ? ::read(fd, text.data(), text.size()) : 0;
  ::close(fd);
  if (!is_file) return refused("is not in a file");
  if ((status.st_mode & S_IRWXO) != 0) {
    return refused("is open to everybody: chmod o= " + file);
  }
  if (size < 0) return refused("cannot be read");
  text.resize(static_cast<std::size_t>(size));
  const auto begin = text.find_first_not_of(" \t\r\n");
  const auto end = text.find_last_not_of(" \t\r\n");
  text = begin == std::string::npos ? "" : text.substr(begin, end - begin + 1);
  const bool is_visible =
      std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c != 0x7F; });
  if (text.empty() || text.size() > kLongestSecret || !is_visible) {
    return refused("must be one line of 1 to " + std::to_string(kLongestSecret) +
                   " characters without control characters");
  }
  return text;
}

// Of a URL by which something secret goes, as a token or in itself.
std::string fault_of_secret_url(const ChannelSettings& settings, const std::string& text) {
  const auto url = outbound::parse_url(text);
  if (!url || (url->scheme != "http" && url->scheme != "https")) {
    return "is no URL that begins with http:// or https://";
  }
  if (url->scheme == "http" && !outbound::is_loopback_host(url->host) &&
      (!settings.url_file.empty() || !settings.token_file.empty())) {
    return "must begin with https://: what is secret would be sent for everybody to read";
  }
  return {};
}

}  // namespace

const char* to_string(ChannelType type) {
  constexpr std::array kNames = {"slack", "email", "webhook", "alertmanager"};
  return kNames.at(static_cast<std::size_t>(type));
}

bool wants(const ChannelSettings& settings, const metrics::Alert& alert) {
  const auto has = [](const auto& list, const auto& one) {
    return list.empty() || std::find(list.begin(), list.end(), one) != list.end();
  };
  return alert.level >= settings.min_level && has(settings.instances, alert.instance) &&
         has(settings.rules, alert.rule);
}

std::optional<Secrets> read_secrets(const ChannelSettings& settings, std::string& why) {
  why.clear();
  Secrets secrets;
  secrets.url = settings.url;
  using Part = std::pair<const std::string&, std::string&>;
  for (const auto& [file, secret] :
       {Part{settings.url_file, secrets.url}, Part{settings.token_file, secrets.token},
        Part{settings.key_file, secrets.key}, Part{settings.password_file, secrets.password}}) {
    if (file.empty()) continue;
    secret = read_secret(file, why);
    if (!why.empty()) break;
  }
  if (why.empty() && !secrets.url.empty()) {
    const std::string fault = fault_of_secret_url(settings, secrets.url);
    if (!fault.empty()) {
      why = (settings.url_file.empty() ? "its url " : "what is in " + settings.url_file + ' ') +
            fault;
    }
  }
  if (why.empty() && !settings.ca_file.empty() && ::access(settings.ca_file.c_str(), R_OK) != 0) {
    why = "the certificates in " + settings.ca_file + " cannot be read: " + std::strerror(errno);
  }
  if (why.empty()) return secrets;
  why.insert(0, "[notify." + settings.name + "]: ");
  return std::nullopt;
}

std::string host_of(const ChannelSettings& settings, const Secrets& secrets) {
  if (settings.type == ChannelType::email) return settings.server;
  const auto url = outbound::parse_url(secrets.url);
  return url ? url->host : "slack.com";
}

}  // namespace goxel_telemetry::http_bridge::notify
