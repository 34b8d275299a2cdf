// SPDX-License-Identifier: GPL-3.0-or-later
// Requests in flight, oldest first; after a crash, what was in flight when the daemon died.
#pragma once

#include <QAbstractTableModel>
#include <memory>

#include "metrics/live/snapshot.h"

namespace goxel_telemetry::viewer {

class InflightModel : public QAbstractTableModel {
  Q_OBJECT
 public:
  enum Column { kAge, kOperation, kPhase, kProtocol, kConnection, kColumnCount };
  // An older request is drawn as possibly stuck.
  static constexpr std::uint64_t kOldNs = 1'000'000'000;

  using QAbstractTableModel::QAbstractTableModel;

  void show(std::shared_ptr<const metrics::Snapshot> snapshot);

  int rowCount(const QModelIndex& parent = {}) const override;
  int columnCount(const QModelIndex& parent = {}) const override;
  QVariant data(const QModelIndex& index, int role = Qt::DisplayRole) const override;
  QVariant headerData(int section, Qt::Orientation orientation,
                      int role = Qt::DisplayRole) const override;

 private:
  std::shared_ptr<const metrics::Snapshot> snapshot_;
};

}  // namespace goxel_telemetry::viewer
