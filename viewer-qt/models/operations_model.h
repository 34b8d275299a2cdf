// SPDX-License-Identifier: GPL-3.0-or-later
// The table of operations: one row for each, with the numbers of one window.
#pragma once

#include <QAbstractTableModel>
#include <memory>

#include "metrics/live/snapshot.h"

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
    kTarget,
    kP50,
    kP90,
    kP95,
    kP99,
    kMax,
    kTotal,  // of the daemon's present run, whatever the window
    kColumnCount
  };
  // The role of numbers to sort by.
  static constexpr int kSortRole = Qt::UserRole;

  using QAbstractTableModel::QAbstractTableModel;

  // A row stays the same row as long as its operation is there, so what is selected stays selected.
  void show(std::shared_ptr<const metrics::Snapshot> snapshot);
  void set_window(metrics::Window window);
  // False if all operations are the daemon's own: then the layer need not be shown.
  bool has_other_layers() const;
  // False if no operation has a target.
  bool has_targets() const;

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
