// SPDX-License-Identifier: GPL-3.0-or-later
// The operations in an alert's evidence: how each differs from what it is compared with, and where the time goes, in the layers and inside the daemon.
#pragma once

#include <QAbstractTableModel>
#include <vector>

#include "metrics/alerts/alert.h"

namespace goxel_telemetry::viewer {

class ShiftsModel : public QAbstractTableModel {
  Q_OBJECT
 public:
  enum Column {
    kOperation,
    kChannel,
    kEffect,
    kInterval,
    kBeforeAfter,
    kLayers,
    kPhases,
    kStack,
    kColumnCount
  };

  using QAbstractTableModel::QAbstractTableModel;

  void show(std::vector<metrics::OperationShift> shifts);

  int rowCount(const QModelIndex& parent = {}) const override;
  int columnCount(const QModelIndex& parent = {}) const override;
  QVariant data(const QModelIndex& index, int role = Qt::DisplayRole) const override;
  QVariant headerData(int section, Qt::Orientation orientation,
                      int role = Qt::DisplayRole) const override;

 private:
  std::vector<metrics::OperationShift> shifts_;
};

}  // namespace goxel_telemetry::viewer
