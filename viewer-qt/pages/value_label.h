// SPDX-License-Identifier: GPL-3.0-or-later
// A value that changes many times a second. A QLabel would lay out the whole window anew for each text; this one asks for
// room only when it needs more than ever before.
#pragma once

#include "viewer-qt/charts/elided_label.h"

namespace goxel_telemetry::viewer {

class ValueLabel : public ElidedLabel {
  Q_OBJECT
 public:
  using ElidedLabel::ElidedLabel;

  void set_text(const QString& text) override;
  QSize sizeHint() const override { return {widest_, fontMetrics().height()}; }

 protected:
  void changeEvent(QEvent* event) override;

 private:
  int widest_ = 0;
};

}  // namespace goxel_telemetry::viewer
