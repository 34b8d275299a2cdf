// SPDX-License-Identifier: GPL-3.0-or-later
#include "viewer-qt/models/inflight_model.h"

#include <QFont>
#include <algorithm>

#include "metrics/text/format.h"
#include "viewer-qt/models/shown.h"
#include "viewer-qt/theme.h"

namespace goxel_telemetry::viewer {
namespace {

// A connection has one request in flight at a time, and a trace may go over several connections.
bool same(const metrics::InflightRequest& a, const metrics::InflightRequest& b) {
  return a.connection == b.connection && a.trace_id == b.trace_id && a.layer == b.layer &&
         a.operation == b.operation;
}

}  // namespace

void InflightModel::show(std::vector<metrics::InflightRequest> requests) {
  if (held_) return;
  if (requests.size() > kMost) requests.resize(kMost);
  const auto wanted = [&](const metrics::InflightRequest& one) {
    return std::ranges::any_of(requests, [&](const auto& other) { return same(one, other); });
  };
  for (int row = rowCount() - 1; row >= 0; --row) {
    if (wanted(requests_[static_cast<std::size_t>(row)])) continue;
    beginRemoveRows({}, row, row);
    requests_.erase(requests_.begin() + row);
    endRemoveRows();
  }
  for (std::size_t i = 0; i < requests.size(); ++i) {
    const auto begin =
        requests_.begin() + static_cast<std::ptrdiff_t>(std::min(i, requests_.size()));
    const auto found = std::find_if(begin, requests_.end(),
                                    [&](const auto& one) { return same(one, requests[i]); });
    const int row = static_cast<int>(i);
    if (found == requests_.end()) {
      beginInsertRows({}, row, row);
      requests_.insert(begin, requests[i]);
      endInsertRows();
      continue;
    }
    if (found != begin) {
      const int from = static_cast<int>(found - requests_.begin());
      beginMoveRows({}, from, from, {}, row);
      std::rotate(begin, found, found + 1);
      endMoveRows();
    }
    requests_[i] = requests[i];
  }
  // Of two that are the same, one may have gone.
  if (requests_.size() > requests.size()) {
    beginRemoveRows({}, static_cast<int>(requests.size()), rowCount() - 1);
    requests_.resize(requests.size());
    endRemoveRows();
  }
  if (!requests_.empty()) Q_EMIT dataChanged(index(0, 0), index(rowCount() - 1, kColumnCount - 1));
}

void InflightModel::hold(bool held) {
  held_ = held;
}

int InflightModel::rowCount(const QModelIndex& parent) const {
  return parent.isValid() ? 0 : static_cast<int>(requests_.size());
}

int InflightModel::columnCount(const QModelIndex& parent) const {
  return parent.isValid() ? 0 : kColumnCount;
}

QVariant InflightModel::data(const QModelIndex& index, int role) const {
  if (!index.isValid() || index.row() >= rowCount() || index.column() >= kColumnCount) return {};
  const metrics::InflightRequest& request = requests_[static_cast<std::size_t>(index.row())];
  const bool old = request.age_ns >= kOldNs;
  if (role == Qt::ForegroundRole && old) return theme::ink(theme::Ink::bad);
  if (role == Qt::FontRole && old) {
    QFont bold;
    bold.setBold(true);
    return bold;
  }
  // It may be longer than its column, and a client may have given it.
  if (role == Qt::ToolTipRole) return plain_tip(index.data().toString());
  if (role != Qt::DisplayRole) return {};
  switch (index.column()) {
    case kAge:
      return QString::fromStdString(metrics::format_duration(static_cast<double>(request.age_ns)));
    case kOperation:
      return shown(request.operation);
    case kPhase:
      return old ? tr("%1, may be stuck").arg(QString::fromStdString(request.phase))
                 : QString::fromStdString(request.phase);
    case kProtocol:
      return shown(request.protocol);
    case kStack:
      return shown(request.stack);
    default:
      return QString::number(request.connection);
  }
}

QVariant InflightModel::headerData(int section, Qt::Orientation orientation, int role) const {
  static const char* const kTitles[kColumnCount] = {"Age",      "Operation", "Phase",
                                                    "Protocol", "Stack",     "Connection"};
  if ((role != Qt::DisplayRole && role != Qt::ToolTipRole) || orientation != Qt::Horizontal ||
      section < 0 || section >= kColumnCount) {
    return {};
  }
  return tr(kTitles[section]);
}

}  // namespace goxel_telemetry::viewer
