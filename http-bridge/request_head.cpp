// SPDX-License-Identifier: GPL-3.0-or-later
#include "http-bridge/request_head.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "http-bridge/field_text.h"

namespace goxel_telemetry::http_bridge {
namespace {

constexpr std::string_view kLineEnd = "\r\n";

// A character of a method or a field's name.
bool is_token_char(char c) {
  return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
         std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
}

bool is_token(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), is_token_char);
}

bool is_control(char c) {
  return (c >= 0 && c < ' ') || c == '\x7f';
}

bool list_has(std::string_view list, std::string_view name) {
  while (!list.empty()) {
    if (same_name(take_part(list, ','), name)) return true;
  }
  return false;
}

// A field whose value is a list may come in several lines.
void append_to_list(std::string& list, std::string_view value) {
  list.append(list.empty() ? "" : ", ").append(value);
}

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

bool is_hex_digit(char c) {
  return is_digit(c) || (c >= 'A' && c <= 'F') || (c >= 'a' && c <= 'f');
}

bool is_number(std::string_view text) {
  return std::all_of(text.begin(), text.end(), is_digit);
}

// Whether a part of a URI has only characters that may stand there: `others` beside those that may
// stand everywhere, and whole escapes (%2F).
bool is_uri_text(std::string_view text, std::string_view others) {
  constexpr std::string_view kEverywhere = "-._~!$&'()*+,;=";
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%') {
      if (i + 2 >= text.size() || !is_hex_digit(text[i + 1]) || !is_hex_digit(text[i + 2]))
        return false;
      i += 2;
      continue;
    }
    const bool is_letter = (text[i] >= 'A' && text[i] <= 'Z') || (text[i] >= 'a' && text[i] <= 'z');
    if (!is_letter && !is_digit(text[i]) && kEverywhere.find(text[i]) == std::string_view::npos &&
        others.find(text[i]) == std::string_view::npos) {
      return false;
    }
  }
  return true;
}

// "localhost", "127.0.0.1:9464", "[::1]:9464"
bool is_host(std::string_view text) {
  std::string_view name = text;
  std::string_view rest;
  if (text.starts_with('[')) {
    const std::size_t end = text.find(']');
    if (end == std::string_view::npos) return false;
    name = text.substr(1, end - 1);
    rest = text.substr(end + 1);
    if (!std::all_of(name.begin(), name.end(),
                     [](char c) { return is_hex_digit(c) || c == ':' || c == '.'; })) {
      return false;
    }
  } else if (const std::size_t colon = text.find(':'); colon != std::string_view::npos) {
    name = text.substr(0, colon);
    rest = text.substr(colon);
  }
  if (!rest.empty() && (rest[0] != ':' || !is_number(rest.substr(1)))) return false;
  return !name.empty() && (text[0] == '[' || is_uri_text(name, ""));
}

constexpr RefusedHead kNoRequestLine{400, "The first line is no request line."};
constexpr RefusedHead kBadTarget{400, "The request's target is not valid."};
constexpr RefusedHead kBadHost{400, "A request has one valid Host."};
constexpr RefusedHead kBadField{400, "A field of the request is not valid."};
constexpr RefusedHead kBadLength{400, "Where the request ends could be understood in two ways."};
constexpr RefusedHead kBadVersion{505, "This bridge speaks HTTP/1.1."};
constexpr RefusedHead kUnknownMethod{501, "This method is not known here."};
constexpr RefusedHead kUnknownExpectation{417, "Only 100-continue can be expected."};
constexpr RefusedHead kOtherMethod{405, "Only GET and HEAD are answered here."};

bool is_known_method(std::string_view method) {
  constexpr std::array<std::string_view, 9> kMethods = {
      "GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH"};
  return std::find(kMethods.begin(), kMethods.end(), method) != kMethods.end();
}

// Of `head`: method, target, and host if the target names it. Null if all is well.
const RefusedHead* read_target(std::string_view target, RequestHead& head) {
  if (head.method == "CONNECT") return is_host(target) ? &kOtherMethod : &kBadTarget;
  if (target == "*") return head.method == "OPTIONS" ? &kOtherMethod : &kBadTarget;
  constexpr std::string_view kScheme = "http://";
  if (same_name(target.substr(0, kScheme.size()), kScheme)) {
    target.remove_prefix(kScheme.size());
    const std::string_view host = target.substr(0, target.find_first_of("/?"));
    if (!is_host(host)) return &kBadTarget;
    head.host = host;
    target.remove_prefix(host.size());
    if (!target.starts_with('/')) head.target = "/";
  } else if (!target.starts_with('/')) {
    return &kBadTarget;
  }
  if (!is_uri_text(target, ":@/?[]")) return &kBadTarget;
  head.target += target;
  return nullptr;
}

// "GET /metrics HTTP/1.1", with one space between the three. Null if all is well.
const RefusedHead* read_request_line(std::string_view line, RequestHead& head, bool& is_1_0) {
  const std::size_t target = line.find(' ') + 1;
  const std::size_t version = line.rfind(' ') + 1;
  if (target == 0 || version <= target + 1) return &kNoRequestLine;
  head.method = line.substr(0, target - 1);
  const std::string_view protocol = line.substr(version);
  if (!is_token(head.method) || protocol.size() != 8 || !protocol.starts_with("HTTP/") ||
      !is_digit(protocol[5]) || protocol[6] != '.' || !is_digit(protocol[7])) {
    return &kNoRequestLine;
  }
  if (protocol[5] != '1') return &kBadVersion;
  is_1_0 = protocol[7] == '0';
  if (!is_known_method(head.method)) return &kUnknownMethod;
  return read_target(line.substr(target, version - 1 - target), head);
}

// What the fields say that are not passed on.
struct Framing {
  bool has_host = false;
  bool has_origin = false;
  bool has_length = false;
  bool has_coding = false;
  bool closes = false;
  bool connection_upgrades = false;
  bool upgrades_to_websocket = false;
};

// Null if all is well.
const RefusedHead* read_field(std::string_view line, RequestHead& head, Framing& framing) {
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos) return &kBadField;
  const std::string_view name = line.substr(0, colon);
  const std::string_view value = trimmed(line.substr(colon + 1));
  if (!is_token(name)) return &kBadField;
  if (std::any_of(value.begin(), value.end(), [](char c) { return is_control(c) && c != '\t'; }))
    return &kBadField;

  if (same_name(name, "Host")) {
    if (std::exchange(framing.has_host, true) || !is_host(value)) return &kBadHost;
    if (head.host.empty()) head.host = value;  // else the target named it, which counts
  } else if (same_name(name, "Accept")) {
    append_to_list(head.accept, value);
  } else if (same_name(name, "Accept-Encoding")) {
    append_to_list(head.accept_encoding, value);
  } else if (same_name(name, "If-None-Match")) {
    append_to_list(head.if_none_match, value);
  } else if (same_name(name, "Authorization")) {
    if (!head.authorization.empty()) return &kBadField;
    head.authorization = value;
  } else if (same_name(name, "Origin")) {
    if (std::exchange(framing.has_origin, true)) return &kBadField;
    head.origin = value;
  } else if (same_name(name, kRequestedMethodField)) {
    head.requested_method = value;
  } else if (same_name(name, kPrivateNetworkField)) {
    head.private_network = value;
  } else if (same_name(name, "Content-Type")) {
    if (!head.content_type.empty()) return &kBadField;
    head.content_type = value;
  } else if (same_name(name, "Content-Encoding")) {
    append_to_list(head.content_encoding, value);
  } else if (same_name(name, "Expect")) {
    if (!same_name(value, "100-continue")) return &kUnknownExpectation;
    head.expects_continue = true;
  } else if (same_name(name, "Content-Length")) {
    constexpr std::size_t kMostDigits = 18;
    if (std::exchange(framing.has_length, true) || value.empty() || value.size() > kMostDigits ||
        !is_number(value)) {
      return &kBadLength;
    }
    if (value != "0") head.announces_body = true;
    std::from_chars(value.data(), value.data() + value.size(), head.body_bytes);
  } else if (same_name(name, "Transfer-Encoding")) {
    if (std::exchange(framing.has_coding, true) || !same_name(value, "chunked")) return &kBadLength;
    head.announces_body = head.is_chunked = true;
  } else if (same_name(name, "Connection")) {
    if (list_has(value, "close")) framing.closes = true;
    if (list_has(value, "Upgrade")) framing.connection_upgrades = true;
  } else if (same_name(name, "Upgrade")) {
    if (list_has(value, "websocket")) framing.upgrades_to_websocket = true;
  } else if (same_name(name, "Sec-WebSocket-Key")) {
    if (!head.websocket_key.empty()) return &kBadField;
    head.websocket_key = value;
  } else if (same_name(name, "Sec-WebSocket-Version")) {
    if (!head.websocket_version.empty()) return &kBadField;
    head.websocket_version = value;
  } else if (same_name(name, "Sec-WebSocket-Protocol")) {
    append_to_list(head.websocket_protocols, value);
  }
  return nullptr;
}

}  // namespace

std::size_t head_size(std::string_view received, std::size_t scanned) {
  // An empty line after a bare LF ends a head, too: it is to be refused at once, not waited for.
  const std::size_t begin = scanned < 2 ? 0 : scanned - 2;
  for (std::size_t end = received.find('\n', begin); end != std::string_view::npos;
       end = received.find('\n', end + 1)) {
    const std::string_view rest = received.substr(end + 1);
    if (rest.starts_with("\n")) return end + 2;
    if (rest.starts_with("\r\n")) return end + 3;
  }
  return 0;
}

std::variant<RequestHead, RefusedHead> parse_request_head(std::string_view head) {
  const auto next_line = [&head] {
    const std::size_t end = head.find(kLineEnd);
    const std::string_view line = head.substr(0, end);
    head.remove_prefix(std::min(line.size() + kLineEnd.size(), head.size()));
    return line;
  };
  RequestHead result;
  bool is_1_0 = false;
  if (const RefusedHead* refused = read_request_line(next_line(), result, is_1_0)) return *refused;
  Framing framing;
  for (std::string_view line = next_line(); !line.empty(); line = next_line()) {
    if (const RefusedHead* refused = read_field(line, result, framing)) return *refused;
  }
  if (framing.has_coding && (framing.has_length || is_1_0)) return kBadLength;
  if (!framing.has_host && !is_1_0) return kBadHost;
  result.keep_alive = !is_1_0 && !framing.closes;
  result.upgrades = !is_1_0 && framing.connection_upgrades && framing.upgrades_to_websocket;
  return result;
}

std::string essential_bytes(const RequestHead& head) {
  std::string bytes = head.method + ' ' + head.target + " HTTP/1.1\r\n";
  const auto add = [&bytes](std::string_view name, const std::string& value) {
    if (!value.empty()) bytes.append(name).append(": ").append(value).append(kLineEnd);
  };
  add("Host", head.host);
  add("Accept", head.accept);
  add(kAcceptEncodingField, head.accept_encoding);
  add("If-None-Match", head.if_none_match);
  add("Authorization", head.authorization);
  add("Origin", head.origin);
  add(kRequestedMethodField, head.requested_method);
  add(kPrivateNetworkField, head.private_network);
  return bytes + "Connection: close\r\n\r\n";
}

}  // namespace goxel_telemetry::http_bridge
