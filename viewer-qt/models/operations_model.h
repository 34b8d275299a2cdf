// SPDX-License-Identifier: GPL-3.0-or-later
// The table of operations: one row each, for one window.
#pragma once

#include <QAbstractTableModel>
#include <memory>

#include "metrics/snapshot.h"

namespace goxel_telemetry::viewer {

class OperationsModel : public QAbstractTableModel {
  Q_OBJECT
 public:
  enum Column {
    kOperation,
    kProtocol,
    kStack,
    kLayer,
    kCount,
    kRate,
    kErrors,
    kUnanswered,
    kMean,
    kP50,
    kP90,
    kP99,
    kMax,
    kColumnCount
  };
  // Numbers to sort by.
  static constexpr int kSortRole = Qt::UserRole;

  using QAbstractTableModel::QAbstractTableModel;

  // Rows stay the same rows as long as the operations do: what is selected stays selected.
  void show(std::shared_ptr<const metrics::Snapshot> snapshot);
  void set_window(metrics::Window window);
  // False while all operations are the daemon's own: then there is nothing to tell apart.
  bool has_other_layers() const;

  int rowCount(const QModelIndex& parent = {}) const override;
  int columnCount(const QModelIndex& parent = {}) const override;
  QVariant data(const QModelIndex& index, int role = Qt::DisplayRole) const override;
  QVariant headerData(int section, Qt::Orientation orientation,
                      int role = Qt::DisplayRole) const override;

 private:
  const metrics::OperationStats& operation(int row) const;
  void all_changed();

  std::shared_ptr<const metrics::Snapshot> snapshot_;
  metrics::Window window_ = metrics::Window::one_minute;
};

}  // namespace goxel_telemetry::viewer
