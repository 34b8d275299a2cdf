// SPDX-License-Identifier: GPL-3.0-or-later
// One reader of records, who gets what is new to it: whoever polls, waits, or subscribes to them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>

#include "http-bridge/records/record_cursor.h"
#include "http-bridge/records/record_source.h"
#include "http-bridge/routes.h"
#include "metrics/live/record_feed.h"

namespace goxel_telemetry::http_bridge {

inline constexpr const char* kRecordsPath = "/api/v1/records";
inline constexpr std::size_t kMostRecords = 1'000;  // in an answer

// What a request for records asks. All of it is checked.
struct RecordQuery {
  std::string instance;  // empty: the only one
  metrics::RecordFilter filter;
  // Where to begin; nothing: with the last ones.
  struct Now {};
  struct Oldest {};
  std::variant<std::monostate, Now, Oldest, RecordCursor> from;
  std::size_t most = 100;
  std::uint32_t wait_seconds = 0;  // for a record, if there is none
};
std::variant<RecordQuery, Response> parse_record_query(const Request& request);

// Not thread-safe.
class RecordReading {
 public:
  RecordReading(std::shared_ptr<RecordSource> source, RecordQuery query, std::string accept);

  // What is new since the last answer; null if nothing is, or if its source is not ready. If it is `asked`, an answer that says so.
  std::shared_ptr<const Response> next(bool asked);

 private:
  void begin();
  Response answer(const metrics::RecordFeed::Passage& passage,
                  std::optional<std::uint64_t> missed) const;

  const std::shared_ptr<RecordSource> source_;
  const RecordQuery query_;
  const std::string accept_;
  const std::string name_;              // the same for all readers of the source who want the same
  std::optional<std::uint64_t> place_;  // in the source's feed
  // The cursor was of another source, so that it cannot be known what is missing. Until that was said.
  bool goes_on_by_time_ = false;
};

}  // namespace goxel_telemetry::http_bridge
