// SPDX-License-Identifier: GPL-3.0-or-later
#include "viewer-qt/models/inflight_model.h"

#include <QFont>

#include "metrics/text/format.h"
#include "viewer-qt/models/shown.h"
#include "viewer-qt/theme.h"

namespace goxel_telemetry::viewer {

void InflightModel::show(std::shared_ptr<const metrics::Snapshot> snapshot) {
  beginResetModel();
  snapshot_ = std::move(snapshot);
  endResetModel();
}

int InflightModel::rowCount(const QModelIndex& parent) const {
  return parent.isValid() || snapshot_ == nullptr ? 0
                                                  : static_cast<int>(snapshot_->inflight.size());
}

int InflightModel::columnCount(const QModelIndex& parent) const {
  return parent.isValid() ? 0 : kColumnCount;
}

QVariant InflightModel::data(const QModelIndex& index, int role) const {
  if (!index.isValid() || index.row() >= rowCount() || index.column() >= kColumnCount) return {};
  const metrics::InflightRequest& request =
      snapshot_->inflight[static_cast<std::size_t>(index.row())];
  const bool old = request.age_ns >= kOldNs;
  if (role == Qt::ForegroundRole && old) return theme::ink(theme::Ink::failures);
  if (role == Qt::FontRole && old) {
    QFont bold;
    bold.setBold(true);
    return bold;
  }
  // A name may be longer than its column, and a client may have given it.
  if (role == Qt::ToolTipRole && index.column() == kOperation) {
    return shown(request.operation).toHtmlEscaped();
  }
  if (role != Qt::DisplayRole) return {};
  switch (index.column()) {
    case kAge:
      return QString::fromStdString(metrics::format_duration(static_cast<double>(request.age_ns)));
    case kOperation:
      return shown(request.operation);
    case kPhase:
      return QString::fromStdString(request.phase);
    case kProtocol:
      return shown(request.protocol);
    default:
      return QString::number(request.connection);
  }
}

QVariant InflightModel::headerData(int section, Qt::Orientation orientation, int role) const {
  static const char* const kTitles[kColumnCount] = {"Age", "Operation", "Phase", "Protocol",
                                                    "Connection"};
  if (role != Qt::DisplayRole || orientation != Qt::Horizontal || section < 0 ||
      section >= kColumnCount) {
    return {};
  }
  return QString::fromLatin1(kTitles[section]);
}

}  // namespace goxel_telemetry::viewer
