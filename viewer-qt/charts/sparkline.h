// SPDX-License-Identifier: GPL-3.0-or-later
// A small line: values in the order of time.
#pragma once

#include <QPen>
#include <QStyledItemDelegate>
#include <vector>

namespace goxel_telemetry::viewer {

// `least` is at the bottom of `area`, `most` at its top; what is not finite is a gap.
void draw_sparkline(QPainter& painter, const QRectF& area, const std::vector<float>& values,
                    float least, float most, const QPen& pen);

// In a cell of a table, from the least value at the bottom to the most at the top.
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
