// SPDX-License-Identifier: GPL-3.0-or-later
#include "viewer-qt/models/records.h"

#include <QCoreApplication>
#include <algorithm>
#include <cmath>

#include "metrics/tally/outcomes.h"
#include "metrics/text/format.h"
#include "viewer-qt/models/shown.h"

namespace goxel_telemetry::viewer {
namespace {

QString tr(const char* text) {
  return QCoreApplication::translate("Records", text);
}

QString count(std::uint64_t number) {
  return QString::fromStdString(metrics::format_count(number));
}

QString duration(std::uint64_t ns) {
  return QString::fromStdString(metrics::format_duration(static_cast<double>(ns)));
}

// So many values cannot tell finer shares apart.
int decimals(std::uint64_t among) {
  if (among < 1'000) return 0;
  return among < 100'000 ? 1 : 2;
}

QString percent(const metrics::Rank& rank) {
  const double step = std::pow(10.0, decimals(rank.among));
  constexpr double kRounding = 1e-9;  // 0.99 is, as a double, a little less
  const double shown = std::floor(rank.slower_than * 100 * step + kRounding) / step;
  return QString::number(shown, 'f', decimals(rank.among)) + QStringLiteral(" %");
}

std::optional<theme::Ink> ink_of(metrics::Layer layer) {
  return static_cast<theme::Ink>(static_cast<int>(theme::Ink::mcp_client) +
                                 static_cast<int>(layer));
}

ShownSpan shown_span(const metrics::TracedSpan& span, std::uint64_t begin_ns,
                     const Ranking& ranking) {
  ShownSpan one;
  const char* const layer = metrics::kLayerNames[static_cast<std::size_t>(span.layer)];
  one.key = {span.stack, "", layer, span.operation};
  one.layer = QString::fromLatin1(layer);
  one.ink = ink_of(span.layer);
  one.operation = shown(span.operation);
  one.status = shown(span.status);
  one.failed = span.status != metrics::to_string(shm::Status::ok) &&
               span.status != metrics::to_string(shm::Status::notification);
  one.start_ns = span.start_ns - begin_ns;
  one.duration_ns = span.duration_ns;
  one.own_ns = span.own_ns;
  one.depth = span.depth;
  one.error_us = span.error_us;
  if (ranking) one.rank = ranking(one.key, span.duration_ns);
  return one;
}

ShownSpan alone(const metrics::NamedRecord& record, const Ranking& ranking) {
  ShownSpan one;
  one.key = {record.stack, "", record.layer, record.operation};
  one.layer = shown(record.layer);
  if (const auto layer = metrics::layer_named(record.layer)) one.ink = ink_of(*layer);
  one.operation = shown(record.operation);
  one.duration_ns = one.own_ns = record.duration_ns;
  if (ranking) one.rank = ranking(one.key, record.duration_ns);
  return one;
}

bool is_of(const metrics::TracedSpan& span, const metrics::NamedRecord& record) {
  return span.start_ns == record.start_ns && span.operation == record.operation &&
         metrics::kLayerNames[static_cast<std::size_t>(span.layer)] == record.layer;
}

QString slot_text(std::uint64_t seconds) {
  seconds = std::max(metrics::RecordLog::kSlotSeconds, seconds);
  return seconds < 120 ? tr("%1 s").arg(seconds) : tr("%1 min").arg((seconds + 59) / 60);
}

QString incomplete(const RecordList& list) {
  if (list.range.begin_ns >= list.complete_from_ns) return {};
  const QString time =
      list.range.end_ns <= list.complete_from_ns
          ? tr("Of this time")
          : tr("Of the time before %1")
                .arg(QString::fromStdString(metrics::format_date_time(list.complete_from_ns)));
  return tr("%1, only the %2 slowest of each operation in every %3 are still known.")
      .arg(time)
      .arg(metrics::RecordLog::kOfEach)
      .arg(slot_text(list.widest_slot_seconds));
}

}  // namespace

QString status_text(const metrics::NamedRecord& record) {
  QString status = QString::fromLatin1(metrics::to_string(record.status));
  if (record.error == shm::ErrorCode::none) return status;
  if (record.error == shm::ErrorCode::tool) return tr("error of the tool");
  const auto code = shm::json_rpc_code(record.error);
  return code ? QStringLiteral("%1 %2").arg(status).arg(*code) : status;
}

QString rank_text(const metrics::Rank& rank) {
  if (rank.slowest) return tr("slowest of %1").arg(count(rank.among));
  return tr("slower than %1").arg(percent(rank));
}

QString rank_sentence(const metrics::Rank& rank) {
  if (rank.slowest) return tr("none of %1 is slower").arg(count(rank.among));
  return tr("slower than %1 of %2").arg(percent(rank), count(rank.among));
}

QString sentence(const RecordList& list) {
  const bool slowest = list.order == RecordOrder::slowest_first;
  const std::uint64_t rows = list.rows.size();
  QString said;
  if (list.matched == 0) {
    said = list.range.begin_ns < list.complete_from_ns
               ? tr("None of the requests that are still known is of this selection.")
               : tr("No request is of this selection.");
  } else if (rows < list.matched) {
    said = (slowest ? tr("The %1 slowest of %2 requests.") : tr("The %1 newest of %2 requests."))
               .arg(count(rows), count(list.matched));
  } else if (rows == 1) {
    said = tr("One request.");
  } else {
    said = (slowest ? tr("%1 requests, the slowest first.") : tr("%1 requests, the newest first."))
               .arg(count(rows));
  }
  const QString more = incomplete(list);
  return more.isEmpty() ? said : said + QLatin1Char(' ') + more;
}

ShownTrace shown_trace(const metrics::FoundRecord& found_record,
                       std::span<const metrics::TracedOperation> found, const Ranking& ranking) {
  const metrics::NamedRecord& record = found_record.record;
  ShownTrace trace;
  trace.number = found_record.number;
  trace.outside = OutsideTimes{0, record.receive_ns, record.wait_ns, record.send_ns};
  std::uint64_t left_out = 0;
  for (const metrics::TracedOperation& operation : found) {
    const auto own = std::find_if(operation.spans.begin(), operation.spans.end(),
                                  [&](const metrics::TracedSpan& s) { return is_of(s, record); });
    if (own == operation.spans.end()) continue;
    for (const metrics::TracedSpan& span : operation.spans) {
      trace.spans.push_back(shown_span(span, operation.start_ns, ranking));
    }
    trace.outside->span = static_cast<std::size_t>(own - operation.spans.begin());
    left_out = operation.spans_left_out;
    break;
  }
  if (trace.spans.empty()) trace.spans.push_back(alone(record, ranking));
  // The record says more of how it ended than a span does.
  ShownSpan& own = trace.spans[trace.outside->span];
  own.status = status_text(record);
  own.failed = metrics::is_failure(record.status);

  if (record.trace_id == 0) {
    trace.note = tr("It carried no trace id: what other layers did for it is not known.");
  } else if (trace.spans.size() == 1) {
    trace.note = tr("Other layers reported no span with its trace id, or it is no longer kept.");
  } else if (left_out != 0) {
    trace.note = tr("%1 more spans, which begin later, are left out.").arg(count(left_out));
  }
  const std::uint64_t end_ns = record.start_realtime_ns + record.duration_ns;
  trace.title = tr("%1, %2, ended %3")
                    .arg(own.operation, duration(record.duration_ns),
                         QString::fromStdString(metrics::format_date_time(end_ns)));
  if (record.trace_id != 0) {
    trace.title =
        tr("%1, trace …%2")
            .arg(trace.title, QStringLiteral("%1").arg(record.trace_id, 16, 16, QLatin1Char('0')));
  }
  return trace;
}

}  // namespace goxel_telemetry::viewer
