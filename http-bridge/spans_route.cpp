// SPDX-License-Identifier: GPL-3.0-or-later
#include "http-bridge/spans_route.h"

#include <strings.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <optional>
#include <utility>

#include "documents/spans_document.h"
#include "http-bridge/parameters.h"
#include "http-bridge/reply.h"
#include "shm/clock.h"

namespace goxel_telemetry::http_bridge {
namespace {

constexpr std::chrono::milliseconds kBeat{500};
constexpr std::uint64_t kLongestBeforeFirst = 10'000'000'000;

// A page in a browser can post anywhere, but not with these types, unless the bridge allowed it.
std::optional<documents::BatchEncoding> encoding_of(std::string_view content_type) {
  const std::string_view type = content_type.substr(0, content_type.find_first_of("; \t"));
  const auto is = [type](std::string_view name) {
    return type.size() == name.size() && ::strncasecmp(type.data(), name.data(), name.size()) == 0;
  };
  if (is(documents::kJsonType)) return documents::BatchEncoding::json;
  if (is(documents::kMsgpackType)) return documents::BatchEncoding::msgpack;
  return std::nullopt;
}

// Spans have ended by the time when the first batch comes. What is much older waited for a bridge: that is no time
// in which all that happened is there.
std::uint64_t began(const documents::SpanBatch& batch, std::uint64_t now_ns) {
  std::uint64_t began_ns = now_ns;
  for (const documents::ReportedSpan& span : batch.spans) {
    began_ns = std::min(began_ns, span.start_ns);
  }
  return std::max(began_ns, now_ns - std::min(now_ns, kLongestBeforeFirst));
}

Response later(int status, std::string sentence) {
  Response response = sentence_reply(status, std::move(sentence));
  response.retry_after_seconds = 1;
  return response;
}

}  // namespace

Response spans_are_posted() {
  Response refused = error_reply(405, "Spans are posted here.");
  refused.allowed_methods = "POST";
  return refused;
}

Response refuse_all_but_spans(const Request& request) {
  if (request.method != "POST" && request.path == kSpansPath) return spans_are_posted();
  return error_reply(404, "Nothing but POST /api/v1/spans is answered on this socket.");
}

SpansRoute::SpansRoute(SharedAccess access, std::function<bool(const std::string&)> is_watched)
    : access_(std::move(access)),
      is_watched_(std::move(is_watched)),
      beating_([this](const std::stop_token& stop) { beat(stop); }) {}

Response SpansRoute::answer(const Request& request) {
  const auto access = access_.get();
  if (auto refused = refuse_access(*access, request)) return *std::move(refused);
  if (!access->origin_allowed(request.origin, request.host)) {
    return error_reply(403, "A page of another origin may not report spans here.");
  }
  return answer_admitted(request);
}

Response SpansRoute::answer_admitted(const Request& request) {
  const auto encoding = encoding_of(request.content_type);
  if (!encoding) {
    return error_reply(415, "Send spans as application/json or application/msgpack.");
  }
  if (!request.content_encoding.empty()) {
    return error_reply(415, "Send spans as they are: no compressed body is read.");
  }
  const std::uint64_t now_ns = shm::monotonic_ns();
  auto decoded = documents::decode_span_batch(request.body, *encoding, now_ns);
  if (auto* why = std::get_if<std::string>(&decoded)) return sentence_reply(400, std::move(*why));
  return take(request, std::get<documents::SpanBatch>(decoded), now_ns);
}

Response SpansRoute::take(const Request& request, const documents::SpanBatch& batch,
                          std::uint64_t now_ns) {
  if (!is_watched_(batch.instance)) {
    return later(503, "there is no daemon of the instance " + http_bridge::quoted(batch.instance) +
                          " here yet");
  }
  const std::scoped_lock lock(mutex_);
  std::string why;
  LayersSegment* const segment = segment_of(batch, now_ns, why);
  if (segment == nullptr) return later(503, "spans cannot be taken: " + why);
  if (listener_) listener_(batch);
  const LayersSegment::Outcome outcome = segment->take(batch, now_ns);
  if (outcome == LayersSegment::Outcome::too_many) {
    return later(429, "this source reports more than " +
                          std::to_string(LayersSegment::kMostSpansPerSecond) + " spans a second");
  }
  const bool duplicate = outcome == LayersSegment::Outcome::duplicate;
  return document_reply(request,
                        documents::SpansDocument{duplicate ? 0 : batch.spans.size(), duplicate,
                                                 batch.refused_count, batch.refused});
}

LayersSegment* SpansRoute::segment_of(const documents::SpanBatch& batch, std::uint64_t now_ns,
                                      std::string& why) {
  const auto known = segments_.find(batch.instance);
  if (known != segments_.end() && !known->second.segment->was_removed()) {
    known->second.used_ns = now_ns;
    return known->second.segment.get();
  }
  if (known == segments_.end() && segments_.size() == kMostSegments) {
    segments_.erase(std::min_element(
        segments_.begin(), segments_.end(),
        [](const auto& a, const auto& b) { return a.second.used_ns < b.second.used_ns; }));
  }
  const std::uint64_t began_ns = began(batch, now_ns);
  auto made = known == segments_.end()
                  ? LayersSegment::create(batch.instance, began_ns, why)
                  : LayersSegment::create_again(*known->second.segment, began_ns, why);
  if (made == nullptr) return nullptr;
  Place& place = segments_[batch.instance];
  place = {std::move(made), now_ns};
  return place.segment.get();
}

void SpansRoute::beat(const std::stop_token& stop) {
  std::condition_variable_any stopped;
  std::unique_lock lock(mutex_);
  while (!stop.stop_requested()) {
    for (auto& [instance, place] : segments_) place.segment->beat(shm::monotonic_ns());
    stopped.wait_for(lock, stop, kBeat, [] { return false; });
  }
}

}  // namespace goxel_telemetry::http_bridge
