// SPDX-License-Identifier: GPL-3.0-or-later
// A row for each alert: active ones first, then the newest.
#pragma once

#include <QAbstractTableModel>

#include "viewer-qt/models/alerts.h"

namespace goxel_telemetry::viewer {

class AlertsModel : public QAbstractTableModel {
  Q_OBJECT
 public:
  enum Column { kLevel, kSummary, kSince, kState, kJudged, kColumnCount };

  using QAbstractTableModel::QAbstractTableModel;

  // Rows stay while they are of the same alerts; else the model is reset.
  void show(AlertsPointer known);
  // Null: there is no such row.
  const metrics::Alert* at(int row) const;
  int row_of(const std::string& id) const;  // -1: it has none

  int rowCount(const QModelIndex& parent = {}) const override;
  int columnCount(const QModelIndex& parent = {}) const override;
  QVariant data(const QModelIndex& index, int role = Qt::DisplayRole) const override;
  QVariant headerData(int section, Qt::Orientation orientation,
                      int role = Qt::DisplayRole) const override;

 private:
  AlertsPointer known_ = std::make_shared<KnownAlerts>();
};

}  // namespace goxel_telemetry::viewer
