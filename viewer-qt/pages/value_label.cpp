// SPDX-License-Identifier: GPL-3.0-or-later
#include "viewer-qt/pages/value_label.h"

#include <QEvent>

namespace goxel_telemetry::viewer {

void ValueLabel::set_text(const QString& text) {
  if (text == this->text()) return;
  const int width = fontMetrics().horizontalAdvance(text);
  const bool wider = width > widest_;
  if (wider) widest_ = width;
  put_text(text);
  if (wider) updateGeometry();
}

void ValueLabel::changeEvent(QEvent* event) {
  if (event->type() == QEvent::FontChange) widest_ = fontMetrics().horizontalAdvance(text());
  ElidedLabel::changeEvent(event);
}

}  // namespace goxel_telemetry::viewer
