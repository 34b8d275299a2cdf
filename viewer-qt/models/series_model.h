// SPDX-License-Identifier: GPL-3.0-or-later
// What is watched for regressions and judged: what is usual there, and which change would be noticed. Those of most requests first.
#pragma once

#include <vector>

#include "metrics/alerts/watched_series.h"
#include "viewer-qt/models/keyed_table.h"

namespace goxel_telemetry::viewer {

class SeriesModel : public KeyedTable<metrics::WatchedSeries> {
  Q_OBJECT
 public:
  enum Column {
    kOperation,
    kChannel,
    kState,
    kPerSecond,
    kUsual,
    kNoticed,
    kByLoad,
    kLayer,
    kStack,
    kColumnCount
  };

  using KeyedTable::KeyedTable;

  // A series keeps its row, wherever that goes.
  void show(std::vector<metrics::WatchedSeries> series);

  int columnCount(const QModelIndex& parent = {}) const override;
  QVariant data(const QModelIndex& index, int role = Qt::DisplayRole) const override;
  QVariant headerData(int section, Qt::Orientation orientation,
                      int role = Qt::DisplayRole) const override;
};

}  // namespace goxel_telemetry::viewer
