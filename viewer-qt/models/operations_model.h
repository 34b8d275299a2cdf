// SPDX-License-Identifier: GPL-3.0-or-later
// The operations, by their share of the time: a row for each, and beneath it one for each protocol, stack and layer that it
// came by. Tools stand with the method whose work they do.
#pragma once

#include <QAbstractItemModel>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "viewer-qt/models/operation_rows.h"

namespace goxel_telemetry::viewer {

class OperationsModel : public QAbstractItemModel {
  Q_OBJECT
 public:
  enum Column {
    kOperation,
    kShare,  // of the time of all operations at the same layer
    kTrend,
    kCount,
    kRate,
    kMean,
    kP50,
    kP95,
    kP99,
    kMax,
    kErrors,
    kUnanswered,
    kTarget,
    kTotal,  // of the daemon's present run, whatever the stretch
    kColumnCount
  };
  // A std::vector<float> of kTrend, as in OperationRow.
  static constexpr int kTrendRole = Qt::UserRole;
  // What a row stands for: a metrics::OperationKey whose empty members stand for any.
  static constexpr int kKeyRole = Qt::UserRole + 1;

  explicit OperationsModel(QObject* parent = nullptr);
  ~OperationsModel() override;

  // Rows are taken over by key: what is selected, open or has the focus stays so.
  void show(const std::vector<OperationGroup>& groups);
  // While held, rows stay in their places, and new ones come last.
  void hold(bool held);
  // Only operations whose name contains the text, whatever its case.
  void filter(const QString& text);
  bool has_targets() const;

  QModelIndex index(int row, int column, const QModelIndex& parent = {}) const override;
  QModelIndex parent(const QModelIndex& index) const override;
  int rowCount(const QModelIndex& parent = {}) const override;
  int columnCount(const QModelIndex& parent = {}) const override;
  QVariant data(const QModelIndex& index, int role = Qt::DisplayRole) const override;
  QVariant headerData(int section, Qt::Orientation orientation,
                      int role = Qt::DisplayRole) const override;
  void sort(int column, Qt::SortOrder order = Qt::AscendingOrder) override;

 private:
  struct Node;
  using Nodes = std::vector<std::unique_ptr<Node>>;

  const Node& node(const QModelIndex& index) const;
  void take(Nodes fresh);
  void take_children(int row, Nodes fresh);
  void put_in_order();

  Nodes groups_;
  std::vector<OperationGroup> shown_;
  QString filter_;
  bool held_ = false;
  int sort_column_ = kShare;
  Qt::SortOrder sort_order_ = Qt::DescendingOrder;
};

}  // namespace goxel_telemetry::viewer

Q_DECLARE_METATYPE(goxel_telemetry::metrics::OperationKey)
