// SPDX-License-Identifier: GPL-3.0-or-later
#include "viewer-qt/models/inflight_model.h"

#include <QFont>
#include <utility>

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
  take(std::move(requests), same);
}

void InflightModel::hold(bool held) {
  held_ = held;
}

int InflightModel::columnCount(const QModelIndex& parent) const {
  return parent.isValid() ? 0 : kColumnCount;
}

QVariant InflightModel::data(const QModelIndex& index, int role) const {
  if (!index.isValid() || index.row() >= rowCount() || index.column() >= kColumnCount) return {};
  const metrics::InflightRequest& request = rows()[static_cast<std::size_t>(index.row())];
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
