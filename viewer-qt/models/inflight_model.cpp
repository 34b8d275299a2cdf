// SPDX-License-Identifier: GPL-3.0-or-later
#include "viewer-qt/models/inflight_model.h"

#include <QColor>

#include "metrics/format.h"

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
  if (role == Qt::ForegroundRole && request.age_ns >= kOldNs) return QColor(0xD0, 0x3B, 0x3B);
  if (role != Qt::DisplayRole) return {};
  switch (index.column()) {
    case kAge:
      return QString::fromStdString(metrics::format_duration(static_cast<double>(request.age_ns)));
    case kOperation:
      return QString::fromStdString(request.operation);
    case kProtocol:
      return QString::fromStdString(request.protocol);
    case kConnection:
      return QString::number(request.connection);
    default:
      return QString::fromStdString(request.phase);
  }
}

QVariant InflightModel::headerData(int section, Qt::Orientation orientation, int role) const {
  static const char* const kTitles[kColumnCount] = {"Age", "Operation", "Protocol", "Connection",
                                                    "Phase"};
  if (role != Qt::DisplayRole || orientation != Qt::Horizontal || section < 0 ||
      section >= kColumnCount) {
    return {};
  }
  return QString::fromLatin1(kTitles[section]);
}

}  // namespace goxel_telemetry::viewer
