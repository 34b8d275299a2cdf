// SPDX-License-Identifier: GPL-3.0-or-later
#include "http-bridge/alerts/alerts_route.h"

#include <strings.h>

#include <algorithm>
#include <array>
#include <memory>
#include <optional>
#include <utility>
#include <variant>

#include "documents/alert_request.h"
#include "documents/alerts_document.h"
#include "http-bridge/alerts/alert_counts.h"
#include "http-bridge/parameters.h"
#include "http-bridge/reply.h"
#include "http-bridge/representation.h"
#include "metrics/alerts/alert_store.h"
#include "metrics/text/time_range.h"
#include "metrics/time.h"

namespace goxel_telemetry::http_bridge {
namespace {

using metrics::AlertQuery;
using metrics::AlertStore;
using metrics::HistoryOutcome;
using metrics::HistoryResult;

constexpr std::array<std::string_view, 5> kParameters = {"active", "instance", "from", "to",
                                                         "limit"};
constexpr const char* kJudgePath = "/api/v1/alerts/judge";
constexpr const char* kSilencePath = "/api/v1/alerts/silence";
constexpr const char* kUnsilencePath = "/api/v1/alerts/unsilence";

Response refusal(const HistoryResult& result) {
  return sentence_reply(result.outcome == HistoryOutcome::unknown ? 404 : 503, result.message);
}

// What is asked for; or the answer that says what is wrong with it.
std::variant<AlertQuery, Response> query_of(const Request& request, std::uint64_t now_realtime_ns) {
  AlertQuery query;
  if (const auto active = parameter(request, "active")) {
    if (*active != "true" && *active != "false")
      return sentence_reply(400, "active is true or false, not " + quoted(*active));
    query.only_active = *active == "true";
  }
  if (const auto limit = parameter(request, "limit")) {
    const auto most = whole_number(*limit, 1, metrics::kMostAnswered);
    if (!most) {
      return sentence_reply(400, "limit must be a number from 1 to " +
                                     std::to_string(metrics::kMostAnswered) + ", not " +
                                     quoted(*limit));
    }
    query.most = *most;
  }
  query.instance = parameter(request, "instance").value_or("");
  const auto from = parameter(request, "from");
  const auto to = parameter(request, "to");
  if (from || to) {
    const metrics::ParsedRange range =
        metrics::parse_range(from.value_or(""), to.value_or(""), now_realtime_ns);
    if (!range.why.empty()) return sentence_reply(400, range.why);
    query.begin_ns = range.range.begin_ns;
    query.end_ns = range.range.end_ns;
  }
  return query;
}

HistoryResult read(AlertStore& store, const AlertQuery& query, documents::AlertsDocument& document,
                   metrics::AlertAccuracy& accuracy) {
  const std::uint64_t now_ns = document.taken_realtime_ns;
  const std::uint64_t stretch_ns = document.accuracy.days * 86'400 * metrics::kNsPerSecond;
  HistoryResult result = store.list(query, document.alerts);
  if (result.done())
    result = store.accuracy(now_ns - std::min(now_ns, stretch_ns), UINT64_MAX, accuracy);
  if (result.done()) result = store.silences(now_ns, document.silences);
  if (result.done()) result = store.channels(document.channels);
  return result;
}

Response judge(const Request& request, AlertStore& store, std::uint64_t now_ns) {
  auto decoded = documents::decode_judgement(request.body);
  if (auto* why = std::get_if<std::string>(&decoded)) return sentence_reply(400, std::move(*why));
  const auto& asked = std::get<documents::JudgementRequest>(decoded);
  metrics::Alert alert;
  HistoryResult result = store.judge(asked.alert, asked.judgement, now_ns);
  if (result.done()) result = store.find(asked.alert, alert);
  if (!result.done()) return refusal(result);
  return document_reply(request, documents::AlertDocument{alert});
}

Response silence(const Request& request, AlertStore& store, std::uint64_t now_ns) {
  auto decoded = documents::decode_silence(request.body, now_ns);
  if (auto* why = std::get_if<std::string>(&decoded)) return sentence_reply(400, std::move(*why));
  auto& silence = std::get<metrics::Silence>(decoded);
  const HistoryResult result = store.silence(silence);
  if (!result.done()) return refusal(result);
  return document_reply(request, documents::SilenceDocument{silence});
}

Response unsilence(const Request& request, AlertStore& store, std::uint64_t now_ns) {
  auto decoded = documents::decode_silence_id(request.body);
  if (auto* why = std::get_if<std::string>(&decoded)) return sentence_reply(400, std::move(*why));
  const HistoryResult result = store.end_silence(std::get<std::int64_t>(decoded), now_ns);
  if (!result.done()) return refusal(result);
  return {200, documents::kJsonType, R"({"ended":true})"};
}

bool is_json(std::string_view content_type) {
  const std::string type(content_type.substr(0, content_type.find_first_of("; \t")));
  return ::strcasecmp(type.c_str(), documents::kJsonType) == 0;
}

}  // namespace

Response answer_alerts(const Request& request, const AlertSource& source,
                       std::uint64_t now_realtime_ns) {
  if (auto refused = refuse_parameters(request, "the alerts", kParameters)) return *refused;
  const auto query = query_of(request, now_realtime_ns);
  if (const auto* refused = std::get_if<Response>(&query)) return *refused;
  metrics::AlertAccuracy accuracy;
  documents::AlertsDocument document{now_realtime_ns,
                                     source.message(),
                                     to_string(source.keeping()),
                                     {},
                                     {AlertCounts::kAccuracyDays, accuracy},
                                     {},
                                     {}};
  HistoryResult result;
  const auto store = AlertStore::open(source.file, AlertStore::Mode::read, result);
  if (store != nullptr) result = read(*store, std::get<AlertQuery>(query), document, accuracy);
  if (!result.done()) return refusal(result);
  Response response = document_reply(request, document);
  // Who asks again knows it already, although it is later now.
  document.taken_realtime_ns = 0;
  Response timeless = document_reply(request, document);
  add_tag(timeless);
  response.tag = std::move(timeless.tag);
  return response;
}

std::vector<std::string> alert_post_paths() {
  return {kJudgePath, kSilencePath, kUnsilencePath};
}

bool is_alert_post_path(std::string_view path) {
  return path == kJudgePath || path == kSilencePath || path == kUnsilencePath;
}

Response answer_alert_post(const Access& access, const Request& request, const AlertSource& source,
                           std::uint64_t now_realtime_ns) {
  if (auto refused = refuse_access(access, request)) return *std::move(refused);
  if (!access.origin_allowed(request.origin, request.host))
    return error_reply(403, "A page of another origin may not say anything of alerts here.");
  if (!is_json(request.content_type) || !request.content_encoding.empty())
    return error_reply(415, "Send it as application/json, as it is.");
  HistoryResult result;
  const auto store = AlertStore::open(source.file, AlertStore::Mode::write, result);
  if (store == nullptr) return refusal(result);
  if (request.path == kJudgePath) return judge(request, *store, now_realtime_ns);
  if (request.path == kSilencePath) return silence(request, *store, now_realtime_ns);
  return unsilence(request, *store, now_realtime_ns);
}

}  // namespace goxel_telemetry::http_bridge
