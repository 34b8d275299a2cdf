// SPDX-License-Identifier: GPL-3.0-or-later
#include "viewer-qt/models/records_model.h"

#include <algorithm>
#include <cassert>
#include <unordered_set>
#include <utility>

#include "metrics/tally/outcomes.h"
#include "metrics/text/format.h"
#include "viewer-qt/models/shown.h"
#include "viewer-qt/theme.h"

namespace goxel_telemetry::viewer {
namespace {

constexpr std::size_t kMicrosecondDigits = 3;  // that a time has after its milliseconds

std::uint64_t end_ns(const metrics::NamedRecord& record) {
  return record.start_realtime_ns + record.duration_ns;
}

QString date_of(std::uint64_t realtime_ns) {
  return QString::fromStdString(metrics::format_date_time(realtime_ns)).left(10);
}

// "18:46:03.123", with the date if it is not that of the end of the time that is looked at.
QString time_text(std::uint64_t realtime_ns, std::uint64_t reference_ns) {
  std::string time = metrics::format_time_of_day(realtime_ns);
  time.erase(time.find('.') + 4, kMicrosecondDigits);
  const QString date = date_of(realtime_ns);
  const QString text = QString::fromStdString(time);
  return date == date_of(reference_ns) ? text : date + QLatin1Char(' ') + text;
}

QString duration(std::uint64_t ns) {
  return QString::fromStdString(metrics::format_duration(static_cast<double>(ns)));
}

// What was not measured is 0.
QString part(std::uint64_t ns) {
  return ns == 0 ? QStringLiteral("–") : duration(ns);
}

QString bytes(std::uint64_t count) {
  return QString::fromStdString(metrics::format_bytes(static_cast<double>(count)));
}

QVariant alignment(int column) {
  const bool is_number = column == RecordsModel::kDuration ||
                         (column >= RecordsModel::kWaited && column <= RecordsModel::kBytesOut);
  return QVariant((is_number ? Qt::AlignRight : Qt::AlignLeft) | Qt::AlignVCenter);
}

QString failed_text(const metrics::NamedRecord& record) {
  const QString status = status_text(record);
  return metrics::is_failure(record.status) ? QStringLiteral("✗ ") + status : status;
}

}  // namespace

void RecordsModel::show(RecordList list) {
  if (list_.answers_the_same(list)) {
    const auto date = [](const RecordList& l) { return date_of(l.range.end_ns); };
    const bool same_date = date(list_) == date(list);
    std::vector<RankedRecord> rows = std::exchange(list.rows, {});
    std::swap(list.rows, list_.rows);
    list_ = std::move(list);
    update(std::move(rows));
    if (!same_date && rowCount() > 0) {
      Q_EMIT dataChanged(index(0, kTime), index(rowCount() - 1, kTime));
    }
    return;
  }
  beginResetModel();
  list_ = std::move(list);
  endResetModel();
}

// Both are in the same order, so what stays does not move.
void RecordsModel::update(std::vector<RankedRecord> rows) {
  std::unordered_set<std::uint64_t> stay;
  for (const RankedRecord& row : rows) stay.insert(row.found.number);
  std::vector<RankedRecord>& shown_rows = list_.rows;
  for (int last = rowCount() - 1; last >= 0; --last) {
    const auto goes = [&](int i) { return !stay.contains(row(i).found.number); };
    if (!goes(last)) continue;
    int first = last;
    while (first > 0 && goes(first - 1)) --first;
    beginRemoveRows({}, first, last);
    shown_rows.erase(shown_rows.begin() + first, shown_rows.begin() + last + 1);
    endRemoveRows();
    last = first;
  }
  int first_changed = static_cast<int>(rows.size());
  int last_changed = -1;
  for (std::size_t i = 0; i < rows.size();) {
    if (i < shown_rows.size() && shown_rows[i].found.number == rows[i].found.number) {
      if (shown_rows[i].rank != rows[i].rank) {
        shown_rows[i].rank = rows[i].rank;
        first_changed = std::min(first_changed, static_cast<int>(i));
        last_changed = static_cast<int>(i);
      }
      ++i;
      continue;
    }
    std::size_t end = i;
    while (end < rows.size() &&
           (i == shown_rows.size() || rows[end].found.number != shown_rows[i].found.number)) {
      ++end;
    }
    beginInsertRows({}, static_cast<int>(i), static_cast<int>(end) - 1);
    shown_rows.insert(shown_rows.begin() + static_cast<std::ptrdiff_t>(i),
                      std::make_move_iterator(rows.begin() + static_cast<std::ptrdiff_t>(i)),
                      std::make_move_iterator(rows.begin() + static_cast<std::ptrdiff_t>(end)));
    endInsertRows();
    i = end;
  }
  assert(shown_rows.size() == rows.size());
  if (last_changed >= 0)
    Q_EMIT dataChanged(index(first_changed, kRank), index(last_changed, kRank));
}

int RecordsModel::row_of(std::uint64_t number) const {
  const auto found = std::find_if(list_.rows.begin(), list_.rows.end(),
                                  [number](const auto& row) { return row.found.number == number; });
  return found == list_.rows.end() ? -1 : static_cast<int>(found - list_.rows.begin());
}

int RecordsModel::rowCount(const QModelIndex& parent) const {
  return parent.isValid() ? 0 : static_cast<int>(list_.rows.size());
}

int RecordsModel::columnCount(const QModelIndex& parent) const {
  return parent.isValid() ? 0 : kColumnCount;
}

QVariant RecordsModel::data(const QModelIndex& index, int role) const {
  if (!index.isValid() || index.row() >= rowCount() || index.column() >= kColumnCount) return {};
  const auto& [found, rank] = row(index.row());
  const metrics::NamedRecord& record = found.record;
  const int column = index.column();
  if (role == Qt::ForegroundRole && column == kStatus && metrics::is_failure(record.status)) {
    return theme::ink(theme::Ink::failures);
  }
  if (role == Qt::TextAlignmentRole) return alignment(column);
  // What a column may be too narrow for, and what it leaves out. A client may have given the names.
  if (role == Qt::ToolTipRole) {
    switch (column) {
      case kTime:
        return tr("began %1 %2, ended %3 %4")
            .arg(date_of(record.start_realtime_ns),
                 QString::fromStdString(metrics::format_time_of_day(record.start_realtime_ns)),
                 date_of(end_ns(record)),
                 QString::fromStdString(metrics::format_time_of_day(end_ns(record))));
      case kRank:
        return rank ? rank_sentence(*rank) : tr("nothing to compare with");
      case kDuration:
        return tr("%1 ns").arg(QString::fromStdString(metrics::format_count(record.duration_ns)));
      default:
        return plain_tip(data(index, Qt::DisplayRole).toString());
    }
  }
  if (role != Qt::DisplayRole) return {};
  switch (column) {
    case kTime:
      return time_text(end_ns(record), list_.range.end_ns);
    case kOperation:
      return shown(record.operation);
    case kDuration:
      return duration(record.duration_ns);
    case kRank:
      return rank ? rank_text(*rank) : QStringLiteral("–");
    case kStatus:
      return failed_text(record);
    case kWaited:
      return part(record.wait_ns);
    case kReceived:
      return part(record.receive_ns);
    case kSent:
      return part(record.send_ns);
    case kBytesIn:
      return bytes(record.bytes_in);
    case kBytesOut:
      return bytes(record.bytes_out);
    case kLayer:
      return shown(record.layer);
    case kStack:
      return shown(record.stack);
    default:
      return shown(record.protocol);
  }
}

QVariant RecordsModel::headerData(int section, Qt::Orientation orientation, int role) const {
  if (orientation != Qt::Horizontal || section < 0 || section >= kColumnCount) return {};
  if (role == Qt::TextAlignmentRole) return alignment(section);
  struct Header {
    const char* title;
    const char* explanation;
  };
  static constexpr Header kHeaders[kColumnCount] = {
      {QT_TR_NOOP("Ended"),
       QT_TR_NOOP("when the first byte of the answer was sent, as charts count it")},
      {QT_TR_NOOP("Operation"), QT_TR_NOOP("the method or tool that was asked for")},
      {QT_TR_NOOP("Duration"), QT_TR_NOOP("from the last byte of the request, or from its start by "
                                          "a worker, to the first byte of the "
                                          "answer")},
      {QT_TR_NOOP("Rank"), QT_TR_NOOP("how many answered requests of the same operation and layer "
                                      "in this selection were faster")},
      {QT_TR_NOOP("Status"),
       QT_TR_NOOP("how it ended, and the code of an error; ✗ marks what failed")},
      {QT_TR_NOOP("Waited"), QT_TR_NOOP("in the daemon's queue, before the duration begins; – if "
                                        "it did not wait or that is not known")},
      {QT_TR_NOOP("Received"),
       QT_TR_NOOP("from the first to the last byte of the request, before it waited")},
      {QT_TR_NOOP("Sent"),
       QT_TR_NOOP("from the first to the last byte of the answer, after the duration")},
      {QT_TR_NOOP("Request"), QT_TR_NOOP("bytes of the request")},
      {QT_TR_NOOP("Answer"), QT_TR_NOOP("bytes of the answer")},
      {QT_TR_NOOP("Layer"), QT_TR_NOOP("where it was measured")},
      {QT_TR_NOOP("Stack"), QT_TR_NOOP("what it passed through: 4-layer or 2-layer")},
      {QT_TR_NOOP("Protocol"), QT_TR_NOOP("how it was asked for: jsonrpc or mcp")}};
  const Header& header = kHeaders[section];
  if (role == Qt::DisplayRole) return tr(header.title);
  if (role == Qt::ToolTipRole) {
    return QStringLiteral("%1: %2").arg(tr(header.title), tr(header.explanation));
  }
  return {};
}

}  // namespace goxel_telemetry::viewer
