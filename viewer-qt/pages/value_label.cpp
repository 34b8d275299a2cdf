// SPDX-License-Identifier: GPL-3.0-or-later
#include "viewer-qt/pages/value_label.h"

#include <QAccessible>
#include <QEvent>
#include <QPainter>

namespace goxel_telemetry::viewer {

ValueLabel::ValueLabel(Qt::Alignment alignment, QWidget* parent)
    : QWidget(parent), alignment_(alignment) {
  setSizePolicy(QSizePolicy::Preferred, QSizePolicy::Fixed);
}

void ValueLabel::set_text(const QString& text) {
  if (text == text_) return;
  text_ = text;
  if (QAccessible::isActive()) setAccessibleDescription(text);
  const int width = fontMetrics().horizontalAdvance(text);
  if (width > widest_) {
    widest_ = width;
    updateGeometry();
  }
  update();
}

void ValueLabel::paintEvent(QPaintEvent*) {
  QPainter painter(this);
  painter.setPen(palette().color(QPalette::WindowText));
  painter.drawText(rect(), static_cast<int>(alignment_ | Qt::AlignVCenter | Qt::TextSingleLine),
                   fontMetrics().elidedText(text_, Qt::ElideRight, width()));
}

void ValueLabel::changeEvent(QEvent* event) {
  if (event->type() == QEvent::FontChange) {
    widest_ = fontMetrics().horizontalAdvance(text_);
    updateGeometry();
  }
  QWidget::changeEvent(event);
}

}  // namespace goxel_telemetry::viewer
