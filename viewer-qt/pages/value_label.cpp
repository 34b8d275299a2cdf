// SPDX-License-Identifier: GPL-3.0-or-later
#include "viewer-qt/pages/value_label.h"

#include <QEvent>

namespace goxel_telemetry::viewer {

void ValueLabel::set_text(const QString& text) {
  if (text == this->text()) return;
  put_text(text);
  if (text_width() <= widest_) return;
  widest_ = text_width();
  updateGeometry();
}

void ValueLabel::changeEvent(QEvent* event) {
  ElidedLabel::changeEvent(event);
  if (event->type() == QEvent::FontChange) widest_ = text_width();
}

}  // namespace goxel_telemetry::viewer
