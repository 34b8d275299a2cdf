// SPDX-License-Identifier: GPL-3.0-or-later
// A row for each alert: active ones first, then the newest.
#pragma once

#include <string>

#include "viewer-qt/models/alerts.h"
#include "viewer-qt/models/keyed_table.h"

namespace goxel_telemetry::viewer {

class AlertsModel : public KeyedTable<metrics::Alert> {
  Q_OBJECT
 public:
  enum Column { kLevel, kSummary, kSince, kState, kJudged, kColumnCount };

  using KeyedTable::KeyedTable;

  // An alert keeps its row, wherever that goes.
  void show(const KnownAlerts& known);
  // Null: there is no such row.
  const metrics::Alert* at(int row) const;
  int row_of(const std::string& id) const;  // -1: it has none

  int columnCount(const QModelIndex& parent = {}) const override;
  QVariant data(const QModelIndex& index, int role = Qt::DisplayRole) const override;
  QVariant headerData(int section, Qt::Orientation orientation,
                      int role = Qt::DisplayRole) const override;
};

}  // namespace goxel_telemetry::viewer
