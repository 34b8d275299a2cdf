// SPDX-License-Identifier: GPL-3.0-or-later
#include "http-bridge/representation.h"

#include <xxhash.h>

#include <cstdint>
#include <string_view>
#include <utility>

#include "documents/document.h"
#include "http-bridge/accept.h"
#include "http-bridge/field_text.h"

namespace goxel_telemetry::http_bridge {
namespace {

// An answer that fits into a packet with its head arrives no sooner if it is shorter.
constexpr std::size_t kPacket = 1400;

std::string_view without_weakness(std::string_view tag) {
  if (tag.starts_with("W/")) tag.remove_prefix(2);
  return tag;
}

}  // namespace

// Weak, so that it is the same for all codings.
void add_tag(Response& response) {
  if (response.status != 200 || !response.tag.empty()) return;
  const std::uint64_t hash = XXH3_64bits(response.body.data(), response.body.size());
  response.tag = "W/\"" + documents::hexadecimal(hash) + '"';
}

bool takes_gzip(const Request& request) {
  return prefers(request.accept_encoding, "gzip", "identity");
}

Response compressed(const Response& response, Effort effort) {
  const std::size_t least_saved = effort == Effort::most ? 1 : kPacket;
  if (response.status != 200 || response.body.size() <= least_saved ||
      response.body.size() > UINT32_MAX)
    return response;
  std::string body = gzip(response.body, effort);
  if (body.empty() || body.size() + least_saved > response.body.size()) return response;
  Response shorter;
  shorter.status = response.status;
  shorter.content_type = response.content_type;
  shorter.body = std::move(body);
  shorter.is_gzip = true;
  shorter.tag = response.tag;
  shorter.cross_origin = response.cross_origin;
  return shorter;
}

bool is_known(const Request& request, const Response& response) {
  if (response.status != 200 || response.tag.empty()) return false;
  std::string_view known = request.if_none_match;
  if (trimmed(known) == "*") return true;
  while (!known.empty()) {  // our tags have no comma
    if (without_weakness(take_part(known, ',')) == without_weakness(response.tag)) return true;
  }
  return false;
}

Response not_modified(const Response& response) {
  Response short_answer;
  short_answer.status = 304;
  short_answer.content_type = response.content_type;
  short_answer.is_gzip = response.is_gzip;
  short_answer.tag = response.tag;
  short_answer.cross_origin = response.cross_origin;
  short_answer.left_out_bytes = response.body.size();
  return short_answer;
}

Response represented(const Request& request, Response response) {
  add_tag(response);
  if (takes_gzip(request)) response = compressed(response);
  return is_known(request, response) ? not_modified(response) : response;
}

}  // namespace goxel_telemetry::http_bridge
