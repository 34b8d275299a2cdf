// SPDX-License-Identifier: GPL-3.0-or-later
// Records as a table, in the order in which they were asked for.
#pragma once

#include <QAbstractTableModel>
#include <vector>

#include "viewer-qt/models/records.h"

namespace goxel_telemetry::viewer {

class RecordsModel : public QAbstractTableModel {
  Q_OBJECT
 public:
  enum Column {
    kTime,
    kOperation,
    kDuration,
    kRank,
    kStatus,
    kWaited,
    kReceived,
    kSent,
    kBytesIn,
    kBytesOut,
    kLayer,
    kStack,
    kProtocol,
    kColumnCount
  };

  using QAbstractTableModel::QAbstractTableModel;

  // If it answers the same question as the list before, rows that both have stay: they keep their persistent indexes.
  void show(RecordList list);
  const RecordList& list() const { return list_; }
  const RankedRecord& row(int row) const { return list_.rows[static_cast<std::size_t>(row)]; }
  // -1: it is not there.
  int row_of(std::uint64_t number) const;

  int rowCount(const QModelIndex& parent = {}) const override;
  int columnCount(const QModelIndex& parent = {}) const override;
  QVariant data(const QModelIndex& index, int role = Qt::DisplayRole) const override;
  QVariant headerData(int section, Qt::Orientation orientation,
                      int role = Qt::DisplayRole) const override;

 private:
  void update(std::vector<RankedRecord> rows);

  RecordList list_;
};

}  // namespace goxel_telemetry::viewer
