// SPDX-License-Identifier: GPL-3.0-or-later
#include "viewer-qt/charts/sparkline.h"

#include <QPainter>
#include <QVarLengthArray>
#include <algorithm>
#include <cmath>
#include <vector>

#include "viewer-qt/theme.h"

namespace goxel_telemetry::viewer {

void draw_sparkline(QPainter& painter, const QRectF& area, const std::vector<float>& values,
                    float least, float most, const QPen& pen) {
  const double step = area.width() / std::max<double>(1, static_cast<double>(values.size()) - 1);
  QVarLengthArray<QLineF, 128> lines;
  QPointF before;
  bool joined = false;
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (!std::isfinite(values[i])) {
      joined = false;
      continue;
    }
    const double part = most > least ? (values[i] - least) / (most - least) : 0.5;
    const QPointF here(area.left() + static_cast<double>(i) * step,
                       area.bottom() - part * area.height());
    lines.append(joined ? QLineF(before, here) : QLineF(here, here + QPointF(1, 0)));
    before = here;
    joined = true;
  }
  painter.setPen(pen);
  painter.drawLines(lines.constData(), static_cast<int>(lines.size()));
}

void SparklineDelegate::paint(QPainter* painter, const QStyleOptionViewItem& option,
                              const QModelIndex& index) const {
  QStyledItemDelegate::paint(painter, option, index);
  const auto values = index.data(role_).value<std::vector<float>>();
  float least = INFINITY;
  float most = -INFINITY;
  for (const float value : values) {
    if (!std::isfinite(value)) continue;
    least = std::min(least, value);
    most = std::max(most, value);
  }
  if (!std::isfinite(least)) return;
  const QColor ink = option.state & QStyle::State_Selected
                         ? option.palette.color(QPalette::HighlightedText)
                         : theme::ink(theme::Ink::p50, option.palette);
  painter->save();
  draw_sparkline(*painter, QRectF(option.rect).adjusted(3.5, 3.5, -3.5, -3.5), values, least, most,
                 QPen(ink, 1));
  painter->restore();
}

}  // namespace goxel_telemetry::viewer
