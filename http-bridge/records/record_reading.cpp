// SPDX-License-Identifier: GPL-3.0-or-later
#include "http-bridge/records/record_reading.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "documents/record_document.h"
#include "http-bridge/parameters.h"
#include "http-bridge/reply.h"
#include "metrics/tally/outcomes.h"

namespace goxel_telemetry::http_bridge {
namespace {

constexpr std::array<std::string_view, 8> kParameters = {"instance", "operation", "layer", "stack",
                                                         "status",   "cursor",    "limit", "wait"};
constexpr std::uint32_t kLongestWaitSeconds = 30;

// Of records that end at the same time, one may be read before the other. When a reader goes on by time alone, it gets
// some again rather than none.
constexpr std::uint64_t kOverlapNs = 200'000'000;

std::optional<shm::Status> status_named(std::string_view name) {
  for (std::size_t i = 0; i < shm::kStatusCount; ++i) {
    if (name == metrics::to_string(static_cast<shm::Status>(i))) return static_cast<shm::Status>(i);
  }
  return std::nullopt;
}

}  // namespace

std::variant<RecordQuery, Response> parse_record_query(const Request& request) {
  if (auto refused = refuse_parameters(request, "records", kParameters)) return *refused;
  RecordQuery query;
  const auto text = [&request](const char* name) { return parameter(request, name).value_or(""); };
  query.instance = text("instance");
  query.filter.operation = text("operation");
  query.filter.layer = text("layer");
  query.filter.stack = text("stack");
  if (const auto asked = parameter(request, "status")) {
    query.filter.status = status_named(*asked);
    if (!query.filter.status) {
      return sentence_reply(400,
                            "status must be ok, error, unanswered, malformed, cancelled or "
                            "notification, not " +
                                quoted(*asked));
    }
  }
  if (const auto asked = parameter(request, "cursor")) {
    const auto cursor = parse_cursor(*asked);
    if (*asked == "now") {
      query.from = RecordQuery::Now{};
    } else if (*asked == "oldest") {
      query.from = RecordQuery::Oldest{};
    } else if (cursor) {
      query.from = *cursor;
    } else {
      return sentence_reply(
          400,
          "cursor must be that of an earlier answer, or now, or oldest, not " + quoted(*asked));
    }
  }
  if (const auto asked = parameter(request, "limit")) {
    const auto number = whole_number(*asked, 1, kMostRecords);
    if (!number) {
      return sentence_reply(400, "limit must be a number from 1 to " +
                                     std::to_string(kMostRecords) + ", not " + quoted(*asked));
    }
    query.most = *number;
  }
  if (const auto asked = parameter(request, "wait")) {
    const auto seconds = whole_number(*asked, 0, kLongestWaitSeconds);
    if (!seconds) {
      return sentence_reply(400, "wait must be a number of seconds from 0 to " +
                                     std::to_string(kLongestWaitSeconds) + ", not " +
                                     quoted(*asked));
    }
    query.wait_seconds = *seconds;
  }
  return query;
}

RecordReading::RecordReading(std::shared_ptr<RecordSource> source, RecordQuery query,
                             std::string accept)
    : source_(std::move(source)),
      query_(std::move(query)),
      accept_(std::move(accept)),
      name_(query_.filter.operation + '\n' + query_.filter.layer + '\n' + query_.filter.stack +
            '\n' + (query_.filter.status ? metrics::to_string(*query_.filter.status) : "") + '\n' +
            std::to_string(query_.most) + '\n' + accept_ + '\n') {}

// Not before the source is ready: the last ones of half a ring are none.
void RecordReading::begin() {
  const metrics::RecordFeed& feed = source_->feed();
  if (std::holds_alternative<RecordQuery::Now>(query_.from)) {
    place_ = feed.end();
  } else if (std::holds_alternative<RecordQuery::Oldest>(query_.from)) {
    place_ = feed.begin();
  } else if (const auto* cursor = std::get_if<RecordCursor>(&query_.from)) {
    goes_on_by_time_ = cursor->life != source_->life() || cursor->place > feed.end();
    place_ = goes_on_by_time_
                 ? feed.since(cursor->realtime_ns - std::min(cursor->realtime_ns, kOverlapNs))
                 : cursor->place;
  } else {
    place_ = feed.before_last(query_.most, query_.filter);
  }
}

std::shared_ptr<const Response> RecordReading::next(bool asked) {
  if (!source_->is_ready()) return nullptr;
  if (!place_) begin();
  const std::uint64_t from = *place_;
  auto passage = source_->feed().read(from, query_.filter, query_.most);
  place_ = passage.end;
  if (!asked && passage.records.empty() && passage.missed == 0) return nullptr;
  const bool by_time = std::exchange(goes_on_by_time_, false);
  return source_->shared(name_ + std::to_string(from) + (by_time ? " by time" : ""), [&] {
    return answer(passage, by_time ? std::nullopt : std::optional(passage.missed));
  });
}

Response RecordReading::answer(const metrics::RecordFeed::Passage& passage,
                               std::optional<std::uint64_t> missed) const {
  const metrics::Time& now = source_->swept();
  std::uint64_t reached_ns = now.realtime_ns;
  if (passage.end != source_->feed().end() && !passage.records.empty()) {
    const metrics::NamedRecord& last = passage.records.back();
    reached_ns = last.start_realtime_ns + last.duration_ns;
  }
  const documents::RecordsDocument document{now.realtime_ns,
                                            source_->message(),
                                            source_->instance(),
                                            to_text({source_->life(), passage.end, reached_ns}),
                                            missed,
                                            passage.records};
  Request request;
  request.accept = accept_;
  return document_reply(request, document);
}

}  // namespace goxel_telemetry::http_bridge
