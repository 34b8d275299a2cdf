// SPDX-License-Identifier: GPL-3.0-or-later
// A small line in a cell of a table: values in the order of time, from the least at the bottom to the most at the top.
#pragma once

#include <QStyledItemDelegate>

namespace goxel_telemetry::viewer {

class SparklineDelegate : public QStyledItemDelegate {
  Q_OBJECT
 public:
  // `role` of the index has a std::vector<float>; NaN is a gap.
  SparklineDelegate(int role, QObject* parent) : QStyledItemDelegate(parent), role_(role) {}

  void paint(QPainter* painter, const QStyleOptionViewItem& option,
             const QModelIndex& index) const override;

 private:
  int role_;
};

}  // namespace goxel_telemetry::viewer
