// SPDX-License-Identifier: GPL-3.0-or-later
#include "http-bridge/history_route.h"

#include <algorithm>
#include <array>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "documents/history_document.h"
#include "http-bridge/parameters.h"
#include "http-bridge/reply.h"
#include "metrics/history/reader.h"
#include "metrics/text/time_range.h"

namespace goxel_telemetry::http_bridge {
namespace {

using metrics::HistoryOutcome;
using metrics::HistoryQuery;
using metrics::HistoryReader;
using metrics::HistoryResult;

constexpr std::array<std::string_view, 8> kParameters = {
    "instance", "operation", "stack", "layer", "protocol", "from", "to", "points"};
constexpr std::uint32_t kDefaultPoints = 100;

Response refusal(const HistoryResult& result) {
  return sentence_reply(result.outcome == HistoryOutcome::unknown ? 404 : 503, result.message);
}

}  // namespace

Response answer_history(const Request& request, const HistorySource& source,
                        std::uint64_t now_realtime_ns) {
  if (auto refused = refuse_parameters(request, "the history", kParameters)) return *refused;
  if (source.file.empty()) {
    return error_reply(404, "This bridge keeps no history: start it with --history FILE.");
  }
  HistoryQuery query;
  const auto asked_points = parameter(request, "points");
  const auto points = asked_points ? whole_number(*asked_points, 1, HistoryQuery::kMostPoints)
                                   : std::optional(kDefaultPoints);
  if (!points) {
    return sentence_reply(400, "points must be a number from 1 to " +
                                   std::to_string(HistoryQuery::kMostPoints) + ", not " +
                                   quoted(*asked_points));
  }
  query.points = *points;
  const metrics::ParsedRange range =
      metrics::parse_range(parameter(request, "from").value_or(""),
                           parameter(request, "to").value_or(""), now_realtime_ns);
  if (!range.why.empty()) return sentence_reply(400, range.why);
  query.range = range.range;
  query.range.end_ns = std::min(query.range.end_ns, now_realtime_ns);
  query.filter.operation = parameter(request, "operation");
  query.filter.stack = parameter(request, "stack");
  query.filter.protocol = parameter(request, "protocol");
  // A request counts once in every layer that it passes. The layer `daemon` sees every request, so
  // it is the default.
  query.filter.layer = parameter(request, "layer").value_or("daemon");

  HistoryResult result;
  const std::unique_ptr<HistoryReader> reader =
      HistoryReader::open(source.file, result, HistoryReader::kMostSteps, request.is_gone);
  if (reader == nullptr) return refusal(result);
  if (const auto instance = parameter(request, "instance")) {
    query.filter.instance = *instance;
  } else {
    std::vector<std::string> names;
    result = reader->instances(names);
    if (!result.done()) return refusal(result);
    if (names.size() > 1) {
      return sentence_reply(400,
                            "the history has several instances; choose one with ?instance=NAME");
    }
    if (names.empty()) return error_reply(404, "The history has no instance yet.");
    query.filter.instance = names.front();
  }
  metrics::HistoryAnswer answer;
  result = reader->query(query, answer);
  if (!result.done()) return refusal(result);
  return document_reply(
      request, documents::HistoryDocument{now_realtime_ns, source.message(), query.filter, answer});
}

}  // namespace goxel_telemetry::http_bridge
