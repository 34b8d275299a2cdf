// SPDX-License-Identifier: GPL-3.0-or-later
#include "http-bridge/otlp/endpoint.h"

#include <strings.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <sstream>
#include <string_view>
#include <utility>

#include "http-bridge/outbound/url.h"

namespace goxel_telemetry::http_bridge::otlp {
namespace {

constexpr std::size_t kLongestHeadersFile = 16'384;
constexpr std::size_t kMostHeaders = 32;
// They belong to the connection or to the body, which are the sender's.
constexpr std::array kOurs = {"Host",   "Connection",       "Content-Length",   "Content-Type",
                              "Expect", "Content-Encoding", "Transfer-Encoding"};

bool is_token(std::string_view text) {
  const auto fits = [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           std::strchr("!#$%&'*+-.^_`|~", c) != nullptr;
  };
  return !text.empty() && std::all_of(text.begin(), text.end(), fits);
}

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(" \t\r");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\r") - first + 1);
}

// Empty if there is nothing to say.
std::string fault_of(std::string_view name, std::string_view value) {
  if (!is_token(name)) return "is not \"Name: value\"";
  if (value.empty()) return "has no value";
  if (!std::all_of(value.begin(), value.end(), [](char c) { return c >= ' ' && c < 0x7F; })) {
    return "has a value that is not visible ASCII";
  }
  const bool is_ours = std::any_of(kOurs.begin(), kOurs.end(), [name](const char* ours) {
    return ::strncasecmp(name.data(), ours, name.size()) == 0 && ours[name.size()] == '\0';
  });
  return is_ours ? "names a header that the bridge itself sets" : "";
}

}  // namespace

std::string traces_url(const std::string& endpoint, std::string& why) {
  std::optional<outbound::Url> url = outbound::parse_url(endpoint);
  if (!url) {
    why = "is no URL such as http://localhost:4318";
    return {};
  }
  if (url->has_credentials) {
    why =
        "may have no user or password in it, which everybody would see in the list of processes: "
        "put a header into the file "
        "of --otlp-headers-file";
    return {};
  }
  if (url->scheme != "http" && url->scheme != "https") {
    why = "must begin with http:// or https://";
    return {};
  }
  if (url->has_query_or_fragment) {
    why = "may have no query and no fragment";
    return {};
  }
  constexpr std::string_view kTraces = "/v1/traces";
  std::string& path = url->path;
  while (path.ends_with('/')) path.pop_back();
  if (!path.ends_with(kTraces)) path += kTraces;
  return outbound::with_path(endpoint, path);
}

std::optional<std::vector<std::string>> read_headers(const Settings& settings, std::string& why) {
  if (!settings.ca_file.empty() && ::access(settings.ca_file.c_str(), R_OK) != 0) {
    why = "cannot read the certificates in " + settings.ca_file + ": " + std::strerror(errno);
    return std::nullopt;
  }
  const std::string& file = settings.headers_file;
  if (file.empty()) return std::vector<std::string>();
  std::ifstream in(file, std::ios::binary);
  std::string text(kLongestHeadersFile + 1, '\0');
  if (!in || (in.read(text.data(), static_cast<std::streamsize>(text.size())), in.bad())) {
    why = "cannot read the headers file " + file + ": " + std::strerror(errno);
    return std::nullopt;
  }
  text.resize(static_cast<std::size_t>(in.gcount()));
  if (text.size() > kLongestHeadersFile) {
    why = "the headers file " + file + " has more than 16 KiB";
    return std::nullopt;
  }
  std::vector<std::string> headers;
  std::size_t number = 0;
  std::istringstream lines(text);
  for (std::string whole; std::getline(lines, whole);) {
    const std::string_view line = trimmed(whole);
    ++number;
    if (line.empty() || line.front() == '#') continue;
    const std::size_t colon = std::min(line.find(':'), line.size());
    const std::string_view name = line.substr(0, colon);
    const std::string_view value = trimmed(line.substr(std::min(colon + 1, line.size())));
    if (const std::string fault = fault_of(name, value); !fault.empty()) {
      why = "line " + std::to_string(number);
      why.append(" of the headers file ").append(file).append(" ").append(fault);
      return std::nullopt;
    }
    if (headers.size() == kMostHeaders) {
      why = "the headers file " + file + " has more than " + std::to_string(kMostHeaders) +
            " headers";
      return std::nullopt;
    }
    headers.emplace_back(name).append(": ").append(value);
  }
  return headers;
}

}  // namespace goxel_telemetry::http_bridge::otlp
