// SPDX-License-Identifier: GPL-3.0-or-later
// Records as the page of records shows them: finished values, and what is said about them.
#pragma once

#include <QString>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "metrics/layers/traced_operation.h"
#include "metrics/live/record_log.h"
#include "metrics/tally/rank.h"
#include "viewer-qt/selection.h"
#include "viewer-qt/theme.h"

namespace goxel_telemetry::viewer {

using RecordOrder = metrics::RecordQuery::Order;

struct RankedRecord {
  metrics::FoundRecord found;
  std::optional<metrics::Rank> rank;  // among its own operation's
};

// The answer to one question. Two lists with the same selection and order answer the same question at different times.
struct RecordList {
  Selection selection;
  RecordOrder order = RecordOrder::slowest_first;
  metrics::TimeStretch
      range;  // that was looked at, CLOCK_REALTIME; the last one's end is now if it is live
  std::vector<RankedRecord> rows;
  // See FoundRecords.
  std::uint64_t matched = 0;
  std::uint64_t complete_from_ns = 0;
  std::uint64_t widest_slot_seconds = 0;

  bool answers_the_same(const RecordList& other) const {
    return selection == other.selection && order == other.order;
  }
};

// "The 50 slowest of 3,412 requests.", and from when on that is all.
QString sentence(const RecordList& list);

// One bar of a waterfall.
struct ShownSpan {
  metrics::OperationKey key;  // as it is named, for a selection; a span does not know its protocol
  QString layer;
  std::optional<theme::Ink> ink;  // none: of a layer that is not known
  QString operation;
  QString status;  // "ok", "error -32601"
  bool failed = false;
  std::uint64_t start_ns = 0;  // after the operation's start
  std::uint64_t duration_ns = 0;
  std::uint64_t own_ns = 0;  // that no span below it covers
  std::uint32_t depth = 0;
  std::uint16_t error_us = 0;  // of both ends
  std::optional<metrics::Rank> rank;
};

// What a record knows of its request outside of the span: first it was received, then it waited; after the span the answer
// was sent.
struct OutsideTimes {
  std::size_t span = 0;  // whose record it is
  std::uint64_t receive_ns = 0;
  std::uint64_t wait_ns = 0;
  std::uint64_t send_ns = 0;
};

struct ShownTrace {
  std::uint64_t number = 0;  // of the record that was chosen
  QString title;
  std::vector<ShownSpan> spans;  // in the order of a tree; not empty
  std::optional<OutsideTimes> outside;
  QString note;  // why there is no more to see; may be empty
};

// A span's rank among its own operation's, in its own layer. The key's protocol is empty.
using Ranking = std::function<std::optional<metrics::Rank>(const metrics::OperationKey& key,
                                                           std::uint64_t duration_ns)>;

// A record with its trace. `found`: the operations of its trace id; the one that the record is in is shown. If it is in
// none, the record is shown alone.
ShownTrace shown_trace(const metrics::FoundRecord& record,
                       std::span<const metrics::TracedOperation> found, const Ranking& ranking);

// "slower than 99.2 %", "slowest of 3,412"; rounded down, and with no more digits than so many have.
QString rank_text(const metrics::Rank& rank);
// "slower than 99.2 % of 3,412"
QString rank_sentence(const metrics::Rank& rank);

// "ok", "error -32601", "unanswered"
QString status_text(const metrics::NamedRecord& record);

}  // namespace goxel_telemetry::viewer
