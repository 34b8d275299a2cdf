// SPDX-License-Identifier: GPL-3.0-or-later
#include "http-bridge/stream/handshake.h"

#include <openssl/evp.h>

#include <algorithm>
#include <string_view>
#include <utility>

#include "http-bridge/field_text.h"
#include "http-bridge/reply.h"

namespace goxel_telemetry::http_bridge {
namespace {

constexpr std::string_view kTokenPrefix = "goxel-telemetry.token.";
constexpr std::size_t kMostEncodedBytes = 2048;

// Empty if it is not valid.
std::string decoded(std::string text) {
  if (text.size() > kMostEncodedBytes ||
      text.find_first_of("+/=") != std::string::npos) {  // of base64, not of base64url
    return {};
  }
  std::replace(text.begin(), text.end(), '-', '+');
  std::replace(text.begin(), text.end(), '_', '/');
  const std::size_t padding = (4 - text.size() % 4) % 4;
  text.append(padding, '=');
  std::string bytes(text.size() / 4 * 3, '\0');
  const int size = EVP_DecodeBlock(reinterpret_cast<unsigned char*>(bytes.data()),
                                   reinterpret_cast<const unsigned char*>(text.data()),
                                   static_cast<int>(text.size()));
  if (size < 0 || padding > 2) return {};
  bytes.resize(static_cast<std::size_t>(size) - padding);
  return bytes;
}

}  // namespace

StreamProtocol chosen_protocol(const RequestHead& request) {
  std::string_view offered = request.websocket_protocols;
  while (!offered.empty()) {
    const std::string_view name = take_part(offered, ',');
    if (name == "goxel-telemetry.v1") return {std::string(name), documents::StreamEncoding::json};
    if (name == "goxel-telemetry.v1.msgpack")
      return {std::string(name), documents::StreamEncoding::msgpack};
  }
  return {};
}

std::string presented_authorization(const RequestHead& request) {
  if (!request.authorization.empty()) return request.authorization;
  std::string_view offered = request.websocket_protocols;
  while (!offered.empty()) {
    const std::string_view name = take_part(offered, ',');
    if (name.starts_with(kTokenPrefix))
      return "Bearer " + decoded(std::string(name.substr(kTokenPrefix.size())));
  }
  return {};
}

std::shared_ptr<const Response> refused_stream(const Access& access, const RequestHead& request) {
  const auto refused = [](Response response) {
    return std::make_shared<const Response>(std::move(response));
  };
  Request asked{
      request.method, kStreamPath, {}, "", request.host, presented_authorization(request)};
  if (auto why = refuse_access(access, asked)) return refused(std::move(*why));
  if (!access.origin_allowed(request.origin, request.host))
    return refused(error_reply(403, "A page of another origin may not have the stream."));
  if (request.websocket_version != "13" || request.websocket_key.empty()) {
    return refused(
        error_reply(400, "This bridge speaks WebSocket by RFC 6455: version 13, with a key."));
  }
  return nullptr;
}

Response stream_is_a_websocket() {
  Response response =
      error_reply(426, "The stream is a WebSocket; /api/v1/snapshot has its documents one by one.");
  response.upgrades = true;
  return response;
}

}  // namespace goxel_telemetry::http_bridge
